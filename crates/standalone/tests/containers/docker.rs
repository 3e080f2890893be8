//! The command line of Docker.

use std::{
    process::{Command, Stdio},
    sync::LazyLock,
};

use anyhow::{Context as _, ensure};

/// What the images are built from, and the database.
const BASES: [&str; 3] = ["rust:1-slim-trixie", "debian:trixie-slim", "mysql:9.7"];

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
    BASES
        .iter()
        .find(|image| run(["image", "inspect", image]).is_err() && run(["pull", image]).is_err())
        .map(|image| format!("the image {image} is neither here nor can be pulled"))
}

/// Runs `docker` with `arguments`; its standard output.
pub(crate) fn run<'a>(arguments: impl IntoIterator<Item = &'a str>) -> anyhow::Result<String> {
    let mut docker = Command::new("docker");
    docker.args(arguments);
    output(docker)
}

/// Runs `command`; its standard output.
///
/// # Errors
/// It cannot be started, or fails: then with what it wrote on standard error.
pub(crate) fn output(mut command: Command) -> anyhow::Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{command:?}"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{command:?}: {}\n{errors}",
        output.status
    );
    Ok(String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned())
}
