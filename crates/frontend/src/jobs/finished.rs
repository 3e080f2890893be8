//! The finished sentences of a text, in little memory: a text of short lines has millions of them.

use api::Flag;

use crate::history::Flags;

/// Sentences without a hole, from the first one on.
#[derive(Clone, Debug, Default)]
pub(super) struct Finished {
    /// One after the other, with nothing between.
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
    /// Of the few that have some.
    flags: Flags,
}

impl Finished {
    /// Nothing yet; with room for as many `sentences` as a text of `bytes` has.
    pub(super) fn with_capacity(sentences: usize, bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            ends: Vec::with_capacity(sentences),
            flags: Flags::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Adds the next one.
    pub(super) fn push(&mut self, translation: &str, flags: Vec<Flag>) {
        self.flags.insert(self.ends.len(), flags);
        self.text.push_str(translation);
        self.ends.push(self.text.len());
    }

    /// The translation of sentence `index`, and its flags.
    pub(super) fn get(&self, index: usize) -> Option<(&str, &[Flag])> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some((&self.text[start..end], self.flags.of(index)))
    }

    /// Returns the flags of all sentences.
    pub(super) fn flags(&self) -> &Flags {
        &self.flags
    }

    /// All translations.
    pub(super) fn translations(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|index| self.get(index).map(|(translation, _)| translation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_come_back_one_by_one() {
        let mut finished = Finished::with_capacity(3, 10);
        finished.push("Yes.", Vec::new());
        finished.push("", vec![Flag::Looped]);
        finished.push("Nö.", Vec::new());
        assert_eq!(finished.len(), 3);
        assert_eq!(finished.get(1), Some(("", &[Flag::Looped][..])));
        assert_eq!(finished.get(2), Some(("Nö.", &[][..])));
        assert_eq!(finished.get(3), None);
        assert!(finished.translations().eq(["Yes.", "", "Nö."]));
    }
}
