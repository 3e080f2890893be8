//! The files as Compose and Swarm read them.

use std::{collections::BTreeSet, fs};

use anyhow::ensure;

use super::stack::Stack;
use crate::services::Services as _;

/// Keys of a service that `docker stack deploy` supports.
const SUPPORTED: [&str; 16] = [
    "cap_drop",
    "command",
    "depends_on",
    "deploy",
    "environment",
    "healthcheck",
    "image",
    "init",
    "logging",
    "networks",
    "ports",
    "read_only",
    "secrets",
    "stop_grace_period",
    "user",
    "volumes",
];

/// Keys that it ignores with a warning; they are for Compose alone.
const IGNORED: [&str; 3] = ["build", "restart", "security_opt"];

/// Returns the standard output of `command`, and its warnings.
fn output_and_warnings(stack: &Stack, command: &str) -> anyhow::Result<(String, String)> {
    let output = stack.shell(&format!("{command} 2>warnings"))?;
    let warnings = fs::read_to_string(stack.folder().path().join("warnings"))?;
    Ok((output, warnings))
}

/// Returns the files as Compose reads them.
fn read_by_compose(stack: &Stack, files: &str) -> anyhow::Result<String> {
    let (text, warnings) = output_and_warnings(stack, &format!("docker compose {files} config"))?;
    ensure!(
        warnings.lines().count() == 1 && warnings.contains("`version` is obsolete"),
        "{warnings}"
    );
    Ok(text)
}

pub(super) fn same(stack: &Stack) -> anyhow::Result<()> {
    let compose = read_by_compose(stack, "-f compose.yaml")?;
    let waits = read_by_compose(stack, "")?.contains("condition: service_healthy");
    ensure!(waits, "compose.override.yaml has no effect");

    let (swarm, warnings) = output_and_warnings(stack, "docker stack config -c compose.yaml")?;
    ensure!(warnings.is_empty(), "{warnings}");
    // Both in the form of Compose, so that a key dropped by one of them is noticed.
    fs::write(stack.folder().path().join("stack.yaml"), &swarm)?;
    let swarm_as_compose = read_by_compose(stack, "-f stack.yaml")?;
    ensure!(
        swarm_as_compose == compose,
        "Compose reads\n{compose}\nand Swarm\n{swarm_as_compose}"
    );

    // Keys of services are indented by four spaces.
    let (_, services) = swarm.split_once("\nservices:\n").unwrap_or_default();
    let keys: BTreeSet<&str> = services
        .lines()
        .take_while(|line| line.starts_with(' '))
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| !line.starts_with([' ', '-']))
        .filter_map(|line| line.split(':').next())
        .collect();
    let known = SUPPORTED.into_iter().chain(IGNORED).collect();
    ensure!(
        keys == known,
        "unused, or not known to be supported: {:?}",
        &keys ^ &known
    );
    Ok(())
}
