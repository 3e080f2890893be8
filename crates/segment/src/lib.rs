//! German text to paragraphs, lines, sentences and gaps, and back, byte for byte.
//!
//! | module | contents |
//! |---|---|
//! | `segment` | a sentence as a range of bytes |
//! | `lines` | lines and paragraphs |
//! | `blocks` | lines that the same sentence may span |
//! | `wrapped` | which lines of a hard-wrapped paragraph belong together |
//! | `breaks` | line breaks inside a sentence: hyphenation, unwrapping and wrapping again |
//! | `view` | a block as the rules read it: one line, umlauts composed |
//! | `marks` | everything before the words of a line: indentation, bullets, list marks |
//! | `cells` | a line to cells, at tabs, runs of spaces, bars, leaders and table separators |
//! | `sentences` | one cell to sentences: the `sentencex` crate, fed with bounded pieces |
//! | `german` | corrections of `sentencex` for German: boundaries to drop and to add |
//! | `abbreviations` | German abbreviations, by list and by shape |
//! | `verbatim` | lines that are copied: fenced code, addresses, names under a letter |
//!
//! Every byte of a text belongs to exactly one [`Segment`] (a sentence, to be translated) or to
//! exactly one [`gap`] between two of them (to be copied). No byte is changed on the way; [`join`] puts
//! the two together again. A segment that spans a line break is translated as [`unwrapped`] has it,
//! and [`rewrapped`] gives the translation the same line breaks.

mod abbreviations;
mod blocks;
mod breaks;
mod cells;
mod german;
mod lines;
mod marks;
mod segment;
mod sentences;
mod verbatim;
mod view;
mod wrapped;

use std::ops::Range;

pub use crate::breaks::{rewrapped, unwrapped};
pub use crate::marks::is_bullet;
pub use crate::segment::Segment;
pub use crate::wrapped::looks_wrapped;

/// Rules by which a text is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules<'a> {
    /// Language of the text, a code such as `de`.
    pub language: &'a str,
    /// True if the lines of a paragraph were wrapped at a fixed width, so that a sentence may go on
    /// in the next line.
    pub wrapped: bool,
}

/// Returns the sentences of `text`, sorted and without overlap.
///
/// Every segment contains a letter or a digit. White space, indentation, list marks (`1.`, `a)`,
/// `-`, `•`), rulers (`---`) and the separators between the cells of a line are gaps, and so are
/// fenced code, addresses, and the names under a letter.
///
/// A line break is a hard boundary, except where a word is hyphenated across it, and between the
/// lines of a paragraph if the text is wrapped. A blank line always is one. So a text cut at its
/// blank lines gives the same segments; so does one cut at a line break that lies in a gap, unless
/// the text is wrapped.
#[must_use]
pub fn segments(text: &str, rules: Rules<'_>) -> Vec<Segment> {
    let mut found = Vec::new();
    let mut verbatim = verbatim::verbatim(text).into_iter().peekable();
    for block in blocks::blocks(text, rules.wrapped) {
        while verbatim
            .next_if(|copied| copied.end <= block.start)
            .is_some()
        {}
        if verbatim
            .peek()
            .is_some_and(|copied| copied.start < block.end)
        {
            continue;
        }
        let view = view::View::new(text, block);
        sentences::push_segments(&view, rules.language, &mut found);
    }
    found
}

/// Returns the blocks of `text`: lines that a sentence may span, together, and every other line that
/// is not blank by itself. `wrapped` as in [`Rules`].
pub fn blocks(text: &str, wrapped: bool) -> impl Iterator<Item = Range<usize>> + '_ {
    blocks::blocks(text, wrapped)
}

/// Returns the blocks of lines between blank lines, each from the start of its first line to the
/// end of its last, without the last line break. A line that contains only white space is blank.
#[must_use]
pub fn paragraphs(text: &str) -> Vec<Range<usize>> {
    lines::paragraphs(text).collect()
}

/// Returns `text` with every segment replaced by its translation and every gap unchanged.
///
/// Segments beyond the end of `translations` stay in the original.
///
/// # Panics
/// If the segments do not belong to `text`.
pub fn join<'a>(
    text: &str,
    segments: &[Segment],
    translations: impl IntoIterator<Item = &'a str>,
) -> String {
    let mut translations = translations.into_iter();
    let mut joined = String::with_capacity(text.len());
    for (index, segment) in segments.iter().enumerate() {
        joined.push_str(gap(text, segments, index));
        joined.push_str(translations.next().unwrap_or_else(|| segment.of(text)));
    }
    joined.push_str(gap(text, segments, segments.len()));
    joined
}

/// Returns the gap before segment `index`, or after the last one if `index` is their number.
///
/// # Panics
/// If there is no such gap, or the segments do not belong to `text`.
#[must_use]
pub fn gap<'t>(text: &'t str, segments: &[Segment], index: usize) -> &'t str {
    let start = index.checked_sub(1).map_or(0, |last| segments[last].end);
    let end = segments.get(index).map_or(text.len(), |next| next.start);
    &text[start..end]
}
