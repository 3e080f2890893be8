//! Links between the words of a translation and those of its source.
//!
//! Every token of a translation leaves a [`Trace`]: the passages of the source that the model looked
//! at for it. A word of the translation is linked with the words of the source to which its tokens
//! lead, and a word that was copied, such as a name, with itself.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;

use atoms::Atom;

use crate::origins::Origins;
use crate::words::words;

/// Maximum end of a word that has links, in bytes: 10,000 words of one sentence.
pub(crate) const MAX_BYTES: usize = u16::MAX as usize;
/// Maximum number of links of a word of the translation.
const MAX_PER_WORD: usize = 3;
/// Minimum share of a link, in percent. Below it the weights are spread over the whole source.
const MIN_PERCENT: u8 = 10;

/// A word of a translation, and a word of its source that it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Byte range of the word in the translation.
    pub target: Range<u16>,
    /// Byte range of the word in the source.
    pub source: Range<u16>,
    /// Share of the attention that the model paid to it for this word of the translation, in
    /// percent.
    pub percent: u8,
}

/// A part of a translation, at most a word, and the parts of the source that it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trace {
    pub(crate) target: Range<usize>,
    /// Byte ranges, and the share of each in percent.
    pub(crate) sources: Vec<(Range<usize>, u8)>,
}

/// A sentence whose translation is to have links.
#[derive(Debug)]
pub(crate) struct Source {
    /// The text that traces refer to.
    text: String,
    /// The way back from it to the sentence as it was submitted, the last step first.
    origins: Vec<Origins>,
    /// Unset if the engine does not say where the model looked.
    pub(crate) is_aligned: bool,
}

impl Trace {
    /// Returns the trace of a word that was copied.
    pub(crate) fn of_copied(target: Range<usize>, source: Range<usize>) -> Self {
        Self {
            target,
            sources: vec![(source, 100)],
        }
    }

    /// Returns the trace for a translation in which `by` bytes come first.
    pub(crate) fn after(&self, by: usize) -> Self {
        Self {
            target: moved(&self.target, by),
            sources: self.sources.clone(),
        }
    }
}

impl Source {
    /// Returns the source of a sentence that was submitted as `text`.
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            origins: Vec::new(),
            is_aligned: true,
        }
    }

    /// Replaces the text by another one that was made of it.
    pub(crate) fn replace(&mut self, text: &str, origins: Origins) {
        if !origins.is_empty() {
            text.clone_into(&mut self.text);
            self.origins.insert(0, origins);
        }
    }

    /// Returns the links of a translation, whose traces are sorted: by words of the translation, and
    /// for each the strongest first.
    pub(crate) fn links(&self, translation: &str, traces: &[Trace]) -> Box<[Link]> {
        if !self.is_aligned {
            return Box::default();
        }
        let (sources, targets) = (bounded(&self.text), bounded(translation));
        let (in_source, in_target) = (by_key(&self.text, &sources), by_key(translation, &targets));
        let mut links = Vec::new();
        for (index, target) in targets.iter().enumerate() {
            let word = &translation[target.clone()];
            let mut shares = shares(target, &sources, traces);
            let key = key(word);
            if in_target.get(&key) == Some(&Some(index))
                && let Some(&Some(same)) = in_source.get(&key)
                && (is_surely_copied(&self.text[sources[same].clone()], word)
                    || shares.iter().any(|(source, _)| *source == same))
            {
                shares = vec![(same, 100)];
            }
            shares.retain(|(_, percent)| *percent >= MIN_PERCENT);
            shares.truncate(MAX_PER_WORD);
            let link =
                |(source, percent): (usize, u8)| self.link(target, &sources[source], percent);
            links.extend(shares.into_iter().filter_map(link));
        }
        links.into()
    }

    fn link(&self, target: &Range<usize>, source: &Range<usize>, percent: u8) -> Option<Link> {
        let origins = self.origins.iter();
        let source = origins.fold(source.clone(), |source, origins| origins.range(&source));
        let short = |range: &Range<usize>| {
            Some(u16::try_from(range.start).ok()?..u16::try_from(range.end).ok()?)
        };
        Some(Link {
            target: short(target)?,
            source: short(&source)?,
            percent,
        })
    }
}

/// Returns the words of a text that may have links.
fn bounded(text: &str) -> Vec<Range<usize>> {
    words(text)
        .take_while(|word| word.end <= MAX_BYTES)
        .collect()
}

/// Returns the words of the source that the tokens of a word lead to, by their index, the greatest
/// share first. The share is the mean over the tokens, in percent.
fn shares(target: &Range<usize>, sources: &[Range<usize>], traces: &[Trace]) -> Vec<(usize, u8)> {
    let first = traces.partition_point(|trace| trace.target.end <= target.start);
    let tokens = traces[first..].iter();
    let tokens = tokens.take_while(|trace| trace.target.start < target.end);
    let mut sums: Vec<(usize, usize)> = Vec::new();
    let mut count = 0;
    for token in tokens {
        count += 1;
        for (range, share) in &token.sources {
            let first = sources.partition_point(|word| word.end <= range.start);
            let words = first..sources.partition_point(|word| word.start < range.end);
            for word in words {
                let share = usize::from(*share);
                match sums.iter_mut().find(|(index, _)| *index == word) {
                    Some((_, sum)) => *sum += share,
                    None => sums.push((word, share)),
                }
            }
        }
    }
    sums.sort_unstable_by_key(|&(word, sum)| (Reverse(sum), word));
    let percent = |sum: usize| u8::try_from(((sum + count / 2) / count).min(100)).unwrap_or(100);
    let shares = sums.into_iter().map(|(word, sum)| (word, percent(sum)));
    shares.collect()
}

/// Returns what is the same in a word and its copy: the digits of a number, which may be grouped in
/// another style, or the letters.
fn key(word: &str) -> Cow<'_, str> {
    if is_number(word) {
        Cow::Owned(word.chars().filter(|c| c.is_numeric()).collect())
    } else if word.contains(char::is_uppercase) {
        Cow::Owned(word.to_lowercase())
    } else {
        Cow::Borrowed(word)
    }
}

fn is_number(word: &str) -> bool {
    word.starts_with(char::is_numeric)
}

/// Returns the index of the word with each key; `None` if there are several.
fn by_key<'a>(text: &'a str, words: &[Range<usize>]) -> HashMap<Cow<'a, str>, Option<usize>> {
    let mut found = HashMap::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        found
            .entry(key(&text[word.clone()]))
            .and_modify(|only| *only = None)
            .or_insert(Some(index));
    }
    found
}

/// Returns whether words with the same key are a word and its copy, wherever the model looked:
/// numbers, names and symbols. Others may only look alike: `was` is not "was".
fn is_surely_copied(source: &str, target: &str) -> bool {
    let is_name = || source.starts_with(char::is_uppercase) && source.contains(char::is_lowercase);
    let is_symbol = || !source.contains(char::is_alphanumeric);
    is_number(source) || source == target && (is_name() || is_symbol())
}

/// Pairs the words of a translation with those of its source in order, for a text that is copied or
/// only written in another style.
pub(crate) fn in_order(source: &str, translation: &str) -> Vec<(Range<usize>, Range<usize>)> {
    let (sources, targets) = (bounded(source), bounded(translation));
    let count = targets.len();
    let pair = |(index, target): (usize, Range<usize>)| {
        let source = sources.get(index * sources.len() / count)?;
        Some((source.clone(), target))
    };
    targets.into_iter().enumerate().filter_map(pair).collect()
}

/// Returns the traces of a text that is copied with its atoms in English style. `start` is its
/// offset in the sentence.
pub(crate) fn of_copy(text: &str, atoms: &[Atom], start: usize) -> Vec<Trace> {
    let mut traces = Vec::new();
    let (mut copied, mut written) = (0, 0);
    let mut add = |range: Range<usize>, english: &str| {
        let pairs = in_order(&text[range.clone()], english).into_iter();
        traces.extend(pairs.map(|(source, target)| {
            Trace::of_copied(moved(&target, written), moved(&source, start + range.start))
        }));
        written += english.len();
        written <= MAX_BYTES
    };
    for atom in atoms {
        let before = copied..atom.range.start;
        copied = atom.range.end;
        if !add(before.clone(), &text[before])
            || !add(atom.range.clone(), &atoms::english(text, atom))
        {
            return traces;
        }
    }
    add(copied..text.len(), &text[copied..]);
    traces
}

/// Returns a range `by` bytes further on.
pub(crate) fn moved(range: &Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the links as words: `translation < source percent`.
    fn shown(source: &str, translation: &str, links: &[Link]) -> Vec<String> {
        let part = |text: &str, range: &Range<u16>| {
            text[usize::from(range.start)..usize::from(range.end)].to_owned()
        };
        let links = links.iter().map(|link| {
            let (target, source) = (part(translation, &link.target), part(source, &link.source));
            format!("{target} < {source} {}", link.percent)
        });
        links.collect()
    }

    /// Traces of tokens as long as the words of `translation`: for each the words of `source` that it
    /// comes from, with their shares.
    fn traces(source: &str, translation: &str, from: &[&[(&str, u8)]]) -> Vec<Trace> {
        let tokens = words(translation).zip(from).map(|(target, from)| {
            let sources = from.iter().map(|(word, share)| {
                let at = source.find(word).expect("a word of the source");
                (at..at + word.len(), *share)
            });
            Trace {
                target,
                sources: sources.collect(),
            }
        });
        tokens.collect()
    }

    #[test]
    fn a_word_is_linked_with_the_words_that_its_tokens_looked_at() {
        let (source, translation) = ("Der alte Hundehalter", "The old dog owner");
        let mut all = traces(
            source,
            translation,
            &[
                &[("Der", 60), ("Hunde", 30)],
                &[("alte", 97)],
                &[("Hunde", 70), ("halter", 25), ("alte", 5)],
            ],
        );
        // "owner" is two tokens.
        all.push(Trace {
            target: 12..14,
            sources: vec![(9..14, 100)],
        });
        all.push(Trace {
            target: 14..17,
            sources: vec![(14..20, 80), (4..8, 18)],
        });
        let links = Source::new(source).links(translation, &all);
        assert_eq!(
            shown(source, translation, &links),
            [
                "The < Der 60",
                "The < Hundehalter 30",
                "old < alte 97",
                "dog < Hundehalter 95",
                "owner < Hundehalter 90",
            ]
        );
    }

    #[test]
    fn names_and_numbers_are_linked_with_themselves_and_lookalikes_are_not() {
        let source = "Was war mit Anna am 3. Mai, mit 1'234.50 Franken und der Firma Huber?";
        let translation = "What was it with Anna on May 3rd, with 1,234.50 francs and Huber?";
        let nothing = Trace {
            target: 0..0,
            sources: Vec::new(),
        };
        let links = Source::new(source).links(translation, &[nothing]);
        assert_eq!(
            shown(source, translation, &links),
            [
                "Anna < Anna 100",
                "3rd < 3 100",
                "1,234.50 < 1'234.50 100",
                "Huber < Huber 100",
            ]
        );
        // A word that looks the same is a copy if the model looked at it.
        let traces = traces(
            "alles international",
            "International",
            &[&[("alles", 50), ("inter", 3)]],
        );
        let links = Source::new("alles international").links("International", &traces);
        assert_eq!(
            shown("alles international", "International", &links),
            ["International < international 100"]
        );
    }

    #[test]
    fn a_copied_text_is_linked_word_by_word_in_any_style() {
        let source = "IBAN: Fr. 2'500.– (Anna)";
        let atoms = atoms::find(source);
        let translation = atoms::restyle(source, &atoms);
        let links = Source::new(source).links(&translation, &of_copy(source, &atoms, 0));
        assert_eq!(
            shown(source, &translation, &links),
            [
                "IBAN < IBAN 100",
                "CHF < Fr 100",
                "2,500 < 2'500 100",
                "Anna < Anna 100"
            ]
        );
    }

    #[test]
    fn links_refer_to_the_sentence_as_it_was_submitted() {
        let submitted = "Mu\u{308}ller M&auml;rz";
        let mut source = Source::new(submitted);
        let letters = "Mu\u{308}ller M\u{e4}rz";
        let mut origins = Origins::default();
        origins.add(10..12, 10..16);
        source.replace(letters, origins);
        source.replace("Müller März", Origins::of_nfc(letters));
        let links = source.links("Müller März", &of_copy("Müller März", &[], 0));
        assert_eq!(
            shown(submitted, "Müller März", &links),
            ["Müller < Mu\u{308}ller 100", "März < M&auml;rz 100"]
        );
    }

    #[test]
    fn words_far_into_a_sentence_have_no_links() {
        let text = "Anna ".repeat(20_000);
        let links = Source::new(&text).links(&text, &of_copy(&text, &[], 0));
        assert_eq!(links.len(), MAX_BYTES / "Anna ".len());
    }
}
