//! Paragraphs of text with elements in it, as LibreOffice writes them.

use std::cell::RefCell;

use crate::Error;
use crate::odt::styles::Styles;
use crate::paragraph::{Item, Paragraph, Range, Style};
use crate::walker::{Content, Step};
use crate::xml::{self, Token, TokenKind};

/// Maximum number of spaces that one element stands for.
const MAX_SPACES: usize = 1000;

/// Parser of the content of a paragraph with text and spans.
pub(crate) struct Spans<'s> {
    styles: Option<&'s RefCell<Styles>>,
    paragraph: Paragraph,
    /// Open spans.
    open: Vec<Style>,
    /// Whether white space that follows is no part of the text.
    is_after_space: bool,
}

impl<'s> Spans<'s> {
    /// Starts a paragraph of a document with these styles.
    pub(crate) fn new(styles: &'s RefCell<Styles>) -> Self {
        Self {
            styles: Some(styles),
            paragraph: Paragraph::new(push_spaced),
            open: Vec::new(),
            is_after_space: true,
        }
    }

    /// Starts an element with nothing but text.
    pub(crate) fn plain() -> Self {
        Self {
            styles: None,
            paragraph: Paragraph::new(xml::push_escaped),
            open: Vec::new(),
            is_after_space: true,
        }
    }

    fn style(&self) -> Style {
        let spans = &self.open;
        Style {
            open: spans.iter().map(|span| span.open.as_str()).collect(),
            close: spans.iter().rev().map(|span| span.close.as_str()).collect(),
            is_raised: spans.iter().any(|span| span.is_raised),
        }
    }

    /// Adds text as it is in the source, where any white space is one space.
    fn text(&mut self, source: &str) {
        let mut text = String::with_capacity(source.len());
        for character in source.chars() {
            let is_space = matches!(character, ' ' | '\t' | '\n' | '\r');
            if !is_space {
                text.push(character);
            } else if !self.is_after_space {
                text.push(' ');
            }
            self.is_after_space = is_space;
        }
        if !text.is_empty() {
            let style = self.style();
            self.paragraph.push_text(&text, style);
        }
    }

    fn push_break(&mut self, raw: &str, is_line: bool) {
        let Style { open, close, .. } = self.style();
        let raw = format!("{open}{raw}{close}");
        self.paragraph.items.push(Item::Break { raw, is_line });
        self.is_after_space = true;
    }

    fn push_point(&mut self, tag: Token<'_>, raw: &str) -> Result<(), Error> {
        // Fields show text, notes show a mark.
        let mut is_word = false;
        if tag.prefix() == "text:" && tag.local() != "note" {
            xml::for_each(raw.as_bytes(), |token| {
                is_word |= !token.text()?.trim().is_empty();
                Ok(())
            })?;
        }
        let Style { open, close, .. } = self.style();
        self.paragraph
            .push_point(format!("{open}{raw}{close}"), is_word);
        self.is_after_space = false;
        Ok(())
    }
}

impl Content for Spans<'_> {
    fn token(&mut self, token: Token<'_>) -> Result<Step, Error> {
        match (token.kind, token.local()) {
            (TokenKind::Text | TokenKind::Reference | TokenKind::CData, _) => {
                self.text(&token.text()?);
            }
            (TokenKind::Start, "span") => {
                let span = match self.styles {
                    Some(styles) => styles.borrow().span(token),
                    None => Style::default(),
                };
                self.open.push(span);
            }
            (TokenKind::End, "span") => {
                self.open.pop();
            }
            (TokenKind::Start, "a" | "content-control" | "meta") => {
                let raw = token.raw.to_owned();
                let range = Range::Element;
                self.paragraph.items.push(Item::Open { raw, range });
            }
            (TokenKind::End, "a" | "content-control" | "meta") => {
                let raw = token.raw.to_owned();
                let range = Range::Element;
                self.paragraph.items.push(Item::Close { raw, range });
            }
            (TokenKind::Start | TokenKind::Empty, _) => return Ok(Step::Capture),
            (TokenKind::End | TokenKind::Other, _) => {}
        }
        Ok(Step::Done)
    }

    fn element(&mut self, raw: String) -> Result<(), Error> {
        let start = xml::first_tag(&raw).raw.to_owned();
        let tag = xml::first_tag(&start);
        match tag.local() {
            "span" | "soft-page-break" => {}
            "tab" => self.push_break(&raw, false),
            "line-break" => self.push_break(&raw, true),
            "s" => {
                let count = tag
                    .attribute("c")
                    .and_then(|count| count.parse().ok())
                    .unwrap_or(1);
                let style = self.style();
                self.paragraph
                    .push_text(&" ".repeat(usize::min(count, MAX_SPACES)), style);
                self.is_after_space = false;
            }
            local => match range(tag, local) {
                Some((true, range)) => self.paragraph.items.push(Item::Open { raw, range }),
                Some((false, range)) => self.paragraph.items.push(Item::Close { raw, range }),
                None => self.push_point(tag, &raw)?,
            },
        }
        Ok(())
    }

    fn finish(self) -> (String, Paragraph, String) {
        (String::new(), self.paragraph, String::new())
    }
}

/// Returns the range of a bookmark, a mark for an index or a comment, and whether it starts there.
fn range(tag: Token<'_>, local: &str) -> Option<(bool, Range)> {
    let name = tag.attribute("name").or_else(|| tag.attribute("id"))?;
    let (is_start, kind) = match (local.strip_suffix("-start"), local.strip_suffix("-end")) {
        (Some(kind), _) => (true, kind),
        (None, Some(kind)) => (false, kind),
        (None, None) if local == "annotation" => (true, local),
        (None, None) => return None,
    };
    Some((is_start, Range::Free(format!("{kind} {name}"))))
}

/// Appends text in which more than one space in a row needs an element.
fn push_spaced(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(start) = rest.find("  ") {
        xml::push_escaped(&rest[..start], out);
        let spaced = &rest[start..];
        rest = spaced.trim_start_matches(' ');
        let count = spaced.len() - rest.len();
        out.push_str("<text:s");
        xml::push_attribute("text:c", &count.to_string(), out);
        out.push_str("/>");
    }
    xml::push_escaped(rest, out);
}
