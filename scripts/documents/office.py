"""German files of office programs, made with the libraries that people use and with what these cannot write.

Every unit has a number of its own, by which the tests find it again in the translation.
"""

import io
import zipfile

import docx
import openpyxl
import pptx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.worksheet.table import Table
from PIL import Image
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)


def sentence(number):
    """A German sentence with a number."""
    return f"Wir treffen uns am Montag in Raum {number}."


def picture():
    """A small picture as PNG."""
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, "PNG")
    file.seek(0)
    return file


def saved(document):
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def run(text, properties=""):
    text = text.replace("&", "&amp;")
    return f'<w:r w:rsidR="00A1"><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def field(code, result):
    mark = '<w:r><w:fldChar w:fldCharType="%s"/></w:r>'
    code = f'<w:r><w:instrText xml:space="preserve"> {code} </w:instrText></w:r>'
    return mark % "begin" + code + mark % "separate" + result + mark % "end"


def paragraph(*runs, properties=""):
    return f"<w:p {NAMESPACES}><w:pPr>{properties}</w:pPr>{''.join(runs)}</w:p>"


def text_box(content):
    """A text box in the form for Word 2010 and in the one for programs before it, in the same paragraph."""
    box = f"<w:txbxContent>{content}</w:txbxContent>"
    return (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:inline distT="0" distB="0" distL="0" '
        'distR="0"><wp:extent cx="3000000" cy="600000"/><wp:docPr id="77" name="Textfeld 1"/><a:graphic><a:graphicData '
        'uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp><wps:cNvSpPr txBox="1"/>'
        '<wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="3000000" cy="600000"/></a:xfrm><a:prstGeom prst="rect">'
        f"<a:avLst/></a:prstGeom></wps:spPr><wps:txbx>{box}</wps:txbx><wps:bodyPr/></wps:wsp></a:graphicData></a:graphic>"
        '</wp:inline></w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape id="t1" style="width:236pt;height:47pt">'
        f"<v:textbox>{box}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )


def notes(number):
    note = f"<w:r><w:footnoteRef/></w:r>{run(' ' + sentence(number))}"
    separator = '<w:footnote w:type="%s" w:id="%d"><w:p><w:r><w:%s/></w:r></w:p></w:footnote>'
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:footnotes {NAMESPACES}>'
        + separator % ("separator", -1, "separator")
        + separator % ("continuationSeparator", 0, "continuationSeparator")
        + f'<w:footnote w:id="1"><w:p>{note}</w:p></w:footnote></w:footnotes>'
    ).encode()


def word():
    """A document of Word. The numbers of its units are from 101 to 120."""
    document = docx.Document()
    document.core_properties.title = f"Vertrag {120}"
    body = document.element.body

    def add(*runs, properties=""):
        body.insert(len(body) - 1, parse_xml(paragraph(*runs, properties=properties)))

    document.add_heading("Kündigung der Wohnung 101", 1)
    # The word is in three runs, which differ in nothing that is seen.
    add(run("Die Quel", '<w:lang w:val="de-DE"/>'), run("len"), run("steuer ", "<w:noProof/>"), run("ist 102 Euro."))
    add(run("Frau Müller kommt am Montag nach "), run("Berlin", "<w:b/>"), run(", in Raum 103."))
    link = document.part.relate_to("https://example.org/Haus", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    add(run("Das ist "), f'<w:hyperlink r:id="{link}">{run("Hamburg", "<w:u/>")}</w:hyperlink>', run(" im Jahr 1104."))
    reference = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteReference w:id="1"/></w:r>'
    add(run("Wir treffen uns am Montag"), reference, run(" in Raum 105."))
    part = Part(
        PackURI("/word/footnotes.xml"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml",
        notes(106),
        document.part.package,
    )
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    add(text_box(paragraph(run(sentence(107)))))
    deleted = '<w:del w:id="2" w:author="A"><w:r><w:delText>Gelöscht 999.</w:delText></w:r></w:del>'
    add(deleted, f'<w:ins w:id="3" w:author="A">{run(sentence(108))}</w:ins>')
    entry = run("Das erste Kapitel 109") + "<w:r><w:tab/></w:r>" + field("PAGEREF _Toc1", run("7"))
    add(field('TOC \\o "1-3"', entry))
    add(run(f"Müller & Söhne:\u00a0Haus und\u200f Gar\u00ad"), run("ten in Raum 110."))
    add(run("Frau"), "<w:r><w:br/></w:r>", run("Olena Kovalenko"), "<w:r><w:br/></w:r>", run("04111 Leipzig"))
    control = f"<w:sdt><w:sdtPr><w:id w:val=\"5\"/></w:sdtPr><w:sdtContent>{run('Montag')}</w:sdtContent></w:sdt>"
    add(run("Wir kommen am "), control, run(" in Raum 112."))
    document.add_paragraph(sentence(113), style="List Bullet")
    table = document.add_table(2, 2)
    table.cell(0, 0).text = sentence(114)
    nested = table.cell(1, 1).add_table(1, 1)
    nested.cell(0, 0).text = sentence(115)
    document.add_picture(picture())
    commented = document.add_paragraph()
    document.add_comment(commented.add_run(sentence(116)), text=sentence(117), author="A")
    section = document.sections[0]
    section.header.paragraphs[0].text = sentence(118)
    footer = section.footer.paragraphs[0]._p
    for element in parse_xml(paragraph(run("Seite "), field("PAGE", run("7")), run(" von vielen Seiten 119")))[1:]:
        footer.append(element)
    return saved(document)


def presentation():
    """A presentation. The numbers of its units are from 201 to 211."""
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "Unser Haus im Jahr 201"
    body = slide.placeholders[1].text_frame
    body.text = sentence(202)
    split = body.add_paragraph()
    for text, is_bold in [("Frau Müller kommt nach ", None), ("Ber", True), ("lin", True), (" in Raum 203.", None)]:
        run = split.add_run()
        run.text, run.font.bold = text, is_bold
    slide.notes_slide.notes_text_frame.text = sentence(204)
    table = slide.shapes.add_table(1, 2, Inches(1), Inches(5), Inches(4), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = sentence(205), "1.250,00 €"
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(4), Inches(4), Inches(1)).text_frame.text = sentence(206)
    chart_slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    chart_slide.shapes.title.text = sentence(207)
    data = CategoryChartData()
    data.categories = ["Eins", "Zwei"]
    data.add_series("Reihe", (1, 2))
    area = (Inches(1), Inches(2), Inches(6), Inches(4))
    chart = chart_slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *area, data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = sentence(208)
    chart_slide.shapes.add_picture(picture(), Inches(8), Inches(1))
    return saved(presentation)


def workbook():
    """A workbook. The numbers of its units are from 301 to 309."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Übersicht"
    sheet.append(["Bezeichnung 301", "Betrag 302", "Ist bezahlt"])
    sheet.append([sentence(303), 12.5, "Ja"])
    sheet.append([sentence(304), 30, "Nein"])
    sheet.add_table(Table(displayName="Kosten", ref="A1:C3"))
    sheet["E1"] = '=IF(C2="Ja",SUM(B2:B3),0)'
    sheet["E2"] = CellRichText("Frau Müller kommt nach ", TextBlock(InlineFont(b=True), "Berlin"), " in Raum 305.")
    sheet["E3"] = "=Übersicht!A2"
    sheet["E4"].comment = Comment(sentence(306), "A")
    sheet["E5"] = "RE-2026-0815"
    sheet["E6"] = "Erste Zeile 307\nZweite Zeile 308"
    chart = BarChart()
    chart.title = sentence(309)
    chart.add_data(Reference(sheet, min_col=2, min_row=2, max_row=3))
    sheet.add_chart(chart, "G1")
    return saved(book)


def book():
    """A book (EPUB 3 with the table of contents of EPUB 2). The numbers of its units are from 401 to 409."""
    head = '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
    html = '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" xml:lang="de" lang="de">'

    def page(title, body):
        return f"{head}{html}<head><title>{title}</title></head><body>{body}</body></html>"

    first = (
        f"<h1>Das erste Kapitel 401</h1><p>Frau Müller kommt nach <em>Berlin</em>, in Raum 402"
        '<a epub:type="noteref" href="#n1" id="r1">1</a>.</p>'
        f'<ul><li>{sentence(403)}</li></ul><p><img src="bild.png" alt="{sentence(404)}"/></p>'
        f'<aside epub:type="footnote" id="n1"><p><a href="#r1">1</a> {sentence(405)}</p></aside>'
    )
    contents = '<nav epub:type="toc"><ol><li><a href="eins.xhtml">Das erste Kapitel 406</a></li></ol></nav>'
    package = (
        '<?xml version="1.0" encoding="utf-8"?>\n<package xmlns="http://www.idpf.org/2007/opf" version="3.0" '
        'unique-identifier="id"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">'
        "urn:uuid:a1b2c3d4-0000-4000-8000-123456789abc</dc:identifier><dc:title>Das Haus am See 407</dc:title>"
        '<dc:language>de</dc:language><meta property="dcterms:modified">2026-01-01T00:00:00Z</meta></metadata>'
        '<manifest><item id="nav" href="inhalt.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
        '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
        '<item id="c1" href="eins.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="i1" href="bild.png" media-type="image/png"/></manifest><spine toc="ncx"><itemref idref="c1"/></spine>'
        "</package>"
    )
    ncx = (
        '<?xml version="1.0" encoding="utf-8"?>\n<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1">'
        '<head><meta name="dtb:uid" content="urn:uuid:a1b2c3d4-0000-4000-8000-123456789abc"/></head>'
        "<docTitle><text>Das Haus am See 408</text></docTitle><navMap>"
        '<navPoint id="p1" playOrder="1"><navLabel><text>Das erste Kapitel 409</text></navLabel>'
        '<content src="eins.xhtml"/></navPoint></navMap></ncx>'
    )
    container = (
        '<?xml version="1.0"?>\n<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
        '<rootfiles><rootfile full-path="Buch/inhalt.opf" media-type="application/oebps-package+xml"/></rootfiles>'
        "</container>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr("META-INF/container.xml", container)
        archive.writestr("Buch/inhalt.opf", package)
        archive.writestr("Buch/inhalt.xhtml", page("Inhalt", contents))
        archive.writestr("Buch/toc.ncx", ncx)
        archive.writestr("Buch/eins.xhtml", page("Kapitel", first))
        archive.writestr("Buch/bild.png", picture().getvalue())
    return file.getvalue()
