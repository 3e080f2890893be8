//! One line to sentences.
//!
//! `sentencex` does the work, and [`german`] mends its results. Its search for quotations and brackets takes time in
//! the square of the length (an opening bracket that is never closed is searched for to the end), and a line may be a
//! whole book. So it gets a line in windows: of each it keeps the boundaries that lie well before the window's end,
//! which are the ones it would have found in the whole line too, and the next window begins at the last of them.

use crate::{Segment, german, marks};

/// Bytes of a line that `sentencex` sees at once: some thirty sentences, so that the one or two at the end that are
/// looked at twice cost little.
const WINDOW: usize = 4096;
/// Boundaries nearer than this to a window's end are not trusted: `sentencex` looks 30 bytes ahead, and a bracket or
/// quotation that closes behind the window cannot be seen.
const MARGIN: usize = 512;
/// Longest sentence in bytes; a longer one is cut at white space. It is some ten thousand words, more than any
/// sentence has, and bounds what the translation of one segment holds in memory.
const MAX_SENTENCE: usize = 64 * 1024;

/// Appends the segments of `line`, which begins at `offset` in its text, to `found`.
pub(crate) fn find(line: &str, offset: usize, language: &str, found: &mut Vec<Segment>) {
    let begin = marks::leading(line, true);
    let body = &line[begin..];
    if !has_word(body) {
        return;
    }
    let is_german = language.split(['-', '_']).next() == Some("de");
    let mut ends = boundaries(body, language);
    if is_german {
        ends = german::mend(body, &ends);
    }
    let mut start = 0;
    for end in ends {
        // Both ends are cut to words; a boundary in the middle of nothing leaves no segment.
        let sentence = &body[start..end];
        let from = start + marks::leading(sentence, false);
        if from < end {
            let to = from + marks::trailing(&body[from..end]);
            push_bounded(body, from, to, offset + begin, found);
        }
        start = end;
    }
}

fn has_word(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Appends `body[from..to]`, in several segments if it is longer than [`MAX_SENTENCE`].
fn push_bounded(body: &str, mut from: usize, to: usize, offset: usize, found: &mut Vec<Segment>) {
    while from < to {
        let (end, next) = if to - from <= MAX_SENTENCE {
            (to, to)
        } else {
            let hard = body.floor_char_boundary(from + MAX_SENTENCE);
            match body[from..hard].rfind(char::is_whitespace) {
                Some(blank) if blank > 0 => {
                    let end = from + body[from..from + blank].trim_end().len();
                    let next = to - body[from + blank..to].trim_start().len();
                    (end, next)
                }
                _ => (hard, hard),
            }
        };
        if has_word(&body[from..end]) {
            found.push(Segment {
                start: offset + from,
                end: offset + end,
            });
        }
        from = next;
    }
}

/// Ends of the sentences of `text` according to `sentencex`, increasing; the last is the end of `text`.
fn boundaries(text: &str, language: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut start = 0;
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
        // Not one boundary in the window: the sentence goes on, and the search behind it.
        start = if last {
            cut
        } else if next > start {
            next
        } else {
            window_end_before(text, start, trusted)
        };
    }
    if ends.last() != Some(&text.len()) {
        ends.push(text.len());
    }
    ends
}

/// Where the window that begins at `start` ends: at white space where there is some.
fn window_end(text: &str, start: usize) -> usize {
    if text.len() - start <= WINDOW {
        return text.len();
    }
    window_end_before(text, start + MARGIN, start + WINDOW)
}

/// The last white space of `text[start..limit]`, or `limit` where there is none; a character boundary in any case.
fn window_end_before(text: &str, start: usize, limit: usize) -> usize {
    let (start, limit) = (
        text.ceil_char_boundary(start),
        text.floor_char_boundary(limit),
    );
    match text[start..limit].rfind(char::is_whitespace) {
        Some(blank) if blank > 0 => start + blank,
        // One character at least, or the search would stand still.
        _ => limit.max(text.ceil_char_boundary(start + 1)),
    }
}
