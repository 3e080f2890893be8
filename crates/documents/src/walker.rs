//! A part of a document, token by token: paragraphs are collected and rewritten, the rest is copied.
//!
//! A paragraph may contain others: in a text box that is anchored in it, in a footnote. These are
//! units of their own, before the one around them. The paragraphs that are being read are on a stack
//! instead of in a recursion, so that their depth costs nothing.

use std::io::{BufRead, Write};

use crate::paragraph::Paragraph;
use crate::session::Session;
use crate::xml::{Token, TokenKind, XmlReader};
use crate::{Error, limits};

/// Parser of the content of a paragraph.
pub(crate) trait Content {
    /// Takes a token of the paragraph.
    fn token(&mut self, token: Token<'_>) -> Result<Step, Error>;

    /// Takes an element with everything in it, as XML in which nested paragraphs are translated.
    fn element(&mut self, raw: String) -> Result<(), Error>;

    /// Returns the content, with what is to be written before it and after it.
    fn finish(self) -> (String, Paragraph, String);
}

/// Treatment of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing more.
    Done,
    /// Hand over the element that it starts, once it has ended, by [`Content::element`].
    Capture,
}

/// A part of a document on its way from a reader to `out`.
pub(crate) struct Walker<'w, 'u, C> {
    session: &'w mut Session<'u>,
    out: &'w mut dyn Write,
    /// Returns a parser if the token starts a paragraph.
    begin: &'w dyn Fn(Token<'_>) -> Option<C>,
    paragraphs: Vec<Open<C>>,
}

/// A paragraph that has not ended yet.
struct Open<C> {
    start: String,
    /// Everything after `start`, as it is.
    raw: String,
    content: C,
    /// The element that is being captured, and how many of its elements are open.
    capture: Option<(String, usize)>,
    /// Number of elements that are open, outside of `capture`.
    depth: usize,
    /// Size in the source, with the paragraphs in it.
    size: usize,
}

impl<'w, 'u, C: Content> Walker<'w, 'u, C> {
    pub(crate) fn new(
        session: &'w mut Session<'u>,
        out: &'w mut dyn Write,
        begin: &'w dyn Fn(Token<'_>) -> Option<C>,
    ) -> Self {
        Self {
            session,
            out,
            begin,
            paragraphs: Vec::new(),
        }
    }

    /// Takes all tokens of a source.
    pub(crate) fn read(mut self, source: &mut dyn BufRead) -> Result<(), Error> {
        let mut reader = XmlReader::new(source);
        while let Some(token) = reader.next()? {
            self.token(token)?;
        }
        Ok(())
    }

    /// Takes the next token.
    pub(crate) fn token(&mut self, token: Token<'_>) -> Result<(), Error> {
        self.session.observe(token);
        if token.kind == TokenKind::Start
            && let Some(content) = (self.begin)(token)
        {
            self.paragraphs.push(Open {
                start: token.raw.to_owned(),
                raw: String::new(),
                content,
                capture: None,
                depth: 0,
                size: token.raw.len(),
            });
            return Ok(());
        }
        let Some(paragraph) = self.paragraphs.last_mut() else {
            return Ok(self.out.write_all(token.raw.as_bytes())?);
        };
        if paragraph.capture.is_none() && paragraph.depth == 0 && token.kind == TokenKind::End {
            return self.end(token.raw);
        }
        paragraph.token(token)
    }

    /// Ends the innermost paragraph.
    fn end(&mut self, end: &str) -> Result<(), Error> {
        let Some(paragraph) = self.paragraphs.pop() else {
            return Ok(());
        };
        let (head, content, tail) = paragraph.content.finish();
        let translated = content.translated(&mut |segment| self.session.ask(segment))?;
        let mut text = paragraph.start;
        match translated {
            Some(translated) => {
                for part in [&head, &translated, &tail] {
                    text.push_str(part);
                }
            }
            None => text.push_str(&paragraph.raw),
        }
        text.push_str(end);
        match self.paragraphs.last_mut() {
            Some(outer) => {
                outer.count(paragraph.size)?;
                outer.nested(text)
            }
            None => Ok(self.out.write_all(text.as_bytes())?),
        }
    }
}

impl<C: Content> Open<C> {
    fn token(&mut self, token: Token<'_>) -> Result<(), Error> {
        self.count(token.raw.len())?;
        if let Some((raw, depth)) = &mut self.capture {
            raw.push_str(token.raw);
            match token.kind {
                TokenKind::Start => *depth += 1,
                TokenKind::End => *depth -= 1,
                _ => {}
            }
            let is_complete = *depth == 0;
            return if is_complete { self.captured() } else { Ok(()) };
        }
        match self.content.token(token)? {
            Step::Capture if token.kind == TokenKind::Start => {
                self.capture = Some((token.raw.to_owned(), 1));
                return Ok(());
            }
            Step::Capture => return self.nested(token.raw.to_owned()),
            Step::Done => {}
        }
        match token.kind {
            TokenKind::Start => self.depth += 1,
            TokenKind::End => self.depth -= 1,
            _ => {}
        }
        self.raw.push_str(token.raw);
        Ok(())
    }

    fn captured(&mut self) -> Result<(), Error> {
        match self.capture.take() {
            Some((raw, _)) => self.nested(raw),
            None => Ok(()),
        }
    }

    /// Takes a complete element: part of the one that is being captured, or one by itself.
    fn nested(&mut self, element: String) -> Result<(), Error> {
        if let Some((raw, _)) = &mut self.capture {
            raw.push_str(&element);
            return Ok(());
        }
        self.raw.push_str(&element);
        self.content.element(element)
    }

    /// Counts bytes of the source.
    fn count(&mut self, bytes: usize) -> Result<(), Error> {
        self.size += bytes;
        if self.size > limits::MAX_PARAGRAPH {
            return Err(Error::TooLarge("a paragraph of it is over 4 MB".to_owned()));
        }
        Ok(())
    }
}
