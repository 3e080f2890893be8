//! One page of the list of translations, and the cursor that leads to the next one.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use uuid::Uuid;

/// Maximum length of an excerpt in a list, in characters.
pub const EXCERPT_CHARS: usize = 300;

/// A page of the history, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The translations of the page.
    pub entries: Vec<Entry>,
    /// Start of the next page; `None` on the last one.
    pub next: Option<Cursor>,
}

/// A translation as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Public id.
    pub public_id: Uuid,
    /// The first [`EXCERPT_CHARS`] characters of the source.
    pub excerpt_de: String,
    /// The first [`EXCERPT_CHARS`] characters of the translation.
    pub excerpt_en: String,
    /// Time of submission; unknown in rows of the original app.
    pub created_at: Option<Timestamp>,
    /// Number of sentences; unknown in rows of the original app.
    pub sentences: Option<u32>,
    /// Name of the file that it is the text of, if it was not typed or pasted.
    pub file_name: Option<String>,
}

/// Position in the list, after the row with this time and id.
///
/// `Display` and `FromStr` convert it for a URL, as `1769860800000123-42`: the time in
/// microseconds, empty if the row has no time, and the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(super) created_at: Option<Timestamp>,
    pub(super) id: i64,
}

/// Error for a malformed cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the start of a page")]
pub struct CursorError;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.created_at {
            Some(time) => write!(f, "{}-{}", time.as_microsecond(), self.id),
            None => write!(f, "-{}", self.id),
        }
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (time, id) = text.rsplit_once('-').ok_or(CursorError)?;
        let id = id.parse().map_err(|_| CursorError)?;
        let created_at = if time.is_empty() {
            None
        } else {
            let time = time.parse().map_err(|_| CursorError)?;
            Some(Timestamp::from_microsecond(time).map_err(|_| CursorError)?)
        };
        Ok(Self { created_at, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_a_url() {
        let time = Timestamp::from_microsecond(1_769_860_800_000_123).expect("a time");
        for created_at in [Some(time), None, Timestamp::from_microsecond(-5).ok()] {
            let cursor = Cursor { created_at, id: 42 };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for wrong in ["", "-", "42", "x-1", "1-x", "99999999999999999999-1"] {
            assert_eq!(wrong.parse::<Cursor>(), Err(CursorError), "{wrong}");
        }
    }
}
