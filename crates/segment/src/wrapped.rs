//! Hard-wrapped text: lines that were broken at a fixed width, as in e-mails and README files.

use crate::{breaks, cells, lines, marks};

/// Minimum width in characters of a paragraph's longest line for its lines to be joined. The lines
/// of an address or of a signature are shorter.
const MIN_WIDTH: usize = 40;
/// Maximum width in characters that counts as the width of a paragraph, so that a long address in
/// one of its lines does not make all others too short to continue.
const MAX_WIDTH: usize = 90;
/// Minimum width in characters of the lines that make a text look wrapped.
const MIN_TYPICAL_WIDTH: usize = 50;
/// Minimum number of lines that continue for a text to look wrapped.
const MIN_JOINED: usize = 3;
/// Columns to which a tab at the start of a line counts.
const TAB_WIDTH: usize = 8;

/// The width at which a paragraph is wrapped.
pub(crate) struct Wrapping {
    width: usize,
}

impl Wrapping {
    pub(crate) fn of(paragraph: &str) -> Self {
        let widths = lines::lines(paragraph).map(|line| width(&paragraph[line]));
        Self {
            width: widths.max().unwrap_or(0).min(MAX_WIDTH),
        }
    }

    /// Returns whether the text of `line` goes on in `next`, the line after it in its paragraph.
    /// `first` says that `line` does not continue another line itself.
    ///
    /// It does if `line` has at least two thirds of the width: the next word did not fit. Rows of
    /// tables, list items and lines with another indentation stay apart. Only the first line of a
    /// block may be indented differently: further in, or less if it begins with a list mark under
    /// whose text the next line stands. Whether `line` ends a sentence is left to the rules for
    /// sentences, which know abbreviations and quotations.
    pub(crate) fn continues(&self, line: &str, next: &str, first: bool) -> bool {
        let is_aligned = || {
            let indent = columns(&next[..indentation(next)]);
            if first {
                indent <= columns(&line[..marks::leading(line, true)])
            } else {
                indent == columns(&line[..indentation(line)])
            }
        };
        self.width >= MIN_WIDTH
            && width(line) * 3 >= self.width * 2
            && (marks::leading(next, true) == indentation(next) || is_parenthesis(line, next))
            && is_aligned()
            && !cells::has_columns(line.trim())
            && !cells::has_columns(next.trim())
    }
}

/// Returns whether `text` looks hard-wrapped: among its lines of usual width that are followed by
/// another, at least half go on in the next line, for most of them because the next word did not
/// fit, and every third one in the middle of a sentence with a small letter. Verses do neither, and
/// the lines of an address are short.
#[must_use]
pub fn looks_wrapped(text: &str) -> bool {
    let (mut followed, mut joined, mut full, mut small) = (0, 0, 0, 0);
    for paragraph in lines::paragraphs(text) {
        let body = &text[paragraph];
        let wrapping = Wrapping::of(body);
        let mut lines = lines::lines(body).map(|line| &body[line]).peekable();
        let mut first = true;
        while let Some(line) = lines.next() {
            let Some(next) = lines.peek() else {
                break;
            };
            let length = width(line);
            let continues = wrapping.continues(line, next, first);
            first = !continues;
            if length < MIN_TYPICAL_WIDTH {
                continue;
            }
            followed += 1;
            if !continues || length > MAX_WIDTH || ends_sentence(line) {
                continue;
            }
            joined += 1;
            let word = next.split_whitespace().next().unwrap_or_default();
            full += usize::from(
                length + 1 + word.chars().count() > wrapping.width
                    || breaks::is_hyphenated(line, next),
            );
            small += usize::from(word.starts_with(char::is_lowercase));
        }
    }
    joined >= MIN_JOINED && joined * 2 >= followed && full * 2 >= joined && small * 3 >= joined
}

/// Returns the width of a line in characters, without white space at its end.
fn width(line: &str) -> usize {
    columns(&line[..indentation(line)]) + line.trim().chars().count()
}

/// Returns the length in bytes of the white space at the start of `line`.
fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn columns(start: &str) -> usize {
    let tabs = start.matches('\t').count();
    start.chars().count() + tabs * (TAB_WIDTH - 1)
}

/// Returns whether the dash at the start of `next` belongs to a sentence that `line` leaves open,
/// and is not the mark of a list: `er kam` / `– wie immer – zu spät`.
fn is_parenthesis(line: &str, next: &str) -> bool {
    line.trim_end().ends_with(char::is_alphanumeric)
        && next
            .trim_start()
            .strip_prefix("– ")
            .is_some_and(|rest| rest.starts_with(char::is_lowercase))
}

fn ends_sentence(line: &str) -> bool {
    line.trim_end_matches(|c: char| {
        c.is_whitespace() || matches!(c, '"' | '“' | '”' | '»' | '«' | ')')
    })
    .ends_with(['.', '!', '?', '…', ':'])
}
