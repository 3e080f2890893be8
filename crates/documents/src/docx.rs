//! Word: paragraphs of the document, of headers, footers, notes, comments, text boxes, charts and
//! diagrams.
//!
//! - `revisions`: tracked changes, accepted; of paragraphs by `joins`, of tables by `rows`; on
//!   `tokens`, which are held until it is known whether they stay

mod joins;
mod revisions;
mod rows;
#[cfg(test)]
mod tests;
mod tokens;

use std::io::{BufRead, Write};

use crate::archive::Archive;
use crate::package::{self, Part};
use crate::runs::{Dialect, Runs};
use crate::session::{self, Session};
use crate::walker::Walker;
use crate::xml::{Token, XmlReader};
use crate::{Error, Input, Output, Report, Unit};
use revisions::Revisions;

/// Kinds of parts that the document refers to, in the order of reading.
const PARTS: [(&str, Part); 8] = [
    ("header", Part::Main),
    ("footer", Part::Main),
    ("footnotes", Part::Main),
    ("endnotes", Part::Main),
    ("comments", Part::Main),
    ("chart", Part::Drawing),
    ("diagramData", Part::Drawing),
    // What is shown of a diagram.
    ("diagramDrawing", Part::Drawing),
];

/// Walks through a document.
pub(crate) fn walk(
    input: &mut dyn Input,
    output: Option<&mut dyn Output>,
    unit: &mut Unit<'_>,
) -> Result<Report, Error> {
    let mut archive = Archive::open(input)?;
    let parts = parts(&mut archive)?;
    let mut report = session::walk(
        &mut archive,
        parts,
        output,
        unit,
        |part, source, out, session| match part {
            Part::Main => walk_story(source, out, session),
            Part::Drawing => package::walk_drawing(source, out, session),
            Part::Title => package::walk_title(source, out, session),
        },
    )?;
    package::count_media(&archive, &mut report);
    Ok(report)
}

/// Returns the names of all parts with text, and what they are.
fn parts(archive: &mut Archive<'_>) -> Result<Vec<(String, Part)>, Error> {
    let main = package::main_part(archive)?;
    let relationships = package::relationships(archive, &main)?;
    let mut parts = vec![(main, Part::Main)];
    for (kind, part) in PARTS {
        let targets = relationships
            .iter()
            .filter(|relationship| relationship.kind == kind);
        parts.extend(targets.map(|relationship| (relationship.target.clone(), part)));
    }
    parts.extend(package::title_part(archive)?.map(|title| (title, Part::Title)));
    Ok(parts)
}

/// Walks through a part with paragraphs of Word.
fn walk_story(
    source: &mut dyn BufRead,
    out: &mut dyn Write,
    session: &mut Session<'_>,
) -> Result<(), Error> {
    let mut revisions = Revisions::default();
    let begin = |token: Token<'_>| (token.local() == "p").then(|| Runs::new(Dialect::Word, token));
    let mut walker = Walker::new(session, out, &begin);
    let mut reader = XmlReader::new(source);
    while let Some(token) = reader.next()? {
        revisions.token(token, &mut |token| walker.token(token))?;
    }
    session.report.revisions += revisions.count;
    Ok(())
}
