//! PDFs, photos and scans: what they say, as a document that is then translated.

use std::{fs::File, path::Path};

use anyhow::Context as _;
use documents::{
    Kind,
    paper::{self, Reading},
};
use indicatif::{ProgressBar, ProgressStyle};

/// Reads a PDF or picture to a document of the kind that the name of the translation says, and adds
/// to `remarks` what was not read with certainty.
pub(super) fn read(
    kind: Kind,
    path: &Path,
    output: &Path,
    remarks: &mut Vec<String>,
) -> anyhow::Result<(Kind, File)> {
    let cannot_read = || format!("cannot read {}", path.display());
    let target = target(output)?;
    let folder = tempfile::tempdir().with_context(cannot_read)?;
    let mut document = tempfile::tempfile_in(folder.path()).with_context(cannot_read)?;
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} pages read");
    // Hidden if standard error is not a terminal.
    let bar = ProgressBar::new(1).with_style(style.expect("the template is valid"));
    let progress = &mut |read: usize, all: usize| {
        bar.set_length(all as u64);
        bar.set_position(read as u64);
        Ok(())
    };
    let reading = paper::read(kind, path, folder.path(), target, &mut document, progress);
    bar.finish_and_clear();
    remarks.extend(self::remarks(&reading.with_context(cannot_read)?));
    Ok((target, document))
}

/// Returns the kind of document that a translation of this name is.
fn target(output: &Path) -> anyhow::Result<Kind> {
    let extension = output.extension().unwrap_or_default().to_string_lossy();
    match extension.to_ascii_lowercase().as_str() {
        "docx" => Ok(Kind::Docx),
        "html" | "htm" => Ok(Kind::Html),
        _ => anyhow::bail!("the translation of a PDF or picture is a .docx or .html file"),
    }
}

/// Returns what a reader of the translation should compare with the original.
fn remarks(reading: &Reading) -> Vec<String> {
    let pages = reading.pages.iter().enumerate();
    let mut remarks: Vec<String> = pages
        .filter_map(|(index, page)| Some(format!("Page {}: {}", index + 1, page.warning?)))
        .collect();
    match reading.pages.iter().map(|page| page.doubtful).sum() {
        0 => {}
        1 => remarks.push("1 word was hard to read. It is on a dotted line.".to_owned()),
        count => remarks.push(format!(
            "{count} words were hard to read. They are on dotted lines."
        )),
    }
    remarks
}

#[cfg(test)]
mod tests {
    use documents::paper::{PageReading, Warning};

    use super::*;

    #[test]
    fn the_name_says_what_the_translation_is() {
        for (name, kind) in [
            ("a.docx", Kind::Docx),
            ("a.DOCX", Kind::Docx),
            ("a.html", Kind::Html),
            ("a.b/c.Htm", Kind::Html),
        ] {
            assert_eq!(target(Path::new(name)).expect("a kind"), kind, "{name}");
        }
        for name in ["a.pdf", "a", "docx", ".html", "a.txt"] {
            target(Path::new(name)).expect_err(name);
        }
    }

    #[test]
    fn remarks_name_pages_and_count_words() {
        let page = |doubtful, warning| PageReading {
            doubtful,
            warning,
            ..PageReading::default()
        };
        let mut reading = Reading {
            pages: vec![page(0, None), page(1, Some(Warning::Unread))],
        };
        let warning = "Page 2: A part of this page could not be read, or not with certainty.";
        assert_eq!(
            remarks(&reading),
            [warning, "1 word was hard to read. It is on a dotted line."]
        );
        reading.pages[0].doubtful = 2;
        let words = "3 words were hard to read. They are on dotted lines.";
        assert_eq!(remarks(&reading), [warning, words]);
        assert_eq!(remarks(&Reading::default()), [""; 0]);
    }
}
