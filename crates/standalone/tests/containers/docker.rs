//! The command line of Docker.

use std::{
    ffi::OsStr,
    process::{Command, Stdio},
    sync::LazyLock,
};

use anyhow::{Context as _, ensure};

/// Base images of our images, and the image of the database.
const BASES: [&str; 3] = ["rust:1-slim-trixie", "debian:trixie-slim", "mysql:9.7"];

/// Maximum time for a command, in the syntax of `timeout`: a command that hangs must fail and not stop
/// all tests. The slowest one stops MySQL, which may take two minutes.
pub(crate) const USUAL: &str = "5m";

/// Maximum time for a command that downloads or compiles.
pub(crate) const LONG: &str = "30m";

/// Exit code of `timeout` after a timeout.
const TIMED_OUT: i32 = 124;

/// Returns the reason why the containers cannot be tested here, if there is one.
pub(crate) fn missing() -> Option<&'static str> {
    static MISSING: LazyLock<Option<String>> = LazyLock::new(find_missing);
    MISSING.as_deref()
}

fn find_missing() -> Option<String> {
    if run(["info"]).is_err() {
        return Some("no Docker engine answers".to_owned());
    }
    if run(["compose", "version"]).is_err() {
        return Some("Docker has no `compose` plugin".to_owned());
    }
    let pulled = |image: &str| {
        let mut docker = command("docker", LONG);
        docker.args(["pull", image]);
        output(docker).is_ok()
    };
    BASES
        .iter()
        .find(|image| run(["image", "inspect", image]).is_err() && !pulled(image))
        .map(|image| format!("the image {image} is missing and cannot be pulled"))
}

/// Runs `docker` with `arguments`. Returns its standard output.
pub(crate) fn run<'a>(arguments: impl IntoIterator<Item = &'a str>) -> anyhow::Result<String> {
    let mut docker = command("docker", USUAL);
    docker.args(arguments);
    output(docker)
}

/// Returns a command for `program` that is killed, with its children, after `limit`.
pub(crate) fn command(program: impl AsRef<OsStr>, limit: &str) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=10s", limit]).arg(program);
    command
}

/// Runs a command made by [`command`]. Returns its standard output.
///
/// # Errors
/// It cannot be started, fails or takes too long; the message contains its standard error.
pub(crate) fn output(mut command: Command) -> anyhow::Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{command:?}"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.code() != Some(TIMED_OUT),
        "{command:?}: timed out\n{errors}"
    );
    ensure!(
        output.status.success(),
        "{command:?}: {}\n{errors}",
        output.status
    );
    Ok(String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned())
}
