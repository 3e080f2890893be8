"""Comparison of two packages (docx, odt, pptx, xlsx, epub): what is not text has to be the same."""

import io
import re
import struct
import zipfile

from lxml import etree

# Elements of runs, by their local names: how text is cut into them may change.
RUNS = {"r", "rPr", "t", "span", "s", "lang", "proofErr", "softHyphen", "noBreakHyphen", "lastRenderedPageBreak"}
# Elements whose content counts as if they were not there: accepted insertions.
UNWRAPPED = {"ins", "moveTo", "smartTag"}
# Elements that go: deletions, and records of changes.
DELETED = {"del", "moveFrom", "tracked-changes", "change", "change-start", "change-end"}
# Attributes of a tag that say who typed what when, and in which language.
IGNORED = re.compile(r"rsid|^lang$|^language$|^country$|altLang|dirty|err$|smtClean|^space$|style-name$")
# Attributes with text, by element.
TRANSLATED = {("img", "alt"), ("tableColumn", "name")}
PARAGRAPHS = {"p", "h", "si", "is", "title", "text", "li", "td", "th", "h1", "h2", "h3", "caption", "dt", "dd"}


def raw_entries(package):
    """Returns the name and the packed bytes of each entry."""
    entries = {}
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        for entry in archive.infolist():
            name_length, extra_length = struct.unpack_from("<HH", package, entry.header_offset + 26)
            start = entry.header_offset + 30 + name_length + extra_length
            entries[entry.filename] = package[start : start + entry.compress_size]
    return entries


def part(package, name):
    """Returns the content of an entry."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return archive.read(name)


def texts(xml):
    """Returns all text of a part, without that of deletions."""
    root = etree.fromstring(xml)
    for element in [it for it in root.iter(etree.Element) if local(it) in DELETED | {"delText", "instrText"}]:
        element.clear(keep_tail=True)
    shown = [root.xpath(f"//*[local-name()='{tag}']/@{name}") for tag, name in TRANSLATED]
    return " ".join([*root.itertext(), *sum(shown, [])])


def local(element):
    return etree.QName(element).localname


def skeleton(xml):
    """Returns what is in a part besides text: its elements in order, those in a paragraph as a sorted list."""
    found = []
    collect(etree.fromstring(xml), found, None)
    return [sorted(entry) if isinstance(entry, list) else entry for entry in found]


def collect(element, found, paragraph):
    if not isinstance(element.tag, str):
        return
    name = local(element)
    if name in DELETED or name.endswith("Change"):
        return
    if name not in RUNS and name not in UNWRAPPED:
        kept = [(key, value) for key, value in element.items() if not IGNORED.search(etree.QName(key).localname)]
        kept = [(key, "text" if (name, key) in TRANSLATED else value) for key, value in kept]
        entry = f"{element.tag} {sorted(kept)}"
        if paragraph is None:
            found.append(entry)
        else:
            paragraph.append(entry)
    if name in PARAGRAPHS and len(element) + len(element.text or "") > 0:
        paragraph = []
        found.append(paragraph)
    if name == "rPr":
        return
    for child in element:
        collect(child, found, paragraph)
