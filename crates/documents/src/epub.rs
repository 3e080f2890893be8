//! EPUB books: a container of XHTML pages with lists of what is in it.
//!
//! - [`package`]: the lists: which parts have text, in which order
//! - [`protection`]: copy protection

mod package;
mod protection;
#[cfg(test)]
mod tests;

use crate::{
    Error, Input, Output, Report, Unit,
    archive::Archive,
    html::{self, Syntax},
    splice::Units,
    xml::{self, TokenKind},
};
use package::Content;

pub(crate) fn walk(
    input: &mut dyn Input,
    output: Option<&mut dyn Output>,
    unit: &mut Unit<'_>,
) -> Result<Report, Error> {
    let mut archive = Archive::open(input)?;
    protection::check(&mut archive)?;
    let parts = package::parts(&mut archive)?;
    let mut units = Units::new(unit);
    let names: Vec<String> = parts.iter().map(|part| part.name.clone()).collect();
    archive.rewrite(&names, output, &mut |index, reader, writer| {
        let mut source = Vec::new();
        reader.read_to_end(&mut source)?;
        let rewritten = rewrite(parts[index].content, &source, &mut units)?;
        Ok(writer.write_all(&rewritten.unwrap_or(source))?)
    })?;
    Ok(units.report)
}

/// Returns a part with its text translated, or `None` if it stays as it is.
fn rewrite(
    content: Content,
    source: &[u8],
    units: &mut Units<'_, '_>,
) -> Result<Option<Vec<u8>>, Error> {
    match content {
        Content::Page => html::rewrite(source, Syntax::Xhtml, units),
        Content::Package => rewrite_elements(source, |element, text| match element {
            "title" => units.translate_plain(text.to_owned()),
            // A description may be HTML, escaped.
            "description" if !text.contains('<') => units.translate_plain(text.to_owned()),
            "language" => Ok(Some("en".to_owned())),
            _ => Ok(None),
        }),
        Content::Contents => rewrite_elements(source, |element, text| match element {
            "text" => units.translate_plain(text.to_owned()),
            _ => Ok(None),
        }),
    }
}

/// Replaces the texts of elements that contain nothing else. Calls `rewrite` with the local name and
/// the text of each.
fn rewrite_elements(
    source: &[u8],
    mut rewrite: impl FnMut(&str, &str) -> Result<Option<String>, Error>,
) -> Result<Option<Vec<u8>>, Error> {
    let (start, elements) = source.split_at(package::after_doctype(source)?);
    let mut written = String::new();
    // The text since a start tag: where it is written, and what it stands for.
    let mut open: Option<(usize, String)> = None;
    xml::for_each(elements, |token| {
        match (token.kind, &mut open) {
            (TokenKind::Text | TokenKind::Reference | TokenKind::CData, Some((_, text))) => {
                match token.text() {
                    Ok(part) => text.push_str(&part),
                    Err(_) => open = None,
                }
            }
            (TokenKind::End, Some((text_start, text))) => {
                if let Some(translation) = rewrite(token.local(), text.trim())? {
                    written.truncate(*text_start);
                    xml::push_escaped(&translation, &mut written);
                }
                open = None;
            }
            _ => open = None,
        }
        written.push_str(token.raw);
        if token.kind == TokenKind::Start {
            open = Some((written.len(), String::new()));
        }
        Ok(())
    })?;
    Ok(Some([start, written.as_bytes()].concat()))
}
