//! German text to paragraphs, lines, sentences and gaps, and back, byte for byte.
//!
//! | module | is |
//! |---|---|
//! | `lines` | lines, and paragraphs as blocks of lines |
//! | `marks` | what stands before the words of a line: indentation, bullets, list marks |
//! | `sentences` | one line to sentences: the `sentencex` crate, fed with bounded pieces |
//! | `german` | what `sentencex` gets wrong in German: boundaries to drop and to add |
//!
//! Every byte of a text belongs to exactly one [`Segment`] (a sentence, to be translated) or to exactly one gap
//! between two of them (to be copied). No byte is changed on the way; [`join`] puts both together again.

mod german;
mod lines;
mod marks;
mod sentences;

use std::ops::Range;

/// A sentence: byte offsets into the text it was found in, on character boundaries, never empty.
///
/// What lies between two segments is a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

impl Segment {
    /// The sentence itself.
    ///
    /// # Panics
    /// When the segment is not one of `text`.
    #[must_use]
    pub fn of<'a>(&self, text: &'a str) -> &'a str {
        &text[self.start..self.end]
    }
}

/// The sentences of `text`, sorted and without overlap; `language` is a code such as `de`.
///
/// Every segment has a letter or a digit. White space, indentation, list marks (`1.`, `a)`, `-`, `•`) and rulers
/// (`---`) are gaps. A line break is a hard boundary, and no line knows of another: a text cut at its line breaks
/// gives the same segments.
#[must_use]
pub fn segments(text: &str, language: &str) -> Vec<Segment> {
    let mut found = Vec::new();
    for line in lines::lines(text) {
        sentences::find(&text[line.clone()], line.start, language, &mut found);
    }
    found
}

/// The blocks of lines between blank lines, each from the start of its first line to the end of its last, without
/// the last line's break. A line of nothing but white space is blank.
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

/// `text` with every segment replaced by its translation and every gap as it is.
///
/// A segment for which `translations` has run out stays as it is.
///
/// # Panics
/// When the segments are not those of `text`.
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
