//! LibreOffice Writer: paragraphs and headings of the document, of headers, footers, notes, comments
//! and text boxes.
//!
//! - `styles`: which spans look the same

pub(crate) mod styles;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{BufRead, Write};

use crate::archive::Archive;
use crate::package;
use crate::session::{self, Session};
use crate::spans::Spans;
use crate::walker::Walker;
use crate::xml::{Token, TokenKind, XmlReader};
use crate::{Error, Input, Output, Report, Unit};
use styles::Styles;

/// Parts with text, in the order of reading: the last one has the title.
const PARTS: [&str; 3] = ["content.xml", "styles.xml", "meta.xml"];

/// Walks through a document.
pub(crate) fn walk(
    input: &mut dyn Input,
    output: Option<&mut dyn Output>,
    unit: &mut Unit<'_>,
) -> Result<Report, Error> {
    let mut archive = Archive::open(input)?;
    let manifest = archive.read("META-INF/manifest.xml")?.unwrap_or_default();
    if String::from_utf8_lossy(&manifest).contains("encryption-data") {
        return Err(Error::Protected("it has a password"));
    }
    if !archive.contains(PARTS[0]) {
        return Err(Error::Damaged("its main part is missing"));
    }
    let parts = PARTS.map(|name| (name.to_owned(), name)).to_vec();
    let mut report = session::walk(
        &mut archive,
        parts,
        output,
        unit,
        |part, source, out, session| match part {
            "meta.xml" => package::walk_title(source, out, session),
            _ => walk_part(source, out, session),
        },
    )?;
    for name in archive.names() {
        report.pictures += usize::from(name.starts_with("Pictures/"));
        report.objects += usize::from(name.ends_with("/content.xml"));
    }
    Ok(report)
}

fn walk_part(
    source: &mut dyn BufRead,
    out: &mut dyn Write,
    session: &mut Session<'_>,
) -> Result<(), Error> {
    let styles = RefCell::new(Styles::default());
    let begin = |token: Token<'_>| matches!(token.local(), "p" | "h").then(|| Spans::new(&styles));
    let mut walker = Walker::new(session, out, &begin);
    let mut reader = XmlReader::new(source);
    let mut revisions = 0;
    // Number of open elements of the list of tracked changes.
    let mut left_out = 0_usize;
    while let Some(token) = reader.next()? {
        let local = token.local();
        match token.kind {
            TokenKind::Start if left_out > 0 || local == "tracked-changes" => {
                revisions += usize::from(local == "changed-region");
                left_out += 1;
            }
            TokenKind::End if left_out > 0 => left_out -= 1,
            _ if left_out > 0 => {}
            TokenKind::Empty if matches!(local, "change" | "change-start" | "change-end") => {}
            _ => {
                styles.borrow_mut().observe(token);
                let raw = in_english(token);
                walker.token(Token { raw: &raw, ..token })?;
            }
        }
    }
    session.report.revisions += revisions;
    Ok(())
}

/// Returns a tag with English instead of German as the language of the text that it describes.
fn in_english(tag: Token<'_>) -> Cow<'_, str> {
    if !tag.starts("text-properties") || tag.attribute("language").as_deref() != Some("de") {
        return Cow::Borrowed(tag.raw);
    }
    let mut raw = tag.raw.replace("fo:language=\"de\"", "fo:language=\"en\"");
    for country in ["DE", "AT", "CH"] {
        raw = raw.replace(&format!("fo:country=\"{country}\""), "fo:country=\"GB\"");
    }
    Cow::Owned(raw)
}
