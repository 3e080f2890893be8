//! Command line of the program.

use backend::{Config, fetch_model};
use clap::{Parser, Subcommand};
use service::args::Common;

/// Translates German to English over HTTP. Every option is also an environment variable.
#[derive(Parser)]
#[command(version, after_help = fetch_model::variables())]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) config: Config,
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Commands other than serving.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Ask the running service whether it is ready; the exit code is the answer.
    Healthcheck,
    /// Fetch a model from the Hugging Face hub, check it and install it.
    FetchModel(fetch_model::Args),
}
