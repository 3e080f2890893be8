//! Translated sentences in little memory: a text of short lines has millions of them.

use std::collections::BTreeMap;

use api::{AtomCheck, Flag, WordLink};

use crate::history::{AtomChecks, Flags};

/// Translated sentences from the first one on, without a gap.
#[derive(Clone, Debug, Default)]
pub(super) struct FinishedSentences {
    /// Translations, one directly after the other.
    text: String,
    /// End of each translation in `text`.
    ends: Vec<usize>,
    /// Flags of the few sentences that have any.
    flags: Flags,
    /// Checks of those that contain numbers or references.
    atoms: AtomChecks,
    /// Links between the words of those that have any.
    links: BTreeMap<usize, Box<[WordLink]>>,
}

impl FinishedSentences {
    /// Creates an empty value with room for `sentences` whose translations have `bytes` together.
    pub(super) fn with_capacity(sentences: usize, bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            ends: Vec::with_capacity(sentences),
            flags: Flags::default(),
            atoms: AtomChecks::default(),
            links: BTreeMap::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Adds the next sentence.
    pub(super) fn push(
        &mut self,
        translation: &str,
        flags: Vec<Flag>,
        atoms: AtomCheck,
        links: Vec<WordLink>,
    ) {
        self.flags.insert(self.ends.len(), flags);
        self.atoms.push(self.ends.len(), atoms);
        if !links.is_empty() {
            self.links.insert(self.ends.len(), links.into());
        }
        self.text.push_str(translation);
        self.ends.push(self.text.len());
    }

    /// Returns the translation of sentence `index`, and its flags.
    pub(super) fn get(&self, index: usize) -> Option<(&str, &[Flag])> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some((&self.text[start..end], self.flags.of(index)))
    }

    /// Returns the links between the words of sentence `index`.
    pub(super) fn links(&self, index: usize) -> &[WordLink] {
        self.links.get(&index).map_or(&[], |links| links)
    }

    /// Drops the links between words.
    pub(super) fn forget_links(&mut self) {
        self.links.clear();
    }

    /// Returns the flags of all sentences.
    pub(super) fn flags(&self) -> &Flags {
        &self.flags
    }

    /// Returns the checks of all sentences.
    pub(super) fn atoms(&self) -> &AtomChecks {
        &self.atoms
    }

    /// Returns the translations of all sentences.
    pub(super) fn translations(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|index| self.get(index).map(|(translation, _)| translation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_come_back_one_by_one() {
        let mut finished = FinishedSentences::with_capacity(3, 10);
        let push = |finished: &mut FinishedSentences, translation, flags| {
            finished.push(translation, flags, AtomCheck::default(), Vec::new());
        };
        push(&mut finished, "Yes.", Vec::new());
        push(&mut finished, "", vec![Flag::Looped]);
        push(&mut finished, "Nö.", Vec::new());
        assert_eq!(finished.len(), 3);
        assert_eq!(finished.get(1), Some(("", &[Flag::Looped][..])));
        assert_eq!(finished.get(2), Some(("Nö.", &[][..])));
        assert_eq!(finished.get(3), None);
        assert!(finished.translations().eq(["Yes.", "", "Nö."]));
    }
}
