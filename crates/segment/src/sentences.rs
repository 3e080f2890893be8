//! One cell to sentences.
//!
//! `sentencex` does the work, and [`german`] corrects its results. Its search for quotations and
//! brackets is quadratic in the length (it looks for the partner of an opening bracket to the very
//! end), and a cell may be an entire book. It is therefore given the cell in windows. Only the
//! boundaries well before the end of a window are kept, which are the ones it would have found in
//! the whole cell, and the next window starts at the last of them.

use std::ops::Range;

use crate::{cells, german, marks, segment::Segment, view::View};

/// Bytes of a cell passed to `sentencex` at once: about thirty sentences, so that examining the
/// last one or two twice costs little.
const WINDOW: usize = 4096;
/// Distance from the end of a window within which boundaries are not trusted: `sentencex` looks 30
/// bytes ahead, and cannot see a bracket or quotation that closes after the window.
const MARGIN: usize = 512;
/// Maximum bytes of a sentence; a longer one is cut at white space. About ten thousand words, more
/// than any real sentence; it bounds the memory needed to translate one segment.
const MAX_SENTENCE: usize = 64 * 1024;

/// Appends the segments of a block to `found`.
pub(crate) fn push_segments(view: &View<'_>, language: &str, found: &mut Vec<Segment>) {
    let line = view.text();
    let begin = marks::leading(line, true);
    let mut label = "";
    for cell in cells::cells(&line[begin..]) {
        let content = &line[begin..][cell.clone()];
        if !atoms::is_bank_code(label, content) {
            push_cell(view, begin + cell.start..begin + cell.end, language, found);
        }
        label = content;
    }
}

/// Appends the segments of a cell, a range of the view, to `found`.
fn push_cell(view: &View<'_>, cell: Range<usize>, language: &str, found: &mut Vec<Segment>) {
    let body = &view.text()[cell.clone()];
    if !has_word(body) {
        return;
    }
    let is_german = language.split(['-', '_']).next() == Some("de");
    let mut ends = boundaries(body, language);
    if is_german {
        ends = german::correct(body, &ends);
    }
    let mut start = 0;
    for end in ends {
        // Both ends are trimmed to words, so a sentence without words leaves no segment.
        let sentence = &body[start..end];
        let from = start + marks::leading(sentence, false);
        if from < end {
            let to = from + marks::trailing(&body[from..end]);
            push_bounded(view, cell.start + from..cell.start + to, found);
        }
        start = end;
    }
}

fn has_word(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Appends a sentence, a range of the view, as several segments if it is longer than
/// [`MAX_SENTENCE`] in the source.
fn push_bounded(view: &View<'_>, sentence: Range<usize>, found: &mut Vec<Segment>) {
    let text = view.text();
    let (mut from, to) = (sentence.start, sentence.end);
    while from < to {
        let start = view.start_in_source(from);
        let (end, next) = if view.end_in_source(to) - start <= MAX_SENTENCE {
            (to, to)
        } else {
            let hard = view
                .floor(start + MAX_SENTENCE)
                .max(text.ceil_char_boundary(from + 1));
            let cut = match text[from..hard].rfind(char::is_whitespace) {
                Some(blank) if blank > 0 => from + blank,
                _ => hard,
            };
            (
                from + text[from..cut].trim_end().len(),
                to - text[cut..to].trim_start().len(),
            )
        };
        if has_word(&text[from..end]) {
            found.push(Segment {
                start,
                end: view.end_in_source(end),
            });
        }
        from = next;
    }
}

/// Returns the ends of the sentences of `text` according to `sentencex`, in ascending order; the
/// last one is the end of `text`.
fn boundaries(text: &str, language: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut start = 0;
    // Most cells of a table: nothing in them ends a sentence or begins an item of a list.
    if text.chars().all(|c| c.is_alphanumeric() || c == ' ') {
        start = text.len();
    }
    while start < text.len() {
        let cut = window_end(text, start);
        let last = cut == text.len();
        let trusted = if last { cut } else { cut - MARGIN };
        let mut next = start;
        for boundary in sentencex::get_sentence_boundaries(language, &text[start..cut]) {
            let end = start + boundary.end_byte;
            if end > next && end <= trusted {
                ends.push(end);
                next = end;
            }
        }
        // Without a boundary in the window the sentence continues, and so does the search.
        start = if last {
            cut
        } else if next > start {
            next
        } else {
            last_blank_before(text, start, trusted)
        };
    }
    if ends.last() != Some(&text.len()) {
        ends.push(text.len());
    }
    ends
}

/// Returns the end of the window that starts at `start`, at white space if possible.
fn window_end(text: &str, start: usize) -> usize {
    if text.len() - start <= WINDOW {
        return text.len();
    }
    last_blank_before(text, start + MARGIN, start + WINDOW)
}

/// Returns the last white space in `text[start..limit]`, or `limit` if there is none; always a
/// character boundary.
fn last_blank_before(text: &str, start: usize, limit: usize) -> usize {
    let (start, limit) = (
        text.ceil_char_boundary(start),
        text.floor_char_boundary(limit),
    );
    match text[start..limit].rfind(char::is_whitespace) {
        Some(blank) if blank > 0 => start + blank,
        // At least one character, or the search would not advance.
        _ => limit.max(text.ceil_char_boundary(start + 1)),
    }
}
