//! A document as one HTML file.

use std::io::{self, Write};

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::{Document, Part, description, escaped};
use crate::paper::layout::{Block, Paragraph, Table, Text};

const HEAD: &str = "<!DOCTYPE html>
<html lang=\"de\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<style>
body { max-width: 42em; margin: 2em auto; padding: 0 1em; font: 1rem/1.5 sans-serif; }
.tight { margin-bottom: 0; }
.tight + p { margin-top: 0; }
u { text-decoration-style: dotted; }
table { border-collapse: collapse; }
td { border: 1px solid #999; padding: 0.2em 0.5em; vertical-align: top; }
img { max-width: 100%; border: 1px solid #999; }
</style>
</head>
<body>
";

/// Writes `document`, whose language is German.
///
/// # Errors
/// Returns an error if `output` cannot be written.
pub(crate) fn write(document: &Document, mut output: impl Write) -> io::Result<()> {
    output.write_all(HEAD.as_bytes())?;
    for part in document.parts() {
        match part {
            Part::Block(Block::Paragraph(it)) => paragraph(it, &mut output)?,
            Part::Block(Block::Table(it)) => table(it, &mut output)?,
            Part::Picture(page, picture) => {
                let (alternative, data) =
                    (description(page), BASE64_STANDARD.encode(&picture.data));
                writeln!(
                    output,
                    "<p><img translate=\"no\" alt=\"{alternative}\" width=\"{}\" height=\"{}\" \
                     src=\"data:image/jpeg;base64,{data}\"></p>",
                    picture.width, picture.height
                )?;
            }
        }
    }
    output.write_all(b"</body>\n</html>\n")
}

fn paragraph(paragraph: &Paragraph, output: &mut impl Write) -> io::Result<()> {
    let text = inline(&paragraph.text);
    match paragraph.level {
        0 if paragraph.is_tight => writeln!(output, "<p class=\"tight\">{text}</p>"),
        0 => writeln!(output, "<p>{text}</p>"),
        level => writeln!(output, "<h{level}>{text}</h{level}>"),
    }
}

fn table(table: &Table, output: &mut impl Write) -> io::Result<()> {
    writeln!(output, "<table>")?;
    for row in &table.rows {
        write!(output, "<tr>")?;
        for cell in row {
            write!(output, "<td>{}</td>", inline(cell))?;
        }
        writeln!(output, "</tr>")?;
    }
    writeln!(output, "</table>")
}

fn inline(text: &Text) -> String {
    let piece = |(piece, is_doubtful)| {
        let piece = escaped(piece);
        if is_doubtful {
            format!("<u>{piece}</u>")
        } else {
            piece
        }
    };
    text.pieces().map(piece).collect()
}
