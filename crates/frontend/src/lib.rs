//! The pages and the history.
//!
//! - [`config`]: flags and environment variables
//! - [`history`]: stored translations, in MySQL or SQLite; the only place with SQL
//! - [`spool`]: texts and results kept on disk until the database has them
//! - [`translator`]: the client of the backend; `sse`: the events that it sends
//! - [`jobs`]: translations at work, from the form to the row
//! - `routes`: the table of addresses
//! - `pages`: handler, template and tests of each page
//! - `error`: everything that can go wrong with a request, and the page that says so
//! - `security`: what browsers are told to allow, and which requests are refused
//! - `assets`: style sheet, script and icon
//! - `backoff`: pauses between attempts
//! - `metrics`: what is counted
//! - `health`: what orchestrators and monitoring ask

mod assets;
mod backoff;
pub mod config;
mod error;
mod health;
pub mod history;
pub mod jobs;
mod metrics;
mod pages;
mod routes;
mod security;
pub mod spool;
mod sse;
pub mod translator;

use std::fs::TryLockError;
use std::time::Duration;

use anyhow::Context as _;
use reqwest::Url;
use service::{args::Common, server};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use config::Config;
pub use pages::body::Forms;
pub use routes::app;

/// What every handler can reach.
#[derive(Clone, Debug)]
pub struct AppState {
    /// The translations at work and those just done.
    pub jobs: jobs::Jobs,
    /// The stored translations.
    pub history: history::History,
    /// The statements of the SQL page.
    pub sql_page: history::sql_page::SqlPage,
    /// The backend, for what the page says of the model.
    pub translator: translator::Translator,
    /// Memory for the forms that arrive.
    pub forms: Forms,
    /// What a handler needs of the configuration.
    pub limits: Limits,
    /// Cancelled when the process is to end: pages that stream end early, and browsers ask again.
    pub shutdown: CancellationToken,
}

/// The part of the configuration that pages show and enforce.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Longest text that is accepted, in bytes of UTF-8.
    pub max_text_bytes: usize,
}

/// How long running requests may take to finish once the process is to end. Pages are quick,
/// and those that show a text at work end by themselves: the browser asks again where it stopped.
const DRAIN: Duration = Duration::from_secs(3);

/// How long results may take to reach the disk and the database then. Together with [`DRAIN`] less
/// than the ten seconds after which containers are killed.
const FLUSH: Duration = Duration::from_secs(6);

/// Serves the pages on `listener` until `shutdown` is cancelled. Database and backend may come
/// later, and go away and come back.
///
/// # Errors
/// The settings contradict each other.
pub async fn run(
    config: Config,
    common: &Common,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    metrics::install();
    let data_dir = common.data_dir()?;
    let database = config.database(&data_dir)?;
    let sql_page = config.sql_page.open(&database, common.max_text_bytes)?;
    let spool = spool::Spool::new(&data_dir);
    let _lock = match spool.lock() {
        Ok(lock) => Some(lock),
        Err(TryLockError::WouldBlock) => anyhow::bail!(
            "DATA_DIR {} is used by another process: give each one a folder of its own",
            data_dir.display()
        ),
        Err(TryLockError::Error(error)) => {
            tracing::warn!(%error, "DATA_DIR cannot be locked: nothing else may use it");
            None
        }
    };
    let address = listener.local_addr()?;
    let backend: Vec<_> = config.backend_url.iter().map(Url::as_str).collect();
    tracing::info!(%address, %database, ?backend, "serving the pages");
    let translator = translator::Translator::new(config.backend_url, translator::System)
        .context("the client of the backend cannot be built")?;
    let limits = Limits {
        max_text_bytes: common.max_text_bytes,
    };
    // The history outlives the jobs, which store their results in it.
    let close = CancellationToken::new();
    let history = history::History::open(database, limits.max_text_bytes, close.clone());
    let jobs = jobs::Jobs::open(
        spool,
        translator.clone(),
        history.clone(),
        limits.max_text_bytes,
        shutdown.clone(),
    )
    .await;
    tokio::spawn(translator.clone().watch(shutdown.clone()));
    let state = AppState {
        jobs: jobs.clone(),
        history: history.clone(),
        sql_page,
        translator,
        forms: Forms::new(limits.max_text_bytes),
        limits,
        shutdown: shutdown.clone(),
    };
    server::serve(listener, app(state), shutdown, DRAIN).await;
    let flush = async {
        jobs.ended().await;
        close.cancel();
        history.closed().await;
    };
    if tokio::time::timeout(FLUSH, flush).await.is_err() {
        tracing::warn!("what is not stored yet is kept in DATA_DIR");
    }
    Ok(())
}
