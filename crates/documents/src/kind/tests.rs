use std::io::Cursor;

use super::Kind;
use crate::Error;
use crate::packed::packed;

fn recognise(file: impl AsRef<[u8]>, name: &str) -> Result<Kind, Error> {
    Kind::recognise(&mut Cursor::new(file), name)
}

fn office(main: &str) -> Vec<u8> {
    let types =
        format!("<Types><Override PartName=\"/a\" ContentType=\"application/{main}\"/></Types>");
    packed(&[("[Content_Types].xml", &types)])
}

#[test]
fn containers_say_what_they_are() {
    let open = "vnd.openxmlformats-officedocument";
    for (main, kind) in [
        ("wordprocessingml.document.main+xml", Kind::Docx),
        ("presentationml.presentation.main+xml", Kind::Pptx),
        ("spreadsheetml.sheet.main+xml", Kind::Xlsx),
    ] {
        let file = office(&format!("{open}.{main}"));
        assert_eq!(recognise(file, "brief.txt").expect("a kind"), kind);
    }
    let odt = packed(&[("mimetype", "application/vnd.oasis.opendocument.text")]);
    assert_eq!(recognise(odt, "a.docx").expect("a kind"), Kind::Odt);
    let epub = packed(&[("mimetype", "application/epub+zip")]);
    assert_eq!(recognise(epub, "").expect("a kind"), Kind::Epub);
    for file in [
        office("vnd.ms-word.document.macroEnabled.main+xml"),
        packed(&[("mimetype", "application/vnd.oasis.opendocument.spreadsheet")]),
        packed(&[("brief.txt", "Hallo")]),
    ] {
        assert!(matches!(
            recognise(file, "a.docx"),
            Err(Error::Unsupported(_))
        ));
    }
}

#[test]
fn old_office_files_and_passwords_are_told_apart() {
    let mut file = vec![0; 2048];
    file[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    file[30] = 9;
    file[48] = 1;
    assert!(matches!(
        recognise(&file, "a.doc"),
        Err(Error::Unsupported(_))
    ));
    let package: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    file[1024..1024 + package.len()].copy_from_slice(&package);
    assert!(matches!(
        recognise(&file, "a.docx"),
        Err(Error::Protected(_))
    ));
}

#[test]
fn texts_are_told_apart_by_content_then_by_name() {
    let srt = "1\r\n00:00:01,000 --> 00:00:02,000\r\nHallo\r\n";
    for (file, name, kind) in [
        ("WEBVTT\n\n", "a.txt", Kind::Vtt),
        ("\u{feff}<!DOCTYPE HTML><p>a", "a.txt", Kind::Html),
        ("<?xml version=\"1.0\"?><html xmlns=\"x\">", "a", Kind::Html),
        (srt, "a.txt", Kind::Srt),
        ("<p>Hallo</p>", "a.HTM", Kind::Html),
        ("# Hallo", "brief.v2.md", Kind::Markdown),
        ("# Öffnen\nDatei --> Öffnen", "a.md", Kind::Markdown),
        ("a;b", "a.csv", Kind::Csv),
        ("Hallo", "md", Kind::Text),
        ("", "", Kind::Text),
        ("%PDF-1.7", "a.txt", Kind::Pdf),
    ] {
        assert_eq!(
            recognise(file, name).expect("a kind"),
            kind,
            "{file:?} {name}"
        );
    }
    assert_eq!(
        recognise(b"\xff\xfeH\0a\0", "a.txt").expect("a kind"),
        Kind::Text
    );
    assert_eq!(
        recognise(b"\xff\xd8\xff\xe0", "a.txt").expect("a kind"),
        Kind::Image
    );
    for file in [
        &b"a\0b"[..],
        b"{\\rtf1",
        b"\0\0\0\x18ftypheic",
        b"<svg>",
        b"<?xml version=\"1.0\"?><a/>",
    ] {
        assert!(
            matches!(recognise(file, "a.txt"), Err(Error::Unsupported(_))),
            "{file:?}"
        );
    }
}
