//! The atoms of a sentence, checked by value in its translation, and repaired where the translation
//! tells which of its numbers stands for which of the source's.

use std::ops::Range;

use atoms::Atom;

use crate::Encoding;
use crate::target::Target;

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

impl Differences {
    fn new(source: &str, atoms: &[Atom], target: &Target) -> Self {
        let compared = atoms::compare(source, atoms, &target.text);
        let missing = compared.found.iter().enumerate();
        Self {
            missing: missing
                .filter_map(|(index, found)| found.is_none().then_some(index))
                .collect(),
            surplus: compared.surplus,
        }
    }

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
    restyle(source, atoms, target);
    let found = Differences::new(&source.text, atoms, target);
    let pairs = pairs(source, atoms, target, &found);
    if pairs.is_empty() {
        return found;
    }
    let english = |atom: usize| atoms::english(&source.text, &atoms[atom]).into_owned();
    // The translation often has the currency or the unit already: first the number alone.
    let bare = |atom: usize| number(&english(atom)).to_owned();
    let (mut repaired, mut left) = replaced(source, atoms, target, &pairs, bare);
    if !left.missing.is_empty() || !left.surplus.is_empty() {
        let whole = replaced(source, atoms, target, &pairs, english);
        if whole.1.count() < left.count() {
            (repaired, left) = whole;
        }
    }
    restyle(source, atoms, &mut repaired);
    // A replacement may have broken what was right, such as one of two equal numbers.
    if left.count() < found.count() {
        *target = repaired;
        left
    } else {
        found
    }
}

/// Replaces the ranges of `pairs` by their atoms as `write` gives them. Returns the result, and the
/// differences that are left.
fn replaced(
    source: &Encoding,
    atoms: &[Atom],
    target: &Target,
    pairs: &[(Range<usize>, usize)],
    write: impl Fn(usize) -> String,
) -> (Target, Differences) {
    let edits = pairs
        .iter()
        .map(|(range, atom)| (range.clone(), write(*atom)));
    let mut repaired = target.clone();
    repaired.replace(&edits.collect::<Vec<_>>());
    let left = Differences::new(&source.text, atoms, &repaired);
    (repaired, left)
}

/// Returns the part of an atom from its first digit to its last.
fn number(atom: &str) -> &str {
    let is_digit = |c: char| c.is_numeric();
    let start = atom.find(is_digit).unwrap_or(0);
    let end = atom.rfind(is_digit).map_or(atom.len(), |at| {
        at + atom[at..].chars().next().map_or(0, char::len_utf8)
    });
    &atom[start..end]
}

/// Writes the atoms that the translation holds in German style in English style.
fn restyle(source: &Encoding, atoms: &[Atom], target: &mut Target) {
    let compared = atoms::compare(&source.text, atoms, &target.text);
    let mut edits: Vec<_> = atoms
        .iter()
        .zip(compared.found)
        .filter_map(|(atom, found)| {
            let found = found.filter(|found| !found.is_english)?;
            Some((found.range, atoms::english(&source.text, atom).into_owned()))
        })
        .collect();
    edits.sort_unstable_by_key(|(range, _)| range.start);
    target.replace(&edits);
}

/// Pairs ranges of the translation that come from nothing in the source with missing atoms, in the
/// order of the translation: by where the model looked, and the others in order if there are as
/// many on both sides.
fn pairs(
    source: &Encoding,
    atoms: &[Atom],
    target: &Target,
    found: &Differences,
) -> Vec<(Range<usize>, usize)> {
    let mut missing = found.missing.clone();
    let mut pairs = Vec::new();
    let mut unpaired = Vec::new();
    for range in &found.surplus {
        let votes = |atom: usize| {
            let looked_there = |&token: &usize| {
                let span = source.spans.get(token);
                span.is_some_and(|span| overlaps(span, &atoms[atom].range))
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
        pairs.extend(unpaired.into_iter().zip(missing));
    }
    pairs.sort_unstable_by_key(|(range, _)| range.start);
    pairs
}

fn overlaps(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}
