//! The appearance of a run.

use super::dialect::Dialect;
use crate::Error;
use crate::xml::{self, Token, TokenKind};

/// Language of the translation, as Word and PowerPoint check its spelling.
const LANGUAGE: &str = "en-GB";

/// Elements of properties in Word that are no formatting.
const NO_FORMATTING: [&str; 3] = ["lang", "noProof", "kern"];

/// Attributes of properties in drawings that are no formatting.
const NO_FORMATTING_IN_DRAWINGS: [&str; 7] = [
    "lang", "altLang", "noProof", "dirty", "err", "smtClean", "smtId",
];

/// Maximum space between letters that is not seen, in twentieths of a point. Converted PDFs have it
/// on parts of words.
const MAX_SPACING: i32 = 20;

/// Properties of a run without those that make no difference to how it looks. A word may be in
/// several runs that differ only in the latter: in who typed them and when, in which part the
/// spelling checker did not know.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Properties {
    /// Attributes of the element, with a space before each.
    attributes: String,
    /// Elements in it.
    elements: String,
}

impl Properties {
    /// Reads the element of a run's properties.
    pub(super) fn read(dialect: Dialect, raw: &str) -> Result<Self, Error> {
        let mut properties = Self::default();
        if dialect == Dialect::Drawing {
            for (name, value) in xml::first_tag(raw).attributes() {
                if !NO_FORMATTING_IN_DRAWINGS.contains(&name) {
                    xml::push_attribute(name, &value, &mut properties.attributes);
                }
            }
        }
        let mut depth = 0;
        // Depth at which an element is left out.
        let mut left_out = None;
        xml::for_each(raw.as_bytes(), |token| {
            if token.kind == TokenKind::End {
                depth -= 1;
            }
            let is_top = depth == 1 && token.kind != TokenKind::End;
            if dialect == Dialect::Word && is_top && is_no_formatting(token) {
                left_out = (token.kind == TokenKind::Start).then_some(depth);
            } else if depth > 0 && left_out.is_none() && token.kind != TokenKind::Text {
                properties.elements.push_str(token.raw);
            }
            if token.kind == TokenKind::End && left_out == Some(depth) {
                left_out = None;
            }
            if token.kind == TokenKind::Start {
                depth += 1;
            }
            Ok(())
        })?;
        Ok(properties)
    }

    /// Returns whether text is above or below the line.
    pub(super) fn is_raised(&self) -> bool {
        self.elements.contains("vertAlign") || self.attributes.contains(" baseline=")
    }

    /// Returns the properties of a run with text of the translation.
    pub(super) fn of_text(&self, dialect: Dialect, prefix: &str) -> String {
        let Self {
            attributes,
            elements,
        } = self;
        match dialect {
            Dialect::Word => format!(
                "<{prefix}rPr>{elements}<{prefix}lang {prefix}val=\"{LANGUAGE}\"/></{prefix}rPr>"
            ),
            Dialect::Drawing => {
                format!("<{prefix}rPr lang=\"{LANGUAGE}\"{attributes}>{elements}</{prefix}rPr>")
            }
            Dialect::Sheet => self.of_element(dialect, prefix),
        }
    }

    /// Returns the properties of a run with something else.
    pub(super) fn of_element(&self, dialect: Dialect, prefix: &str) -> String {
        let Self {
            attributes,
            elements,
        } = self;
        if attributes.is_empty() && elements.is_empty() && dialect != Dialect::Drawing {
            return String::new();
        }
        format!("<{prefix}rPr{attributes}>{elements}</{prefix}rPr>")
    }
}

/// Returns whether a tag starts an element that makes no difference to how text looks.
fn is_no_formatting(tag: Token<'_>) -> bool {
    let local = tag.local();
    if local != "spacing" {
        return NO_FORMATTING.contains(&local);
    }
    let amount = tag
        .attribute("val")
        .and_then(|value| value.parse::<i32>().ok());
    amount.is_some_and(|amount| amount.abs() <= MAX_SPACING)
}
