//! Fields: page numbers, references, tables of contents.
//!
//! A field is a run with a mark, runs with its code, a mark, runs with its result, a mark. It may
//! contain others, and go over several paragraphs.

use super::Runs;
use crate::Error;
use crate::paragraph::{Item, Range};
use crate::xml::{self, Token};

/// Fields whose result is text of the document. The results of others are values: a page number, a
/// date, a name.
const TEXTS: [&str; 8] = [
    "HYPERLINK",
    "REF",
    "TOC",
    "TOA",
    "INDEX",
    "QUOTE",
    "FORMTEXT",
    "BIBLIOGRAPHY",
];

/// Maximum number of fields in each other that are told apart.
const MAX_DEPTH: usize = 32;

/// A field that has not ended yet.
pub(super) struct Field {
    /// Index of the item with its first mark.
    start: usize,
    code: String,
    /// Index of the first item of the result.
    result: Option<usize>,
}

/// Returns whether the field with this code shows text of the document.
pub(super) fn shows_text(code: &str) -> bool {
    let name = code.split_ascii_whitespace().next().unwrap_or_default();
    TEXTS.contains(&name.to_ascii_uppercase().as_str())
}

impl Runs {
    /// Takes the mark for the start of a field, of its result, or for its end.
    pub(super) fn field_mark(&mut self, tag: Token<'_>, raw: &str) {
        let raw = self.in_run(raw);
        let next = self.paragraph.items.len();
        let kind = tag.attribute("fldCharType");
        let is_deeper = self.deeper_fields > 0;
        match kind.as_deref() {
            Some("begin") if is_deeper || self.fields.len() == MAX_DEPTH => self.deeper_fields += 1,
            Some("begin") => self.fields.push(Field {
                start: next,
                code: String::new(),
                result: None,
            }),
            Some("separate") => {
                if let Some(field) = self.fields.last_mut().filter(|_| !is_deeper) {
                    field.result = Some(next + 1);
                }
            }
            _ if is_deeper => self.deeper_fields -= 1,
            _ => {
                if let Some(field) = self.fields.pop() {
                    self.end_field(&field, raw);
                    return;
                }
            }
        }
        self.paragraph.push_point(raw, false);
    }

    pub(super) fn field_code(&mut self, raw: &str) -> Result<(), Error> {
        if let Some(field) = self.fields.last_mut() {
            xml::for_each(raw.as_bytes(), |token| {
                field.code.push_str(&token.text()?);
                Ok(())
            })?;
        }
        self.paragraph.push_point(self.in_run(raw), false);
        Ok(())
    }

    /// Makes one item of a field, or of what comes before its result if that is text.
    fn end_field(&mut self, field: &Field, end: String) {
        let paragraph = &mut self.paragraph;
        let result = field.result.unwrap_or(paragraph.items.len());
        let range = Range::Field;
        let mut raw = String::new();
        if shows_text(&field.code) && is_balanced(&paragraph.items[field.start..result]) {
            paragraph.push_verbatim(&paragraph.items[field.start..result], &mut raw);
            let start = Item::Open {
                raw,
                range: range.clone(),
            };
            paragraph.items.splice(field.start..result, [start]);
            paragraph.items.push(Item::Close { raw: end, range });
        } else if is_balanced(&paragraph.items[field.start..]) {
            let is_text = |item: &Item| matches!(item, Item::Text { .. });
            let is_word = paragraph.items[result..].iter().any(is_text);
            paragraph.push_verbatim(&paragraph.items[field.start..], &mut raw);
            raw.push_str(&end);
            paragraph.items.truncate(field.start);
            paragraph.push_point(raw, is_word);
        } else {
            paragraph.push_point(end, false);
        }
    }
}

/// Returns whether every element that starts among the items ends among them, and the reverse.
fn is_balanced(items: &[Item]) -> bool {
    let mut depth = 0_usize;
    for item in items {
        match item {
            Item::Open {
                range: Range::Element,
                ..
            } => depth += 1,
            Item::Close {
                range: Range::Element,
                ..
            } if depth == 0 => return false,
            Item::Close {
                range: Range::Element,
                ..
            } => depth -= 1,
            _ => {}
        }
    }
    depth == 0
}
