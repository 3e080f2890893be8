//! The checks of a translation's numbers and references, as they are stored.

use api::AtomCheck;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// The checks of those sentences of a translation that contain atoms, by the number of the
/// sentence.
///
/// Stored as JSON, a list of pairs such as `[3,{"found":2,"kept":2}]`, in ascending order. Reading
/// never fails, because a check is worth less than the translation: damaged JSON has no checks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct AtomChecks(Vec<(usize, AtomCheck)>);

/// A value in the place of checks in a file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Checks(Vec<(usize, AtomCheck)>),
    Damaged(IgnoredAny),
}

impl AtomChecks {
    /// Returns true if no sentence contains an atom.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the check of sentence `index`; `None` if it contains no atom.
    #[must_use]
    pub fn of(&self, index: usize) -> Option<&AtomCheck> {
        let place = self.0.binary_search_by_key(&index, |(index, _)| *index);
        Some(&self.0[place.ok()?].1)
    }

    /// Adds the check of sentence `index`. Sentences are added in order.
    pub fn push(&mut self, index: usize, check: AtomCheck) {
        if check != AtomCheck::default() {
            self.0.push((index, check));
        }
    }

    /// Returns the JSON for the database.
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Parses the JSON of the database.
    pub(super) fn from_json(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }
}

impl From<Stored> for AtomChecks {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Checks(checks) => Self(checks),
            Stored::Damaged(IgnoredAny) => Self::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use api::LostAtom;

    use super::*;

    #[test]
    fn checks_come_back_as_they_were() {
        let lost = LostAtom {
            source: Some("„19,99 EUR“".to_owned()),
            target: None,
        };
        let check = AtomCheck {
            found: 2,
            kept: 1,
            lost: vec![lost],
        };
        let mut checks = AtomChecks::default();
        checks.push(3, AtomCheck::default());
        assert!(checks.is_empty());
        checks.push(4, check.clone());
        assert_eq!(AtomChecks::from_json(&checks.to_json()), checks);
        assert_eq!((checks.of(3), checks.of(4)), (None, Some(&check)));
    }

    #[test]
    fn damaged_checks_are_dropped() {
        for damaged in [
            "",
            "null",
            "7",
            "{}",
            "[[1]]",
            "[[-1,{}]]",
            "[[1,{\"found\":1}]]",
        ] {
            assert!(AtomChecks::from_json(damaged).is_empty(), "{damaged}");
        }
        let later = "[[1,{\"found\":1,\"kept\":1,\"later\":[]}]]";
        assert_eq!(
            AtomChecks::from_json(later).of(1).map(|one| one.kept),
            Some(1)
        );
    }
}
