//! The container of Word, PowerPoint and Excel: parts found by their relationships, and the parts
//! that all three have.

use std::io::{BufRead, Write};

use crate::archive::Archive;
use crate::runs::{Dialect, Runs};
use crate::session::Session;
use crate::spans::Spans;
use crate::walker::Walker;
use crate::xml::{self, Token};
use crate::{Error, Report};

/// A relationship of a part to another.
pub(crate) struct Relationship {
    pub(crate) id: String,
    /// Last component of its type: `header`, `chart`.
    pub(crate) kind: String,
    /// Name of the other part.
    pub(crate) target: String,
}

/// A part with text, by how it is walked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A part of the format's own: the document, a slide, a sheet.
    Main,
    /// A part with paragraphs of drawings: a chart, a diagram.
    Drawing,
    /// The document's title.
    Title,
}

/// Returns the name of the main part.
pub(crate) fn main_part(archive: &mut Archive<'_>) -> Result<String, Error> {
    relationships(archive, "")?
        .into_iter()
        .find(|relationship| relationship.kind == "officeDocument")
        .map(|relationship| relationship.target)
        .filter(|target| archive.contains(target))
        .ok_or(Error::Damaged("its main part is missing"))
}

/// Returns the part with the title, if there is one.
pub(crate) fn title_part(archive: &mut Archive<'_>) -> Result<Option<String>, Error> {
    let mut all = relationships(archive, "")?.into_iter();
    let title = all.find(|relationship| relationship.kind == "core-properties");
    Ok(title.map(|relationship| relationship.target))
}

/// Returns the relationships of a part to others in the package; with an empty name, those of the
/// package itself.
pub(crate) fn relationships(
    archive: &mut Archive<'_>,
    part: &str,
) -> Result<Vec<Relationship>, Error> {
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
    let name = format!("{folder}/_rels/{file}.rels");
    let Some(content) = archive.read(name.trim_start_matches('/'))? else {
        return Ok(Vec::new());
    };
    let mut relationships = Vec::new();
    xml::for_each(&content, |token| {
        if token.starts("Relationship")
            && token.attribute("TargetMode").as_deref() != Some("External")
            && let (Some(id), Some(kind), Some(target)) = (
                token.attribute("Id"),
                token.attribute("Type"),
                token.attribute("Target"),
            )
            && let Some(target) = resolved(folder, &target)
        {
            let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
            relationships.push(Relationship { id, kind, target });
        }
        Ok(())
    })?;
    Ok(relationships)
}

/// Returns the name of a part from its path relative to a folder, unless it leads out of the
/// package.
fn resolved(folder: &str, path: &str) -> Option<String> {
    let (folder, path) = match path.strip_prefix('/') {
        Some(path) => ("", path),
        None => (folder, path),
    };
    let mut names: Vec<&str> = folder.split('/').filter(|name| !name.is_empty()).collect();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop()?;
            }
            _ => names.push(name),
        }
    }
    Some(names.join("/"))
}

/// Counts what is not translated.
pub(crate) fn count_media(archive: &Archive<'_>, report: &mut Report) {
    for name in archive.names() {
        report.pictures += usize::from(name.contains("/media/"));
        report.objects += usize::from(name.contains("/embeddings/"));
    }
}

/// Walks through a part with paragraphs of drawings.
pub(crate) fn walk_drawing(
    source: &mut dyn BufRead,
    out: &mut dyn Write,
    session: &mut Session<'_>,
) -> Result<(), Error> {
    let begin =
        |token: Token<'_>| (token.local() == "p").then(|| Runs::new(Dialect::Drawing, token));
    Walker::new(session, out, &begin).read(source)
}

/// Walks through the part with the title.
pub(crate) fn walk_title(
    source: &mut dyn BufRead,
    out: &mut dyn Write,
    session: &mut Session<'_>,
) -> Result<(), Error> {
    let begin = |token: Token<'_>| (token.local() == "title").then(Spans::plain);
    Walker::new(session, out, &begin).read(source)
}
