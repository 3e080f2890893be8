//! Words in capitals, which the models have hardly seen: they are translated in their usual
//! spelling, and the translation is written in capitals again.

use std::ops::Range;

use atoms::Atom;

use crate::origins::Origins;
use crate::target::Target;
use crate::{Encoding, Tokenizer};

/// Minimum length in letters of a word that counts as shouted beside words that are not. Shorter
/// ones are mostly abbreviations: `EU`, `SBB`.
const MIN_SHOUTED: usize = 4;

/// A source with words in capitals.
#[derive(Debug)]
pub(crate) struct Shouted {
    /// The source as it is.
    pub(crate) source: String,
    /// The way back to it from the text in usual spelling.
    pub(crate) origins: Origins,
    /// Whether all words are in capitals.
    pub(crate) is_all: bool,
}

impl Shouted {
    /// Writes the words of a translation in capitals that stand for `words` of the source, or all
    /// of them.
    pub(crate) fn restore(&self, source: &Encoding, words: &[Range<usize>], target: &mut Target) {
        if self.is_all {
            // Word by word, so that each token stays where it is.
            let mut end = 0;
            let words = target.text.split(' ').map(|word| {
                let start = end;
                end = start + word.len() + " ".len();
                (start..start + word.len(), word.to_uppercase())
            });
            let edits: Vec<_> = words.collect();
            return target.replace(&edits);
        }
        let is_shouted = |token: usize| {
            let span = source.spans.get(token);
            let overlaps = |word: &Range<usize>, span: &Range<usize>| {
                word.start < span.end && span.start < word.end
            };
            span.is_some_and(|span| words.iter().any(|word| overlaps(word, span)))
        };
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        for token in target.looking_at(is_shouted) {
            let Some(first) = target.text[token.clone()].find(char::is_alphabetic) else {
                continue;
            };
            let at = token.start + first;
            let (before, after) = target.text.split_at(at);
            let start = before.trim_end_matches(char::is_alphabetic).len();
            let rest = after.trim_start_matches(char::is_alphabetic);
            let word = start..target.text.len() - rest.len();
            if edits.last().is_none_or(|(last, _)| last.end <= word.start) {
                let capitals = target.text[word.clone()].to_uppercase();
                edits.push((word, capitals));
            }
        }
        target.replace(&edits);
    }
}

/// A text whose words in capitals are in their usual spelling.
pub(crate) struct Respelled {
    pub(crate) text: String,
    /// The atoms of the text.
    pub(crate) atoms: Vec<Atom>,
    /// The way back to the words in capitals.
    pub(crate) origins: Origins,
}

/// Replaces words of a text, which are sorted and outside its atoms.
pub(crate) fn respell(text: &str, atoms: &[Atom], words: &[(Range<usize>, String)]) -> Respelled {
    let mut respelled = Respelled {
        text: String::with_capacity(text.len()),
        atoms: Vec::with_capacity(atoms.len()),
        origins: Origins::default(),
    };
    let mut atoms = atoms.iter().peekable();
    let mut copied = 0;
    // The end of the text counts as a word, so that the atoms after the last word are moved too.
    let end = (text.len()..text.len(), String::new());
    for (word, usual) in words.iter().chain([&end]) {
        let offset = respelled.text.len();
        let moved = |at: usize| at - copied + offset;
        while let Some(atom) = atoms.next_if(|atom| atom.range.end <= word.start) {
            let range = moved(atom.range.start)..moved(atom.range.end);
            let kind = atom.kind;
            respelled.atoms.push(Atom { range, kind });
        }
        respelled.text.push_str(&text[copied..word.start]);
        let start = respelled.text.len();
        respelled.text.push_str(usual);
        if !word.is_empty() {
            let usual = start..respelled.text.len();
            respelled.origins.add(usual, word.clone());
        }
        copied = word.end;
    }
    respelled
}

/// Returns whether all words of `text` outside its atoms are in capitals, and at least one of them
/// is no abbreviation.
pub(crate) fn is_shouted(text: &str, atoms: &[Atom], tokenizer: &Tokenizer) -> bool {
    let mut letters = words(text, atoms).flat_map(|word| text[word].chars());
    let all = letters.all(|c| !c.is_lowercase() || c == 'ß');
    all && words(text, atoms).any(|word| usual_spelling(&text[word], tokenizer).is_some())
}

/// Returns the words of `text` that are in capitals without being abbreviations, with their usual
/// spelling. `is_shouted` says that the whole text is in capitals.
pub(crate) fn shouted(
    text: &str,
    atoms: &[Atom],
    is_shouted: bool,
    tokenizer: &Tokenizer,
) -> Vec<(Range<usize>, String)> {
    let capital = |word: &Range<usize>| {
        let word = &text[word.clone()];
        let is_capital = |c: char| !c.is_lowercase() || is_shouted && c == 'ß';
        word.chars().all(is_capital) && (is_shouted || word.chars().count() >= MIN_SHOUTED)
    };
    let words = words(text, atoms).filter(capital);
    let mut found: Vec<_> = words
        .filter_map(|word| {
            let usual = usual_spelling(&text[word.clone()], tokenizer)?;
            Some((word, usual))
        })
        .collect();
    // A sentence begins with a capital.
    if is_shouted
        && let Some((word, usual)) = found.first_mut()
        && !text[..word.start].contains(char::is_alphabetic)
    {
        *usual = capitalised(usual);
    }
    found
}

/// Returns the words of `text` outside its atoms: runs of two and more letters.
fn words<'a>(text: &'a str, atoms: &'a [Atom]) -> impl Iterator<Item = Range<usize>> + 'a {
    let mut at = 0;
    let runs = std::iter::from_fn(move || {
        let start = at + text[at..].find(char::is_alphabetic)?;
        let rest = &text[start..];
        let length = rest
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(rest.len());
        at = start + length;
        Some(start..at)
    });
    let mut atoms = atoms.iter().peekable();
    runs.filter(move |run| {
        while atoms.next_if(|atom| atom.range.end <= run.start).is_some() {}
        let is_free = atoms.peek().is_none_or(|atom| run.end <= atom.range.start);
        is_free && text[run.clone()].chars().nth(1).is_some()
    })
}

/// Returns a word in capitals as it is usually spelled, in small letters or with a capital: in the
/// spelling that the tokeniser knows best, which is the one that needs the fewest pieces. `None` if
/// the one in capitals needs fewer, or if it has no vowel, as an abbreviation.
fn usual_spelling(word: &str, tokenizer: &Tokenizer) -> Option<String> {
    if !word.contains(is_vowel) {
        return None;
    }
    let pieces = |word: &str| tokenizer.encode(word).ids.len();
    let small = word.to_lowercase();
    let capital = capitalised(&small);
    let (as_it_is, as_small, as_capital) = (pieces(word), pieces(&small), pieces(&capital));
    if as_it_is < as_small.min(as_capital) {
        None
    } else if as_small <= as_capital {
        Some(small)
    } else {
        Some(capital)
    }
}

/// Returns whether a capital may be a vowel; foreign letters may.
fn is_vowel(c: char) -> bool {
    !c.is_ascii() || "AEIOUY".contains(c)
}

/// Returns a word in small letters with a capital at its start.
fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}
