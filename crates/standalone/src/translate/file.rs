//! Documents, as a file beside the original.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use documents::{Error, Kind, Report, Sentence};
use markup::Link;
use service::args::Common;

use super::{
    arguments::{Arguments, STANDARD},
    paper,
    sentences::Sentences,
};

/// Translates a document to the file in the arguments, or to one beside it, and prints its name.
pub(super) fn translate(
    kind: Kind,
    mut input: File,
    arguments: &Arguments,
    common: &Common,
) -> anyhow::Result<()> {
    let path = &arguments.file;
    let output = arguments.output.clone();
    let output = output.unwrap_or_else(|| beside(path, kind));
    anyhow::ensure!(
        output != Path::new(STANDARD),
        "only the translation of plain text can go to standard output"
    );
    let cannot_translate = || format!("cannot translate {}", path.display());
    let cannot_write = || format!("cannot write {}", output.display());

    let mut remarks = Vec::new();
    let mut kind = kind;
    let is_paper = kind.result() != kind;
    if is_paper {
        (kind, input) = paper::read(kind, path, &output, &mut remarks)?;
    }
    let (text, mut report) = documents::extract(kind, &mut input).with_context(cannot_translate)?;
    if is_paper {
        // Its pictures are pages, of which there is a remark already.
        report.pictures = 0;
    }
    let mut sentences = Sentences::start(&text, arguments, common, true, true)?;
    // Under another name until it is complete.
    let mut partial = output.clone().into_os_string();
    partial.push(".part");
    let file = File::create(&partial).with_context(cannot_write)?;
    let written = write(kind, &mut input, file, &mut sentences);
    if let Err(error) = written {
        // The reason is the first error.
        let _ = fs::remove_file(&partial);
        return Err(error).with_context(cannot_translate);
    }
    fs::rename(&partial, &output).with_context(cannot_write)?;
    sentences.finish();
    for line in remarks.into_iter().chain(self::remarks(&report)) {
        eprintln!("{line}");
    }
    // Standard output may be closed.
    let _ = writeln!(io::stdout(), "{}", output.display());
    Ok(())
}

fn write(
    kind: Kind,
    input: &mut File,
    output: File,
    sentences: &mut Sentences,
) -> Result<(), Error> {
    let mut output = BufWriter::new(output);
    let next = &mut || {
        let finished = sentences.next().map_err(io::Error::other)?;
        Ok(finished.map(|finished| {
            let segment = &sentences.segments[finished.index];
            let links = finished.links.iter().map(|link| Link {
                target: link.target.start.into()..link.target.end.into(),
                source: link.source.start.into()..link.source.end.into(),
                weight: link.percent,
            });
            Sentence {
                range: segment.start..segment.end,
                links: links.collect(),
                translation: finished.translation,
            }
        }))
    };
    documents::rewrite(kind, input, &mut output, next)?;
    output
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_all()?;
    Ok(())
}

/// Returns the name of the translation of a file: `letter.en.docx`.
fn beside(path: &Path, kind: Kind) -> PathBuf {
    let own = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    let mut name = OsString::from(path.file_stem().unwrap_or_default());
    name.push(".en.");
    name.push(kind.extension_after(own));
    path.with_file_name(name)
}

/// Returns what a reader of the translation should know about the file.
fn remarks(report: &Report) -> Vec<String> {
    let remarks = [
        (
            report.pictures,
            "picture was",
            "pictures were",
            "left as in the original",
        ),
        (
            report.objects,
            "embedded object was",
            "embedded objects were",
            "left as in the original",
        ),
        (
            report.revisions,
            "tracked change was",
            "tracked changes were",
            "accepted",
        ),
    ];
    let remarks = remarks.into_iter().filter(|(count, ..)| *count > 0);
    remarks
        .map(|(count, one, many, done)| {
            let subject = if count == 1 { one } else { many };
            format!("{count} {subject} {done}.")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn translations_are_named_after_the_original() {
        for (path, kind, name) in [
            ("letter.docx", Kind::Docx, "letter.en.docx"),
            ("/a.b/Brief.DOCX", Kind::Docx, "/a.b/Brief.en.DOCX"),
            ("page.htm", Kind::Html, "page.en.htm"),
            ("page", Kind::Html, "page.en.html"),
            ("letter.doc", Kind::Docx, "letter.en.docx"),
            ("letter.docx", Kind::Text, "letter.en.txt"),
            ("notes.log", Kind::Text, "notes.en.log"),
            ("scan.pdf", Kind::Pdf, "scan.en.docx"),
        ] {
            assert_eq!(beside(Path::new(path), kind), Path::new(name));
        }
    }

    #[test]
    fn remarks_name_what_was_found() {
        let report = Report {
            pictures: 1,
            revisions: 2,
            ..Report::default()
        };
        let expected = [
            "1 picture was left as in the original.",
            "2 tracked changes were accepted.",
        ];
        assert_eq!(remarks(&report), expected);
    }
}
