//! State of a job, as pages show it.

use std::fmt;

use jiff::Timestamp;
use uuid::Uuid;

/// State of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Its phase.
    pub phase: Phase,
    /// Number of finished sentences.
    pub done: usize,
    /// Number of sentences in the text; unknown before the first attempt.
    pub total: Option<usize>,
    /// Time of translation so far, in milliseconds, without the time spent waiting.
    pub elapsed_ms: u64,
    /// Reason why the database refuses the translation although it is up.
    pub not_stored: Option<String>,
}

/// Phase of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The job waits for a slot.
    Waiting {
        /// Its place in the queue; 1 is next.
        place: usize,
    },
    /// The text is read from a PDF or picture.
    Reading {
        /// Number of pages that were read.
        read: usize,
        /// Number of all pages; 0 while other files are read before it.
        pages: usize,
    },
    /// The text is being translated.
    Running,
    /// An attempt has failed, and another one follows by itself.
    Retrying {
        /// Reason for the failure.
        reason: Reason,
        /// Time of the next attempt; in the past during that attempt.
        next_attempt: Timestamp,
    },
    /// Another attempt would not help.
    Failed {
        /// Reason for the failure.
        reason: Reason,
    },
    /// The job was cancelled; it keeps its sentences.
    Cancelled,
    /// The text is translated.
    Done {
        /// True once the database has it.
        stored: bool,
    },
}

impl Phase {
    /// Returns whether nothing more happens by itself, except for storing.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Failed { .. } | Self::Cancelled | Self::Done { .. }
        )
    }
}

/// A text that is not in the history: unfinished, cancelled, failed, or waiting for the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Public id of its job.
    pub id: Uuid,
    /// Time of submission.
    pub created_at: Timestamp,
    /// First characters of the text.
    pub excerpt: String,
    /// Name of the file that the text is from.
    pub file_name: Option<String>,
    /// Phase of its job.
    pub phase: Phase,
}

/// Reason why a job cannot continue. `Display` is a sentence for the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The backend cannot be reached.
    Down,
    /// The backend is at capacity.
    Busy,
    /// The backend does not answer in time.
    Slow,
    /// The connection broke, or the backend failed.
    Broken,
    /// The text exceeds the limit of the backend.
    TooLong,
    /// The backend refused the request.
    Refused(String),
    /// The response of the backend is not what the API specifies.
    Protocol,
    /// The file cannot be read, for this reason, which is a sentence or two.
    Unreadable(String),
    /// The translated file cannot be written.
    Unwritable,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Down => f.write_str("The translation service cannot be reached."),
            Self::Busy => f.write_str("The translation service is busy."),
            Self::Slow => f.write_str("The translation service does not answer."),
            Self::Broken => f.write_str("The translation service stopped in the middle."),
            Self::TooLong => f.write_str("The text exceeds the limit of the translation service."),
            Self::Refused(message) => {
                write!(f, "The translation service refused the text: {message}")
            }
            Self::Unreadable(reason) => f.write_str(reason),
            Self::Unwritable => f.write_str(
                "The translated file could not be written: the server’s disk may be full.",
            ),
            Self::Protocol => f.write_str(
                "The translation service and this page do not understand each other: their \
                 versions differ.",
            ),
        }
    }
}
