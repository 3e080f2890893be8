//! The flags of a translation's sentences, as they are stored.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::str::FromStr;

use api::Flag;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// The flags of a translation's sentences, by the number of the sentence.
///
/// Stored as text such as `3:looped 17:looped,split`: the number of the sentence, from 0, and the
/// names of its flags. Reading never fails, because a flag is worth less than the translation:
/// unknown names, as written by a later version, are skipped, and damaged text has no flags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "Stored")]
pub struct Flags(BTreeMap<usize, Vec<Flag>>);

/// A value in the place of flags in a file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Text(String),
    Damaged(IgnoredAny),
}

impl Flags {
    /// Returns true if no sentence has a flag.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the flags of sentence `index`.
    #[must_use]
    pub fn of(&self, index: usize) -> &[Flag] {
        self.0.get(&index).map_or(&[], Vec::as_slice)
    }

    /// Sets the flags of sentence `index`.
    pub fn insert(&mut self, index: usize, flags: Vec<Flag>) {
        if !flags.is_empty() {
            self.0.insert(index, flags);
        }
    }

    /// Parses the text; `None` if it is damaged.
    fn parse(text: &str) -> Option<Self> {
        let mut all = Self::default();
        for sentence in text.split_ascii_whitespace() {
            let (index, names) = sentence.split_once(':')?;
            let flags = names.split(',').map(Flag::from_str);
            all.insert(index.parse().ok()?, flags.filter_map(Result::ok).collect());
        }
        Some(all)
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (index, flags)) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_char(' ')?;
            }
            write!(f, "{index}:")?;
            for (place, flag) in flags.iter().enumerate() {
                let comma = if place == 0 { "" } else { "," };
                write!(f, "{comma}{}", flag.name())?;
            }
        }
        Ok(())
    }
}

impl From<String> for Flags {
    fn from(text: String) -> Self {
        Self::parse(&text).unwrap_or_default()
    }
}

impl From<Flags> for String {
    fn from(flags: Flags) -> Self {
        flags.to_string()
    }
}

impl From<Stored> for Flags {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Text(text) => text.into(),
            Stored::Damaged(IgnoredAny) => Self::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    fn flags(text: &str) -> Flags {
        text.to_owned().into()
    }

    #[test]
    fn flags_are_written_as_short_text() {
        let mut all = Flags::default();
        assert!(all.is_empty() && all.to_string().is_empty());
        all.insert(17, vec![Flag::Looped, Flag::Split]);
        all.insert(4, Vec::new());
        all.insert(3, vec![Flag::Positioned]);
        assert_eq!(all.to_string(), "3:positioned 17:looped,split");
        assert_eq!(flags(&all.to_string()), all);
        assert_eq!(json!(all), "3:positioned 17:looped,split");
        assert_eq!(all.of(17), [Flag::Looped, Flag::Split]);
        assert_eq!(all.of(4), []);
    }

    #[test]
    fn flags_of_a_later_version_are_left_out() {
        let read = flags("0:garbled 1:garbled,looped,x=1 2:split");
        assert_eq!(read.to_string(), "1:looped 2:split");
    }

    #[test]
    fn damaged_flags_are_none() {
        for damaged in [
            "looped",
            "1:looped 2",
            "x:looped",
            "-1:looped 2:split",
            "99999999999999999999:looped",
            "1:looped\0",
            "🙂",
            ":",
        ] {
            assert_eq!(flags(damaged), Flags::default(), "{damaged}");
        }
        for damaged in [json!(null), json!(7), json!({"0": ["looped"]}), json!([1])] {
            let read: Flags = from_value(damaged).expect("flags, or none");
            assert!(read.is_empty());
        }
    }
}
