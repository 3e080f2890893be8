//! Scaling and replacing under load.

use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::{load, stack::Stack};
use crate::services::Services as _;

/// Maximum time during which no text is accepted while the frontend is replaced on a kernel without
/// IPVS: the new container cannot publish the port before the old one has released it.
const MAX_GAP: Duration = Duration::from_secs(10);

/// Counters of the frontend for attempts that failed.
const RETRIES: [&str; 2] = [
    "frontend_attempts_failed_total",
    "frontend_chunks_total{outcome=\"returned\"}",
];

pub(super) fn scaling(stack: &Stack) -> anyhow::Result<()> {
    unnoticed(stack, || {
        stack.scale(3)?;
        stack.scale(1)
    })
}

pub(super) fn backend(stack: &Stack) -> anyhow::Result<()> {
    unnoticed(stack, || stack.update("backend"))
}

pub(super) fn frontend(stack: &Stack) -> anyhow::Result<()> {
    let seen = load::during(stack, || stack.update("frontend"))?;
    ensure!(seen.refused <= MAX_GAP, "refused for {:?}", seen.refused);
    Ok(())
}

pub(super) fn database(stack: &Stack) -> anyhow::Result<()> {
    load::during(stack, || stack.update("database"))?.all_right()
}

/// Checks that people notice nothing while `happening` runs, and that the frontend does not have to
/// retry either.
fn unnoticed(stack: &Stack, happening: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let before = retries(stack)?;
    load::during(stack, happening)?.all_right()?;
    let after = retries(stack)?;
    ensure!(
        after == before,
        "{RETRIES:?}: {before:?} before, {after:?} after"
    );
    Ok(())
}

/// Returns the values of [`RETRIES`].
fn retries(stack: &Stack) -> anyhow::Result<Vec<u64>> {
    let metrics = stack.browser().get("/metrics")?.html;
    let count = |name: &&str| {
        let mut lines = metrics.lines();
        let value = lines.find_map(|line| line.strip_prefix(*name)?.strip_prefix(' '));
        let value = value.with_context(|| format!("no metric {name}"))?;
        value.parse().context("a number")
    };
    RETRIES.iter().map(count).collect()
}
