use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Archive;
use crate::packed::packed;
use crate::{Error, Kind, limits, walk};

/// Returns why a container is refused as a document.
fn refusal(file: &[u8]) -> Error {
    let result = walk(Kind::Docx, &mut Cursor::new(file), None, &mut |_| Ok(None));
    result.expect_err("a refusal")
}

/// Replaces the bytes of one name by another of the same length, in all headers.
fn renamed(mut file: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    for start in 0..=file.len() - from.len() {
        if file[start..].starts_with(from.as_bytes()) {
            file[start..start + to.len()].copy_from_slice(to.as_bytes());
        }
    }
    file
}

/// Returns where the headers in the directory at the end start.
fn headers(file: &[u8]) -> Vec<usize> {
    (0..file.len())
        .filter(|&start| file[start..].starts_with(b"PK\x01\x02"))
        .collect()
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in [
        "../word/a.xml",
        "word/../../a.xml",
        "/etc/passwd",
        "..\\a.xml",
    ] {
        assert!(
            matches!(refusal(&packed(&[(name, "a")])), Error::Damaged(_)),
            "{name}"
        );
    }
    let mut fine = Cursor::new(packed(&[("word/..a.xml", "a")]));
    assert!(Archive::open(&mut fine).is_ok());
}

#[test]
fn equal_names_are_refused() {
    let file = packed(&[("word/document.xml", "a"), ("word/documenx.xml", "b")]);
    let same = renamed(file.clone(), "word/documenx.xml", "word/document.xml");
    assert!(matches!(refusal(&same), Error::Damaged(_)));
    for name in ["word/Document.xml", "word\\document.xml"] {
        let same = renamed(file.clone(), "word/documenx.xml", name);
        assert!(matches!(refusal(&same), Error::Damaged(_)), "{name}");
    }
}

#[test]
fn overlapping_entries_are_refused() {
    let mut file = packed(&[("a.xml", "eins"), ("b.xml", "zwei")]);
    let second = headers(&file)[1];
    // The second entry is where the first is.
    file[second + 42..second + 46].fill(0);
    assert!(matches!(refusal(&file), Error::Damaged(_)));
}

#[test]
fn passwords_are_said() {
    let mut file = packed(&[("a.xml", "eins")]);
    let header = headers(&file)[0];
    file[header + 8] |= 1;
    file[6] |= 1;
    assert!(matches!(refusal(&file), Error::Protected(_)));
}

#[test]
fn too_many_entries_are_refused() {
    for count in [limits::MAX_ENTRIES + 1, 65_535] {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for index in 0..count {
            writer
                .start_file(format!("{index}"), options)
                .expect("an entry");
        }
        let file = writer.finish().expect("a container").into_inner();
        assert!(matches!(refusal(&file), Error::TooLarge(_)), "{count}");
    }
}

/// Returns a document whose main part is `size` bytes of the same text.
fn bomb(size: usize) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(packed(&[("", ""); 0])));
    let options = SimpleFileOptions::default();
    let relationships = "<Relationships><Relationship Id=\"1\" Type=\"x/officeDocument\" Target=\"a.xml\"/>\
                         </Relationships>";
    writer.start_file("_rels/.rels", options).expect("an entry");
    writer.write_all(relationships.as_bytes()).expect("written");
    writer.start_file("a.xml", options).expect("an entry");
    writer.write_all(b"<d>").expect("written");
    let block = "<p><r><t>wort</t></r></p>".repeat(1000);
    for _ in 0..size / block.len() {
        writer.write_all(block.as_bytes()).expect("written");
    }
    writer.write_all(b"</d>").expect("written");
    writer.finish().expect("a container").into_inner()
}

#[test]
fn sizes_are_counted_while_unpacking() {
    let size = usize::try_from(limits::MAX_PART).expect("a size") + (1 << 20);
    let mut file = bomb(size);
    assert!(file.len() < size / 100);
    // The header claims that it is small.
    let main = headers(&file)[1];
    file[main + 24..main + 28].copy_from_slice(&[100, 0, 0, 0]);
    let refused = refusal(&file);
    assert!(
        matches!(refused, Error::TooLarge(_) | Error::Damaged(_)),
        "{refused}"
    );
    assert!(matches!(refusal(&bomb(size)), Error::TooLarge(_)));
}
