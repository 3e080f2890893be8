//! Fields: page numbers, references, tables of contents.
//!
//! A field is a run with a mark, runs with its code, a mark, runs with its result, a mark. It may
//! contain others, and go over several paragraphs.

use crate::Error;
use crate::paragraph::{Item, Paragraph, Range};
use crate::xml;

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

/// The fields of a paragraph that have not ended yet.
#[derive(Default)]
pub(super) struct Fields {
    open: Vec<Field>,
    /// Number of open fields in the innermost of them.
    deeper: usize,
}

/// A field that has not ended yet.
struct Field {
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

impl Fields {
    /// Takes the mark for the start of a field, of its result, or for its end.
    pub(super) fn mark(&mut self, kind: Option<&str>, raw: String, paragraph: &mut Paragraph) {
        let next = paragraph.items.len();
        let is_deeper = self.deeper > 0;
        match kind {
            Some("begin") if is_deeper || self.open.len() == MAX_DEPTH => self.deeper += 1,
            Some("begin") => self.open.push(Field {
                start: next,
                code: String::new(),
                result: None,
            }),
            Some("separate") => {
                if let Some(field) = self.open.last_mut().filter(|_| !is_deeper) {
                    field.result = Some(next + 1);
                }
            }
            _ if is_deeper => self.deeper -= 1,
            _ => {
                if let Some(field) = self.open.pop() {
                    field.end(raw, paragraph);
                    return;
                }
            }
        }
        paragraph.push_point(raw, false);
    }

    /// Takes an element with a part of a field's code.
    pub(super) fn code(&mut self, raw: &str) -> Result<(), Error> {
        let Some(field) = self.open.last_mut() else {
            return Ok(());
        };
        xml::for_each(raw.as_bytes(), |token| {
            field.code.push_str(&token.text()?);
            Ok(())
        })
    }
}

impl Field {
    /// Makes one item of a field, or of what comes before its result if that is text.
    fn end(self, end: String, paragraph: &mut Paragraph) {
        let result = self.result.unwrap_or(paragraph.items.len());
        let range = Range::Field;
        let mut raw = String::new();
        if shows_text(&self.code) && is_balanced(&paragraph.items[self.start..result]) {
            paragraph.push_verbatim(&paragraph.items[self.start..result], &mut raw);
            let start = Item::Open {
                raw,
                range: range.clone(),
            };
            paragraph.items.splice(self.start..result, [start]);
            paragraph.items.push(Item::Close { raw: end, range });
        } else if is_balanced(&paragraph.items[self.start..]) {
            let is_text = |item: &Item| matches!(item, Item::Text { .. });
            let is_word = paragraph.items[result..].iter().any(is_text);
            paragraph.push_verbatim(&paragraph.items[self.start..], &mut raw);
            raw.push_str(&end);
            paragraph.items.truncate(self.start);
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
