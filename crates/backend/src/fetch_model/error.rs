//! Errors of fetching a model.

use std::{io, path::PathBuf};

/// Error of fetching a model, worded for the person who typed the command. No message contains the
/// token.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No response: no network, no such host, or a broken connection.
    #[error("{url} cannot be reached: {reason}")]
    Unreachable {
        /// Requested address.
        url: String,
        /// Cause of the failure.
        reason: String,
    },
    /// An unexpected status.
    #[error("{url} answered {status}")]
    Status {
        /// Requested address.
        url: String,
        /// Status of the response.
        status: u16,
    },
    /// A response that lacks something that the hub always sends.
    #[error("{url} does not respond like a Hugging Face hub: {reason}")]
    Protocol {
        /// Requested address.
        url: String,
        /// Missing or wrong part.
        reason: String,
    },
    /// The repository does not exist, or the hub hides it.
    #[error(
        "there is no repository {repo} on {endpoint}, or it is private: in that case set HF_TOKEN"
    )]
    NoRepository {
        /// Name of the repository.
        repo: String,
        /// Address of the hub.
        endpoint: String,
    },
    /// The hub rejects the token, or the owner of the repository has not granted access.
    #[error(
        "{endpoint} denies access to {repo}: check HF_TOKEN, and accept the terms of the model on its page"
    )]
    Refused {
        /// Name of the repository.
        repo: String,
        /// Address of the hub.
        endpoint: String,
    },
    /// The repository has no such branch, tag or commit.
    #[error("{repo} has no revision {revision}")]
    NoRevision {
        /// Name of the repository.
        repo: String,
        /// Branch, tag or commit.
        revision: String,
    },
    /// The repository lacks a file that a model needs.
    #[error("{repo} is not an OPUS-MT model: it has no {file}")]
    NoFile {
        /// Name of the repository.
        repo: String,
        /// Name of the file.
        file: String,
    },
    /// The downloaded content differs from the listed size or hash.
    #[error("{file} is corrupt: {reason}")]
    Corrupt {
        /// Name of the file.
        file: String,
        /// The difference.
        reason: String,
    },
    /// The file system failed.
    #[error("{}: {}", path.display(), disk(source))]
    Disk {
        /// File or folder.
        path: PathBuf,
        /// Cause of the failure.
        source: io::Error,
    },
    /// The target folder contains files that this program did not fetch, or another model.
    #[error("{} exists and contains another model or other files: choose another folder or move it away", dir.display())]
    Occupied {
        /// Target folder.
        dir: PathBuf,
    },
    /// Another process is fetching into the same folder.
    #[error("another fetch-model is already writing to {}", dir.display())]
    Busy {
        /// Target folder.
        dir: PathBuf,
    },
}

fn disk(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::StorageFull {
        "the disk is full; free some space and run the same command again to resume".to_owned()
    } else {
        error.to_string()
    }
}

impl FetchError {
    /// Returns a conversion for errors of the file system at `path`.
    pub fn disk(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Disk { path, source }
    }

    /// Returns whether a later attempt may succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..),
            _ => false,
        }
    }
}
