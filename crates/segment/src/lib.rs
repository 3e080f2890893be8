//! German text to paragraphs, lines, sentences and gaps, and back, byte for byte.
//!
//! | module | contents |
//! |---|---|
//! | `segment` | a sentence as a range of bytes |
//! | `lines` | lines, and paragraphs as blocks of lines |
//! | `marks` | everything before the words of a line: indentation, bullets, list marks |
//! | `sentences` | one line to sentences: the `sentencex` crate, fed with bounded pieces |
//! | `german` | corrections of `sentencex` for German: boundaries to drop and to add |
//!
//! Every byte of a text belongs to exactly one [`Segment`] (a sentence, to be translated) or to
//! exactly one gap between two of them (to be copied). No byte is changed on the way; [`join`] puts
//! the two together again.

mod german;
mod lines;
mod marks;
mod segment;
mod sentences;

use std::ops::Range;

pub use crate::segment::Segment;

/// Returns the sentences of `text`, sorted and without overlap; `language` is a code such as `de`.
///
/// Every segment contains a letter or a digit. White space, indentation, list marks (`1.`, `a)`,
/// `-`, `•`) and rulers (`---`) are gaps. A line break is a hard boundary, and lines do not affect
/// each other: a text cut at its line breaks gives the same segments.
#[must_use]
pub fn segments(text: &str, language: &str) -> Vec<Segment> {
    let mut found = Vec::new();
    for line in lines::lines(text) {
        sentences::push_segments(&text[line.clone()], line.start, language, &mut found);
    }
    found
}

/// Returns the blocks of lines between blank lines, each from the start of its first line to the
/// end of its last, without the last line break. A line that contains only white space is blank.
#[must_use]
pub fn paragraphs(text: &str) -> Vec<Range<usize>> {
    let mut blocks: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    for line in lines::lines(text) {
        if text[line.clone()].chars().all(marks::is_blank) {
            open = false;
        } else if open {
            if let Some(last) = blocks.last_mut() {
                last.end = line.end;
            }
        } else {
            blocks.push(line);
            open = true;
        }
    }
    blocks
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
    let mut copied = 0;
    for segment in segments {
        joined.push_str(&text[copied..segment.start]);
        joined.push_str(translations.next().unwrap_or_else(|| segment.of(text)));
        copied = segment.end;
    }
    joined.push_str(&text[copied..]);
    joined
}
