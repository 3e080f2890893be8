//! A sentence as a range of bytes.

/// A sentence: byte offsets into its text, on character boundaries, never empty.
///
/// The bytes between two segments are a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
}

impl Segment {
    /// Returns the sentence itself.
    ///
    /// # Panics
    /// If the segment does not belong to `text`.
    #[must_use]
    pub fn of<'a>(&self, text: &'a str) -> &'a str {
        &text[self.start..self.end]
    }
}
