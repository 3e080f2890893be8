//! A document as a Word file (Office Open XML, ECMA-376), with nothing in it that is not needed.

use std::fmt::Write as _;
use std::io::{self, Write};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{Document, Part, Picture, description, escaped};
use crate::Output;
use crate::paper::layout::{Block, Paragraph, Table, Text};

const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Default Extension="jpg" ContentType="image/jpeg"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/></Types>"#;

const RELATIONSHIPS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;

const STYLES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:cs="Arial"/><w:sz w:val="22"/><w:lang w:val="de-DE"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="160"/></w:pPr></w:pPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:pPr><w:keepNext/><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/><w:sz w:val="32"/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:pPr><w:keepNext/><w:outlineLvl w:val="1"/></w:pPr><w:rPr><w:b/><w:sz w:val="26"/></w:rPr></w:style></w:styles>"#;

const DOCUMENT_START: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><w:body>"#;

/// A4 with margins of 2.5 cm.
const DOCUMENT_END: &str = r#"<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1417" w:right="1417" w:bottom="1417" w:left="1417" w:header="708" w:footer="708" w:gutter="0"/></w:sectPr></w:body></w:document>"#;

/// Width of the text on such a page, in twentieths of a point.
const TEXT_WIDTH: f32 = 9072.0;

/// The same in the unit of pictures, of which a twentieth of a point has 635.
const TEXT_WIDTH_EMU: u32 = 9072 * 635;

/// Height of the text on such a page, in the unit of pictures.
const TEXT_HEIGHT_EMU: u32 = (16838 - 2 * 1417) * 635;

/// Writes `document`, whose language is German.
///
/// # Errors
/// Returns an error if `output` cannot be written.
pub(crate) fn write(document: &Document, output: &mut dyn Output) -> io::Result<()> {
    let mut zip = ZipWriter::new(output);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut part = |name: &str, data: &[u8]| {
        zip.start_file(name, options)?;
        zip.write_all(data)
    };
    part("[Content_Types].xml", CONTENT_TYPES.as_bytes())?;
    part("_rels/.rels", RELATIONSHIPS.as_bytes())?;
    part("word/document.xml", body(document).as_bytes())?;
    part("word/styles.xml", STYLES.as_bytes())?;
    part(
        "word/_rels/document.xml.rels",
        relationships(document).as_bytes(),
    )?;
    for (page, picture) in pictures(document) {
        part(&format!("word/media/page{page}.jpg"), &picture.data)?;
    }
    zip.finish()?;
    Ok(())
}

/// Returns the pictures with the numbers of their pages.
fn pictures(document: &Document) -> impl Iterator<Item = (usize, &Picture)> {
    document.parts().filter_map(|part| match part {
        Part::Picture(page, picture) => Some((page, picture)),
        Part::Block(_) => None,
    })
}

fn relationships(document: &Document) -> String {
    let start = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="styles" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>"#;
    let pictures = pictures(document).map(|(page, _)| {
        format!(
            r#"<Relationship Id="page{page}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="media/page{page}.jpg"/>"#
        )
    });
    let pictures: String = pictures.collect();
    format!("{start}{pictures}</Relationships>")
}

fn body(document: &Document) -> String {
    let mut xml = DOCUMENT_START.to_owned();
    for part in document.parts() {
        match part {
            Part::Block(Block::Paragraph(it)) => xml.push_str(&paragraph(it)),
            Part::Block(Block::Table(it)) => xml.push_str(&table(it)),
            Part::Picture(page, it) => xml.push_str(&drawing(page, it)),
        }
    }
    xml.push_str(DOCUMENT_END);
    xml
}

fn paragraph(paragraph: &Paragraph) -> String {
    let properties = match paragraph.level {
        0 if paragraph.is_tight => r#"<w:pPr><w:spacing w:after="0"/></w:pPr>"#.to_owned(),
        0 => String::new(),
        level => format!(r#"<w:pPr><w:pStyle w:val="Heading{level}"/></w:pPr>"#),
    };
    format!("<w:p>{properties}{}</w:p>", runs(&paragraph.text))
}

/// Returns the runs of a text, with uncertain words on a dotted line.
fn runs(text: &Text) -> String {
    let run = |(piece, is_doubtful)| {
        let properties = if is_doubtful {
            r#"<w:rPr><w:u w:val="dotted"/></w:rPr>"#
        } else {
            ""
        };
        let piece = escaped(piece);
        format!(r#"<w:r>{properties}<w:t xml:space="preserve">{piece}</w:t></w:r>"#)
    };
    text.pieces().map(run).collect()
}

fn table(table: &Table) -> String {
    let total: f32 = table.widths.iter().sum();
    let widths = table
        .widths
        .iter()
        .map(|width| (width / total * TEXT_WIDTH).round());
    let widths: Vec<f32> = widths.collect();
    let mut xml = String::from(
        r#"<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/><w:tblBorders><w:top w:val="single" w:sz="4"/><w:left w:val="single" w:sz="4"/><w:bottom w:val="single" w:sz="4"/><w:right w:val="single" w:sz="4"/><w:insideH w:val="single" w:sz="4"/><w:insideV w:val="single" w:sz="4"/></w:tblBorders></w:tblPr><w:tblGrid>"#,
    );
    for width in &widths {
        // Writing to a string does not fail.
        let _ = write!(xml, r#"<w:gridCol w:w="{width}"/>"#);
    }
    xml.push_str("</w:tblGrid>");
    for row in &table.rows {
        xml.push_str("<w:tr>");
        for (cell, width) in row.iter().zip(&widths) {
            let text = runs(cell);
            let _ = write!(
                xml,
                r#"<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p><w:pPr><w:spacing w:after="0"/></w:pPr>{text}</w:p></w:tc>"#
            );
        }
        xml.push_str("</w:tr>");
    }
    // Word requires a paragraph after a table.
    xml.push_str("</w:tbl><w:p/>");
    xml
}

fn drawing(page: usize, picture: &Picture) -> String {
    let (width, height) = (picture.width.max(1), picture.height.max(1));
    let scale = (TEXT_WIDTH_EMU / width).min(TEXT_HEIGHT_EMU / height);
    let size = format!(r#"cx="{}" cy="{}""#, width * scale, height * scale);
    let description = description(page);
    format!(
        r#"<w:p><w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {size}/><wp:docPr id="{page}" name="page{page}" descr="{description}"/><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="{page}" name="page{page}"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="page{page}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"#
    )
}
