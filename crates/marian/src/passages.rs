//! Passages that the model does not get to see, and that stand in the translation as they are:
//! characters that it does not know (emoji, foreign scripts), and atoms that it would garble (tags,
//! placeholders, addresses, identifiers).

use std::ops::Range;

use atoms::Atom;

use crate::Encoding;
use crate::spm::SPACE;

/// Maximum length of a word in bytes: the longest German ones have some 80 letters.
const MAX_WORD_BYTES: usize = 160;

/// Returns the passages of a text, sorted: unknown characters, opaque atoms, and what is too long
/// to be a word.
pub(crate) fn passages(encoding: &Encoding, atoms: &[Atom]) -> Vec<Range<usize>> {
    let opaque = atoms.iter().filter(|atom| atom.kind.is_opaque());
    let opaque = opaque.map(|atom| atom.range.clone());
    // A number with an unknown character is unknown as a whole.
    let has_digits = |range: Range<usize>| {
        let text = encoding.text.get(range).unwrap_or_default();
        text.contains(|c: char| c.is_ascii_digit())
    };
    let unknown = unknown(encoding).into_iter().map(|range| {
        let first = atoms.partition_point(|atom| atom.range.end <= range.start);
        let after = atoms.partition_point(|atom| atom.range.start < range.end);
        let overlapping = atoms[first..after].iter().map(|atom| &atom.range);
        overlapping.fold(range, |range, atom| {
            let is_cut = has_digits(atom.start..range.start) || has_digits(range.end..atom.end);
            let whole = range.start.min(atom.start)..range.end.max(atom.end);
            if is_cut { whole } else { range }
        })
    });
    let passages = opaque.chain(unknown).chain(overlong(&encoding.text));
    merge(&encoding.text, passages.collect())
}

/// Returns the runs of letters and digits that are too long to be words.
fn overlong(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let runs = text.split(|c: char| !c.is_alphanumeric());
    runs.filter(|run| run.len() > MAX_WORD_BYTES).map(|run| {
        let start = run.as_ptr().addr() - text.as_ptr().addr();
        start..start + run.len()
    })
}

/// Returns the unknown characters of a text, sorted, each with the word that it is part of.
/// Characters connected by invisible joints (the emoji of a family) are one passage.
///
/// Among them is the character that stands for a space in the pieces: spelled out in a text
/// (`▁▂▃`), it is a character, which the tokeniser, as sentencepiece does, takes for a space.
pub(crate) fn unknown(encoding: &Encoding) -> Vec<Range<usize>> {
    let text = &encoding.text;
    let marks = text
        .match_indices(SPACE)
        .map(|(at, mark)| at..at + mark.len());
    let mut spans: Vec<_> = encoding
        .unknown()
        .map(|(position, _)| encoding.spans[position].clone())
        .chain(marks)
        .collect();
    spans.sort_unstable_by_key(|span| span.start);
    let mut found = Vec::new();
    for span in spans {
        let unknown = &text[span.clone()];
        let start = span.end - unknown.trim_start().len();
        let mut range = start..start + unknown.trim().len();
        if range.is_empty() {
            continue;
        }
        let joints = text[range.end..].trim_start_matches(is_joint);
        range.end = text.len() - joints.len();
        if inside_word(text, range.start) || inside_word(text, range.end) {
            range = word(text, range);
        }
        found.push(range);
    }
    found
}

/// Returns whether `c` joins characters or is invisible; the normaliser makes spaces of some.
fn is_joint(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

fn inside_word(text: &str, at: usize) -> bool {
    text[..at].ends_with(char::is_alphanumeric) && text[at..].starts_with(char::is_alphanumeric)
}

/// Returns `range` with the letters and digits that touch it.
fn word(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text[..range.start]
        .trim_end_matches(char::is_alphanumeric)
        .len();
    let after = text[range.end..].trim_start_matches(char::is_alphanumeric);
    start..text.len() - after.len()
}

/// Merges passages, which may overlap and be in any order: those that touch, or have only marks
/// between them, become one, and each takes in the brackets and quotation marks that hold nothing
/// else, and the comma before the last words of a sentence.
pub(crate) fn merge(text: &str, mut passages: Vec<Range<usize>>) -> Vec<Range<usize>> {
    passages.sort_unstable_by_key(|range| range.start);
    let mut merged = joined(text, passages);
    for range in &mut merged {
        *range = with_comma(text, with_brackets(text, range.clone()));
    }
    joined(text, merged)
}

/// Returns a passage with the brackets and quotation marks around it.
fn with_brackets(text: &str, mut passage: Range<usize>) -> Range<usize> {
    while let Some(open) = text[..passage.start].chars().next_back()
        && let Some(close) = text[passage.end..].chars().next()
        && is_pair(open, close)
    {
        passage = passage.start - open.len_utf8()..passage.end + close.len_utf8();
    }
    passage
}

/// Returns a passage at the end of a sentence with the comma before it: `Hallo, {name}!`
fn with_comma(text: &str, passage: Range<usize>) -> Range<usize> {
    let before = text[..passage.start].trim_end();
    let is_last = text[passage.end..]
        .chars()
        .all(|c| c.is_whitespace() || is_final(c));
    if is_last && before.ends_with(',') {
        before.len() - 1..passage.end
    } else {
        passage
    }
}

/// Joins sorted passages that overlap, touch, or have only marks between them.
fn joined(text: &str, passages: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in passages {
        match merged.last_mut() {
            Some(last) if is_joint_between(text, last.end, range.start) => {
                last.end = last.end.max(range.end);
            }
            _ => merged.push(range),
        }
    }
    merged
}

/// Returns whether two passages touch or have only marks between them: `2376'2`.
fn is_joint_between(text: &str, end: usize, start: usize) -> bool {
    start <= end || !text[end..start].contains(|c: char| c.is_alphanumeric() || c.is_whitespace())
}

fn is_pair(open: char, close: char) -> bool {
    matches!(
        (open, close),
        ('(', ')')
            | ('[', ']')
            | ('{', '}')
            | ('<', '>')
            | ('„' | '"', '“' | '"')
            | ('“', '”')
            | ('‚' | '‘' | '\'', '‘' | '’' | '\'')
            | ('»', '«')
            | ('«', '»')
            | ('›', '‹')
            | ('‹', '›')
    )
}

/// Returns whether `c` may end a sentence.
pub(crate) fn is_final(c: char) -> bool {
    matches!(
        c,
        '.' | '!' | '?' | '…' | ':' | ';' | ',' | '"' | '“' | '”' | '«' | '»'
    )
}
