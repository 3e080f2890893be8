//! Reasons why a weights file cannot be read.

use std::io;

/// Reason why a weights file cannot be read. The caller adds the name of the file.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// The file ends too early; the text says where.
    #[error("is cut short {0}")]
    CutShort(String),
    /// Parts of the file contradict each other.
    #[error("is cut short or damaged: {0}")]
    Damaged(String),
    /// The file is of another kind, or was written by another program.
    #[error("is not a known kind of weights file: it {0}")]
    Foreign(String),
    /// The file is valid, but uses a feature that this engine does not read.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// The pickle refers to a name that no state dict needs.
    #[error("refers to {module}.{name}, which no state dict needs; not loaded for safety")]
    Unsafe {
        /// Python module.
        module: String,
        /// Name in that module.
        name: String,
    },
    /// The file is not a zip, or not a complete one.
    #[error("is cut short or damaged: not a complete zip: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The JSON header of a safetensors file is malformed.
    #[error("has a broken header: {0}")]
    Header(#[from] serde_json::Error),
    /// The operating system failed to read the file.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl ReadError {
    /// Returns a [`ReadError::CutShort`].
    pub(super) fn cut_short(place: impl Into<String>) -> Self {
        Self::CutShort(place.into())
    }

    /// Returns a [`ReadError::Damaged`].
    pub(super) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }

    /// Returns a [`ReadError::Foreign`].
    pub(super) fn foreign(what: impl Into<String>) -> Self {
        Self::Foreign(what.into())
    }

    /// Returns a [`ReadError::Unsupported`].
    pub(super) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(what.into())
    }
}
