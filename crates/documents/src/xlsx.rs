//! Excel: texts in cells, in comments, text boxes and charts. Numbers, formulas and names stay.
//!
//! - `fixed`: texts that formulas depend on
//! - `headers`: names of the columns of tables, which have to agree with the cells

mod fixed;
mod headers;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::io::{BufRead, Write};

use crate::archive::Archive;
use crate::package;
use crate::runs::{Dialect, Runs};
use crate::session::{self, Session};
use crate::walker::Walker;
use crate::xml::Token;
use crate::{Error, Input, Output, Report, Unit};
use fixed::Fixed;

/// A part of a workbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Texts of cells.
    Strings,
    /// A sheet, which may have texts of cells in it.
    Sheet,
    Comments,
    Drawing,
    Title,
    /// A list of columns.
    Table,
}

/// Walks through a workbook.
pub(crate) fn walk(
    input: &mut dyn Input,
    output: Option<&mut dyn Output>,
    unit: &mut Unit<'_>,
) -> Result<Report, Error> {
    let mut archive = Archive::open(input)?;
    let mut parts = parts(&mut archive)?;
    let mut fixed = read_formulas(&mut archive, &mut parts)?;
    let headers = RefCell::new(fixed.headers());
    let mut kept = 0;
    let mut unit = |segment: markup::Segment| {
        if fixed.contains(&segment.text) {
            kept += 1;
            return Ok(None);
        }
        let text = segment.text.clone();
        let answer = unit(segment)?;
        Ok(answer.filter(|marked| headers.borrow_mut().accepts(&text, &marked.text())))
    };
    let mut report = session::walk(
        &mut archive,
        parts,
        output,
        &mut unit,
        |part, source, out, session| match part {
            Part::Strings => walk_texts("si", source, out, session),
            Part::Sheet => walk_texts("is", source, out, session),
            Part::Comments => walk_texts("text", source, out, session),
            Part::Drawing => package::walk_drawing(source, out, session),
            Part::Title => package::walk_title(source, out, session),
            Part::Table => headers.borrow().rename(source, out),
        },
    )?;
    package::count_media(&archive, &mut report);
    report.units -= kept;
    Ok(report)
}

/// Returns the names of all parts with text, and what they are: tables after everything that their
/// columns depend on.
fn parts(archive: &mut Archive<'_>) -> Result<Vec<(String, Part)>, Error> {
    let main = package::main_part(archive)?;
    let mut parts = Vec::new();
    let mut drawings = Vec::new();
    let mut tables = Vec::new();
    for relationship in package::relationships(archive, &main)? {
        match relationship.kind.as_str() {
            "sharedStrings" => parts.insert(0, (relationship.target, Part::Strings)),
            "worksheet" => parts.push((relationship.target, Part::Sheet)),
            "chartsheet" => drawings.extend(targets(archive, &relationship.target, "drawing")?),
            _ => {}
        }
    }
    for index in 0..parts.len() {
        let (sheet, _) = parts[index].clone();
        let comments = targets(archive, &sheet, "comments")?;
        parts.extend(comments.into_iter().map(|name| (name, Part::Comments)));
        drawings.extend(targets(archive, &sheet, "drawing")?);
        tables.extend(targets(archive, &sheet, "table")?);
    }
    for drawing in drawings {
        let charts = targets(archive, &drawing, "chart")?;
        parts.push((drawing, Part::Drawing));
        parts.extend(charts.into_iter().map(|name| (name, Part::Drawing)));
    }
    parts.extend(package::title_part(archive)?.map(|name| (name, Part::Title)));
    parts.extend(tables.into_iter().map(|name| (name, Part::Table)));
    Ok(parts)
}

/// Returns the parts of a kind that a part refers to.
fn targets(archive: &mut Archive<'_>, part: &str, kind: &str) -> Result<Vec<String>, Error> {
    let relationships = package::relationships(archive, part)?.into_iter();
    let of_kind = relationships.filter(|relationship| relationship.kind == kind);
    Ok(of_kind.map(|relationship| relationship.target).collect())
}

/// Reads what formulas depend on. Removes the sheets without texts from `parts`.
fn read_formulas(
    archive: &mut Archive<'_>,
    parts: &mut Vec<(String, Part)>,
) -> Result<Fixed, Error> {
    let is_read = |part: &Part| matches!(part, Part::Sheet | Part::Table);
    let read = parts.iter().filter(|(_, part)| is_read(part));
    let mut names: Vec<String> = read.map(|(name, _)| name.clone()).collect();
    names.push(package::main_part(archive)?);
    let mut fixed = Fixed::default();
    let mut with_texts = Vec::new();
    archive.rewrite(&names, None, &mut |index, source, _| {
        if fixed.read(source)? {
            with_texts.push(names[index].clone());
        }
        Ok(())
    })?;
    parts.retain(|(name, part)| *part != Part::Sheet || with_texts.contains(name));
    Ok(fixed)
}

/// Walks through a part in which elements of this name hold texts.
fn walk_texts(
    local: &str,
    source: &mut dyn BufRead,
    out: &mut dyn Write,
    session: &mut Session<'_>,
) -> Result<(), Error> {
    let begin =
        |token: Token<'_>| (token.local() == local).then(|| Runs::new(Dialect::Sheet, token));
    Walker::new(session, out, &begin).read(source)
}
