//! Program of the translation service.

mod cli;

use std::process::ExitCode;

use backend::{fetch_model, run};
use clap::Parser as _;
use service::{exit, health, server, shutdown, telemetry};

use cli::{Cli, Command};

#[tokio::main]
async fn main() -> ExitCode {
    exit::code(execute(Cli::parse()).await)
}

async fn execute(cli: Cli) -> anyhow::Result<()> {
    telemetry::init(&cli.common.rust_log)?;
    match cli.command {
        Some(Command::Healthcheck) => health::check(cli.config.backend_bind).await,
        Some(Command::FetchModel(args)) => fetch_model::run(args, &cli.common).await,
        None => {
            let listener = server::bind(cli.config.backend_bind).await?;
            run(cli.config, &cli.common, listener, shutdown::token()?).await
        }
    }
}
