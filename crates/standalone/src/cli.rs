//! Flags, variables and subcommands.

use backend::fetch_model;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand, parser::ValueSource};
use service::args::Common;

use crate::translate;

/// Id of the option whose presence decides which services run.
const BACKEND_URL: &str = "backend_url";

const FETCHING: &str = "`fetch-model` also reads MODEL_REVISION, HF_ENDPOINT, HF_TOKEN and \
                        HF_TOKEN_FILE: see `fetch-model --help`.";

/// Translates German to English: serves the page, or translates a file.
///
/// Started without a command it serves the page and the history, with the
/// translation service and an embedded database in the same process. Every option is also an
/// environment variable.
#[derive(Parser)]
#[command(
    name = "unlimited-translation",
    version,
    args_conflicts_with_subcommands = true,
    after_help = FETCHING
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) backend: backend::Config,
    #[command(flatten)]
    pub(crate) frontend: frontend::Config,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Whether the translation service of another process is used: `BACKEND_URL` is set.
    #[arg(skip)]
    pub(crate) backend_elsewhere: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Translate a text file to standard output.
    Translate(translate::Arguments),
    /// Fetch a model from the Hugging Face hub, check it and put it in place.
    FetchModel(fetch_model::Args),
}

/// Reads the command line and the environment; ends the process where they cannot be read.
pub(crate) fn parse() -> Cli {
    let matches = command().get_matches();
    let mut cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    cli.backend_elsewhere = matches.value_source(BACKEND_URL) != Some(ValueSource::DefaultValue);
    cli
}

/// The services' own options, but for the defaults that differ when both are one process.
fn command() -> clap::Command {
    Cli::command()
        // Nobody but this process need find it: any free port, so that nothing else is in its way.
        .mut_arg("backend_bind", |arg| arg.default_value("127.0.0.1:0"))
        .mut_arg(BACKEND_URL, |arg| {
            arg.hide_default_value(true)
                .help("Translation service to use instead of one in this process")
        })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_options_of_both_services_fit_together() {
        super::command().debug_assert();
    }
}
