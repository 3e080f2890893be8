//! Tokens on their way through the filters of tracked changes.

use crate::Error;
use crate::xml::{Token, TokenKind};

/// Takes the tokens that stay.
pub(super) type Sink<'a> = dyn FnMut(Token<'_>) -> Result<(), Error> + 'a;

/// A token that is held until it is known whether it stays.
#[derive(Debug)]
pub(super) struct Held {
    kind: TokenKind,
    raw: String,
}

impl Held {
    pub(super) fn new(token: Token<'_>) -> Self {
        Self {
            kind: token.kind,
            raw: token.raw.to_owned(),
        }
    }

    /// Passes held tokens on.
    pub(super) fn release(tokens: &[Self], sink: &mut Sink<'_>) -> Result<(), Error> {
        tokens
            .iter()
            .try_for_each(|Self { kind, raw }| sink(Token { kind: *kind, raw }))
    }
}

/// Returns whether a token says that the row or the end of the paragraph whose properties it is in
/// was inserted, deleted or moved.
pub(super) fn is_mark(token: Token<'_>) -> bool {
    token.kind == TokenKind::Empty && matches!(token.local(), "ins" | "del" | "moveFrom" | "moveTo")
}

/// Returns whether a mark says that it goes.
pub(super) fn is_deletion(mark: Token<'_>) -> bool {
    matches!(mark.local(), "del" | "moveFrom")
}
