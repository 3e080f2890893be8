//! `translate` with documents.

use std::{
    fs,
    io::{Cursor, Read as _, Write as _},
    path::Path,
};

use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use crate::{command_line::text, program::translate};

/// Returns the translation of a file that is a text, and checks what is printed.
fn translated(name: &str, german: &str, english_name: &str) -> String {
    let (folder, output) = translate(name, german.as_bytes(), &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), format!("{english_name}\n"));
    fs::read_to_string(folder.path().join(english_name)).expect("a translation")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("UTF-8")
        })
        .collect();
    names.sort();
    names
}

/// Packs a document of Word with one paragraph.
fn docx(paragraph: &str) -> Vec<u8> {
    let package = "http://schemas.openxmlformats.org/package/2006";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    let word = "application/vnd.openxmlformats-officedocument.wordprocessingml";
    let parts = [
        (
            "[Content_Types].xml",
            format!(
                "<Types xmlns=\"{package}/content-types\"><Default Extension=\"rels\" \
                 ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
                 <Override PartName=\"/word/document.xml\" \
                 ContentType=\"{word}.document.main+xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" \
                 Type=\"{office}/officeDocument\" Target=\"word/document.xml\"/></Relationships>"
            ),
        ),
        (
            "word/document.xml",
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\
                 <w:document xmlns:w=\"{main}\"><w:body><w:p>{paragraph}</w:p></w:body></w:document>"
            ),
        ),
    ];
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer
            .start_file(name, SimpleFileOptions::default())
            .expect("a part");
        writer.write_all(content.as_bytes()).expect("written");
    }
    writer.finish().expect("a container").into_inner()
}

#[test]
fn a_word_file_is_translated_beside_the_original_with_its_formatting() {
    let german = docx(
        "<w:r><w:t xml:space=\"preserve\">Guten Morgen, das ist </w:t></w:r>\
         <w:r><w:rPr><w:b/></w:rPr><w:t>Berlin</w:t></w:r><w:r><w:t>.</w:t></w:r>",
    );
    let (folder, output) = translate("letter.docx", &german, &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "letter.en.docx\n");
    // No progress bar if standard error is not a terminal.
    assert_eq!(text(&output.stderr), "");
    assert_eq!(names(folder.path()), ["letter.docx", "letter.en.docx"]);
    let english = fs::read(folder.path().join("letter.en.docx")).expect("a translation");
    let mut archive = ZipArchive::new(Cursor::new(english)).expect("a container");
    let mut document = String::new();
    let mut part = archive.by_name("word/document.xml").expect("a part");
    part.read_to_string(&mut document).expect("UTF-8");
    assert!(document.contains("Good morning"), "{document}");
    let (_, bold) = document.split_once("<w:b/>").expect("bold");
    let (bold, _) = bold.split_once("</w:r>").expect("a run");
    assert!(bold.contains("Berlin"), "{document}");
    assert_eq!(document.matches("<w:b/>").count(), 1, "{document}");
}

#[test]
fn markdown_keeps_its_marks() {
    let german = "# Guten Morgen!\n\nIch wohne in **Berlin** ([Karte](karte.html)).\n\n```\nGuten Tag\n```\n";
    let english = translated("brief.md", german, "brief.en.md");
    assert!(english.starts_with("# Good morning!\n\n"), "{english}");
    assert!(english.contains("**Berlin**"), "{english}");
    assert!(english.contains("](karte.html)"), "{english}");
    assert!(english.ends_with("\n\n```\nGuten Tag\n```\n"), "{english}");
}

#[test]
fn a_page_keeps_its_tags() {
    let german = "<!DOCTYPE html><html lang=\"de\"><head><title>Guten Morgen!</title></head>\
                  <body><p>Ich wohne in <b>Berlin</b>.</p></body></html>";
    let english = translated("Seite.HTM", german, "Seite.en.HTM");
    assert!(
        english.contains("<title>Good morning!</title>"),
        "{english}"
    );
    assert!(english.contains("<b>Berlin</b>"), "{english}");
    assert!(english.contains("lang=\"en\""), "{english}");
}

#[test]
fn subtitles_keep_their_times() {
    let german = "1\r\n00:00:01,000 --> 00:00:02,000\r\n- Guten Morgen!\r\n- Guten Morgen!\r\n";
    let english = translated("film.srt", german, "film.en.srt");
    let expected = german.replace("Guten Morgen", "Good morning");
    assert_eq!(english, expected);
}

#[test]
fn the_translation_goes_where_it_is_told_to() {
    let (folder, output) = translate("brief.md", b"Guten Morgen!", &["-o", "letter.md"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "letter.md\n");
    assert_eq!(names(folder.path()), ["brief.md", "letter.md"]);
    // Also over the original.
    let (folder, output) = translate("brief.md", b"Guten Morgen!", &["-o", "brief.md"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let english = fs::read_to_string(folder.path().join("brief.md")).expect("a translation");
    assert_eq!(english, "Good morning!");
    let (folder, output) = translate("brief.txt", b"Guten Morgen!\n", &["--output", "letter.txt"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "");
    let english = fs::read_to_string(folder.path().join("letter.txt")).expect("a translation");
    assert_eq!(english, "Good morning!\n");
}

#[test]
fn what_cannot_be_translated_is_refused_and_leaves_no_file() {
    let archive = {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer
            .start_file("a.txt", SimpleFileOptions::default())
            .expect("a part");
        writer.finish().expect("a container").into_inner()
    };
    let cut = docx("<w:r><w:t>Guten Morgen!</w:t></w:r>").split_off(40);
    for (name, content, arguments, reason) in [
        (
            "a.zip",
            &archive,
            vec![],
            "Archives of files are not supported",
        ),
        (
            "a.docx",
            &[b"PK\x03\x04".as_slice(), &cut].concat(),
            vec![],
            "damaged",
        ),
        (
            "a.md",
            &b"Guten Tag".to_vec(),
            vec!["--wrapped"],
            "--wrapped is for plain text",
        ),
        (
            "a.md",
            &b"Guten Tag".to_vec(),
            vec!["-o", "-"],
            "standard output",
        ),
        (
            "a.md",
            &b"Guten Tag".to_vec(),
            vec!["-o", "/nowhere/a.md"],
            "cannot write /nowhere/a.md",
        ),
    ] {
        let (folder, output) = translate(name, content, &arguments);
        let errors = text(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(1),
            "{name} {arguments:?}: {errors}"
        );
        assert!(errors.contains(reason), "{errors}");
        assert_eq!(names(folder.path()), [name]);
    }
}
