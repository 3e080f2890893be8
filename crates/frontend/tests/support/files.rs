//! Files as people send them, made by the tests.

use std::io::{Cursor, Read as _, Write as _};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// Packs parts into a container.
pub(crate) fn packed(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Returns a part of a container; `None` if there is none of this name.
pub(crate) fn part(container: &[u8], name: &str) -> Option<String> {
    let mut archive = ZipArchive::new(Cursor::new(container)).unwrap();
    let mut content = String::new();
    let mut part = archive.by_name(name).ok()?;
    part.read_to_string(&mut content).unwrap();
    Some(content)
}

/// Returns a document of Word with these paragraphs, each the XML of its runs, and a picture.
pub(crate) fn docx(paragraphs: &[&str]) -> Vec<u8> {
    let package = "http://schemas.openxmlformats.org/package/2006";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    let word = "application/vnd.openxmlformats-officedocument.wordprocessingml";
    let body = paragraphs.join("</w:p><w:p>");
    packed(&[
        (
            "[Content_Types].xml",
            &format!(
                "<Types xmlns=\"{package}/content-types\"><Default Extension=\"rels\" \
                 ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
                 <Override PartName=\"/word/document.xml\" \
                 ContentType=\"{word}.document.main+xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            &format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" \
                 Type=\"{office}/officeDocument\" Target=\"word/document.xml\"/></Relationships>"
            ),
        ),
        ("word/media/logo.png", "not looked at"),
        (
            "word/document.xml",
            &format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\
                 <w:document xmlns:w=\"{main}\"><w:body><w:p>{body}</w:p></w:body></w:document>"
            ),
        ),
    ])
}

/// Returns the XML of a run.
pub(crate) fn run(text: &str) -> String {
    format!("<w:r><w:t xml:space=\"preserve\">{text}</w:t></w:r>")
}

/// Returns the XML of a run in bold.
pub(crate) fn bold(text: &str) -> String {
    format!("<w:r><w:rPr><w:b/></w:rPr><w:t>{text}</w:t></w:r>")
}

/// Content type of a [`Form`].
pub(crate) const CONTENT_TYPE: &str = "multipart/form-data; boundary=----files-of-a-test";

const BOUNDARY: &str = "----files-of-a-test";

/// A form with files, as browsers send it.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    body: Vec<u8>,
}

impl Form {
    pub(crate) fn new(nonce: &str, text: &str) -> Self {
        let mut form = Self { body: Vec::new() };
        form.add("name=\"nonce\"", nonce.as_bytes());
        form.add("name=\"text\"", text.as_bytes());
        form
    }

    /// Adds a file.
    pub(crate) fn file(mut self, name: &str, content: &[u8]) -> Self {
        self.add(&format!("name=\"file\"; filename=\"{name}\""), content);
        self
    }

    fn add(&mut self, disposition: &str, content: &[u8]) {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n");
        self.body.extend(head.bytes());
        self.body.extend(content);
        self.body.extend(b"\r\n");
    }

    /// Returns its body.
    pub(crate) fn body(&self) -> Vec<u8> {
        [&self.body, format!("--{BOUNDARY}--\r\n").as_bytes()].concat()
    }
}
