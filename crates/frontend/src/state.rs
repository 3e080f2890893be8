//! State shared by all handlers.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::compat::{Access, ApiFiles};
use crate::history::History;
use crate::history::sql_page::SqlPage;
use crate::jobs::Jobs;
use crate::pages::body::Forms;
use crate::translator::Translator;

/// State shared by all handlers; clones refer to the same state.
#[derive(Clone, Debug)]
pub struct AppState {
    /// Texts that are being translated or have just been.
    pub jobs: Jobs,
    /// Stored translations.
    pub history: History,
    /// Statements of the SQL page.
    pub sql_page: SqlPage,
    /// Backend, for the pages' notes on its model.
    pub translator: Translator,
    /// Access to the APIs of other services; `None` if they are off.
    pub apis: Option<Arc<Access>>,
    /// Files of these APIs.
    pub api_files: ApiFiles,
    /// Memory for arriving forms.
    pub forms: Forms,
    /// Maximum size of a text, in bytes of UTF-8.
    pub max_text_bytes: usize,
    /// Maximum size of a file, in bytes.
    pub max_file_bytes: u64,
    /// Cancelled when the process starts to shut down: streamed pages end early, and browsers
    /// resume them later.
    pub shutdown: CancellationToken,
}
