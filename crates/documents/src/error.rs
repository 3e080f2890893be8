//! Reasons for which a file is not translated.

use std::io;

/// Reason for which a file is not translated. `Display` is for people, and contains no text of the
/// file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is not what its format requires.
    #[error("The file is damaged: {0}.")]
    Damaged(&'static str),
    /// The file is protected by a password or copy protection.
    #[error("The file is protected: {0}. Save it without protection and try again.")]
    Protected(&'static str),
    /// The file is over a limit.
    #[error("The file is too large: {0}.")]
    TooLarge(String),
    /// The format is not supported; the text says what to do.
    #[error("{0}")]
    Unsupported(&'static str),
    /// The file cannot be read or written.
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for Error {
    /// Decompression reports damaged data and wrong checksums as errors of these kinds.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::UnexpectedEof => Self::Damaged("a part of it cannot be read"),
            _ => Self::Io(error),
        }
    }
}
