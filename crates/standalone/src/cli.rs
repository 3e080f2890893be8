//! Command line of the program.

use backend::fetch_model;
use clap::{
    ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, error::ErrorKind,
    parser::ValueSource,
};
use service::args::Common;

use crate::translate;

/// Id of the option that turns the translation service of this process off.
const BACKEND_URL: &str = "backend_url";

/// Translates German to English: serves the page, or translates a file.
///
/// Without a command it serves the page and the history, with the translation service and an
/// embedded database in the same process. Every option is also an environment variable.
#[derive(Parser)]
#[command(name = "unlimited-translation", version, after_help = fetch_model::variables())]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    pub(crate) backend: backend::Config,
    #[command(flatten)]
    pub(crate) frontend: frontend::Config,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// True if `BACKEND_URL` is set, so that the translation service is another process.
    #[arg(skip)]
    pub(crate) backend_elsewhere: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Translate a file.
    Translate(translate::Arguments),
    /// Fetch a model from the Hugging Face hub, check it and install it.
    FetchModel(fetch_model::Args),
}

/// Parses the command line and the environment; ends the process if they are invalid.
pub(crate) fn parse() -> Cli {
    let matches = command().get_matches();
    if let Some(message) = misplaced(&matches) {
        command().error(ErrorKind::ArgumentConflict, message).exit();
    }
    let mut cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    cli.backend_elsewhere = matches.value_source(BACKEND_URL) != Some(ValueSource::DefaultValue);
    cli
}

/// Returns an error message for an option of the services before a command, which would ignore it.
/// (clap's own `args_conflicts_with_subcommands` has no exception for global options.)
fn misplaced(matches: &ArgMatches) -> Option<String> {
    let command = matches.subcommand_name()?;
    let options = self::command();
    let option = options.get_arguments().find(|option| {
        let source = matches.value_source(option.get_id().as_str());
        !option.is_global_set() && source == Some(ValueSource::CommandLine)
    })?;
    let option = option.get_long()?;
    Some(format!("--{option} cannot be used with `{command}`"))
}

/// Returns the command line, with the defaults that differ when both services are one process.
fn command() -> clap::Command {
    Cli::command()
        // Only this process connects to it, so any free port will do.
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
        let matches = matches.expect("valid");
        let cli = Cli::from_arg_matches(&matches).expect("valid");
        (matches, cli)
    }

    #[test]
    fn the_options_of_both_services_do_not_clash() {
        command().debug_assert();
    }

    #[test]
    fn global_options_are_accepted_before_and_after_a_command() {
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
    fn options_of_the_services_are_refused_before_and_after_a_command() {
        let (matches, _) = read("x --max-text-bytes 10 translate file");
        let message = misplaced(&matches).expect("refused");
        assert_eq!(message, "--max-text-bytes cannot be used with `translate`");
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
