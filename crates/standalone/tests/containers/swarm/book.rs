//! One long text over several backends.

use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::stack::Stack;
use crate::{browser::Browser, docker, services::Services as _};

/// Sentences of the book.
const SENTENCES: usize = 10_000;

/// The sentence that the page shows when a backend is killed.
const MIDDLE: usize = SENTENCES / 2;

/// Maximum time for the page of the book: a busy machine translates twenty sentences a second.
const PATIENCE: Duration = Duration::from_mins(15);

/// Beginnings of the sentences; [`MIDDLES`] and [`ENDS`] follow.
const BEGINNINGS: [&str; 8] = [
    "Der Hund",
    "Die Katze",
    "Mein Bruder",
    "Die Lehrerin",
    "Das Kind",
    "Unser Nachbar",
    "Der alte Mann",
    "Eine Freundin",
];
const MIDDLES: [&str; 7] = [
    "trinkt heute",
    "sucht im Garten",
    "findet am Abend",
    "kauft in der Stadt",
    "sieht morgen",
    "vergisst oft",
    "bringt am 3. Juni",
];
const ENDS: [&str; 6] = [
    "kaltes Wasser.",
    "einen Brief!",
    "das neue Buch.",
    "ein Glas Milch.",
    "zwei Zeitungen?",
    "nichts.",
];

/// Returns the book: paragraphs of up to seven sentences, the same in every run.
fn book(title: &str) -> String {
    let mut text = title.to_owned();
    let mut state: usize = 1;
    // The random number generator of Park and Miller.
    let mut next = |below: usize| {
        state = state * 48_271 % 0x7fff_ffff;
        state / 7 % below
    };
    let mut left = 0;
    for number in 1..SENTENCES {
        if left == 0 {
            left = 1 + next(7);
            text.push_str(if next(3) == 0 { "\n\n" } else { "\n" });
        } else {
            text.push(' ');
        }
        left -= 1;
        // All sentences are different, so that none is in the cache.
        let page = format!("Seite {number}:");
        let parts = [
            &page,
            BEGINNINGS[next(BEGINNINGS.len())],
            MIDDLES[next(MIDDLES.len())],
            ENDS[next(ENDS.len())],
        ];
        text.push_str(&parts.join(" "));
    }
    text
}

pub(super) fn three_backends(stack: &Stack) -> anyhow::Result<()> {
    let expected = translated(stack, "Guten Morgen!", || Ok(()))?;
    let sentences = expected.matches(['.', '!', '?']).count();
    ensure!(sentences > SENTENCES * 9 / 10, "{sentences} sentences");
    // The new backend has nothing in its cache.
    for backend in stack.containers("backend")? {
        docker::run(["kill", &backend])?;
    }
    stack.scale(3)?;
    let english = translated(stack, "Guten Morgen!", || {
        let killed = busy(stack)?;
        docker::run(["kill", &killed]).map(drop)
    })?;
    stack.scale(1)?;
    ensure!(english == expected, "{}", difference(&english, &expected));
    Ok(())
}

/// Translates the book, and calls `happening` in the middle. Returns the translation.
fn translated(
    stack: &Stack,
    title: &str,
    happening: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<String> {
    let browser = Browser::within(&stack.folder().origin(), PATIENCE);
    let path = browser.submit(&book(title))?;
    let middle = format!("data-i=\"{MIDDLE}\"");
    let page = browser.get_until(&path, |html| html.contains(&middle))?;
    ensure!(!page.html.contains("id=\"end\""), "too fast for this test");
    happening()?;
    let page = browser.get(&path)?;
    // Completely translated, whether it is in the database already or not.
    let is_whole = ["stored", "kept"]
        .map(|phase| format!("id=\"end\" data-phase=\"{phase}\""))
        .iter()
        .any(|end| page.html.contains(end));
    ensure!(is_whole, "the page ends before the book");
    let english = browser.get(&format!("{path}/english.txt"))?;
    ensure!(english.status == 200, "status {}", english.status);
    Ok(english.html)
}

/// Returns the container of a backend that is translating.
fn busy(stack: &Stack) -> anyhow::Result<String> {
    let ask = "exec 3<>/dev/tcp/127.0.0.1/8000; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; \
         cat <&3";
    for container in stack.containers("backend")? {
        let metrics = docker::run(["exec", &container, "bash", "-c", ask])?;
        let mut lines = metrics.lines();
        let requests = lines.find_map(|line| line.strip_prefix("backend_queue_requests "));
        if requests.context("no such metric")? != "0" {
            return Ok(container);
        }
    }
    anyhow::bail!("no backend is translating")
}

/// Returns the first line in which two texts differ.
fn difference(left: &str, right: &str) -> String {
    let lines = left.lines().zip(right.lines()).enumerate();
    let mut lines = lines.filter(|(_, (left, right))| left != right);
    match lines.next() {
        Some((number, (left, right))) => format!("line {number}: {left:?} and {right:?}"),
        None => format!("{} and {} bytes", left.len(), right.len()),
    }
}
