//! A span of a text with its kind, and its place in a translation.

use std::ops::Range;

use crate::kind::Kind;

/// One thing in a text that must not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atom {
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// Its grammar and its equal forms.
    pub kind: Kind,
}

/// An atom's place in a translation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its bytes in the translation.
    pub range: Range<usize>,
    /// Text that belongs there instead, where an English reader would read another value than that of
    /// the source (`9.875 euros` for 9875) or German.
    pub correction: Option<String>,
}
