//! The parts of a model that a sentence needs.

use std::ops::Range;

use atoms::Atom;

use crate::Tokenizer;

/// Maximum source tokens of a piece, not counting its end mark: some 80 words. The models were
/// trained on sentences of up to about 100 tokens; beyond that they leave out clauses.
const MAX_PIECE: usize = 120;

/// Limits of a model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Maximum length of the output, the start token included.
    pub(crate) max_length: usize,
    /// Positions of the encoder.
    pub(crate) positions: usize,
}

impl Limits {
    /// Returns the maximum length of the output for a number of source tokens, not counting the end
    /// mark. Each language has pieces of its own, so that a translation has about as many tokens as
    /// its source; only a loop needs more than twice as many, and ten for very short ones.
    pub(super) fn output(self, tokens: usize) -> usize {
        (2 * tokens + 10).min(self.max_length)
    }

    /// Returns the maximum source tokens of a piece: few enough that its translation has room.
    pub(super) fn piece(self) -> usize {
        MAX_PIECE
            .min(self.max_length / 2)
            .min(self.positions.saturating_sub(1))
            .max(1)
    }
}

/// The parts of a model that a sentence needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Model<'a> {
    pub(crate) tokenizer: &'a Tokenizer,
    pub(crate) limits: Limits,
}

impl Model<'_> {
    /// Returns the atoms of a source text. Those that are read by value are German; for any other
    /// language only those that a translation must hold byte for byte are looked for.
    pub(super) fn atoms(&self, text: &str) -> Vec<Atom> {
        let mut atoms = atoms::find(text);
        if !self.reads_german() {
            atoms.retain(|atom| atom.kind.is_verbatim());
        }
        atoms
    }

    /// Returns the atoms of `text`, which is the part `range` of a text with `atoms`. They are looked
    /// for again where the range cuts one of them.
    pub(super) fn atoms_of_part(
        &self,
        atoms: &[Atom],
        range: &Range<usize>,
        text: &str,
    ) -> Vec<Atom> {
        let overlaps = |atom: &&Atom| atom.range.start < range.end && range.start < atom.range.end;
        let is_inside =
            |atom: &Atom| range.start <= atom.range.start && atom.range.end <= range.end;
        let found = || atoms.iter().filter(overlaps);
        if text.len() != range.len() || !found().all(is_inside) {
            return self.atoms(text);
        }
        let moved = found().map(|atom| Atom {
            range: atom.range.start - range.start..atom.range.end - range.start,
            kind: atom.kind,
        });
        moved.collect()
    }

    pub(super) fn reads_german(&self) -> bool {
        matches!(self.tokenizer.source_language(), Some("de" | "deu"))
    }

    /// Returns whether a sentence is copied instead of translated, because nothing in it is a word
    /// beside its atoms.
    pub(crate) fn copies(&self, text: &str) -> bool {
        !atoms::has_words(text, &self.atoms(text))
    }
}
