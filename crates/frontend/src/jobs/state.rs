//! Where a translation stands, and what keeps it from going on.

use std::fmt;

use jiff::Timestamp;

/// Where a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// What it does.
    pub phase: Phase,
    /// Sentences finished.
    pub done: usize,
    /// Sentences in the text; unknown until it ran for the first time.
    pub total: Option<usize>,
    /// Time at work so far, in milliseconds, waiting not counted.
    pub elapsed_ms: u64,
    /// Why the database, though it is up, does not take the translation.
    pub not_stored: Option<String>,
}

/// What a job does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Waits for its turn.
    Waiting {
        /// Its place in the queue; 1 is next.
        place: usize,
    },
    /// Is being translated.
    Running,
    /// Something was in the way; it tries again by itself.
    Retrying {
        /// What was in the way.
        reason: Reason,
        /// When it tries again; in the past while it is trying.
        next_attempt: Timestamp,
    },
    /// Trying again will not help.
    Failed {
        /// What is wrong.
        reason: Reason,
    },
    /// Was cancelled; keeps what it had.
    Cancelled,
    /// Is translated.
    Done {
        /// Whether the database has it.
        stored: bool,
    },
}

impl Phase {
    /// Whether nothing more happens by itself, but for storing.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Failed { .. } | Self::Cancelled | Self::Done { .. }
        )
    }
}

/// What keeps a job from going on. `Display` is a sentence for the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The backend cannot be reached.
    Down,
    /// The backend has too much to do.
    Busy,
    /// The backend has not answered for a while.
    Slow,
    /// The answer broke off.
    Broken,
    /// The text is longer than the backend takes.
    TooLong,
    /// The backend refused the request.
    Refused(String),
    /// The backend answered something else than agreed.
    Protocol,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Down => f.write_str("The translation service cannot be reached."),
            Self::Busy => f.write_str("The translation service is busy."),
            Self::Slow => f.write_str("The translation service does not answer."),
            Self::Broken => f.write_str("The translation service stopped in the middle."),
            Self::TooLong => f.write_str("The text is longer than the translation service takes."),
            Self::Refused(message) => {
                write!(f, "The translation service refused the text: {message}")
            }
            Self::Protocol => f.write_str(
                "The translation service and this page do not understand each other: they are of \
                 different versions.",
            ),
        }
    }
}
