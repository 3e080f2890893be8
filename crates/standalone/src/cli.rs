//! Flags, variables and subcommands.

use backend::fetch_model;
use clap::{
    ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, error::ErrorKind,
    parser::ValueSource,
};
use service::args::Common;

use crate::translate;

/// Id of the option whose presence decides which services run.
const BACKEND_URL: &str = "backend_url";

/// Ids of the options that count for all commands, and may stand before and behind them.
const GLOBAL: [&str; 2] = ["data_dir", "rust_log"];

/// Translates German to English: serves the page, or translates a file.
///
/// Started without a command it serves the page and the history, with the
/// translation service and an embedded database in the same process. Every option is also an
/// environment variable.
#[derive(Parser)]
#[command(name = "unlimited-translation", version, after_help = fetch_model::VARIABLES)]
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
    if let Some(message) = misplaced(&matches) {
        command().error(ErrorKind::ArgumentConflict, message).exit();
    }
    let mut cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    cli.backend_elsewhere = matches.value_source(BACKEND_URL) != Some(ValueSource::DefaultValue);
    cli
}

/// What is wrong with an option of the services that stands before a command, which would not heed
/// it. (clap's own `args_conflicts_with_subcommands` knows no exception for global options.)
fn misplaced(matches: &ArgMatches) -> Option<String> {
    let command = matches.subcommand_name()?;
    let options = self::command();
    let option = options.get_arguments().find(|option| {
        let source = matches.value_source(option.get_id().as_str());
        !option.is_global_set() && source == Some(ValueSource::CommandLine)
    })?;
    let option = option.get_long()?;
    Some(format!("--{option} does not go before `{command}`"))
}

/// The services' own options, but for the defaults that differ when both are one process.
fn command() -> clap::Command {
    GLOBAL
        .into_iter()
        .fold(Cli::command(), |command, id| {
            command.mut_arg(id, |arg| arg.global(true))
        })
        // Nobody but this process need find it: any free port, so that nothing else is in its way.
        .mut_arg("backend_bind", |arg| arg.default_value("127.0.0.1:0"))
        .mut_arg(BACKEND_URL, |arg| {
            arg.hide_default_value(true)
                .help("Translation service to use instead of one in this process")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> (ArgMatches, Cli) {
        let matches = command().try_get_matches_from(line.split(' '));
        let matches = matches.expect("can be read");
        let cli = Cli::from_arg_matches(&matches).expect("can be read");
        (matches, cli)
    }

    #[test]
    fn the_options_of_both_services_fit_together() {
        command().debug_assert();
    }

    #[test]
    fn global_options_count_before_and_behind_a_command() {
        for line in [
            "x --data-dir /x --rust-log debug fetch-model",
            "x fetch-model --data-dir /x --rust-log debug",
            "x --rust-log debug translate --data-dir /x file",
            "x --data-dir /x --rust-log debug",
        ] {
            let (matches, cli) = read(line);
            assert_eq!(misplaced(&matches), None, "{line}");
            assert_eq!(
                cli.common.data_dir.as_deref(),
                Some("/x".as_ref()),
                "{line}"
            );
            assert_eq!(cli.common.rust_log, "debug", "{line}");
        }
    }

    #[test]
    fn options_of_the_services_are_refused_before_a_command_and_unknown_behind_it() {
        let (matches, _) = read("x --max-text-bytes 10 translate file");
        let message = misplaced(&matches).expect("refused");
        assert_eq!(message, "--max-text-bytes does not go before `translate`");
        for line in [
            "x translate --max-text-bytes 10 file",
            "x fetch-model --model-beams 1",
        ] {
            let error = command().try_get_matches_from(line.split(' '));
            let error = error.expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::UnknownArgument, "{line}");
        }
    }
}
