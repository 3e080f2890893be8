//! Styles that LibreOffice makes for the formatting of single words.

use std::collections::{HashMap, HashSet};

use crate::paragraph::Style;
use crate::xml::{self, Token, TokenKind};

/// Attributes of a style's properties that are no formatting: who typed the text when, and its
/// language.
const NO_FORMATTING: [&str; 8] = [
    "rsid",
    "paragraph-rsid",
    "language",
    "country",
    "language-asian",
    "country-asian",
    "language-complex",
    "country-complex",
];

/// The styles of text that are not named by a person, as far as they have been read.
#[derive(Default)]
pub(crate) struct Styles {
    /// The style being read: its name and its formatting.
    current: Option<(String, String)>,
    /// First style with each formatting.
    first: HashMap<String, String>,
    /// For each style, the first one that looks the same, or nothing if it changes nothing.
    same: HashMap<String, Option<String>>,
    /// Styles of text above or below the line.
    raised: HashSet<String>,
}

impl Styles {
    /// Takes a token outside of paragraphs.
    pub(crate) fn observe(&mut self, token: Token<'_>) {
        let local = token.local();
        match token.kind {
            TokenKind::Start if local == "style" => {
                let is_of_text = token.attribute("family").as_deref() == Some("text");
                let name = token.attribute("name").filter(|_| is_of_text);
                self.current = name.map(|name| (name, formatting(token, &["name", "family"])));
            }
            TokenKind::End if local == "style" => self.end(),
            TokenKind::Start | TokenKind::Empty => {
                if let Some((_, all)) = &mut self.current {
                    let own = formatting(token, &NO_FORMATTING);
                    if local != "text-properties" || !own.is_empty() {
                        all.push_str(local);
                        all.push_str(&own);
                    }
                }
            }
            _ => {}
        }
    }

    /// Returns a span with the first style that looks the same, or an empty one if it changes
    /// nothing.
    pub(crate) fn span(&self, tag: Token<'_>) -> Style {
        let Some(style) = tag.attribute("style-name") else {
            return Style::default();
        };
        let (name, prefix) = (tag.name(), tag.prefix());
        let open = match self.same.get(&style) {
            Some(None) => return Style::default(),
            Some(Some(first)) if *first != style => {
                format!("<{name} {prefix}style-name=\"{first}\">")
            }
            _ => tag.raw.to_owned(),
        };
        Style {
            open,
            close: format!("</{name}>"),
            is_raised: self.raised.contains(&style),
        }
    }

    fn end(&mut self) {
        if let Some((name, formatting)) = self.current.take() {
            if formatting.contains("text-position") {
                self.raised.insert(name.clone());
            }
            let same = if formatting.is_empty() {
                None
            } else {
                Some(
                    self.first
                        .entry(formatting)
                        .or_insert_with(|| name.clone())
                        .clone(),
                )
            };
            self.same.insert(name, same);
        }
    }
}

/// Returns the attributes of a tag but those with these local names.
fn formatting(tag: Token<'_>, except: &[&str]) -> String {
    let mut formatting = String::new();
    for (name, value) in tag.attributes() {
        let local = name.rsplit(':').next().unwrap_or(name);
        if !except.contains(&local) {
            xml::push_attribute(name, &value, &mut formatting);
        }
    }
    formatting
}
