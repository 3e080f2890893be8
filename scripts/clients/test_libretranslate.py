"""LibreTranslate's client, and requests as programs were seen to send them."""

import json
import unittest
import urllib.error

import libretranslatepy

import files
import server

KEY = "dc2d7a1e-5d0d-4d2c-9d7a-6f3f5a1f8a11"


class LibreTranslate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.url = cls.enterClassContext(server.running())
        cls.client = libretranslatepy.LibreTranslateAPI(cls.url)

    def test_translate(self):
        for source in ["de", "auto"]:
            self.assertRegex(self.client.translate("Guten Morgen! Wie geht es Ihnen?", source, "en"), r"\bmorning\b")
        text = "This is already in English, is it not?"
        self.assertEqual(self.client.translate(text, "auto", "en"), text)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.client.translate("Guten Morgen!", "de", "zz")
        with refused.exception as answer:
            self.assertEqual((answer.code, json.load(answer)), (400, {"error": "zz is not supported"}))

    def test_detect(self):
        for language, text in [("de", "Wo ist der Bahnhof?"), ("en", "Where is the station?")]:
            [found, *_] = self.client.detect(text)
            self.assertEqual(found["language"], language)
            self.assertTrue(0 < found["confidence"] <= 100)

    def test_languages(self):
        languages = {language["code"]: language for language in self.client.languages()}
        self.assertIn("en", languages["de"]["targets"])
        # LibreTranslate's page looks each target up in the list.
        for language in languages.values():
            self.assertLessEqual(set(language["targets"]), set(languages))

    def test_files(self):
        # As LibreTranslate's page sends them: its client has no call for files.
        def translate(name, content, source="de"):
            fields = {"source": source, "target": "en", "api_key": ""}
            status, answer = server.post_file(self.url + "/translate_file", name, content, fields)
            self.assertEqual(status, 200, answer)
            url = answer["translatedFileUrl"]
            self.assertTrue(url.startswith(self.url + "/download_file/"), url)
            return server.fetch(url)

        name, content = translate("Brief.docx", files.word(["Guten *Morgen*, liebe Leute!"]))
        self.assertEqual(name, "Brief_en.docx")
        self.assertRegex(files.paragraphs(content)[0], r"\*morning\*")
        name, content = translate("Größe.txt", "Guten Morgen, wie geht es Ihnen?\n".encode(), "auto")
        self.assertEqual(name, "Größe_en.txt")
        self.assertRegex(content, rb"\bmorning\b.*\n$")
        name, content = translate("Brief.pdf", files.pdf(["Guten Morgen, liebe Leute!"]))
        self.assertEqual(name, "Brief_en.docx")
        self.assertRegex(files.paragraphs(content)[0], "morning")

    def test_mastodon(self):
        body = {
            "q": ["<p>Guten Morgen, <b>Welt</b>!</p>", "<p>Kein &lt;script&gt;.</p>", "Wo?"],
            "source": "de",
            "target": "en",
            "format": "html",
            "api_key": None,
        }
        status, found = server.post_json(self.url + "/translate", body)
        self.assertEqual((status, list(found)), (200, ["translatedText"]))
        first, second, third = found["translatedText"]
        self.assertRegex(first, "^<p>.*<b>.*</b>.*</p>$")
        self.assertIn("&lt;script&gt;", second)
        self.assertNotIn("<", third)
        status, found = server.post_json(self.url + "/translate", body | {"source": "auto"})
        self.assertEqual([one["language"] for one in found["detectedLanguage"]], ["de"] * 3)
        # It sends this header with a GET, too.
        status, _, text = server.send("GET", self.url + "/languages", Content_Type="application/json")
        self.assertEqual((status, sorted(language["code"] for language in json.loads(text))), (200, ["de", "en"]))

    def test_weblate(self):
        fields = {"api_key": "", "q": "Guten Tag\n", "source": "de", "target": "en"}
        status, found = server.post_form(self.url + "/translate", fields)
        self.assertEqual((status, found["translatedText"][-1]), (200, "\n"))
        # With its DeepL engine.
        body = {
            "text": ['Datei <x id="6"></x> öffnen', "Abbrechen"],
            "source_lang": "DE",
            "target_lang": "EN",
            "formality": "default",
            "tag_handling": "xml",
            "ignore_tags": ["x"],
        }
        status, found = server.post_json(self.url + "/v2/translate", body, Authorization="DeepL-Auth-Key any")
        self.assertEqual(status, 200)
        first, second = [translation["text"] for translation in found["translations"]]
        self.assertEqual(first.count('<x id="6"></x>'), 1)
        self.assertNotIn("<", second)
        for kind, languages in [("source", {"DE"}), ("target", {"EN-GB", "EN-US"})]:
            _, _, text = server.send("GET", f"{self.url}/v2/languages?type={kind}")
            self.assertEqual({language["language"] for language in json.loads(text)}, languages)

    def test_kiss_translator(self):
        body = {"texts": ["Guten Morgen!", "Wo?"], "from": "auto", "to": "en"}
        status, found = server.post_json(self.url + "/kiss", body, Authorization="Bearer any")
        self.assertEqual(status, 200)
        self.assertEqual([one["src"] for one in found["translations"]], ["de", "de"])
        self.assertRegex(found["translations"][0]["text"], "morning")
        status, found = server.post_json(self.url + "/kiss", {"text": "Guten Morgen!", "from": "de", "to": "en"})
        self.assertEqual((status, found["from"], found["to"]), (200, "de", "en"))
        self.assertRegex(found["text"], "morning")

    def test_immersive_translate(self):
        body = {"source_lang": "auto", "target_lang": "en", "text_list": ["Guten Morgen!", "Wo?"]}
        status, found = server.post_json(self.url + "/imme", body)
        self.assertEqual(status, 200)
        self.assertEqual([one["detected_source_lang"] for one in found["translations"]], ["de", "de"])
        self.assertRegex(found["translations"][0]["text"], "morning")

    def test_deeplx(self):
        body = {"text": "Guten Morgen!", "source_lang": "DE", "target_lang": "EN"}
        status, found = server.post_json(self.url + "/deeplx", body)
        self.assertEqual((status, found["code"], found["source_lang"], found["target_lang"]), (200, 200, "DE", "EN"))
        self.assertRegex(found["data"], "morning")
        self.assertEqual(found["alternatives"], [])

    def test_hcfy(self):
        body = {"text": "Guten Morgen!", "source": "德语", "destination": ["英语", "中文(简体)"]}
        status, found = server.post_json(self.url + "/hcfy", body)
        self.assertEqual((status, found["text"]), (200, "Guten Morgen!"))
        self.assertRegex(found["result"][0], "morning")

    def test_the_request_of_the_original(self):
        status, found = server.post_json(self.url + "/translate", {"text_de": "Guten Morgen!"})
        self.assertEqual((status, list(found)), (200, ["text_en"]))
        self.assertRegex(found["text_en"], "morning")
        status, found = server.post_json(self.url + "/translate", {"text": "Guten Morgen!"})
        self.assertEqual(status, 400)

    def test_other_sites_may_call_the_apis_and_nothing_else(self):
        asked = {"Origin": "https://other.example", "Access_Control_Request_Method": "POST"}
        for path in ["/translate", "/v2/translate", "/imme"]:
            status, headers, _ = server.send("OPTIONS", self.url + path, **asked)
            self.assertEqual((status // 100, headers["Access-Control-Allow-Origin"]), (2, "*"), path)
        body = {"q": "Guten Morgen!", "source": "de", "target": "en"}
        status, _ = server.post_json(self.url + "/translate", body, Origin="https://other.example")
        self.assertEqual(status, 200)
        for path in ["/", "/history", "/api"]:
            _, headers, _ = server.send("GET", self.url + path, Origin="https://other.example")
            self.assertNotIn("Access-Control-Allow-Origin", headers, path)
        status, _, _ = server.send("POST", self.url + "/", b"text=Hallo", Origin="https://other.example")
        self.assertEqual(status, 403)

    def test_texts_of_programs_are_not_in_the_history(self):
        self.client.translate("Der Zauberlehrling räumt auf.", "de", "en")
        _, _, page = server.send("GET", self.url + "/history")
        self.assertNotIn("Zauberlehrling", page)


class Keys(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.url = cls.enterClassContext(server.running(keys=[KEY]))

    def test_a_key_is_needed(self):
        client = libretranslatepy.LibreTranslateAPI(self.url, api_key=KEY)
        self.assertRegex(client.translate("Guten Morgen!", "de", "en"), "morning")
        for key, status in [(None, 400), ("wrong", 403)]:
            client = libretranslatepy.LibreTranslateAPI(self.url, api_key=key)
            with self.assertRaises(urllib.error.HTTPError) as refused:
                client.translate("Guten Morgen!", "de", "en")
            with refused.exception as answer:
                self.assertEqual(answer.code, status)
        # The page itself needs none.
        self.assertEqual(server.send("GET", self.url + "/")[0], 200)


class Off(unittest.TestCase):
    def test_there_are_no_apis(self):
        with server.running(API="off") as url:
            for path in ["/languages", "/v2/languages", "/frontend/settings", "/api", "/api/openapi.json"]:
                self.assertEqual(server.send("GET", url + path)[0], 404, path)
            self.assertNotIn('"/api"', server.send("GET", url + "/")[2])
