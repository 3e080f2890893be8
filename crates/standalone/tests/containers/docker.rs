//! The command line of Docker.

use std::{
    ffi::OsStr,
    process::{Command, Stdio},
    sync::LazyLock,
};

use anyhow::{Context as _, ensure};

/// What the images are built from, and the database.
const BASES: [&str; 3] = ["rust:1-slim-trixie", "debian:trixie-slim", "mysql:9.7"];

/// How long a command may take, as `timeout` reads it: what hangs must fail, and not stop all
/// tests. The slowest is stopping MySQL, which has two minutes for it.
pub(crate) const USUAL: &str = "5m";

/// The same for what downloads or compiles.
pub(crate) const LONG: &str = "30m";

/// The exit code of `timeout` when the time was up.
const TIME_IS_UP: i32 = 124;

/// Why the containers cannot be tested here, if so.
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
        .map(|image| format!("the image {image} is neither here nor can be pulled"))
}

/// Runs `docker` with `arguments`; its standard output.
pub(crate) fn run<'a>(arguments: impl IntoIterator<Item = &'a str>) -> anyhow::Result<String> {
    let mut docker = command("docker", USUAL);
    docker.args(arguments);
    output(docker)
}

/// `program`, which is ended with all that it has started when it takes longer than `limit`.
pub(crate) fn command(program: impl AsRef<OsStr>, limit: &str) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=10s", limit]).arg(program);
    command
}

/// Runs what [`command`] has made; its standard output.
///
/// # Errors
/// It cannot be started, fails or takes too long: then with what it wrote on standard error.
pub(crate) fn output(mut command: Command) -> anyhow::Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{command:?}"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.code() != Some(TIME_IS_UP),
        "{command:?}: the time is up\n{errors}"
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
