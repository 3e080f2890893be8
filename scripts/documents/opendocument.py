"""A German document of LibreOffice Writer, made with odfpy."""

import io

from odf import dc, draw, office, style, table, text
from odf.opendocument import OpenDocumentText

from office import picture, sentence


def writer():
    """A document. The numbers of its units are from 501 to 513."""
    document = OpenDocumentText()
    document.meta.addElement(dc.Title(text="Vertrag 513"))
    look = {name: style.Style(name=name, family="text") for name in ("T1", "T2")}
    look["T1"].addElement(style.TextProperties(fontweight="bold"))
    # It says nothing that is seen.
    look["T2"].addElement(style.TextProperties(language="de", country="DE"))
    for it in look.values():
        document.automaticstyles.addElement(it)
    add = document.text.addElement

    def paragraph(*parts, kind=text.P, **attributes):
        element = kind(**attributes)
        for part in parts:
            if isinstance(part, str):
                element.addText(part)
            else:
                element.addElement(part)
        return element

    def span(name, content):
        return text.Span(stylename=look[name], text=content)

    add(paragraph("Kündigung der Wohnung 501", kind=text.H, outlinelevel=1))
    add(paragraph("Die Quel", span("T2", "len"), "steuer ist 502 Euro."))
    add(paragraph("Frau Müller kommt am Montag nach ", span("T1", "Berlin"), ", in Raum 503."))
    add(paragraph("Das ist ", text.A(href="https://example.org/", text="Hamburg"), " im Jahr 1504."))
    note = text.Note(id="n1", noteclass="footnote")
    note.addElement(text.NoteCitation(text="1"))
    body = text.NoteBody()
    body.addElement(paragraph(sentence(506)))
    note.addElement(body)
    add(paragraph("Wir treffen uns am Montag", note, " in Raum 505."))
    items = text.List()
    item = text.ListItem()
    item.addElement(paragraph(sentence(507)))
    items.addElement(item)
    add(items)
    outer, inner = table.Table(name="Aussen"), table.Table(name="Innen")
    for grid, cells in [(inner, [paragraph(sentence(509))]), (outer, [paragraph(sentence(508)), inner])]:
        grid.addElement(table.TableColumn())
        row, cell = table.TableRow(), table.TableCell()
        for content in cells:
            cell.addElement(content)
        row.addElement(cell)
        grid.addElement(row)
    add(outer)
    frame = draw.Frame(width="6cm", height="2cm", anchortype="paragraph")
    box = draw.TextBox()
    box.addElement(paragraph(sentence(510)))
    frame.addElement(box)
    shown = draw.Frame(width="1cm", height="1cm", anchortype="paragraph")
    shown.addElement(draw.Image(href=document.addPicture("bild.png", "image/png", picture().getvalue())))
    add(paragraph(frame, shown))
    comment = office.Annotation()
    comment.addElement(dc.Creator(text="A"))
    comment.addElement(paragraph(sentence(511)))
    add(paragraph("Seite ", text.PageNumber(selectpage="current", text="7"), " von vielen", comment))
    add(paragraph("Frau", text.LineBreak(), "Olena Kovalenko", text.LineBreak(), "04111 Leipzig"))
    layout = style.PageLayout(name="Seite")
    document.automaticstyles.addElement(layout)
    master = style.MasterPage(name="Standard", pagelayoutname=layout)
    header = style.Header()
    header.addElement(paragraph(sentence(512)))
    master.addElement(header)
    document.masterstyles.addElement(master)
    file = io.BytesIO()
    document.write(file)
    return file.getvalue()
