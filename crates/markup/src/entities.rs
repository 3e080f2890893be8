//! Character references and escaping.

use std::borrow::Cow;

use crate::tokens::Dialect;

/// Maximum length of a reference to an entity.
const MAX_REFERENCE: usize = 64;

/// Returns text without character references.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    htmlize::unescape(text)
}

/// Returns an attribute's value without character references.
pub(crate) fn decode_attribute(value: &str) -> Cow<'_, str> {
    htmlize::unescape_attribute(value)
}

/// Adds text to HTML or XML. With `quote`, to a value between these quotation marks.
pub(crate) fn escape(text: &str, dialect: Dialect, quote: Option<char>, output: &mut String) {
    for character in text.chars() {
        match character {
            '&' => output.push_str("&amp;"),
            '<' => output.push_str("&lt;"),
            '>' => output.push_str("&gt;"),
            '"' if quote == Some('"') => output.push_str("&quot;"),
            '\'' if quote == Some('\'') => output.push_str("&#39;"),
            '\u{a0}' if dialect == Dialect::Html => output.push_str("&nbsp;"),
            _ => output.push(character),
        }
    }
}

/// Splits the text of XML at references to entities that HTML does not know, such as those that a
/// document type declares. Returns the parts, and whether each is such a reference.
pub(crate) fn split_unknown(text: &str) -> Vec<(&str, bool)> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices('&') {
        let Some(reference) = reference(&text[at..]) else {
            continue;
        };
        // Known ones are one or two characters.
        if decode(reference).chars().nth(2).is_none() {
            continue;
        }
        if start < at {
            parts.push((&text[start..at], false));
        }
        parts.push((reference, true));
        start = at + reference.len();
    }
    if start < text.len() {
        parts.push((&text[start..], false));
    }
    parts
}

/// Returns the reference that `text` begins with.
pub(crate) fn reference(text: &str) -> Option<&str> {
    let end = text
        .bytes()
        .take(MAX_REFERENCE)
        .position(|byte| byte == b';')?;
    let name = &text[1..end];
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '#' | '.' | '-' | '_' | ':');
    (!name.is_empty() && name.chars().all(is_name)).then_some(&text[..=end])
}
