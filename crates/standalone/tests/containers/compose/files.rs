//! What Compose and Swarm read in the files.

use std::{collections::BTreeSet, fs};

use anyhow::ensure;

use super::stack::Stack;
use crate::services::Services as _;

/// What a service may say that `docker stack deploy` acts upon.
const TAKEN: [&str; 16] = [
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

/// What it leaves out with a warning: for Compose alone.
const LEFT_OUT: [&str; 3] = ["build", "restart", "security_opt"];

/// What `command` writes, and its warnings.
fn told(stack: &Stack, command: &str) -> anyhow::Result<(String, String)> {
    let output = stack.shell(&format!("{command} 2>warnings"))?;
    let warnings = fs::read_to_string(stack.folder().path().join("warnings"))?;
    Ok((output, warnings))
}

/// The files as Compose reads them.
fn read_by_compose(stack: &Stack, files: &str) -> anyhow::Result<String> {
    let (text, warnings) = told(stack, &format!("docker compose {files} config"))?;
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

    let (swarm, warnings) = told(stack, "docker stack config -c compose.yaml")?;
    ensure!(warnings.is_empty(), "{warnings}");
    // Both say it in the words of Compose, so that nothing that one of them dropped goes unseen.
    fs::write(stack.folder().path().join("stack.yaml"), &swarm)?;
    let swarm_as_compose = read_by_compose(stack, "-f stack.yaml")?;
    ensure!(
        swarm_as_compose == compose,
        "Compose reads\n{compose}\nand Swarm\n{swarm_as_compose}"
    );

    // Keys of services, which stand four spaces deep.
    let (_, services) = swarm.split_once("\nservices:\n").unwrap_or_default();
    let keys: BTreeSet<&str> = services
        .lines()
        .take_while(|line| line.starts_with(' '))
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| !line.starts_with([' ', '-']))
        .filter_map(|line| line.split(':').next())
        .collect();
    let known = TAKEN.into_iter().chain(LEFT_OUT).collect();
    ensure!(
        keys == known,
        "said without need, or not known to be heeded: {:?}",
        &keys ^ &known
    );
    Ok(())
}
