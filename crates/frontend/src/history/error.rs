//! The errors of the history.

/// Error of a query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The database is down or cannot be reached.
    #[error("the database cannot be reached")]
    Unavailable,
    /// This query took too long; others may still be answered.
    #[error("the database took too long")]
    Slow,
    /// The translation is longer than the server accepts in one statement.
    #[error(
        "the translation needs {bytes} bytes, and the database accepts {limit}: \
         raise its max_allowed_packet"
    )]
    TooLong {
        /// Size of the statement, in bytes.
        bytes: u64,
        /// Maximum size that the server accepts, in bytes.
        limit: u64,
    },
    /// The database rejects the statement.
    #[error("the database refuses: {0}")]
    Refused(String),
}
