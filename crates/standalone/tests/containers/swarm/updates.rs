//! Scaling and replacing under load.

use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::{
    load::{self, Seen},
    stack::Stack,
};
use crate::services::Services as _;

/// How long nobody may send a text while the page is replaced on a kernel without IPVS: the new one
/// cannot have the port before the old one has let go of it.
const GAP: Duration = Duration::from_secs(10);

pub(super) fn scaling(stack: &Stack) -> anyhow::Result<()> {
    unnoticed(stack, || {
        stack.scale(3)?;
        stack.update("backend")?;
        stack.scale(1)
    })
}

pub(super) fn backend(stack: &Stack) -> anyhow::Result<()> {
    unnoticed(stack, || stack.update("backend"))
}

pub(super) fn frontend(stack: &Stack) -> anyhow::Result<()> {
    let seen = load::during(stack, || stack.update("frontend"))?;
    ensure!(seen.refused <= GAP, "refused for {:?}", seen.refused);
    Ok(())
}

pub(super) fn database(stack: &Stack) -> anyhow::Result<()> {
    let seen = load::during(stack, || stack.update("database"))?;
    all_right(&seen)
}

/// Checks that people notice nothing of what happens to backends, and that the frontend had no
/// need to try again either.
fn unnoticed(
    stack: &Stack,
    happening: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let before = failed_attempts(stack)?;
    let seen = load::during(stack, happening)?;
    all_right(&seen)?;
    let failed = failed_attempts(stack)? - before;
    ensure!(failed == 0, "{failed} attempts failed");
    Ok(())
}

fn all_right(seen: &Seen) -> anyhow::Result<()> {
    let (wrong, all) = (seen.wrong.len(), seen.accepted.len());
    ensure!(wrong == 0, "{wrong} of {all}: {:#?}", seen.wrong);
    Ok(())
}

/// How often the frontend has had to try again. It counts from the first time on.
fn failed_attempts(stack: &Stack) -> anyhow::Result<u64> {
    let metrics = stack.browser().get("/metrics")?.html;
    let mut lines = metrics.lines();
    let count = lines.find_map(|line| line.strip_prefix("frontend_attempts_failed_total "));
    count.map_or(Ok(0), |count| count.parse().context("a number"))
}
