//! The commands of the README.

use anyhow::Context as _;

/// Returns the first commands in the README after `heading`.
pub(crate) fn commands(heading: &str) -> anyhow::Result<&'static str> {
    let readme = include_str!("../../../../README.md");
    let (_, rest) = readme.split_once(heading).context(heading.to_owned())?;
    let (_, commands) = rest.split_once("```sh\n").context("no commands")?;
    let (commands, _) = commands.split_once("```").context("no end")?;
    Ok(commands.trim())
}
