//! Lists of the parts of a book.

use std::collections::HashMap;

use crate::{Error, archive::Archive, xml};

/// Part that names the package documents.
const CONTAINER: &str = "META-INF/container.xml";

/// A part of a book with text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) content: Content,
}

/// Kind of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// The package document: title, language and lists of parts.
    Package,
    /// A page of XHTML.
    Page,
    /// The table of contents of EPUB 2.
    Contents,
}

/// Returns the parts with text in reading order: the title, tables of contents, pages as they follow
/// each other, pages that nothing leads to.
pub(super) fn parts(archive: &mut Archive<'_>) -> Result<Vec<Part>, Error> {
    let container = archive
        .read(CONTAINER)?
        .ok_or(Error::Damaged("it has no list of its contents"))?;
    let mut packages = Vec::new();
    xml::for_each(&container, |token| {
        if token.starts("rootfile") {
            packages.extend(token.attribute("full-path"));
        }
        Ok(())
    })?;
    let mut parts = Vec::new();
    for package in packages {
        let document = archive
            .read(&package)?
            .ok_or(Error::Damaged("it has no list of its contents"))?;
        let contents = of_package(&package, &document)?;
        parts.push(Part {
            name: package,
            content: Content::Package,
        });
        parts.extend(contents);
    }
    if parts.is_empty() {
        return Err(Error::Damaged("it has no list of its contents"));
    }
    Ok(parts)
}

/// Returns the parts with text in the manifest of a package document.
fn of_package(package: &str, document: &[u8]) -> Result<Vec<Part>, Error> {
    let mut items = Vec::new();
    let mut spine = HashMap::new();
    xml::for_each(&document[after_doctype(document)?..], |token| {
        if token.starts("item") {
            let content = match token.attribute("media-type").as_deref() {
                Some("application/xhtml+xml" | "text/html") => Content::Page,
                Some("application/x-dtbncx+xml") => Content::Contents,
                _ => return Ok(()),
            };
            let properties = token.attribute("properties").unwrap_or_default();
            let is_contents =
                content == Content::Contents || properties.split_whitespace().any(|p| p == "nav");
            if let Some(target) = token.attribute("href") {
                let name = resolve(package, &target);
                items.push((token.attribute("id"), is_contents, Part { name, content }));
            }
        } else if token.starts("itemref")
            && let Some(id) = token.attribute("idref")
        {
            let position = spine.len();
            spine.entry(id).or_insert(position);
        }
        Ok(())
    })?;
    items.sort_by_key(|(id, is_contents, _)| {
        let position = id.as_ref().and_then(|id| spine.get(id));
        (!is_contents, position.copied().unwrap_or(usize::MAX))
    });
    Ok(items.into_iter().map(|(_, _, part)| part).collect())
}

/// Returns the offset after a document type, or 0. It may name a definition elsewhere, which is not
/// fetched, but not contain one, in which entities may expand to gigabytes.
pub(super) fn after_doctype(document: &[u8]) -> Result<usize, Error> {
    let head = &document[..document.len().min(4096)];
    let find = |part: &[u8], wanted: &[u8]| part.windows(wanted.len()).position(|at| at == wanted);
    let Some(start) = find(head, b"<!DOCTYPE") else {
        return Ok(0);
    };
    match head[start..].iter().position(|byte| b"[>".contains(byte)) {
        Some(end) if head[start + end] == b'>' => Ok(start + end + 1),
        _ => Err(Error::Damaged("it declares entities")),
    }
}

/// Returns the name of a part, from a reference in the package document.
fn resolve(package: &str, target: &str) -> String {
    let target = target.split(['#', '?']).next().unwrap_or_default();
    let folder = package.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut path: Vec<&str> = folder.split('/').filter(|name| !name.is_empty()).collect();
    let target = decoded(target);
    for name in target.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            name => path.push(name),
        }
    }
    path.join("/")
}

/// Decodes `%20`.
fn decoded(target: &str) -> String {
    let mut bytes = Vec::with_capacity(target.len());
    let mut rest = target.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after
            .get(..2)
            .and_then(|digits| str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| target.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_become_names() {
        for (package, target, name) in [
            ("OEBPS/content.opf", "text/a.xhtml#x", "OEBPS/text/a.xhtml"),
            ("content.opf", "./a%20b.xhtml", "a b.xhtml"),
            ("a/b/c.opf", "../K%C3%BCche.xhtml", "a/Küche.xhtml"),
            ("c.opf", "../../a.xhtml", "a.xhtml"),
            ("c.opf", "100%.xhtml", "100%.xhtml"),
        ] {
            assert_eq!(resolve(package, target), name);
        }
    }

    #[test]
    fn contents_come_first_and_pages_in_reading_order() {
        let document = br#"<package><manifest>
            <item id="c" href="c.xhtml" media-type="application/xhtml+xml"/>
            <item id="b" href="b.xhtml" media-type="application/xhtml+xml"/>
            <item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>
            <item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
            <item id="t" href="toc.ncx" media-type="application/x-dtbncx+xml"/>
            <item id="i" href="i.jpg" media-type="image/jpeg"/>
            </manifest><spine><itemref idref="a"/><itemref idref="b"/></spine></package>"#;
        let parts = of_package("content.opf", document).expect("parts");
        let names: Vec<_> = parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(
            names,
            ["nav.xhtml", "toc.ncx", "a.xhtml", "b.xhtml", "c.xhtml"]
        );
    }

    #[test]
    fn document_types_are_skipped_and_entities_refused() {
        let start = b"<?xml version='1.0'?><!DOCTYPE ncx PUBLIC \"-//x\" \"http://x/y.dtd\">";
        assert_eq!(after_doctype(start).expect("no entities"), start.len());
        assert_eq!(after_doctype(b"<ncx>").expect("nothing"), 0);
        let bomb = b"<!DOCTYPE ncx [<!ENTITY a 'b'>]>";
        after_doctype(bomb).expect_err("entities");
        after_doctype(b"<!DOCTYPE ncx").expect_err("no end");
    }
}
