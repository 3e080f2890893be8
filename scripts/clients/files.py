"""Files for the tests."""

import io

import docx


def word(paragraphs):
    """A Word document; every part of a paragraph between asterisks is bold."""
    document = docx.Document()
    for text in paragraphs:
        paragraph = document.add_paragraph()
        for number, part in enumerate(text.split("*")):
            paragraph.add_run(part).bold = number % 2 == 1
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def paragraphs(content):
    """The paragraphs of a Word document, its bold parts between asterisks."""
    mark = lambda run: f"*{run.text}*" if run.bold else run.text
    found = docx.Document(io.BytesIO(content)).paragraphs
    return ["".join(mark(run) for run in paragraph.runs).replace("**", "") for paragraph in found]


def pdf(lines):
    """A PDF with a page of these lines."""
    text = b"BT /F1 12 Tf 72 750 Td 16 TL\n"
    for line in lines:
        text += b"(" + line.encode("cp1252") + b") Tj T*\n"
    text += b"ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    ]
    file, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    file += b"".join(b"%010d 00000 n \n" % place for place in places)
    return file + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
