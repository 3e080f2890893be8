//! The reasons why a statement has no result.

use super::fence::Refusal;

/// Reason why a statement has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The fence refuses it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database refuses it.
    #[error("the database refuses the statement")]
    Database {
        /// Message of the database. It may quote a text, so it is shown to the person who typed the
        /// statement and never logged.
        message: String,
        /// Number of the error.
        code: i32,
    },
    /// It was ended at the deadline.
    #[error("the statement took too long")]
    Slow,
    /// It has too many columns, see [`super::limits`].
    #[error("the statement has too many columns")]
    Columns,
    /// Other statements are running and none of them ended in time.
    #[error("other statements are running")]
    Busy,
    /// The database rejects the account of the page.
    #[error("the database does not know the account of the SQL page")]
    NoAccount,
    /// The database cannot be reached.
    #[error("the database cannot be reached")]
    Unavailable,
    /// The answer of the database cannot be decoded.
    #[error("the answer of the database cannot be read")]
    Unreadable,
}

impl Problem {
    /// Returns the name for the log.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Database { .. } => "error",
            Self::Slow => "ended at the deadline",
            Self::Columns => "too many columns",
            Self::Busy => "busy",
            Self::NoAccount => "no account",
            Self::Unavailable => "no database",
            Self::Unreadable => "unreadable answer",
        }
    }
}
