//! PDFs, photos and scans, with poppler and tesseract. All of them are made here.
//!
//! - [`pdfs`]: PDFs with text, and hostile ones
//! - [`scans`]: photos and scans of a letter, under conditions that people complain about
//! - [`pdf`]: a writer of PDFs
//! - [`letter`]: the letter
//! - [`photo`]: what a camera does to it
//! - [`damaged`]: damaged PDFs and pictures, made by [`mutations`]
//!
//! Where a program is missing, the cases that need it are reported as ignored, or fail if `REQUIRE_OCR`
//! is set.

#![expect(
    clippy::unwrap_used,
    reason = "a case that cannot continue fails with a location"
)]

mod damaged;
mod letter;
#[path = "../../src/mutations.rs"]
mod mutations;
mod pdf;
mod pdfs;
mod photo;
mod scans;

use std::{
    fs,
    io::Cursor,
    path::Path,
    process::{Command, ExitCode, Stdio},
};

use documents::{
    Error, Kind,
    paper::{self, Reading},
};
use libtest_mimic::{Arguments, Trial};
use tempfile::TempDir;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let has_poppler = runs("pdftotext", "-v", "");
    let has_tesseract = runs("tesseract", "--list-langs", "deu");
    let mut trials = Vec::new();
    for (name, case) in pdfs::CASES {
        trials.push(trial(*name, *case, &[(has_poppler, "poppler-utils")]));
    }
    let needs = [
        (has_poppler, "poppler-utils"),
        (has_tesseract, "tesseract-ocr-deu"),
    ];
    for (name, case) in scans::CASES.iter().chain(damaged::CASES) {
        trials.push(trial(*name, *case, &needs));
    }
    for (letter_name, letter) in scans::LETTERS {
        for condition in scans::CONDITIONS {
            let name = format!("{letter_name}, {}", condition.name);
            trials.push(trial(name, move || scans::check(letter, condition), &needs));
        }
    }
    trials.push(trial("report", scans::report, &needs).with_ignored_flag(true));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A test case and its name.
type Case = (&'static str, fn());

fn trial(
    name: impl Into<String>,
    case: impl FnOnce() + Send + 'static,
    needs: &[(bool, &str)],
) -> Trial {
    let trial = Trial::test(name, move || {
        case();
        Ok(())
    });
    #[expect(
        clippy::disallowed_methods,
        reason = "a setting of the tests, not of the product"
    )]
    let is_required = std::env::var_os("REQUIRE_OCR").is_some();
    match needs.iter().find(|(is_there, _)| !is_there) {
        Some((_, package)) if !is_required => trial
            .with_kind(format!("no {package}"))
            .with_ignored_flag(true),
        _ => trial,
    }
}

/// Returns whether a program is there and its output has a line.
fn runs(program: &str, argument: &str, line: &str) -> bool {
    let output = Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .output();
    output.is_ok_and(|output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        output.status.success() && (line.is_empty() || text.lines().any(|it| it == line))
    })
}

/// A file that was read.
struct Read {
    reading: Reading,
    html: String,
    /// Holds the pictures of the pages.
    folder: TempDir,
}

impl Read {
    /// Returns the text without tags, with a space between paragraphs and cells.
    fn text(&self) -> String {
        self.paragraphs().join(" ")
    }

    /// Returns the text of each paragraph and cell.
    fn paragraphs(&self) -> Vec<String> {
        let body = self.html.split_once("<body>").unwrap().1;
        let body = body
            .replace("</td>", "</p>")
            .replace("</h1>", "</p>")
            .replace("</h2>", "</p>");
        let paragraphs = body.split("</p>").map(|paragraph| {
            let text: String = paragraph
                .split('<')
                .map(|part| part.split_once('>').map_or(part, |(_, text)| text))
                .collect();
            let text = text
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"");
            text.replace("&amp;", "&").trim().to_owned()
        });
        paragraphs.filter(|text| !text.is_empty()).collect()
    }
}

/// Reads a file of these bytes.
fn read(kind: Kind, bytes: &[u8]) -> Result<Read, Error> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("-file");
    fs::write(&file, bytes).unwrap();
    let (reading, html) = read_file(kind, &file, folder.path(), Kind::Html)?;
    Ok(Read {
        reading,
        html: String::from_utf8(html).unwrap(),
        folder,
    })
}

fn read_file(
    kind: Kind,
    file: &Path,
    folder: &Path,
    target: Kind,
) -> Result<(Reading, Vec<u8>), Error> {
    let mut output = Cursor::new(Vec::new());
    let progress = &mut |_, _| Ok(());
    let reading = paper::read(kind, file, folder, target, &mut output, progress)?;
    Ok((reading, output.into_inner()))
}
