"""Files of office programs and books, translated by the program: what is not text has to be the same, all text has to be
translated, and LibreOffice has to open the result and show it."""

import os
import re
import subprocess
import tempfile
import unittest

import office
import opendocument
from packages import part, raw_entries, skeleton, texts
from program import convert, shown, translate

# Parts that may change, by the extension of the file.
TOUCHED = {
    "docx": r"word/(document|header\d+|footer\d+|footnotes|comments)\.xml|docProps/core\.xml",
    "odt": r"(content|styles|meta)\.xml",
    "pptx": r"ppt/(slides|notesSlides|charts)/\w+\.xml|docProps/core\.xml",
    "xlsx": r"xl/(sharedStrings|worksheets/sheet\d+|comments/?\w*|charts/\w+|drawings/drawing\d+|tables/\w+)\.xml|docProps/core\.xml",
    "epub": r"Buch/.*\.(xhtml|opf|ncx)",
}
GERMAN = re.compile(r"\b(wir|treffen|uns|Montag|kommt|nach|Kündigung|Wohnung|Das|Kapitel|Zeile|Garten)\b", re.I)


def numbers(text):
    """The numbers of units in a text, sorted."""
    return sorted(int(number) for number in re.findall(r"\b1?[1-5]\d\d\b", text))


class Packages(unittest.TestCase):
    def check(self, name, source, expected):
        """Translates a file and returns the translation. `expected` are the numbers of its units."""
        translation, _ = translate(name, source)
        before, after = raw_entries(source), raw_entries(translation)
        self.assertEqual(set(before), set(after))
        changed = [entry for entry in before if before[entry] != after[entry]]
        found = []
        for entry in changed:
            with self.subTest(file=name, part=entry):
                german, english = part(source, entry), part(translation, entry)
                self.assertRegex(entry, f"^({TOUCHED[name.split('.')[1]]})$")
                self.assertEqual(skeleton(english), skeleton(german))
                self.assertEqual(numbers(texts(english)), numbers(texts(german)))
                self.assertIsNone(GERMAN.search(texts(english)), texts(english))
            found += numbers(texts(english))
        for number in expected:
            self.assertIn(number, found, name)
        return translation

    def xml(self, package, entry):
        return part(package, entry).decode()

    def test_word(self):
        source = office.word()
        units = [101, 102, 103, 1104, 105, 106, 107, 108, 109, 110, 112, *range(113, 121)]
        english = self.check("a.docx", source, units)
        document = self.xml(english, "word/document.xml")
        self.assertEqual(document.count("PAGEREF _Toc1"), 1)
        self.assertIn(" PAGE ", self.xml(english, "word/footer1.xml"))
        self.assertRegex(document, r'<w:b/>[^/]*<w:lang w:val="en-GB"/></w:rPr><w:t[^>]*>Berlin</w:t>')
        self.assertRegex(document, r"<w:hyperlink[^>]*><w:r>.{0,90}<w:t[^>]*>Hamburg</w:t></w:r></w:hyperlink>")
        self.assertNotIn("Gelöscht", document)
        self.assertNotRegex(document, "<w:(ins|del) ")
        boxes = re.findall("<w:txbxContent>(.*?)</w:txbxContent>", document)
        self.assertEqual(len(boxes), 2)
        self.assertEqual(boxes[0], boxes[1])
        before, after = shown([("a.docx", source), ("b.docx", english)])
        self.assertEqual(numbers(after), numbers(before))
        self.assertNotIn("999", after)

    def test_writer(self):
        source = opendocument.writer()
        units = [501, 502, 503, 1504, *range(505, 514)]
        english = self.check("a.odt", source, units)
        content = self.xml(english, "content.xml")
        self.assertIn('<text:span text:style-name="T1">Berlin</text:span>', content)
        self.assertIn(">Hamburg</text:a>", content)
        self.assertIn('fo:language="en"', content)
        before, after = shown([("a.odt", source), ("b.odt", english)])
        self.assertEqual(numbers(after), numbers(before))

    def test_presentation(self):
        source = office.presentation()
        english = self.check("a.pptx", source, range(201, 209))
        slide = self.xml(english, "ppt/slides/slide1.xml")
        self.assertRegex(slide, r'<a:rPr lang="en-GB" b="1"[^>]*/?>(</a:rPr>)?<a:t>Berlin</a:t>')
        self.assertIn("<a:t>1.250,00 €</a:t>", slide.replace("€1,250.00", "1.250,00 €"))
        before, after = shown([("a.pptx", source), ("b.pptx", english)])
        self.assertEqual(numbers(after), numbers(before))

    def test_workbook(self):
        source = office.workbook()
        english = self.check("a.xlsx", source, range(301, 310))
        sheet, table = self.xml(english, "xl/worksheets/sheet1.xml"), self.xml(english, "xl/tables/table1.xml")
        self.assertIn('<f>IF(C2="Ja",SUM(B2:B3),0)</f>', sheet)
        self.assertIn('name="Übersicht"', self.xml(english, "xl/workbook.xml"))
        kind = 'csv:Text - txt - csv (StarCalc):59,34,76'
        before, after = (it.decode() for it in convert([("a.xlsx", source), ("b.xlsx", english)], kind))
        self.assertEqual(numbers(after), numbers(before))
        rows = [line.split(";") for line in after.splitlines()]
        # The names of the columns are those of the cells, and what a formula looks for stays, and so its result.
        for name in rows[0][:3]:
            self.assertIn(f'name="{name}"', table)
        self.assertEqual([row[2] for row in rows[1:3]], ["Ja", "No"])
        self.assertEqual(rows[0][4], "42.5")
        self.assertIn("RE-2026-0815", after)

    def test_book(self):
        source = office.book()
        english = self.check("a.epub", source, range(401, 410))
        self.assertEqual(english[30:58], b"mimetypeapplication/epub+zip")
        page = self.xml(english, "Buch/eins.xhtml")
        self.assertIn("<em>Berlin</em>", page)
        self.assertIn('<a epub:type="noteref" href="#n1" id="r1">1</a>.', page)
        self.assertIn("<dc:language>en</dc:language>", self.xml(english, "Buch/inhalt.opf"))
        if not os.environ.get("FULL"):
            return
        with tempfile.NamedTemporaryFile(suffix=".epub") as file:
            file.write(english)
            file.flush()
            result = subprocess.run(["java", "-jar", "/usr/share/java/epubcheck.jar", file.name], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    @unittest.skipUnless(os.environ.get("FULL"), "only with --full")
    def test_files_saved_by_libreoffice(self):
        word, writer, slides, sheet = office.word(), opendocument.writer(), office.presentation(), office.workbook()
        [word_odt] = convert([("a.docx", word)], "odt")
        [word_again, writer_docx] = convert([("a.docx", word), ("b.odt", writer)], "docx")
        [slides] = convert([("a.pptx", slides)], "pptx")
        [sheet] = convert([("a.xlsx", sheet)], "xlsx")
        for name, source, units in [
            ("a.odt", word_odt, [101, 102, 103, 1104, 105, 106, 107, 108, 110, 112, *range(113, 117)]),
            ("a.docx", word_again, [101, 102, 103, 1104, 105, 106, 107, 108, 110, 112, *range(113, 117)]),
            ("b.docx", writer_docx, [501, 502, 503, 1504, *range(505, 513)]),
            ("a.pptx", slides, range(201, 209)),
            ("a.xlsx", sheet, range(303, 310)),
        ]:
            english = self.check(name, source, units)
            before, after = shown([(f"1{name}", source), (f"2{name}", english)])
            if not name.endswith("xlsx"):  # Its cells are cut when they are printed.
                self.assertEqual(numbers(after), numbers(before), name)


if __name__ == "__main__":
    unittest.main()
