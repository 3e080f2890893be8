//! The translation service: German text in, English text out, over HTTP.
//!
//! - [`config`]: the settings
//! - [`routes`]: the table of routes; `handlers`: what they do, one file a theme
//! - [`extract`]: a request's text, read within bounds; [`parse`]: the JSON around it
//! - [`translation`]: a text on its way through the model, cut into sentences
//! - [`worker`]: the model's own thread, on which all jobs share batches
//! - [`queue`]: how much work is taken on at a time
//! - [`model_dir`]: which model, and what it says of itself
//! - [`fetch_model`]: fetching a model from the hub
//! - [`error`]: the one error, and its answers
//! - [`metrics`]: what is counted
//! - [`openapi`], [`docs_page`]: the API described, for programs and for people
//! - [`state`]: what all handlers share

pub mod config;
pub mod docs_page;
pub mod error;
pub mod extract;
pub mod fetch_model;
mod handlers;
pub mod metrics;
pub mod model_dir;
pub mod openapi;
pub mod parse;
pub mod queue;
pub mod routes;
pub mod state;
pub mod translation;
pub mod worker;

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use service::args::Common;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use crate::{config::Config, routes::app, state::AppState, worker::Worker};

/// How long running requests may take to finish once the process is to end. A letter is done by
/// then; a book is not, however long one would wait, and its client is told to come again.
pub const DRAIN: Duration = Duration::from_secs(30);

/// How far into the drain what is still running is ended with a message: two seconds before the
/// end, so that the message gets through.
const CUTOFF: Duration = Duration::from_secs(28);

/// Runs the service on `listener` until `shutdown` is cancelled and the running requests are done.
/// It listens at once; until the model is loaded, it says so.
///
/// # Errors
/// There is no model, or it cannot be loaded; the message names the file and the reason.
pub async fn run(
    config: Config,
    common: &Common,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    metrics::install();
    // Before anything is loaded: settings that contradict each other.
    config.model.engine()?;
    let folder = config.model.folder(common)?;
    let address = listener.local_addr()?;
    tracing::info!(%address, model = %folder.display(), "listening; the model is being loaded");
    let worker = Worker::start(move || model_dir::load(&folder, &config.model))
        .context("the model's thread cannot be started")?;
    let state = AppState::new(worker.clone(), common.max_text_bytes, shutdown.clone());
    let cutoff = state.cutoff.clone();
    let last_words = async {
        shutdown.cancelled().await;
        tokio::time::sleep(CUTOFF).await;
        cutoff.cancel();
        std::future::pending::<()>().await;
    };
    let failure = async {
        match worker.loaded().await {
            Ok(model) => {
                let model = &model.info;
                tracing::info!(
                    name = model.name,
                    engine = model.engine,
                    device = model.device,
                    precision = model.precision,
                    beams = model.beams,
                    demo = model.demo,
                    "ready"
                );
                worker.ended().await;
                "the model's thread has ended".into()
            }
            Err(reason) => reason,
        }
    };
    tokio::select! {
        () = service::server::serve(listener, app(state), shutdown.clone(), DRAIN) => Ok(()),
        () = last_words => Ok(()),
        reason = failure => Err(anyhow!("{reason}")),
    }
}
