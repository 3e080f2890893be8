//! The atoms of a sentence, checked by value in its translation, and repaired where the translation
//! tells which of its numbers stands for which of the source's.

use std::ops::Range;

use atoms::{Atom, Comparison, Kind};

use crate::Encoding;
use crate::target::Target;

/// Signs that compare with the number after them.
const COMPARISONS: [char; 8] = ['<', '>', '≤', '≥', '±', '≈', '~', '∼'];

/// A value that differs between a sentence and its translation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Passage of the source that the translation lacks; absent if the translation has something
    /// that comes from nowhere.
    pub source: Option<String>,
    /// Passage of the translation that comes from nothing in the source; absent if the source's is
    /// merely missing.
    pub target: Option<String>,
}

impl Lost {
    /// Returns the number of bytes that it takes in memory.
    pub(crate) fn bytes(&self) -> usize {
        let texts = [&self.source, &self.target].into_iter().flatten();
        size_of::<Self>() + texts.map(String::len).sum::<usize>()
    }
}

/// Differences that are left between the atoms of a source and those of its translation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Differences {
    /// Atoms of the source that the translation lacks, by their index.
    pub(crate) missing: Vec<usize>,
    /// Byte ranges of the translation that come from nothing in the source.
    pub(crate) surplus: Vec<Range<usize>>,
}

impl From<Comparison> for Differences {
    fn from(compared: Comparison) -> Self {
        let missing = compared.found.iter().enumerate();
        Self {
            missing: missing
                .filter_map(|(index, found)| found.is_none().then_some(index))
                .collect(),
            surplus: compared.surplus,
        }
    }
}

impl Differences {
    fn count(&self) -> usize {
        self.missing.len() + self.surplus.len()
    }

    /// Returns the differences as a reader should see them, missing atoms paired with passages from
    /// nowhere in order.
    pub(crate) fn shown(&self, source: &str, atoms: &[Atom], translation: &str) -> Vec<Lost> {
        let count = self.missing.len().max(self.surplus.len());
        let shown = (0..count).map(|index| {
            let atom = self.missing.get(index).map(|&atom| &atoms[atom]);
            let surplus = self.surplus.get(index).cloned();
            Lost {
                source: atom.map(|atom| source[atom.range.clone()].to_owned()),
                target: surplus.map(|range| translation[range].to_owned()),
            }
        });
        shown.collect()
    }
}

/// Checks `target` against the text that the model got, and repairs what can be repaired in place:
/// a number in German style is written in English style, and a number from nowhere that stands for
/// a missing atom is replaced by it. Returns the differences that are left.
pub(crate) fn repair(source: &Encoding, atoms: &[Atom], target: &mut Target) -> Differences {
    let found = restyle(source, atoms, target);
    let pairs = pairs(source, atoms, target, &found);
    if pairs.is_empty() {
        return found;
    }
    // The translation often has the right currency or unit: first the number alone.
    let (mut repaired, mut left) = replaced(source, atoms, target, &pairs, true);
    if left.count() > 0 {
        let whole = replaced(source, atoms, target, &pairs, false);
        if whole.1.count() < left.count() {
            (repaired, left) = whole;
        }
    }
    // A replacement may have broken what was right, such as one of two equal numbers.
    if left.count() < found.count() {
        *target = repaired;
        left
    } else {
        found
    }
}

/// Replaces the ranges of `pairs` by their atoms, or only the numbers in them. Returns the result,
/// and the differences that are left.
fn replaced(
    source: &Encoding,
    atoms: &[Atom],
    target: &Target,
    pairs: &[(Range<usize>, usize)],
    only_numbers: bool,
) -> (Target, Differences) {
    let edits = pairs.iter().enumerate().map(|(index, (range, atom))| {
        let english = atoms::english(&source.text, &atoms[*atom]);
        // A time of day is one number in German, and may be two in English.
        if !only_numbers || atoms[*atom].kind == Kind::Time {
            let next = pairs.get(index + 1);
            let limit = next.map_or(target.text.len(), |(next, _)| next.start);
            let range = with_garbled_unit(source, &atoms[*atom], target, range, limit);
            return edit(target, range, english.into_owned());
        }
        let number = number(&target.text[range.clone()]);
        let range = range.start + number.start..range.start + number.end;
        (range, english[self::number(&english)].to_owned())
    });
    let mut repaired = target.clone();
    repaired.replace(&edits.collect::<Vec<_>>());
    let left = restyle(source, atoms, &mut repaired);
    (repaired, left)
}

/// Returns a range with the word after it, if that word is the translation of the atom's unit:
/// `tones` for `Tonnen`, and `Sts.` for `Std.` with its full stop. From `limit` on the text belongs
/// to another atom.
fn with_garbled_unit(
    source: &Encoding,
    atom: &Atom,
    target: &Target,
    range: &Range<usize>,
    limit: usize,
) -> Range<usize> {
    let rest = &target.text[range.end..];
    let word = rest.trim_start_matches(' ');
    let length = word
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(word.len());
    let start = target.text.len() - word.len();
    let place = start..start + length;
    let is_of_atom = |token: usize| {
        let span = source.spans.get(token);
        span.is_some_and(|span| overlaps(span, &atom.range))
    };
    let mut sources = target.sources(&place).peekable();
    let is_word = length > 0 && start > range.end && place.end <= limit;
    if is_word && sources.peek().is_some() && sources.all(is_of_atom) {
        let has_stop = source.text[atom.range.clone()].ends_with('.')
            && place.end < limit
            && target.text[place.end..].starts_with('.');
        range.start..place.end + usize::from(has_stop)
    } else {
        range.clone()
    }
}

/// Returns the replacement of a range without the full stop that ends the sentence: that of `p.m.`
/// is also its own.
fn edit(target: &Target, mut range: Range<usize>, text: String) -> (Range<usize>, String) {
    let is_last = range.end == target.text.trim_end().len();
    if is_last && target.text[range.clone()].ends_with('.') && !text.ends_with('.') {
        range.end -= 1;
    }
    (range, text)
}

/// Returns the range of a text from its first digit to its last, or all of it.
fn number(text: &str) -> Range<usize> {
    let start = text.find(char::is_numeric).unwrap_or(0);
    let end = text.rfind(char::is_numeric).map_or(text.len(), |at| {
        at + text[at..].chars().next().map_or(0, char::len_utf8)
    });
    start..end
}

/// Writes the atoms that the translation holds in German style in English style, and makes one word
/// of each. Returns the differences to the source.
fn restyle(source: &Encoding, atoms: &[Atom], target: &mut Target) -> Differences {
    let mut compared = atoms::compare(&source.text, atoms, &target.text);
    let found = compared.found.iter().flatten();
    let mut edits: Vec<_> = found
        .filter_map(|found| Some(edit(target, found.range.clone(), found.correction.clone()?)))
        .collect();
    if !edits.is_empty() {
        edits.sort_unstable_by_key(|(range, _)| range.start);
        target.replace(&edits);
        compared = atoms::compare(&source.text, atoms, &target.text);
    }
    let places = atoms.iter().zip(&compared.found);
    let anchors = places.filter_map(|(atom, found)| {
        let place = found.as_ref()?.range.clone();
        Some((atom.range.clone(), place))
    });
    target.anchor(anchors.collect());
    compared.into()
}

/// Pairs ranges of the translation that come from nothing in the source with missing atoms, in the
/// order of the translation: by where the model looked, and the others in order if there are as
/// many on both sides. A range with a unit (`3 p.m.`) is no ordinal, and a number no name.
fn pairs(
    source: &Encoding,
    atoms: &[Atom],
    target: &Target,
    found: &Differences,
) -> Vec<(Range<usize>, usize)> {
    let mut missing = found.missing.clone();
    let mut pairs = Vec::new();
    let mut unpaired = Vec::new();
    let fits = |atom: usize, range: &Range<usize>| {
        let (atom, range) = (&atoms[atom], &target.text[range.clone()]);
        let has_letters = |text: &str| text.contains(char::is_alphabetic);
        // The letters of a name would come again beside those that are there: `ZHH 471`.
        let is_name = atom.kind.is_verbatim() && has_letters(&source.text[atom.range.clone()]);
        let has_unit = range.contains(char::is_whitespace);
        // So would the sign of `< 5`, which may have become any other.
        let is_compared = source.text[atom.range.clone()].starts_with(COMPARISONS);
        !is_compared
            && (!is_name || has_letters(range))
            && (atom.kind != Kind::Ordinal || !has_unit)
    };
    for range in &found.surplus {
        let votes = |atom: usize| {
            let looked_there = |&token: &usize| {
                let span = source.spans.get(token);
                fits(atom, range) && span.is_some_and(|span| overlaps(span, &atoms[atom].range))
            };
            target.sources(range).filter(looked_there).count()
        };
        let best = (0..missing.len()).max_by_key(|&index| votes(missing[index]));
        match best.filter(|&index| votes(missing[index]) > 0) {
            Some(index) => pairs.push((range.clone(), missing.remove(index))),
            None => unpaired.push(range.clone()),
        }
    }
    if unpaired.len() == missing.len() {
        let in_order = unpaired.into_iter().zip(missing);
        pairs.extend(in_order.filter(|(range, atom)| fits(*atom, range)));
    }
    pairs.sort_unstable_by_key(|(range, _)| range.start);
    pairs
}

fn overlaps(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}
