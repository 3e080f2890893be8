//! The frontend's program.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use frontend::{Config, run};
use service::{args::Common, exit, health, server, shutdown, telemetry};

/// Serves the pages of the translator. Every option is also an environment variable.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    config: Config,
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Check whether the running frontend is ready; the exit code is the answer.
    Healthcheck,
}

#[tokio::main]
async fn main() -> ExitCode {
    exit::code(execute(Cli::parse()).await)
}

async fn execute(cli: Cli) -> anyhow::Result<()> {
    telemetry::init(&cli.common.rust_log)?;
    match cli.command {
        Some(Command::Healthcheck) => health::check(cli.config.frontend_bind).await,
        None => {
            let listener = server::bind(cli.config.frontend_bind).await?;
            run(cli.config, &cli.common, listener, shutdown::token()?).await
        }
    }
}
