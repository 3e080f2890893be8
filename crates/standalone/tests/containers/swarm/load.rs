//! People who translate continuously.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};

use super::stack::Stack;
use crate::{browser::Browser, services::Services as _, until::until};

/// Number of people.
const PEOPLE: usize = 4;

/// Texts that each of them sends in turn.
const TEXTS: [&str; 3] = [
    "Guten Morgen! Wie geht es dir?",
    "Ich habe heute keine Zeit.\n\nMorgen habe ich Zeit.",
    "Das Wasser ist kalt.",
];

/// Maximum rows in a query, because the length of an argument is limited.
const ROWS: usize = 1000;

/// Observations of the people.
#[derive(Default)]
pub(super) struct Seen {
    /// Ids of texts that were accepted.
    pub(super) accepted: Vec<String>,
    /// Faults at the first attempt.
    pub(super) wrong: Vec<String>,
    /// Maximum time during which a text was not accepted.
    pub(super) refused: Duration,
}

impl Seen {
    /// Checks that nobody noticed a fault.
    pub(super) fn all_right(&self) -> anyhow::Result<()> {
        let (wrong, all) = (self.wrong.len(), self.accepted.len());
        ensure!(wrong == 0, "{wrong} of {all}: {:#?}", self.wrong);
        Ok(())
    }
}

/// Texts and their translations.
type Known = Vec<(&'static str, String)>;

/// Returns what people observe while `happening` runs.
///
/// # Errors
/// It fails, hardly any text was translated, or an accepted text is not stored afterwards.
pub(super) fn during(
    stack: &Stack,
    happening: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<Seen> {
    let known = TEXTS
        .into_iter()
        .map(|german| {
            let path = stack.browser().submit(german)?;
            Ok((german, english(&stack.browser(), &path)?))
        })
        .collect::<anyhow::Result<Known>>()?;
    let over = AtomicBool::new(false);
    let (happened, seen) = thread::scope(|scope| {
        let people = [(); PEOPLE].map(|()| scope.spawn(|| person(stack, &known, &over)));
        let happened = happening();
        over.store(true, Ordering::Relaxed);
        let seen = people.map(|person| person.join().expect("errors are returned"));
        (happened, seen)
    });
    let mut all = Seen::default();
    for seen in seen {
        let mut seen = seen?;
        ensure!(seen.accepted.len() > TEXTS.len(), "hardly any load");
        all.accepted.append(&mut seen.accepted);
        all.wrong.append(&mut seen.wrong);
        all.refused = all.refused.max(seen.refused);
    }
    happened.with_context(|| format!("meanwhile: {:#?}", all.wrong))?;
    stored(stack, &known, &all.accepted)?;
    Ok(all)
}

/// Runs one of the people until `over` is true.
fn person(stack: &Stack, known: &Known, over: &AtomicBool) -> anyhow::Result<Seen> {
    let browser = stack.browser();
    let mut seen = Seen::default();
    for (german, right) in known.iter().cycle() {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let sent = Instant::now();
        let path = match browser.submit(german) {
            Ok(path) => path,
            Err(error) => {
                seen.wrong.push(format!("not accepted: {error:#}"));
                let mut path = String::new();
                until("a text is accepted again", || {
                    path = browser.submit(german)?;
                    Ok(true)
                })?;
                seen.refused = seen.refused.max(sent.elapsed());
                path
            }
        };
        match english(&browser, &path) {
            Ok(english) if english == *right => {}
            Ok(english) => seen.wrong.push(format!("not {right:?}: {english:?}")),
            Err(error) => seen.wrong.push(format!("not shown: {error:#}")),
        }
        let id = path.rsplit('/').next().unwrap_or_default();
        seen.accepted.push(id.to_owned());
    }
    Ok(seen)
}

/// Returns the English text of a translation, whose page has to be complete.
fn english(browser: &Browser, path: &str) -> anyhow::Result<String> {
    let page = browser.get(path)?;
    ensure!(page.status == 200, "status {}", page.status);
    ensure!(page.html.contains("id=\"end\""), "no end: {}", page.html);
    let history = browser.get("/history")?;
    ensure!(history.status == 200, "history: status {}", history.status);
    let text = browser.get(&format!("{path}/english.txt"))?;
    ensure!(text.status == 200, "text: status {}", text.status);
    Ok(text.html)
}

/// Waits until every text has a row with its translation.
fn stored(stack: &Stack, known: &Known, ids: &[String]) -> anyhow::Result<()> {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let pairs: Vec<String> = known
        .iter()
        .map(|(german, english)| format!("({}, {})", quoted(german), quoted(english)))
        .collect();
    let pairs = pairs.join(", ");
    for ids in ids.chunks(ROWS) {
        let quoted: Vec<String> = ids.iter().map(|id| quoted(id)).collect();
        let query = format!(
            "select count(*) from translations \
             where public_id in ({}) and (text_de, text_en) in ({pairs})",
            quoted.join(", ")
        );
        stack.until("every accepted text is stored", || {
            Ok(stack.sql(&query)? == ids.len().to_string())
        })?;
    }
    Ok(())
}
