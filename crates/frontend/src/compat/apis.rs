//! State shared by the handlers of the APIs.

use std::sync::Arc;

use super::access::{Access, Client, ROOM_TIMEOUT};
use super::files::ApiFiles;
use super::refusal::Refusal;
use super::work::Work;
use crate::pages::body::Forms;
use crate::state::AppState;

/// Maximum memory of the long requests that are answered at the same time, in bytes of their
/// bodies. Fields, units, translations and answer take up to ten times as much.
const LONG_REQUESTS_BYTES: usize = 16 << 20;

/// Maximum memory of the short requests that are answered at the same time, in bytes of their
/// bodies: 64 clients that send 50 sentences each take a tenth of it.
const SHORT_REQUESTS_BYTES: usize = 4 << 20;

/// Maximum bytes of a body, as a multiple of the maximum text. Python's JSON has six bytes for each
/// umlaut, which makes a German text a twentieth longer; the rest is for line breaks and quotation
/// marks.
const MAX_BYTES_PER_TEXT_BYTE: usize = 2;

/// Bytes of a body on top of that, for the other fields.
const OVERHEAD_BYTES: usize = 1 << 20;

/// State shared by the handlers of the APIs; clones refer to the same state.
#[derive(Clone, Debug)]
pub(crate) struct Apis {
    /// Keys and limits.
    pub(crate) access: Arc<Access>,
    /// Translation.
    pub(crate) work: Work,
    /// Files, on disk.
    pub(crate) files: ApiFiles,
    /// Memory for requests, from their arrival to the answer.
    pub(crate) requests: Forms,
    /// Maximum size of a text, in bytes of UTF-8.
    pub(crate) max_text_bytes: usize,
}

impl Apis {
    /// Creates the state for APIs with this access.
    pub(super) fn new(state: &AppState, access: Arc<Access>) -> Self {
        let max_text_bytes = state.max_text_bytes;
        Self {
            work: Work::new(state.jobs.clone(), access.keeps_history(), max_text_bytes),
            access,
            files: state.api_files.clone(),
            requests: Forms::with_room(
                LONG_REQUESTS_BYTES,
                SHORT_REQUESTS_BYTES,
                max_body_bytes(max_text_bytes),
                ROOM_TIMEOUT,
            ),
            max_text_bytes,
        }
    }

    /// Returns the maximum size of a body, in bytes.
    pub(crate) fn max_body_bytes(&self) -> usize {
        max_body_bytes(self.max_text_bytes)
    }

    /// Counts a request with a text of that many characters for its client.
    ///
    /// # Errors
    /// The client has used up its share.
    pub(crate) fn spend(&self, client: &Client, characters: usize) -> Result<(), Refusal> {
        self.access.spend(client, 1, characters as u64)
    }

    /// Counts a request with a file, whose characters are not known yet, for its client.
    ///
    /// # Errors
    /// The client has used up its share.
    pub(crate) fn spend_request(&self, client: &Client) -> Result<(), Refusal> {
        self.access.spend(client, 1, 0)
    }

    /// Counts the characters of a file for its client. Waits while its characters of the minute are
    /// used up.
    ///
    /// # Errors
    /// The client has used up its characters of the day.
    pub(crate) async fn spend_characters(
        &self,
        client: &Client,
        characters: usize,
    ) -> Result<(), Refusal> {
        loop {
            match self.access.spend(client, 0, characters as u64) {
                Err(Refusal::TooManyCharacters { wait }) => tokio::time::sleep(wait).await,
                spent => {
                    spent?;
                    return Ok(());
                }
            }
        }
    }
}

fn max_body_bytes(max_text_bytes: usize) -> usize {
    let bytes = max_text_bytes.saturating_mul(MAX_BYTES_PER_TEXT_BYTE);
    bytes.saturating_add(OVERHEAD_BYTES)
}
