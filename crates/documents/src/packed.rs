//! Zip containers for tests.

use std::io::{Cursor, Read as _, Write as _};

use markup::{Marked, Segment};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::fixture::{Translator, identity, mutations, reverse, rewritten, translate};
use crate::{Kind, xml};

/// Packs parts, the first of them uncompressed.
pub(crate) fn packed(parts: &[(&str, impl AsRef<[u8]>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (index, (name, content)) in parts.iter().enumerate() {
        let method = match index {
            0 => CompressionMethod::Stored,
            _ => CompressionMethod::Deflated,
        };
        let options = SimpleFileOptions::default().compression_method(method);
        writer.start_file(*name, options).expect("a part");
        writer.write_all(content.as_ref()).expect("written");
    }
    writer.finish().expect("a container").into_inner()
}

/// Returns a part of a container.
pub(crate) fn part(file: &[u8], name: &str) -> String {
    let mut archive = ZipArchive::new(Cursor::new(file)).expect("a container");
    let mut part = String::new();
    let mut entry = archive.by_name(name).expect("a part");
    entry.read_to_string(&mut part).expect("UTF-8");
    part
}

/// Returns an entry as it is packed.
fn raw(archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize) -> (String, Vec<u8>) {
    let mut entry = archive.by_index_raw(index).expect("an entry");
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).expect("read");
    (entry.name().expect("a name").into_owned(), bytes)
}

/// Returns a file with its units translated.
pub(crate) fn translated(kind: Kind, file: &[u8], translator: Translator) -> Vec<u8> {
    let unit = &mut |segment: Segment| Some(translate(&segment, translator));
    let output = rewritten(kind, file, unit).expect("a file");
    assert_well_formed(&output, file);
    output
}

/// Asserts that every entry but those in `touched` is bit for bit the same, and that those are the
/// same once they are unpacked if no unit is translated.
pub(crate) fn assert_copied(kind: Kind, file: &[u8], touched: &[&str]) {
    let kept = rewritten(kind, file, &mut |_| None).expect("a file");
    let same = translated(kind, file, identity);
    let mut source = ZipArchive::new(Cursor::new(file)).expect("a container");
    let names: Vec<String> = (0..source.len())
        .map(|index| raw(&mut source, index).0)
        .collect();
    for (index, name) in names.iter().enumerate() {
        if touched.contains(&name.as_str()) {
            assert_eq!(part(&kept, name), part(file, name), "{name}");
            continue;
        }
        for output in [&kept, &same] {
            let mut output = ZipArchive::new(Cursor::new(output.as_slice())).expect("a container");
            let copy = output.index_for_name(name).expect("a copy");
            assert_eq!(raw(&mut output, copy), raw(&mut source, index));
        }
    }
}

/// Asserts that damaged copies of a container, and a container with damaged copies of each part, are
/// translated or refused.
pub(crate) fn assert_robust(kind: Kind, parts: &[(&str, &str)]) {
    let unit = &mut |segment: Segment| -> Option<Marked> { Some(translate(&segment, reverse)) };
    for damaged in mutations(&packed(parts)) {
        let _ = Kind::recognise(&mut Cursor::new(&damaged), "");
        let _ = rewritten(kind, &damaged, unit);
    }
    for index in 0..parts.len() {
        for damaged in mutations(parts[index].1.as_bytes()) {
            let damaged = String::from_utf8_lossy(&damaged);
            let mut parts = parts.to_vec();
            parts[index].1 = &damaged;
            let source = packed(&parts);
            if let Ok(output) = rewritten(kind, &source, unit) {
                assert_well_formed(&output, &source);
            }
        }
    }
}

/// Asserts that all XML in a container is well-formed that is not as in `source`.
fn assert_well_formed(file: &[u8], source: &[u8]) {
    let archive = ZipArchive::new(Cursor::new(file)).expect("a container");
    for name in archive
        .file_names()
        .filter_map(Result::ok)
        .filter(|name| name.ends_with(".xml"))
    {
        let content = part(file, &name);
        if !content.is_empty() && content != part(source, &name) {
            xml::for_each(content.as_bytes(), |_| Ok(())).unwrap_or_else(|error| {
                panic!("{name}: {error}\n{content}\n{}", part(source, &name));
            });
        }
    }
}
