//! The translation service: German text in, English text out, over HTTP.
//!
//! - [`config`]: the settings
//! - [`routes`]: the table of routes; `handlers`: one file per topic
//! - [`extract`]: the text of a request, admitted and read; [`parse`]: the JSON around it
//! - [`translation`]: a text that is being translated, sentence by sentence
//! - [`worker`]: the thread of the model, on which all jobs share batches
//! - [`queue`]: limits on the work that is accepted at a time
//! - [`model_dir`]: the choice of the model, and its description
//! - [`fetch_model`]: fetching a model from the hub
//! - [`error`]: errors and their responses
//! - [`metrics`]: names of metrics, and counting requests
//! - [`openapi`], [`docs_page`]: documentation of the API, for programs and for people
//! - [`state`]: state shared by all handlers

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

/// Maximum time for running requests to finish during shutdown. A letter is done by then. A book is
/// not, and a longer wait would not help; its client has to retry.
pub const DRAIN: Duration = Duration::from_secs(30);

/// Time from the start of shutdown until running requests are ended with a message: two seconds
/// before the end of the drain, so that the message is still delivered.
const CUTOFF: Duration = Duration::from_secs(28);

/// Runs the service on `listener` until `shutdown` is cancelled and the running requests are done.
/// It listens at once, and answers 503 until the model is loaded.
///
/// # Errors
/// There is no model, or it cannot be loaded; the message contains the file and the reason.
pub async fn run(
    config: Config,
    common: &Common,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    metrics::install();
    // Settings that contradict each other are reported before anything is loaded.
    config.model.engine()?;
    let folder = model_dir::choose(&config.model, common)?;
    let address = listener.local_addr()?;
    tracing::info!(%address, model = %folder.display(), "listening; loading the model");
    let worker = Worker::start(move || model_dir::load(&folder, &config.model))
        .context("cannot start the thread of the model")?;
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
                "the thread of the model has ended".into()
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
