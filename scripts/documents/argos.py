"""Compares the program with argos-translate-files, the library behind LibreTranslate, on ten German documents, in a table.

Both translate with the demo model: argos-translate-files asks the program's API for each text that it finds. Run by
scripts/documents/run.sh --argos, which installs it.
"""

import io
import json
import pathlib
import re
import sys
import tempfile
import time
import urllib.request
import zipfile

from argostranslate.translate import ITranslation
from argostranslatefiles import argostranslatefiles
from lxml import etree

import office
import opendocument
import program
import texts

sys.path.append(str(program.ROOT / "scripts/clients"))
import server


class Api(ITranslation):
    """A translation that is the program's API, with the weights of the demo model."""

    class to_lang:
        code = "en"

    def __init__(self, address):
        self.address = address

    def hypotheses(self, text, number=1):
        raise NotImplementedError

    def translate(self, text):
        if not text.strip():
            return text
        body = json.dumps({"q": text, "source": "de", "target": "en"}).encode()
        request = urllib.request.Request(f"{self.address}/translate", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["translatedText"]


DOCUMENTS = [
    ("letter.docx", office.word),
    ("letter.odt", opendocument.writer),
    ("talk.pptx", office.presentation),
    ("list.xlsx", office.workbook),
    ("book.epub", office.book),
    ("page.html", texts.page),
    ("notes.txt", texts.letter),
    ("film.srt", texts.subtitles),
    ("readme.md", texts.markdown),
    ("table.csv", texts.table),
]


# Elements that end a word; others, such as runs, do not.
BLOCKS = {"p", "h", "h1", "li", "title", "text", "br", "line-break", "tab", "is", "v", "identifier", "creator"}
# Formatted words: an expression for each kind of file, and for files without any there is no entry.
FORMATTED = [
    ("docx", "word/document.xml", r"<w:b/>(?:(?!</w:r>).)*?<w:t[^>]*>([^<]*)"),
    ("docx", "word/document.xml", r"<w:hyperlink(?:(?!</w:hyperlink>).)*?<w:t[^>]*>([^<]*)"),
    ("odt", "content.xml", r'<text:span text:style-name="T1">([^<]*)'),
    ("odt", "content.xml", r"<text:a [^>]*>([^<]*)"),
    ("pptx", "ppt/slides/slide1.xml", r'<a:rPr[^>]* b="1"[^>]*?(?:/>|>.*?</a:rPr>)<a:t>([^<]*)'),
    ("xlsx", "xl/worksheets/sheet1.xml", r"<b(?: val=\"1\")?\s*/>.*?<t[^>]*>([^<]*)"),
    ("epub", "Buch/eins.xhtml", r"<em>([^<]*)"),
    ("html", None, r"<b>([^<]*)"),
    ("html", None, r"<a [^>]*>([^<]*)"),
    ("srt", None, r"<i>([^<]*)"),
    ("md", None, r"\*\*([^*]*)"),
    ("md", None, r"\[(\w+)\]\[h\]"),
]
# What these words are in both languages.
NAMES = {"Berlin", "Hamburg"}
# A word with a capital inside, or a piece of a word that is in several runs: torn, or glued to another.
TORN = re.compile(r"\b\w*[a-zäöüß][A-ZÄÖÜ]\w*\b|\bBer\b|\b[Ll]in\b|\bQuel|\bsteuer")


def decoded(file, name):
    """A text file, or a part of a package."""
    if name is None:
        return file.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        return archive.read(name).decode()


def words(file):
    """The text that a reader sees, with all parts of a package in a row."""
    if file[:2] != b"PK":
        return re.sub(r"<style.*?</style>|<[^>]*>", "", file.decode(errors="replace"))
    found = []
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        for entry in archive.namelist():
            if not re.search(r"\.(xml|xhtml|opf|ncx)$", entry) or re.search(r"theme|app\.xml|_rels/|numbering", entry):
                continue
            root = etree.fromstring(archive.read(entry), etree.XMLParser(recover=True))
            for element in list(root.iter(etree.Element)):
                name = etree.QName(element).localname
                if name in ("instrText", "delText", "f"):
                    element.clear(keep_tail=True)
                elif name in BLOCKS:
                    element.text, element.tail = " " + (element.text or ""), " " + (element.tail or "")
            found.append("".join(root.itertext()) + " ".join(root.xpath("//*/@alt")))
    return " ".join(found)


def judged(name, source, file):
    """Returns the numbers of translated and of all units, of kept and of all formats, and of torn words."""
    german, english = words(source), words(file)
    sentences = re.findall(r"Wir treffen uns am Montag in Raum (\d+)", german)
    left = re.findall(r"Wir treffen uns am Montag in Raum (\d+)", english)
    done = [number for number in set(sentences) - set(left) if number in english]
    formatted = [
        any(found.strip() in NAMES for found in re.findall(pattern, decoded(file, part), re.S))
        for kind, part, pattern in FORMATTED
        if name.endswith(f".{kind}")
    ]
    torn = {word for word in TORN.findall(english) if word not in german or word in ("Ber", "lin", "Quel", "steuer")}
    return len(done), len(set(sentences)), sum(formatted), len(formatted), len(torn)


def by_argos(api, name, source):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, name)
        file.write_bytes(source)
        result = argostranslatefiles.translate_file(api, str(file))
        return pathlib.Path(result).read_bytes() if result else None


def cells(name, source, translator):
    """The cells of a translator in the table."""
    start = time.monotonic()
    try:
        file = translator(name, source)
    except Exception as error:
        return f"fails ({type(error).__name__}) | | |"
    seconds = time.monotonic() - start
    if file is None:
        return "no such format | | |"
    done, units, kept, formatted, torn = judged(name, source, file)
    return f"{done} of {units} | {kept} of {formatted} | {torn} | {seconds:.1f}"


def main():
    print("| file | units | bold, links | torn words | s | argos: units | bold, links | torn words | s |")
    print("|---|---|---|---|---|---|---|---|---|")
    with server.running(RUST_LOG="error") as address:
        api = Api(address)
        api.translate("Guten Morgen!")
        for name, make in DOCUMENTS:
            source = make()
            ours = cells(name, source, lambda name, source: program.translate(name, source, f"en-{name}")[0])
            theirs = cells(name, source, lambda name, source: by_argos(api, name, source))
            print(f"| `{name}` | {ours} | {theirs} |", flush=True)


if __name__ == "__main__":
    main()
