//! Why a weights file cannot be read.

use std::io;

/// What is wrong with a weights file; whoever opens it adds which one it is.
#[derive(Debug, thiserror::Error)]
pub(super) enum Reason {
    /// It ends too early; this says where.
    #[error("is cut short {0}")]
    CutShort(String),
    /// Its parts contradict each other.
    #[error("is cut short or damaged: {0}")]
    Damaged(String),
    /// It is something else, or written by something else.
    #[error("is no file of weights that is known: it {0}")]
    Foreign(String),
    /// It is right, but this engine does not read that.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// It wants to call what a state dict does not need.
    #[error("refers to {module}.{name}, which no state dict needs; not loaded for safety")]
    Unsafe {
        /// The module in Python.
        module: String,
        /// The name in it.
        name: String,
    },
    /// It is no zip, or not all of one.
    #[error("is cut short or damaged: it is no whole zip: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The header of a safetensors file is not what it should be.
    #[error("has a broken header: {0}")]
    Header(#[from] serde_json::Error),
    /// The system cannot read it.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Reason {
    /// A [`Reason::CutShort`].
    pub(super) fn cut_short(place: impl Into<String>) -> Self {
        Self::CutShort(place.into())
    }

    /// A [`Reason::Damaged`].
    pub(super) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }

    /// A [`Reason::Foreign`].
    pub(super) fn foreign(what: impl Into<String>) -> Self {
        Self::Foreign(what.into())
    }

    /// A [`Reason::Unsupported`].
    pub(super) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(what.into())
    }
}
