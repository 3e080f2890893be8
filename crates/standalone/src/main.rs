//! Both services in one process, on an embedded database.
//!
//! - [`cli`]: the command line
//! - [`serve`]: running both services until a signal
//! - [`translate`]: translating a file

mod cli;
mod serve;
mod translate;

use std::process::ExitCode;

use backend::fetch_model;
use service::{exit, telemetry};

use cli::{Cli, Command};

fn main() -> ExitCode {
    exit::code(execute(cli::parse()))
}

fn execute(mut cli: Cli) -> anyhow::Result<()> {
    telemetry::init(&cli.common.rust_log)?;
    let runtime = tokio::runtime::Runtime::new()?;
    match cli.command.take() {
        Some(Command::Translate(arguments)) => translate::run(&arguments, &cli.common),
        Some(Command::FetchModel(arguments)) => {
            runtime.block_on(fetch_model::run(arguments, &cli.common))
        }
        None => runtime.block_on(serve::run(cli)),
    }
}
