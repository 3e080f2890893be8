//! Splits long sentences into pieces that a model can take: at clause marks, else at spaces, else
//! anywhere.

use std::ops::Range;

use atoms::Atom;

use crate::Encoding;

/// German words that begin a clause or an item of an enumeration. A cut before one of them leaves
/// two halves that make sense.
const GERMAN_CONJUNCTIONS: [&str; 24] = [
    "aber", "als", "bevor", "da", "damit", "dass", "denn", "doch", "ehe", "falls", "indem",
    "nachdem", "ob", "obwohl", "oder", "sobald", "sodass", "sondern", "sowie", "und", "während",
    "weil", "wenn", "wobei",
];

/// Returns the known conjunctions of a language. Without any, cuts are made at marks and spaces.
fn conjunctions(language: Option<&str>) -> &'static [&'static str] {
    match language {
        Some("de" | "deu") => &GERMAN_CONJUNCTIONS,
        _ => &[],
    }
}

/// Quality of a position for a cut, worst first. A better position wins even if it is closer to the
/// start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cut {
    /// In the middle of a word.
    Anywhere,
    Space,
    Conjunction,
    Comma,
    /// Before a conjunction that follows a comma, after a bracket or a dash.
    Clause,
    /// After a semicolon, a colon or a full stop.
    Mark,
}

/// Returns the pieces of the encoded text, of at most `limit` tokens each, as byte ranges of the
/// text without the white space at their ends. Between two pieces there is white space or nothing.
/// `language` is that of the text, where known. No cut is made inside one of `atoms` (sorted) if
/// there is any other place.
pub(crate) fn pieces(
    encoding: &Encoding,
    atoms: &[Atom],
    limit: usize,
    language: Option<&str>,
) -> Vec<Range<usize>> {
    let conjunctions = conjunctions(language);
    let text = &encoding.text;
    let spans = &encoding.spans;
    let limit = limit.max(1);
    let mut pieces = Vec::new();
    let mut first = 0;
    while first < spans.len() {
        let rest = spans.len() - first;
        let next = if rest <= limit {
            spans.len()
        } else {
            // As many pieces as needed, of about the same length, so that the last one is not a
            // stub.
            let target = rest.div_ceil(rest.div_ceil(limit));
            let earliest = first + (target / 2).max(1);
            // The best cut, and among equally good ones the last.
            let quality = |at: usize| {
                let (end, start) = (spans[at - 1].end, spans[at].start);
                let next = atoms.partition_point(|atom| atom.range.end <= start);
                if atoms.get(next).is_some_and(|atom| atom.range.start < end) {
                    return Cut::Anywhere;
                }
                quality(text, end, start, conjunctions)
            };
            (earliest..=first + limit)
                .max_by_key(|&at| (quality(at), at))
                .unwrap_or(first + limit)
        };
        let (start, end) = (spans[first].start, spans[next - 1].end);
        let piece = &text[start..end];
        let start = start + piece.len() - piece.trim_start().len();
        let end = start + piece.trim().len();
        if start < end {
            pieces.push(start..end);
        }
        first = next;
    }
    pieces
}

/// Returns the quality of a cut between two tokens, of which one ends at `end` and the next begins
/// at `start`. (The space before a word belongs to the word's token.)
fn quality(text: &str, end: usize, start: usize, conjunctions: &[&str]) -> Cut {
    let after = &text[end.min(start)..];
    let word = after.trim_start();
    let before = text[..end].trim_end();
    if word.len() == after.len() && before.len() == end {
        return Cut::Anywhere;
    }
    let next = &word[..word
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(word.len())];
    let conjunction = conjunctions.contains(&next);
    match before.chars().next_back() {
        Some(';' | ':' | '.' | '!' | '?') => Cut::Mark,
        Some(',') if conjunction => Cut::Clause,
        Some('–' | '—' | ')' | ']') => Cut::Clause,
        Some(',') => Cut::Comma,
        _ if word.starts_with(['–', '—', '(', '[']) => Cut::Clause,
        _ if conjunction => Cut::Conjunction,
        _ => Cut::Space,
    }
}
