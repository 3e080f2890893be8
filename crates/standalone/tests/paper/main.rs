//! `translate` with PDFs and photos, which poppler and tesseract read.
//!
//! - [`program`]: the program, with the demo model
//!
//! Where these are missing, the cases are reported as ignored, or fail if `REQUIRE_OCR` is set.

#[path = "../support/program.rs"]
mod program;

use std::{
    fmt::Write as _,
    fs,
    io::{Cursor, Read as _},
    path::Path,
    process::{Command, ExitCode, Output},
};

use libtest_mimic::{Arguments, Trial};
use tempfile::tempdir;
use zip::ZipArchive;

use program::{root, translate};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    #[expect(
        clippy::disallowed_methods,
        reason = "a setting of the tests, not of the product"
    )]
    let is_required = std::env::var_os("REQUIRE_OCR").is_some();
    let cases: [(&str, fn()); 5] = [
        ("a_pdf_becomes_a_word_file", a_pdf_becomes_a_word_file),
        ("a_pdf_becomes_a_web_page", a_pdf_becomes_a_web_page),
        ("a_photo_becomes_a_word_file", a_photo_becomes_a_word_file),
        ("what_was_not_read_is_said", what_was_not_read_is_said),
        (
            "what_cannot_be_read_is_refused",
            what_cannot_be_read_is_refused,
        ),
    ];
    let trials = cases.map(|(name, case)| {
        let trial = Trial::test(name, move || {
            case();
            Ok(())
        });
        trial.with_ignored_flag(!is_required && !are_installed())
    });
    libtest_mimic::run(&arguments, trials.into()).exit_code()
}

/// Returns whether poppler, tesseract and its German are there.
fn are_installed() -> bool {
    let output = |program, argument| Command::new(program).arg(argument).output();
    let has_german = |output: Output| text(&output.stdout).lines().any(|line| line == "deu");
    output("pdftotext", "-v").is_ok() && output("tesseract", "--list-langs").is_ok_and(has_german)
}

/// Lines of a letter. Each is an operator of PDF that prints its text.
const LETTER: &str = "\
BT /F1 11 Tf 15 TL 62 700 Td (Guten Morgen, Frau Kovalenko!) ' () '
(Der Techniker kommt am Donnerstag, dem 7. Mai 2026, zwischen 8 und 12 Uhr zu Ihnen.) '
(Bitte sorgen Sie daf\\374r, dass jemand zu Hause ist und der Zugang zum Heizk\\366rper frei) '
(bleibt. K\\366nnen Sie den Termin nicht wahrnehmen, rufen Sie uns bitte bis Dienstag an.) ' ET";

/// Returns a PDF of one page. It has no table of its objects, without which poppler can do.
fn pdf(content: &str) -> Vec<u8> {
    format!(
        "%PDF-1.4\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n\
         2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj\n\
         3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources <</Font <</F1 5 0 R>>>>>> endobj\n\
         4 0 obj <</Length {}>> stream\n{content}\nendstream endobj\n\
         5 0 obj <</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>> \
         endobj\ntrailer <</Root 1 0 R>>\n",
        content.len()
    )
    .into_bytes()
}

/// Returns a picture of such a page.
fn photo(content: &str) -> Vec<u8> {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("page.pdf");
    fs::write(&file, pdf(content)).expect("written");
    let output = Command::new("pdftoppm")
        .args(["-png", "-r", "200"])
        .arg(&file)
        .output()
        .expect("installed");
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// Returns the main part of a Word file.
fn document(file: &Path) -> String {
    let file = fs::read(file).expect("a translation");
    let mut archive = ZipArchive::new(Cursor::new(file)).expect("a container");
    let mut document = String::new();
    let mut part = archive.by_name("word/document.xml").expect("a part");
    part.read_to_string(&mut document).expect("UTF-8");
    document
}

/// Checks that a file is translated to a Word file, and returns what is printed as remarks.
#[track_caller]
fn becomes_word(name: &str, content: &[u8], english: &str) -> String {
    let (folder, output) = translate(name, content, &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), format!("{english}\n"));
    let document = document(&folder.path().join(english));
    for part in ["Good morning", "Kovalenko", "7 May 2026"] {
        assert!(document.contains(part), "{part} in {document}");
    }
    assert!(!document.contains("Guten"), "{document}");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);
    text(&output.stderr).to_owned()
}

fn a_pdf_becomes_a_word_file() {
    let remarks = becomes_word("Brief.PDF", &pdf(LETTER), "Brief.en.docx");
    assert_eq!(remarks, "");
}

fn a_photo_becomes_a_word_file() {
    let remarks = becomes_word("foto.jpg", &photo(LETTER), "foto.en.docx");
    assert_eq!(remarks, "");
}

fn a_pdf_becomes_a_web_page() {
    let (folder, output) = translate("brief.pdf", &pdf(LETTER), &["-o", "letter.html"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "letter.html\n");
    let page = fs::read_to_string(folder.path().join("letter.html")).expect("a translation");
    assert!(page.contains("Good morning"), "{page}");
    assert!(page.contains("<html lang=\"en\">"), "{page}");
}

fn what_was_not_read_is_said() {
    // Loops as in handwriting.
    let mut strokes = format!("{LETTER}\n2 w 1 J\n");
    for row in 0..6 {
        let y = 500 - 25 * row;
        let _ = write!(strokes, "100 {y} m ");
        for x in (100..300).step_by(8) {
            let (height, right, left, end) = (y + 6 + (x * 7 + row * 5) % 11, x + 9, x - 3, x + 7);
            let _ = write!(strokes, "{right} {height} {left} {height} {end} {y} c ");
        }
        strokes.push_str("S\n");
    }
    let remarks = becomes_word("foto.png", &photo(&strokes), "foto.en.docx");
    let warning = "Page 1: A part of this page could not be read, or not with certainty.\n";
    assert!(remarks.contains(warning), "{remarks}");
}

fn what_cannot_be_read_is_refused() {
    let pdf = pdf(LETTER);
    for (name, content, arguments, reason) in [
        (
            "a.pdf",
            &pdf[..],
            &["-o", "a.txt"][..],
            "a .docx or .html file",
        ),
        (
            "a.pdf",
            b"%PDF-1.7 nothing",
            &[],
            "cannot read a.pdf: The file is damaged: it is not a valid PDF.",
        ),
        (
            "a.png",
            b"\x89PNG\r\n\x1a\n",
            &[],
            "cannot read a.png: The file is damaged",
        ),
        (
            "a.png",
            &fs::read(root().join("docs/screenshot.png")).expect("a picture")[..5000],
            &[],
            "cannot read a.png: The file is damaged",
        ),
        (
            "a.pdf",
            &pdf[..],
            &["--wrapped"],
            "--wrapped is for plain text",
        ),
    ] {
        let (folder, output) = translate(name, content, arguments);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.contains(reason), "{errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
