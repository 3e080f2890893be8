//! Start, service and orderly end of the process.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use reqwest::Url;
use service::{args::Common, server};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::compat::ApiFiles;
use crate::config::Config;
use crate::files::Files;
use crate::history::History;
use crate::jobs::Jobs;
use crate::metrics;
use crate::pages::body::Forms;
use crate::routes::app;
use crate::spool::Spool;
use crate::state::AppState;
use crate::translator::{SystemResolver, Translator};

/// Maximum time for running requests to finish after the shutdown has begun. Pages are quick, and
/// those that show a running job end by themselves: the browser resumes them later.
const DRAIN: Duration = Duration::from_secs(3);

/// Maximum time for results to reach the disk and the database after that. Together with
/// [`DRAIN`] it is less than the ten seconds after which containers are killed.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(6);

/// Serves the pages on `listener` until `shutdown` is cancelled. Database and backend may start
/// later, and may go away and come back.
///
/// # Errors
/// The settings contradict each other, or another process uses the data folder.
pub async fn run(
    config: Config,
    common: &Common,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    metrics::install();
    let data_dir = common.data_dir()?;
    let max_text_bytes = common.max_text_bytes;
    let max_file_bytes = config.max_file_bytes;
    let database = config.database(&data_dir)?;
    let sql_page = config.sql_page.open(&database, max_text_bytes)?;
    let apis = config.api.open()?;
    let spool = Spool::new(&data_dir);
    let _lock = lock(&spool, &data_dir)?;
    let max_api_file = usize::try_from(config.max_file_bytes).unwrap_or(usize::MAX);
    let files = Files::new(&data_dir);
    let api_files = ApiFiles::open(&data_dir, max_api_file, &files).await;
    let address = listener.local_addr()?;
    let backend: Vec<_> = config.backend_url.iter().map(Url::as_str).collect();
    tracing::info!(%address, %database, ?backend, "serving the pages");
    let translator = Translator::new(config.backend_url, SystemResolver)
        .context("the client of the backend cannot be built")?;
    // The history outlives the jobs, which store their results in it.
    let close = CancellationToken::new();
    let history = History::open(database, max_text_bytes, close.clone());
    let jobs = Jobs::open(
        spool,
        files,
        translator.clone(),
        history.clone(),
        max_text_bytes,
        shutdown.clone(),
    )
    .await;
    tokio::spawn(translator.clone().watch(shutdown.clone()));
    let state = AppState {
        jobs: jobs.clone(),
        history: history.clone(),
        sql_page,
        translator,
        apis,
        api_files,
        forms: Forms::new(max_text_bytes),
        max_text_bytes,
        max_file_bytes,
        shutdown: shutdown.clone(),
    };
    server::serve(listener, app(state), shutdown, DRAIN).await;
    let flush = async {
        jobs.ended().await;
        close.cancel();
        history.closed().await;
    };
    if tokio::time::timeout(FLUSH_TIMEOUT, flush).await.is_err() {
        tracing::warn!("results that are not stored yet stay in DATA_DIR");
    }
    Ok(())
}

/// Locks the data folder; returns `None` where its file system has no locks.
fn lock(spool: &Spool, data_dir: &Path) -> anyhow::Result<Option<File>> {
    match spool.lock() {
        Ok(lock) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => anyhow::bail!(
            "DATA_DIR {} is used by another process: give each process a folder of its own",
            data_dir.display()
        ),
        Err(TryLockError::Error(error)) => {
            tracing::warn!(%error, "DATA_DIR cannot be locked: no other process may use it");
            Ok(None)
        }
    }
}
