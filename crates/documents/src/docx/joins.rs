//! Paragraphs whose end was deleted: such a one and the next are one paragraph, and one without
//! content disappears.

use std::mem;

use super::tokens::{Held, Sink, is_deletion, is_mark};
use crate::Error;
use crate::xml::{Token, TokenKind};

/// Maximum number of tokens of a paragraph's properties.
const MAX_HELD: usize = 10_000;

/// A filter of tokens that joins paragraphs.
#[derive(Default)]
pub(super) struct Joins {
    state: State,
}

#[derive(Default)]
enum State {
    /// Not in the properties of a paragraph, nor in one whose end is deleted.
    #[default]
    Other,
    /// Before or in the properties of a paragraph.
    Head(Head),
    /// In a paragraph whose end is deleted, which has no content so far.
    Empty(Head),
    /// After it.
    Gone(Head, String),
    /// In a paragraph whose end is deleted, which has content: number of open elements.
    Content(usize),
    /// After it. Its end tag is held.
    Ended(String),
    /// Before or in the properties of the paragraph that is joined to it. The end tag is held, too.
    Joined(Head, String),
}

/// The start of a paragraph and its properties.
struct Head {
    held: Vec<Held>,
    /// Number of open elements.
    depth: usize,
    is_end_deleted: bool,
}

impl Joins {
    pub(super) fn token(&mut self, token: Token<'_>, sink: &mut Sink<'_>) -> Result<(), Error> {
        match mem::take(&mut self.state) {
            State::Other => self.other(token, sink),
            State::Head(head) => self.head(head, token, sink),
            State::Empty(head) => self.empty(head, token, sink),
            State::Gone(head, end) => self.gone(head, end, token, sink),
            State::Content(depth) => self.content(depth, token, sink),
            State::Ended(end) => self.ended(end, token, sink),
            State::Joined(head, end) => self.joined(head, end, token, sink),
        }
    }

    fn other(&mut self, token: Token<'_>, sink: &mut Sink<'_>) -> Result<(), Error> {
        if token.kind == TokenKind::Start && token.local() == "p" {
            self.state = State::Head(Head::new(token));
        } else if !is_mark(token) {
            sink(token)?;
        }
        Ok(())
    }

    fn head(&mut self, mut head: Head, token: Token<'_>, sink: &mut Sink<'_>) -> Result<(), Error> {
        if !head.takes(token) {
            Held::release(&head.held, sink)?;
            return self.other(token, sink);
        }
        if !head.is_complete(token) {
            self.state = State::Head(head);
        } else if head.is_end_deleted {
            self.state = State::Empty(head);
        } else {
            Held::release(&head.held, sink)?;
        }
        Ok(())
    }

    fn empty(&mut self, head: Head, token: Token<'_>, sink: &mut Sink<'_>) -> Result<(), Error> {
        if is_between(token) {
            self.state = State::Empty(head);
            return sink(token);
        }
        if token.kind == TokenKind::End {
            self.state = State::Gone(head, token.raw.to_owned());
            return Ok(());
        }
        Held::release(&head.held, sink)?;
        self.content(1, token, sink)
    }

    fn gone(
        &mut self,
        head: Head,
        end: String,
        token: Token<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), Error> {
        if is_between(token) {
            self.state = State::Gone(head, end);
            return sink(token);
        }
        if token.kind == TokenKind::End {
            // A cell needs a paragraph.
            Held::release(&head.held, sink)?;
            sink(end_tag(&end))?;
        }
        self.other(token, sink)
    }

    fn content(
        &mut self,
        mut depth: usize,
        token: Token<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), Error> {
        match token.kind {
            TokenKind::Start => depth += 1,
            TokenKind::End => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            self.state = State::Ended(token.raw.to_owned());
            return Ok(());
        }
        self.state = State::Content(depth);
        if is_mark(token) { Ok(()) } else { sink(token) }
    }

    fn ended(&mut self, end: String, token: Token<'_>, sink: &mut Sink<'_>) -> Result<(), Error> {
        if is_between(token) {
            self.state = State::Ended(end);
            return sink(token);
        }
        match (token.kind, token.local()) {
            (TokenKind::Start, "p") => {
                self.state = State::Joined(Head::new(token), end);
                Ok(())
            }
            (TokenKind::Empty, "p") => sink(end_tag(&end)),
            _ => {
                sink(end_tag(&end))?;
                self.other(token, sink)
            }
        }
    }

    fn joined(
        &mut self,
        mut head: Head,
        end: String,
        token: Token<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), Error> {
        if head.depth == 2 && token.starts("sectPr") {
            // The end of a section stays.
            sink(end_tag(&end))?;
            Held::release(&head.held, sink)?;
            return sink(token);
        }
        if !head.takes(token) {
            return self.other(token, sink);
        }
        if !head.is_complete(token) {
            self.state = State::Joined(head, end);
        } else if head.is_end_deleted {
            self.state = State::Content(1);
        }
        Ok(())
    }
}

impl Head {
    fn new(token: Token<'_>) -> Self {
        Self {
            held: vec![Held::new(token)],
            depth: 1,
            is_end_deleted: false,
        }
    }

    /// Holds a token. Returns false if it is not part of the paragraph's properties.
    fn takes(&mut self, token: Token<'_>) -> bool {
        if self.held.len() == MAX_HELD {
            return false;
        }
        let is_tag = matches!(
            token.kind,
            TokenKind::Start | TokenKind::Empty | TokenKind::End
        );
        if self.depth == 1 && is_tag && !token.starts("pPr") {
            return false;
        }
        match token.kind {
            TokenKind::Start => self.depth += 1,
            TokenKind::End => self.depth -= 1,
            _ => {}
        }
        if is_mark(token) {
            self.is_end_deleted |= is_deletion(token);
        } else {
            self.held.push(Held::new(token));
        }
        true
    }

    /// Returns whether the properties end with the token.
    fn is_complete(&self, token: Token<'_>) -> bool {
        self.depth == 1 && matches!(token.kind, TokenKind::End | TokenKind::Empty)
    }
}

/// Returns whether a token may be between paragraphs.
fn is_between(token: Token<'_>) -> bool {
    match token.kind {
        TokenKind::Text | TokenKind::Other | TokenKind::Reference | TokenKind::CData => true,
        TokenKind::Empty => {
            let local = token.local();
            local.starts_with("bookmark") || local.starts_with("commentRange")
        }
        TokenKind::Start | TokenKind::End => false,
    }
}

fn end_tag(raw: &str) -> Token<'_> {
    let kind = TokenKind::End;
    Token { kind, raw }
}
