//! Links between words, read as the words of the translation that a range of the source becomes.

use std::collections::HashMap;
use std::ops::Range;

use crate::segment::Link;
use crate::words::{
    Words, is_english_function_word, is_function_word, is_quotation_mark, is_same_mark,
};

/// Maximum words on either side of a link that are used, so that long ranges cost little.
const MAX_LINKED: usize = 8;
/// Minimum characters of a capitalised word that is the same in both languages. Shorter ones may be
/// false friends: `Was`, `War`.
const MIN_NAME_CHARS: usize = 4;

/// The words of a translation that come from each word of its source.
#[derive(Debug)]
pub(crate) struct Alignment<'a> {
    pub(crate) source: &'a Words<'a>,
    pub(crate) target: &'a Words<'a>,
    /// For each word of the source: the words of the translation that attend to it, in order.
    attending: Vec<Vec<Claim>>,
    /// For each word of the translation: the word of the source that it attends to most.
    linked: Vec<Option<usize>>,
}

/// A word of the translation, and its attention to some words of the source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub(crate) word: usize,
    pub(crate) mass: f32,
}

impl Claim {
    /// Returns the claim with the greater mass; of equal ones, the first.
    pub(crate) fn heavier(self, other: Self) -> Self {
        if other.mass > self.mass { other } else { self }
    }
}

/// The attention of a word of the translation.
#[derive(Clone, Debug, Default)]
struct Row {
    /// Words of the source with their share.
    cells: Vec<(usize, f32)>,
    /// Number of pieces in which the word was linked.
    pieces: u16,
    /// Byte range of the last of them.
    last: Range<usize>,
}

impl<'a> Alignment<'a> {
    pub(crate) fn new(source: &'a Words<'a>, target: &'a Words<'a>, links: &[Link]) -> Self {
        let mut rows = vec![Row::default(); target.len()];
        for link in links {
            for word in target.touching(&link.target).take(MAX_LINKED) {
                rows[word].add(link, source, target.is_punctuation(word));
            }
        }
        let names = names(source);
        let mut alignment = Self {
            source,
            target,
            attending: vec![Vec::new(); source.len()],
            linked: vec![None; target.len()],
        };
        for (word, row) in rows.into_iter().enumerate() {
            let same = key(target.text(word)).and_then(|key| *names.get(&key)?);
            let cells = match same {
                Some(same) => vec![(same, 1.0)],
                // Without attention, the order is all that is known.
                None if links.is_empty() && source.len() > 0 => {
                    vec![(word * source.len() / target.len(), 1.0)]
                }
                None => row.shares(),
            };
            let mut most = 0.0;
            for (from, mass) in cells {
                alignment.attending[from].push(Claim { word, mass });
                if mass > most {
                    most = mass;
                    alignment.linked[word] = Some(from);
                }
            }
        }
        alignment
    }

    /// Returns the words of the translation, of those in `within`, that come from `words` of the
    /// source, in order. Empty if nothing attends to them.
    pub(crate) fn claims(&self, words: &Range<usize>, within: &[Range<usize>]) -> Vec<Claim> {
        let mut attending: Vec<Claim> = self.attending[words.clone()]
            .iter()
            .flatten()
            .filter(|claim| within.iter().any(|run| run.contains(&claim.word)))
            .copied()
            .collect();
        attending.sort_by_key(|claim| claim.word);
        attending.dedup_by(|next, kept| {
            let is_same = next.word == kept.word;
            if is_same {
                kept.mass += next.mass;
            }
            is_same
        });
        let is_linked =
            |claim: &&Claim| self.linked[claim.word].is_some_and(|word| words.contains(&word));
        let linked = attending.iter().filter(is_linked);
        let most = linked.clone().map(|claim| claim.mass).fold(0.0, f32::max);
        let mut claims: Vec<Claim> = linked
            .filter(|claim| 2.0 * claim.mass >= most)
            .copied()
            .collect();
        self.trim(words, &mut claims);
        if claims.is_empty() {
            claims.extend(self.heaviest(words, &attending));
        }
        self.extend_to_punctuation(words, &mut claims, within);
        claims
    }

    /// Returns the word of the translation that is the same as `word` and comes from it.
    pub(crate) fn twin(&self, word: usize) -> Option<usize> {
        self.attending[word]
            .iter()
            .map(|claim| claim.word)
            .find(|&twin| {
                self.linked[twin] == Some(word) && self.target.text(twin) == self.source.text(word)
            })
    }

    /// Removes at the edges what `words` do not have there: punctuation marks, function words.
    fn trim(&self, words: &Range<usize>, claims: &mut Vec<Claim>) {
        let source = self.source;
        let keeps_function_words = words
            .clone()
            .any(|word| is_function_word(source.text(word)));
        let is_foreign = |claim: &Claim, edge: usize, is_last_one: bool| {
            if self.target.is_punctuation(claim.word) {
                !source.is_punctuation(edge)
            } else {
                !is_last_one
                    && !keeps_function_words
                    && is_english_function_word(self.target.text(claim.word))
            }
        };
        while let Some(last) = claims.last()
            && is_foreign(last, words.end - 1, claims.len() == 1)
        {
            claims.pop();
        }
        let mut start = 0;
        while start < claims.len()
            && is_foreign(&claims[start], words.start, start + 1 == claims.len())
        {
            start += 1;
        }
        claims.drain(..start);
    }

    /// Returns the word with the greatest attention to `words`; a punctuation mark only for one.
    fn heaviest(&self, words: &Range<usize>, attending: &[Claim]) -> Option<Claim> {
        attending
            .iter()
            .filter(|claim| {
                !self.target.is_punctuation(claim.word) || self.source.is_punctuation(words.start)
            })
            .copied()
            .reduce(Claim::heavier)
    }

    /// Adds a punctuation mark next to the claims if `words` have the same one at that edge.
    fn extend_to_punctuation(
        &self,
        words: &Range<usize>,
        claims: &mut Vec<Claim>,
        within: &[Range<usize>],
    ) {
        let is_wanted = |edge: usize, word: usize| {
            within.iter().any(|run| run.contains(&word))
                && is_same_mark(self.source.text(edge), self.target.text(word))
        };
        if let Some(&last) = claims.last()
            && self.source.is_punctuation(words.end - 1)
            && !self.target.is_punctuation(last.word)
            && is_wanted(words.end - 1, last.word + 1)
        {
            let word = last.word + 1;
            claims.push(Claim { word, ..last });
        }
        if let Some(&first) = claims.first()
            && self.source.is_punctuation(words.start)
            && !self.target.is_punctuation(first.word)
            && first.word > 0
            && is_wanted(words.start, first.word - 1)
        {
            let word = first.word - 1;
            claims.insert(0, Claim { word, ..first });
        }
    }
}

impl Row {
    /// Adds a link, whose weight its words of the source share.
    fn add(&mut self, link: &Link, source: &Words<'_>, is_punctuation: bool) {
        if self.pieces == 0 || self.last != link.target {
            self.pieces = self.pieces.saturating_add(1);
            self.last = link.target.clone();
        }
        let touched = source.touching(&link.source).take(MAX_LINKED);
        let is_alike = |word: &usize| source.is_punctuation(*word) == is_punctuation;
        let mut words: Vec<usize> = touched.clone().filter(is_alike).collect();
        // The attention of words to punctuation marks means nothing; a mark may attend to a word.
        if words.is_empty() && is_punctuation {
            words.extend(touched);
        }
        let count = words.len() as f32;
        let share = |word| (word, f32::from(link.weight) / count);
        self.cells.extend(words.into_iter().map(share));
    }

    /// Returns the words of the source with their shares, in order, as the mean of the pieces.
    fn shares(mut self) -> Vec<(usize, f32)> {
        self.cells.sort_by_key(|&(word, _)| word);
        self.cells.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            if is_same {
                kept.1 += next.1;
            }
            is_same
        });
        let whole = 100.0 * f32::from(self.pieces.max(1));
        for (_, share) in &mut self.cells {
            *share /= whole;
        }
        self.cells
    }
}

/// Returns the words of the source that stay the same in a translation, and stand in it once: names,
/// numbers, punctuation marks. A word that stands there twice is `None`.
fn names(source: &Words<'_>) -> HashMap<String, Option<usize>> {
    let mut names = HashMap::new();
    for word in 0..source.len() {
        let text = source.text(word);
        let capitals = text
            .chars()
            .filter(|c| c.is_uppercase() || c.is_numeric())
            .count();
        let is_name = source.is_punctuation(word)
            || text.chars().all(|c| !c.is_alphabetic())
            || capitals > 1
            || (text.starts_with(char::is_uppercase) && text.chars().count() >= MIN_NAME_CHARS);
        if let Some(key) = key(text)
            && is_name
        {
            names
                .entry(key)
                .and_modify(|place| *place = None)
                .or_insert(Some(word));
        }
    }
    names
}

/// Returns what equal words have in common: the digits of a number, letters in lower case.
fn key(word: &str) -> Option<String> {
    if is_quotation_mark(word) {
        None
    } else if word.contains(char::is_numeric) && !word.contains(char::is_alphabetic) {
        Some(word.chars().filter(|c| c.is_numeric()).collect())
    } else {
        Some(word.to_lowercase())
    }
}
