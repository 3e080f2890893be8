"""PDFs of reportlab, and scans in PDFs of img2pdf, translated by the program: LibreOffice has to show all that is in them."""

import io
import re
import unittest

import img2pdf
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from office import sentence
from program import shown, translate


def letter():
    """A letter with paragraphs whose lines are wrapped, and a table with rules. Its numbers are from 701 to 706."""
    style = getSampleStyleSheet()["BodyText"]
    rows = [["Position", "Anteil", "Betrag"], ["Heizung", "60 %", "702"], ["Wasser", "20 %", "703"], ["Summe", "80 %", "704"]]
    table = Table(rows, colWidths=[200, 100, 100])
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black)]))
    long = f"{sentence(701)} Frau Müller kommt am Dienstag nach Berlin, weil sie dort ihre Großmutter besuchen will. "
    content = [Paragraph(long * 3, style), Spacer(1, 20), table, Spacer(1, 20), Paragraph(sentence(705), style)]
    content.append(Paragraph('Das ist <b>Hamburg</b> im Jahr 1706, und "Haus &amp; Hof".', style))
    file = io.BytesIO()
    SimpleDocTemplate(file, pagesize=A4).build(content)
    return file.getvalue()


def scan():
    """A page as a picture in a PDF. Its numbers are from 711 to 720."""
    page = Image.new("L", (1654, 2339), 245)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(32)
    for number in range(711, 721):
        draw.text((180, 300 + 90 * (number - 711)), sentence(number), 20, font)
    file = io.BytesIO()
    page.save(file, "PNG")
    return img2pdf.convert(file.getvalue())


class Papers(unittest.TestCase):
    def check(self, name, source, expected, output=None):
        english, remarks = translate(name, source, output)
        [text] = shown([(output or "a.docx", english)])
        for number in expected:
            self.assertIn(str(number), text)
        self.assertIsNone(re.search(r"\b(Wir|treffen|Montag|kommt)\b", text), text)
        return text, remarks

    def test_letter(self):
        text, remarks = self.check("a.pdf", letter(), [701, 702, 703, 704, 705, 1706])
        self.assertEqual(remarks, [])
        self.assertEqual(text.count("701"), 3)
        # The rows of the table are rows.
        self.assertRegex(text, r"60 ?% +702\n")
        self.check("a.pdf", letter(), [701, 702, 703, 704, 705, 1706], "a.html")

    def test_scan(self):
        _, remarks = self.check("a.pdf", scan(), range(711, 721))
        self.assertEqual(remarks, [])


if __name__ == "__main__":
    unittest.main()
