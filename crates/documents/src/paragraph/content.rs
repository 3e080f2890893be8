//! Content of a paragraph: text in styles, and what stands between.

use std::collections::HashMap;

/// XML around a text that gives it its appearance.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) open: String,
    pub(crate) close: String,
    /// Set if the text is above or below the line.
    pub(crate) is_raised: bool,
}

/// A part of a paragraph's content.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// Text in a style, by its index.
    Text { style: usize, text: String },
    /// A tab, or a line break, which may be within a sentence.
    Break { raw: String, is_line: bool },
    /// Something without text to translate, as XML.
    Point { raw: String, is_word: bool },
    /// Start of something with a target or an identity, as XML.
    Open { raw: String, range: Range },
    /// Its end.
    Close { raw: String, range: Range },
}

/// Something with a start and an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// An element of XML, such as a hyperlink.
    Element,
    /// A field whose result is text.
    Field,
    /// A bookmark or a comment, with its kind and number. These may cross others.
    Free(String),
}

/// Appends text to XML.
pub(crate) type Escape = fn(&str, &mut String);

/// Content of a paragraph.
#[derive(Debug)]
pub(crate) struct Paragraph {
    pub(crate) items: Vec<Item>,
    pub(super) styles: Vec<Style>,
    /// Indices of the styles by how they start.
    known: HashMap<String, usize>,
    escape: Escape,
}

impl Paragraph {
    pub(crate) fn new(escape: Escape) -> Self {
        Self {
            items: Vec::new(),
            styles: Vec::new(),
            known: HashMap::new(),
            escape,
        }
    }

    /// Adds text, in one piece with text of the same style before it.
    pub(crate) fn push_text(&mut self, text: &str, style: Style) {
        let next = self.styles.len();
        let style = *self.known.entry(style.open.clone()).or_insert_with(|| {
            self.styles.push(style);
            next
        });
        match self.items.last_mut() {
            Some(Item::Text {
                style: last,
                text: all,
            }) if *last == style => all.push_str(text),
            _ => self.items.push(Item::Text {
                style,
                text: text.to_owned(),
            }),
        }
    }

    pub(crate) fn push_point(&mut self, raw: String, is_word: bool) {
        self.items.push(Item::Point { raw, is_word });
    }

    /// Appends items as they are.
    pub(crate) fn push_verbatim(&self, items: &[Item], out: &mut String) {
        for item in items {
            match item {
                Item::Text { style, text } => self.push_styled(*style, text, out),
                Item::Break { raw, .. }
                | Item::Point { raw, .. }
                | Item::Open { raw, .. }
                | Item::Close { raw, .. } => out.push_str(raw),
            }
        }
    }

    /// Appends text in a style.
    pub(super) fn push_styled(&self, style: usize, text: &str, out: &mut String) {
        if !text.is_empty() {
            let Style { open, close, .. } = &self.styles[style];
            out.push_str(open);
            (self.escape)(text, out);
            out.push_str(close);
        }
    }
}
