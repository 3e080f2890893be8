"""Files that are made to do harm: each is refused at once and in little memory, or harmless."""

import io
import struct
import unittest
import warnings
import zipfile
import zlib

import office
from program import refusal, translate

# Processor time until a file is refused.
MAX_SECONDS = 1.0
# The same for PDFs, which poppler reads.
MAX_PDF_SECONDS = 61.0

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<!DOCTYPE lolz [<!ENTITY l0 "ha">{LAUGHS}]>'
READER = '<!DOCTYPE x [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>'


def repacked(package, changes=(), more=()):
    """Returns a package with changed parts (name to function of the text), and more entries."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        assert set(changes) <= set(source.namelist()), "no such part"
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename in changes:
                content = changes[entry.filename](content.decode()).encode()
            target.writestr(entry, content, entry.compress_type)
        for name, content in more:
            target.writestr(name, content)
    return file.getvalue()


def with_doctype(doctype):
    """Returns a function that adds a document type to XML and uses its entity in the first text."""

    def change(xml):
        xml = xml.replace("<!DOCTYPE html>", "")
        start = xml.find("?>") + 2 if xml.startswith("<?xml") else 0
        text = xml.rindex("</")
        return xml[:start] + doctype + xml[start:text] + "&l9;" + xml[text:]

    return change


def overlapping(count=2000):
    """A container whose entries all have the same data: the quoted overlap of the "better zip bomb"."""
    data = zlib.compress(b"<w>" + b" " * 1_000_000)[2:-4]
    header = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0x21, 0, len(data), 1_000_003, 5, 0)
    body = header + b"a.xml" + data
    directory = b"".join(
        struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0x21, 0, len(data), 1_000_003, 5, 0, 0, 0, 0, 0, 0)
        + f"{n:05}".encode()
        for n in range(count)
    )
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + end


def zip_of_zips(depth=5):
    """A container of ten containers of ten containers: 42.zip."""
    content = zlib.compress(b"0" * 4_000_000)
    for _ in range(depth):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(10):
                archive.writestr(f"lib {number}.zip", content)
        content = file.getvalue()
    return content


def duplicated(package):
    file = io.BytesIO(package)
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(file, "a") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    return file.getvalue()


def encrypted(package):
    package = bytearray(package)
    at = 0
    while (at := package.find(b"PK\x01\x02", at)) >= 0:
        package[at + 8] |= 1
        offset = struct.unpack_from("<I", package, at + 42)[0]
        package[offset + 6] |= 1
        at += 4
    return bytes(package)


def many(count):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}", b"")
    return file.getvalue()


def png(width, height):
    """A picture that is white and huge, but small as a file."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compressobj(9)
    row = b"\0" + b"\xff" * width
    data = b"".join(rows.compress(row) for _ in range(min(height, 3000))) + rows.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


class Hostile(unittest.TestCase):
    def refused(self, name, content, reason, seconds=MAX_SECONDS):
        with self.subTest(file=name, reason=reason):
            message, took = refusal(name, content)
            self.assertIn(reason, message)
            self.assertEqual(message.count("\n"), 1, message)
            self.assertLess(took, seconds, message)

    def test_containers(self):
        word = office.word()
        bomb = {"word/document.xml": lambda xml: xml.replace("<w:body>", "<w:body>" + "<w:p></w:p>" * 8_000_000)}
        blanks = {"word/document.xml": lambda xml: xml.replace("<w:body>", "<w:body>" + " " * 100_000_000)}
        self.refused("bombe.docx", repacked(word, bomb), "too large")
        self.refused("leer.docx", repacked(word, blanks), "too large")
        self.refused("42.zip", zip_of_zips(), "Archives of files are not supported")
        self.refused("a.docx", overlapping(), "overlap")
        self.refused("a.docx", many(65_535), "over 10000 parts")
        self.refused("a.docx", repacked(word, more=[("../../a.xml", "a")]), "named like a file elsewhere")
        self.refused("a.docx", repacked(word, more=[("/etc/passwd", "a")]), "named like a file elsewhere")
        self.refused("a.docx", duplicated(word), "same name")
        self.refused("a.docx", encrypted(word), "password")
        self.refused("a.docx", word[: len(word) // 2], "damaged")

    def test_entities(self):
        for name, source, entry in [
            ("a.docx", office.word(), "word/document.xml"),
            ("a.pptx", office.presentation(), "ppt/slides/slide1.xml"),
            ("a.xlsx", office.workbook(), "xl/worksheets/sheet1.xml"),
            ("a.epub", office.book(), "Buch/inhalt.opf"),
            ("a.epub", office.book(), "Buch/toc.ncx"),
            ("a.docx", office.word(), "word/_rels/document.xml.rels"),
        ]:
            for doctype in [BOMB, READER]:
                self.refused(name, repacked(source, {entry: with_doctype(doctype)}), "damaged")
        # In pages they stay what they are, and nothing is looked up.
        for doctype in [BOMB, READER]:
            book = repacked(office.book(), {"Buch/eins.xhtml": with_doctype(doctype)})
            english, _ = translate("a.epub", book)
            with zipfile.ZipFile(io.BytesIO(english)) as archive:
                page = archive.read("Buch/eins.xhtml").decode()
            self.assertIn("&l9;", page)
            self.assertNotIn("root:", page)
            self.assertLess(len(page), 5000)
            # Pictures are copied as they are.
            picture = with_doctype(doctype)('<svg xmlns="http://www.w3.org/2000/svg"><text>Haus</text></svg>')
            item = '<item id="s1" href="bild.svg" media-type="image/svg+xml"/></manifest>'
            manifest = {"Buch/inhalt.opf": lambda xml: xml.replace("</manifest>", item)}
            book = repacked(office.book(), manifest, [("Buch/bild.svg", picture)])
            english, _ = translate("a.epub", book)
            with zipfile.ZipFile(io.BytesIO(english)) as archive:
                self.assertEqual(archive.read("Buch/bild.svg").decode(), picture)

    def test_depth(self):
        deep = "<w:p><w:r>" + "<w:sdt>" * 300_000
        changes = {"word/document.xml": lambda xml: xml.replace("<w:body>", "<w:body>" + deep)}
        self.refused("a.docx", repacked(office.word(), changes), "damaged")
        page = f"<p>Guten Morgen!{'<b>' * 100_000}"
        english, _ = translate("a.html", page.encode())
        self.assertTrue(english.startswith(b"<p>Good morning!<b><b>"))

    def test_pictures(self):
        self.refused("a.png", png(60_000, 60_000), "40 million pixels")
        self.refused("a.png", png(6_000, 60_000), "40 million pixels")
        self.refused("a.jpg", b"\xff\xd8\xff\xe0" + bytes(1000), "damaged")
        self.refused("a.heic", b"\0\0\0\x18ftypheic" + bytes(100), "HEIC")

    def test_pdfs(self):
        def pdf(*objects, trailer=""):
            body = "".join(f"{number} 0 obj {content} endobj\n" for number, content in enumerate(objects, 1))
            return f"%PDF-1.4\n{body}trailer <</Root 1 0 R {trailer}>>\n".encode()

        catalogue, pages = "<</Type /Catalog /Pages 2 0 R>>", "<</Type /Pages /Kids [3 0 R] /Count 1>>"
        page = "<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] %s>>"
        nested = pdf(catalogue, pages, page % ("/X " + "[" * 20_000 + "]" * 20_000))
        loop = pdf(catalogue, pages, page % "") + b"startxref\n9\n%%EOF\n"
        million = pdf(catalogue, "<</Type /Pages /Kids [2 0 R 2 0 R] /Count 1000000>>")
        locked = pdf(catalogue, pages, page % "", trailer="/Encrypt <</Filter /Standard /V 1 /R 2 /O (x) /U (y) /P -4>>")
        self.refused("a.pdf", nested, "cannot read", MAX_PDF_SECONDS)
        self.refused("a.pdf", loop, "cannot read", MAX_PDF_SECONDS)
        self.refused("a.pdf", million, "cannot read", MAX_PDF_SECONDS)
        self.refused("a.pdf", locked, "password", MAX_PDF_SECONDS)


if __name__ == "__main__":
    unittest.main()
