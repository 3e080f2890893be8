//! The one error of this crate.

use std::path::PathBuf;

/// What can go wrong while a model is loaded or run.
///
/// Every variant about a file names the file and the reason in one sentence, so that it can be shown to whoever
/// installed the model as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of the model directory is missing, cut short or not what its name says.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file (or the directory, when none of several possible files is there).
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A value in one of the JSON files is one that this engine cannot honour.
    #[error("{}: {key} = {value}: {reason}", path.display())]
    Value {
        /// The JSON file.
        path: PathBuf,
        /// The key in it.
        key: &'static str,
        /// Its value, as JSON.
        value: String,
        /// Why it cannot be used, and what could.
        reason: String,
    },
    /// A tensor of the weights is missing or does not fit the configuration.
    #[error("{}: tensor {tensor}: {reason}", path.display())]
    Tensor {
        /// The weights file.
        path: PathBuf,
        /// Name of the tensor in the file.
        tensor: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An engine cannot be started or failed to compute; its own words.
    #[error("{0}")]
    Engine(String),
    /// A row that the model cannot take: empty, longer than its positions, or with an id outside the vocabulary.
    #[error("{0}")]
    Input(String),
}

impl Error {
    /// An [`Error::File`] from anything that says what is wrong.
    pub fn file(path: impl Into<PathBuf>, reason: impl std::fmt::Display) -> Self {
        Self::File {
            path: path.into(),
            reason: reason.to_string(),
        }
    }
}
