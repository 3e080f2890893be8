//! Findings of a walk through a file besides its text.

/// Findings of a walk through a file besides its text, for the reader of the translation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Number of units with text.
    pub units: usize,
    /// Number of pictures, whose text is not translated.
    pub pictures: usize,
    /// Number of embedded objects, such as spreadsheets in a letter, which are kept as they are.
    pub objects: usize,
    /// Number of tracked insertions and deletions, which were accepted.
    pub revisions: usize,
}
