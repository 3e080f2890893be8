//! The error type of this crate.

use std::path::PathBuf;

/// Error from loading or running a model.
///
/// Every variant about a file names the file and the reason in one sentence, so that it can be
/// shown unchanged to whoever installed the model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of the model directory is missing, truncated or not of the kind that its name says.
    #[error("{}: {reason}", path.display())]
    File {
        /// Path of the file, or of the directory when none of several possible files exists.
        path: PathBuf,
        /// Description of the fault.
        reason: String,
    },
    /// A value in one of the JSON files that this engine does not support.
    #[error("{}: {key} = {value}: {reason}", path.display())]
    Value {
        /// Path of the JSON file.
        path: PathBuf,
        /// Key in that file.
        key: &'static str,
        /// Value of the key, as JSON.
        value: String,
        /// Why the value cannot be used, and which values can.
        reason: String,
    },
    /// A tensor of the weights is missing or does not fit the configuration.
    #[error("{}: tensor {tensor}: {reason}", path.display())]
    Tensor {
        /// Path of the weights file.
        path: PathBuf,
        /// Name of the tensor in the file.
        tensor: String,
        /// Description of the fault.
        reason: String,
    },
    /// An engine could not be started, or failed to compute; in its own words.
    #[error("{0}")]
    Engine(String),
    /// A row that the model cannot take: empty, longer than its positions, or with an id outside
    /// the vocabulary.
    #[error("{0}")]
    Input(String),
}

impl Error {
    /// Returns an [`Error::File`] with the given reason.
    pub fn file(path: impl Into<PathBuf>, reason: impl std::fmt::Display) -> Self {
        Self::File {
            path: path.into(),
            reason: reason.to_string(),
        }
    }
}
