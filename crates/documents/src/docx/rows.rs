//! Rows of tables that were deleted, and tables without any other rows.

use super::tokens::{Held, Sink, is_deletion, is_mark};
use crate::Error;
use crate::xml::{Token, TokenKind};

/// Maximum number of tokens at the start of a table that are held until its first row is known to
/// stay.
const MAX_HELD: usize = 10_000;

/// A filter of tokens that leaves out deleted rows.
#[derive(Default)]
pub(super) struct Rows {
    start: Option<Start>,
    /// Number of open elements of the row that is being left out.
    left_out: usize,
}

/// The start of a table or of a row, up to its first cell.
struct Start {
    held: Vec<Held>,
    is_table: bool,
    /// Where the row starts in `held`.
    row: usize,
    is_row_deleted: bool,
    has_lost_rows: bool,
}

impl Rows {
    pub(super) fn token(&mut self, token: Token<'_>, sink: &mut Sink<'_>) -> Result<(), Error> {
        if self.left_out > 0 {
            match token.kind {
                TokenKind::Start => self.left_out += 1,
                TokenKind::End => self.left_out -= 1,
                _ => {}
            }
            return Ok(());
        }
        let Some(start) = &mut self.start else {
            if token.kind == TokenKind::Start && matches!(token.local(), "tbl" | "tr") {
                self.start = Some(Start::new(token));
                return Ok(());
            }
            return sink(token);
        };
        match (token.kind, token.local()) {
            (TokenKind::Start, "tr") => {
                start.row = start.held.len();
                start.is_row_deleted = false;
                start.held.push(Held::new(token));
            }
            (TokenKind::End, "trPr") if start.is_row_deleted => {
                start.held.truncate(start.row);
                start.has_lost_rows = true;
                // What is left is the end of the row.
                self.left_out = 1;
                if !start.is_table {
                    self.start = None;
                }
            }
            (TokenKind::End, "tbl") if start.has_lost_rows => self.start = None,
            (TokenKind::Start, "tc" | "sdt" | "customXml" | "p" | "tbl")
            | (TokenKind::End, "tbl" | "tr") => return self.release(token, sink),
            _ if is_mark(token) => start.is_row_deleted |= is_deletion(token),
            _ if start.held.len() == MAX_HELD => return self.release(token, sink),
            _ => start.held.push(Held::new(token)),
        }
        Ok(())
    }

    fn release(&mut self, token: Token<'_>, sink: &mut Sink<'_>) -> Result<(), Error> {
        if let Some(start) = self.start.take() {
            Held::release(&start.held, sink)?;
        }
        sink(token)
    }
}

impl Start {
    fn new(token: Token<'_>) -> Self {
        Self {
            held: vec![Held::new(token)],
            is_table: token.local() == "tbl",
            row: 0,
            is_row_deleted: false,
            has_lost_rows: false,
        }
    }
}
