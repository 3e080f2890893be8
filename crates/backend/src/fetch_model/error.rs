//! What can go wrong while a model is fetched.

use std::{io, path::PathBuf};

/// What can go wrong, in words for whoever typed the command. No message holds the token.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No answer: no network, no such host, a connection that was cut.
    #[error("{url} cannot be reached: {reason}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// Why it failed.
        reason: String,
    },
    /// An answer that says to come again, or that makes no sense.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// The status of the answer.
        status: u16,
    },
    /// An answer that lacks what the hub always says.
    #[error("{url} does not answer as a Hugging Face hub does: {reason}")]
    Protocol {
        /// What was asked for.
        url: String,
        /// What is missing or wrong.
        reason: String,
    },
    /// The hub does not show the repository.
    #[error("there is no repository {repo} on {endpoint}, or it is not public (then set HF_TOKEN)")]
    NoRepository {
        /// The repository.
        repo: String,
        /// The hub.
        endpoint: String,
    },
    /// The hub does not accept the token, or the repository's owner does not accept the user.
    #[error(
        "{endpoint} refuses access to {repo}: check HF_TOKEN, and accept the model's terms on its page"
    )]
    Refused {
        /// The repository.
        repo: String,
        /// The hub.
        endpoint: String,
    },
    /// The repository has no such branch, tag or commit.
    #[error("{repo} has no revision {revision}")]
    NoRevision {
        /// The repository.
        repo: String,
        /// Branch, tag or commit.
        revision: String,
    },
    /// The repository lacks a file that a model needs.
    #[error("{repo} is no OPUS-MT model: it has no {file}")]
    NoFile {
        /// The repository.
        repo: String,
        /// The file.
        file: String,
    },
    /// What came is not what was announced, twice.
    #[error("{file} came out wrong: {reason}")]
    Corrupt {
        /// The file.
        file: String,
        /// How it differs.
        reason: String,
    },
    /// The file system refuses.
    #[error("{}: {}", path.display(), disk(source))]
    Disk {
        /// File or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The target folder holds something that this program did not fetch, or another model.
    #[error("{} exists and holds another model or something else: name another folder or move it away", dir.display())]
    Occupied {
        /// The target folder.
        dir: PathBuf,
    },
    /// Another process is at it.
    #[error("another fetch-model is filling {}", dir.display())]
    Busy {
        /// The target folder.
        dir: PathBuf,
    },
}

fn disk(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::StorageFull {
        "the disk is full; make room and run the same command again, it goes on from here"
            .to_owned()
    } else {
        error.to_string()
    }
}

impl Error {
    /// A failure of the file system at `path`.
    pub fn disk(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Disk { path, source }
    }

    /// Whether the same may work in a moment.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..),
            _ => false,
        }
    }
}
