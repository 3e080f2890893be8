//! The vocabularies for runs.

/// The three vocabularies for runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `WordprocessingML`.
    Word,
    /// `DrawingML`.
    Drawing,
    /// `SpreadsheetML`, where text may also be without a run.
    Sheet,
}
