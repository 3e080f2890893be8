//! Blocks of a text: lines that the same sentence may span.

use std::ops::Range;

use crate::breaks;
use crate::lines::{lines, paragraphs};
use crate::wrapped::Wrapping;

/// Returns the blocks of `text`: lines that sentences may span, together, and every other line that
/// is not blank by itself. No block reaches across a blank line.
pub(crate) fn blocks(text: &str, wrapped: bool) -> impl Iterator<Item = Range<usize>> + '_ {
    paragraphs(text).flat_map(move |paragraph| {
        let body = &text[paragraph.clone()];
        let wrapping = wrapped.then(|| Wrapping::of(body));
        let mut lines = lines(body).peekable();
        std::iter::from_fn(move || {
            let mut line = lines.next()?;
            let start = line.start;
            while let Some(next) = lines.next_if(|next| {
                let (first, line, next) = (
                    line.start == start,
                    &body[line.clone()],
                    &body[next.clone()],
                );
                breaks::is_hyphenated(line, next)
                    || wrapping
                        .as_ref()
                        .is_some_and(|wrapping| wrapping.continues(line, next, first))
            }) {
                line = next;
            }
            Some(paragraph.start + start..paragraph.start + line.end)
        })
    })
}
