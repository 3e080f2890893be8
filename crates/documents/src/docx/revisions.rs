//! Tracked changes, accepted: what was inserted stays, what was deleted goes.
//!
//! Works on tokens, between the reader of a part and the walk through its paragraphs.

use super::joins::Joins;
use super::rows::Rows;
use super::tokens::Sink;
use crate::Error;
use crate::xml::{Token, TokenKind};

/// Marks of moved text and of changes in blocks that programs write into, without content.
const RANGES: [&str; 6] = [
    "moveFromRange",
    "moveToRange",
    "customXmlInsRange",
    "customXmlDelRange",
    "customXmlMoveFromRange",
    "customXmlMoveToRange",
];

/// A filter of tokens.
#[derive(Default)]
pub(super) struct Revisions {
    /// Number of insertions and deletions so far.
    pub(super) count: usize,
    /// Number of open elements of the deletion that is being left out.
    left_out: usize,
    rows: Rows,
    joins: Joins,
}

impl Revisions {
    /// Passes a token on to `sink`, now or later, unless it goes.
    pub(super) fn token(&mut self, token: Token<'_>, sink: &mut Sink<'_>) -> Result<(), Error> {
        if self.is_left_out(token) {
            return Ok(());
        }
        let joins = &mut self.joins;
        self.rows
            .token(token, &mut |token| joins.token(token, sink))
    }

    fn is_left_out(&mut self, token: Token<'_>) -> bool {
        let local = token.local();
        match token.kind {
            TokenKind::Start if self.left_out > 0 => self.left_out += 1,
            TokenKind::End if self.left_out > 0 => self.left_out -= 1,
            _ if self.left_out > 0 => {}
            TokenKind::Start if matches!(local, "del" | "moveFrom") => {
                self.count += 1;
                self.left_out = 1;
            }
            TokenKind::Start if local.ends_with("Change") => self.left_out = 1,
            TokenKind::Start if matches!(local, "ins" | "moveTo") => self.count += 1,
            TokenKind::End => return matches!(local, "ins" | "moveTo"),
            TokenKind::Empty => {
                // Text that is bound to data elsewhere would show the data again, in German.
                let is_other = matches!(local, "cellIns" | "cellDel" | "cellMerge" | "dataBinding");
                return is_other
                    || local.ends_with("Change")
                    || RANGES.iter().any(|range| local.starts_with(range));
            }
            _ => return false,
        }
        true
    }
}
