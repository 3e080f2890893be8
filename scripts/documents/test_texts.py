"""Files that are texts, translated by the program: what is not text has to be the same byte for byte."""

import re
import unittest

import texts
from program import translate


class Texts(unittest.TestCase):
    def check(self, name, source, kept, english, encoding="utf-8"):
        """Translates a file; what the expression `kept` finds has to be the same, and each of `english` there."""
        translation, _ = translate(name, source)
        translation = translation.decode()
        self.assertEqual(re.findall(kept, translation), re.findall(kept, source.decode(encoding)))
        for part in english:
            self.assertIn(part, translation)
        return translation

    def test_page(self):
        kept = r"</?(?:h1|p|b|br|ul|li|code|body|a)\b[^>]*>|<code>.*?</code>|&lt;script&gt;"
        english = ["<b>Berlin</b>", ">Hamburg</a>", '<html lang="en">', '<meta charset="utf-8">', "Müller"]
        english += [str(number) for number in range(601, 608)]
        self.check("a.htm", texts.page(), kept, english, "windows-1252")

    def test_markdown(self):
        kept = r"(?s)---\ntitle.*?---|```.*?```|`[^`\n]+`|\[h\]: .*|\]\[h\]|\|---\|---:\||^# |\*\*"
        english = ["**Berlin**", "[Hamburg]", "631", "632", "633", "634", "635"]
        self.check("a.md", texts.markdown(), kept, english)

    def test_subtitles(self):
        english = ["621", "622", "623", "<i>Berlin</i>"]
        english = self.check("a.srt", texts.subtitles(), r"\d\r\n.* --> .*\r\n", english)
        self.assertEqual(english.count("\r\n- "), 2)

    def test_table(self):
        english = self.check("a.csv", texts.table(), r"12,50|3,00|RE-2026-0815|;|\n", ["641", "642"])
        self.assertNotIn("Wir", english)


if __name__ == "__main__":
    unittest.main()
