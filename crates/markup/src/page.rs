//! Language and encoding of a whole HTML document.

use std::ops::Range;

use crate::tokens::{Attribute, Attributes, Dialect, Tag, Token, Tokens};

/// Returns an HTML or XHTML document that says that it is in English and encoded in UTF-8, as its
/// translation is: `<html lang>`, `<meta charset>` and the XML declaration are changed or added.
/// What has no such element, a fragment, stays as it is.
#[must_use]
pub fn declare_english(source: &str) -> String {
    let is_xml = source.trim_start_matches('\u{feff}').starts_with("<?xml");
    let dialect = if is_xml { Dialect::Xml } else { Dialect::Html };
    let mut output = String::with_capacity(source.len() + 32);
    let mut head = None;
    let mut has_charset = is_xml;
    for token in Tokens::new(source, dialect) {
        match token {
            Token::Start(tag) => {
                match &*tag.name {
                    "html" => language(&tag, is_xml, &mut output),
                    "meta" => has_charset |= charset(&tag, &mut output),
                    _ => output.push_str(tag.source),
                }
                if tag.name == "head" && head.is_none() {
                    head = Some(output.len());
                }
            }
            Token::Other(declaration) if declaration.starts_with("<?xml ") => {
                encoding(declaration, &mut output);
            }
            Token::End(Tag { source: bytes, .. })
            | Token::Text(bytes)
            | Token::Cdata(bytes)
            | Token::Other(bytes) => output.push_str(bytes),
        }
    }
    if let Some(head) = head
        && !has_charset
    {
        output.insert_str(head, r#"<meta charset="utf-8">"#);
    }
    output
}

/// Adds `<html>` with its language.
fn language(tag: &Tag<'_>, is_xml: bool, output: &mut String) {
    let languages = tag.attributes().filter(|attribute| {
        let name = attribute.name;
        name.eq_ignore_ascii_case("lang") || name.eq_ignore_ascii_case("xml:lang")
    });
    let languages: Vec<_> = languages
        .map(|Attribute { range, .. }| {
            let before = tag.source[..range.start].trim_ascii_end();
            let has_value = before.ends_with('=');
            (range, if has_value { r#""en""# } else { r#"="en""# })
        })
        .collect();
    if !languages.is_empty() {
        return replace(tag.source, &languages, output);
    }
    let name_end = 1 + tag.name.len();
    output.push_str(&tag.source[..name_end]);
    output.push_str(if is_xml {
        r#" lang="en" xml:lang="en""#
    } else {
        r#" lang="en""#
    });
    output.push_str(&tag.source[name_end..]);
}

/// Adds `<meta>`, and returns whether it has an encoding.
fn charset(tag: &Tag<'_>, output: &mut String) -> bool {
    let is_type = tag
        .attribute("http-equiv")
        .is_some_and(|value| value.eq_ignore_ascii_case("content-type"));
    let encoding = tag.attributes().find(|attribute| {
        !attribute.range.is_empty()
            && (attribute.name.eq_ignore_ascii_case("charset")
                || (is_type && attribute.name.eq_ignore_ascii_case("content")))
    });
    let Some(encoding) = encoding else {
        output.push_str(tag.source);
        return false;
    };
    let value = if encoding.name.eq_ignore_ascii_case("charset") {
        r#""utf-8""#
    } else {
        r#""text/html; charset=utf-8""#
    };
    replace(tag.source, &[(encoding.range, value)], output);
    true
}

/// Adds an XML declaration, whose parts look like attributes, with its encoding.
fn encoding(declaration: &str, output: &mut String) {
    let encoding = Attributes::new(declaration)
        .find(|attribute| attribute.name == "encoding" && !attribute.range.is_empty());
    match encoding {
        Some(encoding) => replace(declaration, &[(encoding.range, r#""UTF-8""#)], output),
        None => output.push_str(declaration),
    }
}

/// Adds `text` with values in place of the ranges.
fn replace(text: &str, values: &[(Range<usize>, &str)], output: &mut String) {
    let mut copied = 0;
    for (range, value) in values {
        output.push_str(&text[copied..range.start]);
        output.push_str(value);
        copied = range.end;
    }
    output.push_str(&text[copied..]);
}
