//! The way back from a text to the one that it was made of.

use std::ops::Range;

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc, is_nfc_quick};

/// The changes that made a text of another one. All else is the same in both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origins {
    /// In the order of the text.
    changes: Vec<Change>,
}

/// A part of a text, and the part of the original that it replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    text: Range<usize>,
    original: Range<usize>,
}

impl Origins {
    /// Returns the way back from a text in NFC to the same text in any form.
    pub(crate) fn of_nfc(original: &str) -> Self {
        let mut origins = Self::default();
        let (mut start, mut length) = (0, 0);
        let starts = original.char_indices().skip(1);
        let starts = starts
            .filter(|&(_, c)| starts_sequence(c))
            .map(|(at, _)| at);
        for end in starts.chain([original.len()]) {
            let sequence = &original[start..end];
            let composed: usize = sequence.nfc().map(char::len_utf8).sum();
            if !is_nfc(sequence) {
                origins.add(length..length + composed, start..end);
            }
            (start, length) = (end, length + composed);
        }
        origins
    }

    /// Adds a change after those before it: `text` stands for `original`.
    pub(crate) fn add(&mut self, text: Range<usize>, original: Range<usize>) {
        self.changes.push(Change { text, original });
    }

    /// Returns whether the text is the original.
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Returns the parts of the text that were changed.
    pub(crate) fn changed(&self) -> impl Iterator<Item = &Range<usize>> {
        self.changes.iter().map(|change| &change.text)
    }

    /// Returns the range of the original that became a range of the text; a part of a change counts
    /// as the whole.
    pub(crate) fn range(&self, range: &Range<usize>) -> Range<usize> {
        let before = |count: usize| {
            let last = count.checked_sub(1).map(|last| &self.changes[last]);
            last.map_or((0, 0), |last| (last.text.end, last.original.end))
        };
        let count = self
            .changes
            .partition_point(|change| change.text.end <= range.start);
        let (text, original) = before(count);
        let start = match self.changes.get(count) {
            Some(change) if change.text.start < range.start => change.original.start,
            _ => original + (range.start - text),
        };
        let count = self
            .changes
            .partition_point(|change| change.text.start < range.end);
        let (text, original) = before(count);
        start..original + range.end.saturating_sub(text)
    }
}

/// Returns whether `c` never composes with a character before it (Unicode Standard Annex 15, "Stable
/// Code Points"): its first part is neither a mark nor the end of a composed character.
fn starts_sequence(c: char) -> bool {
    c.nfd().next().is_some_and(|first| {
        canonical_combining_class(first) == 0
            && is_nfc_quick(std::iter::once(first)) == IsNormalized::Yes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_letters_lead_back_to_their_parts() {
        for original in [
            "Mu\u{308}ller & So\u{308}hne",
            "u\u{308}",
            "e\u{302}\u{301}x",
            "\u{1100}\u{1161}\u{11a8}!",
            "\u{212b} \u{2126}",
            "\u{308}u",
            "Haus",
            "",
        ] {
            let text: String = original.nfc().collect();
            let origins = Origins::of_nfc(original);
            assert_eq!(origins.is_empty(), text == original);
            let mut end = 0;
            for (at, c) in text.char_indices() {
                let range = origins.range(&(at..at + c.len_utf8()));
                assert_eq!(range.start, end, "{original:?}");
                assert!(original[range.clone()].nfc().eq([c]), "{original:?}");
                end = range.end;
            }
            assert_eq!(end, original.len(), "{original:?}");
        }
    }

    #[test]
    fn a_range_leads_back_through_what_was_replaced_and_removed() {
        // "ab<xyz>cd" became "abÄcd", "ab<xyz>cd" became "abcd".
        let mut replaced = Origins::default();
        replaced.add(2..4, 2..7);
        assert_eq!(replaced.range(&(0..2)), 0..2);
        assert_eq!(replaced.range(&(1..4)), 1..7);
        assert_eq!(replaced.range(&(3..5)), 2..8);
        assert_eq!(replaced.range(&(2..3)), 2..7);
        assert_eq!(replaced.range(&(4..6)), 7..9);
        let mut removed = Origins::default();
        removed.add(2..2, 2..7);
        assert_eq!(removed.range(&(0..2)), 0..2);
        assert_eq!(removed.range(&(2..4)), 7..9);
        assert_eq!(removed.range(&(1..3)), 1..8);
    }
}
