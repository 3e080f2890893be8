"""DeepL's own client, given our address."""

import pathlib
import re
import tempfile
import time
import unittest
import xml.etree.ElementTree as ElementTree
from unittest import mock

import deepl

import files
import server

GREETING = "Guten Morgen! Wie geht es Ihnen?"
KEY = "4f1c0c52-7b5e-4d53-9a0c-2f1f5a1f8a11"


class Client(unittest.TestCase):
    """A client of a server without keys."""

    @classmethod
    def setUpClass(cls):
        cls.url = cls.enterClassContext(server.running())
        cls.client = deepl.DeepLClient("any", server_url=cls.url)

    def translate(self, text, **options):
        return self.client.translate_text(text, target_lang="EN-GB", **options)

    def assert_refused(self, words, **options):
        with self.assertRaisesRegex(deepl.DeepLException, words):
            self.client.translate_text(GREETING, **{"target_lang": "EN-GB"} | options)


class Texts(Client):
    def test_a_text(self):
        result = self.translate(GREETING)
        self.assertRegex(result.text, r"\bmorning\b")
        self.assertEqual(result.detected_source_lang, "DE")
        self.assertEqual(result.billed_characters, len(GREETING))
        self.assertIsNone(result.model_type_used)

    def test_characters_are_billed_and_not_bytes(self):
        self.assertEqual(self.translate("Grüße aus Köln 🙂").billed_characters, 16)

    def test_a_list_keeps_its_order(self):
        texts = ["Der Hund schläft.", "Das Haus ist rot.", "Die Rechnung ist bezahlt.", "Der Hund schläft."]
        results = self.translate(texts)
        self.assertEqual([result.text for result in results], [self.translate(text).text for text in texts])

    def test_a_list_of_50(self):
        texts = [f"Der Antrag Nummer {number} wurde am Montag gestellt." for number in range(100, 150)]
        results = self.translate(texts, source_lang="DE")
        self.assertEqual(len(results), 50)
        for number, result in enumerate(results, 100):
            self.assertIn(str(number), result.text)

    def test_english_comes_back_as_it_is(self):
        text = "This is a sentence that somebody has already translated."
        result = self.translate(text)
        self.assertEqual((result.text, result.detected_source_lang), (text, "EN"))

    def test_line_breaks_and_spaces_stay(self):
        text = "  Guten Tag\n\n- Erstens\n- Zweitens\n"
        found = self.translate(text).text
        self.assertEqual(re.sub(r"\w+( \w+)*", "x", found), "  x\n\n- x\n- x\n")

    def test_sentences_may_span_lines(self):
        text = "Die Versammlung findet am\nMontag im großen Saal statt."
        whole = self.translate(text.replace("\n", " ")).text
        joined = self.translate(text, split_sentences="nonewlines").text
        self.assertEqual(joined.split(), whole.split())
        self.assert_refused("split_sentences", split_sentences="sometimes")

    def test_languages_in_any_case(self):
        for source, target in [("de", "en-us"), ("DE", "EN-US"), (None, "En-Gb")]:
            result = self.client.translate_text(GREETING, source_lang=source, target_lang=target)
            self.assertEqual(result.detected_source_lang, "DE")

    def test_other_languages_are_refused(self):
        self.assert_refused("target_lang.*not supported", target_lang="FR")
        self.assert_refused("source_lang.*not supported", source_lang="FR")

    def test_options(self):
        self.assertEqual(self.translate(GREETING, model_type="quality_optimized").model_type_used, "quality_optimized")
        for options in [
            {"formality": "prefer_more"},
            {"formality": "default"},
            {"preserve_formatting": True},
            {"context": "Ein Brief."},
        ]:
            self.assertEqual(self.translate(GREETING, **options).text, self.translate(GREETING).text)
        self.assert_refused("Target language.*formality", formality="more")
        self.assert_refused("formality", formality="rude")

    def test_languages(self):
        sources = self.client.get_source_languages()
        self.assertEqual([(language.code, language.name) for language in sources], [("DE", "German")])
        targets = {language.code: language for language in self.client.get_target_languages()}
        self.assertEqual(set(targets), {"EN-GB", "EN-US"})
        self.assertFalse(targets["EN-US"].supports_formality)

    def test_usage_counts_characters(self):
        before = self.client.get_usage().character.count
        self.translate("Der Zug fährt um acht Uhr ab.")
        usage = self.client.get_usage()
        self.assertEqual(usage.character.count - before, 29)
        self.assertFalse(usage.any_limit_reached)

    def test_there_are_no_glossaries(self):
        self.assertEqual(self.client.get_glossary_languages(), [])
        self.assertEqual(self.client.list_glossaries(), [])
        self.assertEqual(self.client.list_multilingual_glossaries(), [])
        with self.assertRaises(deepl.GlossaryNotFoundException):
            self.client.get_glossary(KEY)
        with self.assertRaisesRegex(deepl.DeepLException, "Bad request"):
            self.client.create_glossary("words", "DE", "EN", {"Haus": "house"})
        self.assert_refused("Not found", glossary=KEY, source_lang="DE")

    def test_what_is_not_there_is_not_found(self):
        for call in [
            self.client.list_translation_memories,
            self.client.get_all_style_rules,
            lambda: self.client.rephrase_text("Hello.", target_lang="EN-GB"),
        ]:
            with self.assertRaisesRegex(deepl.DeepLException, "Not found"):
                call()

    def test_a_text_that_takes_longer_than_the_client_waits(self):
        # The client gives up after ten silent seconds, and would then try again.
        with mock.patch("deepl.http_client.max_network_retries", 0):
            sentence = "Satz {} dieses langen Textes handelt von einem Haus am See."
            write = lambda numbers: " ".join(sentence.format(number) for number in numbers)
            # A long text takes less for each sentence than a short one: it is measured until it is long
            # enough. No sentence comes twice, because the engine remembers them.
            first, count, taken = 100_000, 1000, 0
            while taken <= 10 and first + count < 1_000_000:
                start = time.monotonic()
                result = self.translate(write(range(first, first + count)))
                taken = time.monotonic() - start
                self.assertIn(str(first + count - 1), result.text)
                first += count
                # Up to the limit of a text, 10 MiB.
                count = min(max(round(count * 15 / taken), 2 * count), 150_000)
        self.assertGreater(taken, 10)


class Markup(Client):
    """Texts with tags."""

    def test_an_empty_ignored_element_is_a_placeholder(self):
        # As Weblate sends what its programs fill in.
        text = 'Klicken Sie auf <x id="16"></x>, um die Datei zu speichern.'
        found = self.translate(text, tag_handling="xml", ignore_tags=["x"]).text
        self.assertEqual(found.count('<x id="16"></x>'), 1)
        self.assertRegex(found, r"\bfile\b")
        ElementTree.fromstring(f"<all>{found}</all>")

    def test_ignored_text_stays(self):
        found = self.translate("Das <n>Hauptmenü</n> ist offen.", tag_handling="xml", ignore_tags="n").text
        self.assertIn("<n>Hauptmenü</n>", found)

    def test_the_structure_of_xml_stays(self):
        text = """<document>
    <meta><title>Der Titel des Dokuments</title></meta>
    <content>
        <par><span>Dieser Satz steht in</span> <span>zwei Teilen &lt;span&gt;.</span></par>
        <par>Hier ist ein Satz. Und noch einer.</par>
        <raw>Dieser Satz wird nicht übersetzt.</raw>
    </content>
</document>"""
        options = {"outline_detection": False, "splitting_tags": ["title", "par"], "non_splitting_tags": "span"}
        found = self.translate(text, tag_handling="xml", ignore_tags=["raw"], **options).text
        self.assertIn("<raw>Dieser Satz wird nicht übersetzt.</raw>", found)
        self.assertIn("&lt;span&gt;", found)
        tags = lambda source: [element.tag for element in ElementTree.fromstring(source).iter() if element.tag != "span"]
        self.assertEqual(tags(found), tags(text))
        self.assertNotIn("Titel", found)

    def test_xml_that_is_not_well_formed(self):
        text = "Das ist <b>nicht wohlgeformt."
        self.assertIn("<b>", self.translate(text, tag_handling="xml", tag_handling_version="v1").text)
        with self.assertRaisesRegex(deepl.DeepLException, "Tag handling parsing failed"):
            self.translate(text, tag_handling="xml", tag_handling_version="v2")

    def test_html(self):
        text = '<h1>Meine erste Überschrift</h1><p translate="no">Mein Absatz.</p><p>Kein &lt;script&gt; ist <b>hier</b>.</p>'
        found = self.translate(text, tag_handling="html").text
        self.assertRegex(found, "<h1>.*</h1>")
        self.assertNotIn("Überschrift", found)
        self.assertIn('<p translate="no">Mein Absatz.</p>', found)
        self.assertIn("&lt;script&gt;", found)
        self.assertRegex(found, "<b>here</b>")


class Documents(Client):
    """Files, as paths of them are given to the client."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        # Between two questions about a document.
        self.enterContext(mock.patch("time.sleep"))

    def translate_file(self, source, target, content, **options):
        """Returns the translation and the status of a file."""
        source, target = self.folder / source, self.folder / target
        source.write_bytes(content)
        status = self.client.translate_document_from_filepath(source, target, target_lang="EN-GB", **options)
        self.assertTrue(status.done)
        return target.read_bytes(), status

    def test_a_word_document(self):
        texts = ["Sehr geehrte Frau Bauer,", "die Rechnung ist *noch nicht* bezahlt. Guten Morgen!"]
        content, status = self.translate_file("Brief.docx", "letter.docx", files.word(texts))
        first, second = files.paragraphs(content)
        self.assertNotIn("geehrte", first)
        self.assertRegex(second, r"\*.*\bnot\b.*\*.*\bmorning\b")
        self.assertEqual(status.billed_characters, sum(len(text.replace("*", "")) for text in texts))

    def test_a_pdf_becomes_a_word_document(self):
        lines = ["Sehr geehrte Frau Bauer,", "", "die Grüße sind angekommen. Guten Morgen!"]
        content, _ = self.translate_file("Brief.pdf", "letter.docx", files.pdf(lines))
        self.assertRegex(" ".join(files.paragraphs(content)), r"\bmorning\b")
        with self.assertRaisesRegex(deepl.DeepLException, "set output_format to docx"):
            self.translate_file("Brief.pdf", "letter.pdf", files.pdf(lines))

    def test_other_files(self):
        content, _ = self.translate_file("a.html", "b.html", b"<p>Guten <b>Morgen</b>!</p>", source_lang="DE")
        self.assertRegex(content, b"^<p>.*<b>morning</b>.*</p>$")
        english = b"This is in English, and it stays so.\n"
        self.assertEqual(self.translate_file("a.txt", "b.txt", english)[0], english)
        with self.assertRaisesRegex(deepl.DeepLException, "Save it as .docx"):
            self.translate_file("a.doc", "b.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
        with self.assertRaisesRegex(deepl.DeepLException, "damaged"):
            self.translate_file("a.docx", "b.docx", files.word(["Guten Morgen!"])[:-100])

    def test_a_translation_can_be_fetched_again(self):
        handle = self.client.translate_document_upload(b"Guten Morgen!", target_lang="EN-US", filename="a.txt")
        self.client.translate_document_wait_until_done(handle)
        # For some minutes: the connection may break before the client has it.
        for _ in range(2):
            self.assertRegex(b"".join(self.client.translate_document_download(handle).iter_content()), b"morning")
        other = deepl.DocumentHandle(handle.document_id, handle.document_key[::-1])
        for call in [self.client.translate_document_get_status, self.client.translate_document_download]:
            with self.assertRaisesRegex(deepl.DeepLException, "Not found"):
                call(other)


class Keys(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.url = cls.enterClassContext(server.running(keys=[KEY]))

    def test_a_wrong_key_is_refused(self):
        client = deepl.DeepLClient("wrong", server_url=self.url)
        for call in [lambda: client.translate_text(GREETING, target_lang="EN-GB"), client.get_usage]:
            with self.assertRaises(deepl.AuthorizationException):
                call()

    def test_a_right_key_is_accepted(self):
        client = deepl.DeepLClient(KEY, server_url=self.url)
        self.assertRegex(client.translate_text(GREETING, target_lang="EN-GB").text, r"\bmorning\b")
        # Older clients send it with the other fields.
        fields = {"text": GREETING, "target_lang": "EN", "auth_key": KEY}
        status, _ = server.post_form(self.url + "/v2/translate", fields)
        self.assertEqual(status, 200)
        status, _ = server.post_form(self.url + "/v2/translate", fields | {"auth_key": "wrong"})
        self.assertEqual(status, 403)
