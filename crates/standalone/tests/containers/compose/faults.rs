//! Services that are killed, paused, disconnected or out of disk space: the page says so, nothing is
//! lost, and everything recovers by itself.

use std::{fs, thread};

use anyhow::{Context as _, ensure};

use super::stack::Stack;
use crate::{docker, services::Services as _};

/// Sentences that keep the model busy while a service is killed: about ten seconds on two fast cores,
/// because Docker takes a second or two to report the state of a container.
const LINES: usize = 16_000;

/// Characters that do not fit into the free space in the pages of the table.
const LONG: usize = 100_000;

/// File that fills the volume of the database.
const FILLING: &str = "/var/lib/mysql/filling";

/// Override that puts the database on a small disk.
const SMALL_DISK: &str = "volumes:
  unlimited_translation_database_volume:
    driver_opts: {type: tmpfs, device: tmpfs, o: \"size=400m,uid=999,gid=999\"}
";

/// Checks that without a database the translation is shown, and the pages say that it is missing.
fn without_database(stack: &Stack, german: &str, english: &str) -> anyhow::Result<()> {
    let page = stack.impatient().translate(german)?.html;
    ensure!(page.contains(english), "{page}");
    ensure!(page.contains("not in the history yet"), "{page}");
    for path in ["/", "/history"] {
        // The page comes within seconds even before the frontend notices the fault.
        let page = stack.impatient().get(path)?;
        ensure!(page.status == 200, "{path}: status {}", page.status);
        stack.until("the page says that the database is away", || {
            let page = stack.impatient().get(path)?;
            Ok(page.html.contains("The database cannot be reached."))
        })?;
    }
    Ok(())
}

/// Checks that the translation is stored by itself, and that the pages no longer mention the fault.
fn recovered(stack: &Stack, german: &str) -> anyhow::Result<()> {
    stack.stored(german)?;
    for path in ["/", "/history"] {
        stack.until("the page does not mention the fault", || {
            let page = stack.impatient().get(path)?;
            Ok(!page.html.contains("The database cannot be reached."))
        })?;
    }
    let history = stack.impatient().get("/history")?.html;
    ensure!(history.contains(german), "{history}");
    Ok(())
}

/// Waits until the frontend has connected to the database, so that the schema is there.
fn with_database(stack: &Stack) -> anyhow::Result<()> {
    stack.until("the history is served", || {
        let page = stack.impatient().get("/history")?;
        Ok(!page.html.contains("The database cannot be reached."))
    })
}

pub(super) fn killed(stack: &Stack) -> anyhow::Result<()> {
    with_database(stack)?;
    // The engine does not restart a container that it was asked to kill.
    stack.run(["kill", "database"])?;
    let german = "Ich habe heute keine Zeit.";
    let shown = without_database(stack, german, "have time today");
    stack.run(["start", "database"])?;
    shown?;
    recovered(stack, german)?;
    // A crash, after which it does.
    stack.crash("database")?;
    let german = "Morgen habe ich Zeit.";
    let page = stack.impatient().translate(german)?.html;
    ensure!(page.contains("I have time tomorrow."), "{page}");
    recovered(stack, german)
}

pub(super) fn silent(stack: &Stack) -> anyhow::Result<()> {
    with_database(stack)?;
    stack.run(["pause", "database"])?;
    let german = "Wir trinken heute Kaffee.";
    let shown = without_database(stack, german, "coffee");
    stack.run(["unpause", "database"])?;
    shown?;
    recovered(stack, german)
}

pub(super) fn cut_off(stack: &Stack) -> anyhow::Result<()> {
    with_database(stack)?;
    let network = format!("{}_data", stack.name());
    let container = stack.container("database")?;
    docker::run(["network", "disconnect", &network, &container])?;
    let german = "Das Wasser ist heute kalt.";
    let shown = without_database(stack, german, "water");
    let connect = ["network", "connect", "--alias=database"];
    docker::run(connect.into_iter().chain([&*network, &*container]))?;
    shown?;
    recovered(stack, german)
}

pub(super) fn never_there(_: &Stack) -> anyhow::Result<()> {
    let stack = Stack::new("alone")?;
    // A failed first start would leave a volume that the MySQL image cannot use.
    stack.up()?;
    with_database(&stack)?;
    stack.down()?;
    let file = stack.folder().path().join("compose.yaml");
    let sound = fs::read_to_string(&file)?;
    let broken = sound.replace("--skip-name-resolve", "--no-such-option");
    ensure!(broken != sound, "the option is not replaced");
    fs::write(&file, broken)?;
    stack.up()?;
    let german = "Die Sonne scheint heute.";
    without_database(&stack, german, "sun")?;
    fs::write(&file, sound)?;
    stack.up()?;
    recovered(&stack, german)
}

pub(super) fn full(_: &Stack) -> anyhow::Result<()> {
    let stack = Stack::new("full")?;
    let own = stack.folder().path().join("compose.override.yaml");
    fs::write(own, SMALL_DISK)?;
    stack.up()?;
    with_database(&stack)?;
    let before = "Guten Morgen!";
    stack.browser().translate(before)?;
    stack.stored(before)?;

    let fill = format!("cat /dev/zero >{FILLING}");
    let error = stack.exec("database", &["sh", "-c", &fill]);
    let error = error.err().context("the disk is not full")?.to_string();
    ensure!(error.contains("No space left"), "{error}");
    // No sentence, so that there is nothing to translate.
    let long = "–".repeat(LONG);
    let page = stack.impatient().translate(&long)?.html;
    let is_reported = page.contains("not in the history yet") && page.contains("is full");
    ensure!(is_reported, "the page does not say that the table is full");
    let page = stack.impatient().translate("Gute Nacht!")?.html;
    ensure!(page.contains("night"), "{page}");
    for path in ["/", "/history"] {
        let page = stack.impatient().get(path)?;
        ensure!(page.status == 200, "{path}: status {}", page.status);
    }
    ensure!(stack.rows("–")? == 0, "stored on a full disk");

    stack.exec("database", &["rm", FILLING])?;
    for german in ["–", "Gute Nacht!", before] {
        stack.stored(german)?;
    }
    let length = stack.sql("select max(char_length(text_en)) from translations")?;
    ensure!(length == LONG.to_string(), "{length}");
    Ok(())
}

/// Returns a text of [`LINES`] different lines, so that none is in the cache.
fn book(first: &str) -> String {
    let numbered = (1..LINES).map(|line| format!("\nWie geht es dir auf Seite {line}?"));
    first.to_owned() + &numbered.collect::<String>()
}

/// Checks that one row has the complete translation, each line in its place.
fn complete(stack: &Stack, first: &str) -> anyhow::Result<()> {
    stack.stored(first)?;
    let query = format!("select text_en from translations where text_de like '{first}%'");
    let english = stack.sql(&query)?;
    // The client escapes line breaks.
    let lines: Vec<&str> = english.split("\\n").collect();
    ensure!(lines.len() == LINES, "{} lines", lines.len());
    let mut in_place = 0;
    for (number, line) in lines.iter().enumerate().skip(1) {
        ensure!(line.starts_with("How"), "line {number}: {line}");
        in_place += usize::from(line.contains(&number.to_string()));
    }
    // The demo model gets some numbers wrong.
    ensure!(in_place > LINES * 4 / 5, "{in_place} lines in their places");
    Ok(())
}

/// Submits a text of many sentences, and waits until the page shows some of them. Returns its path.
fn begun(stack: &Stack, first: &str) -> anyhow::Result<String> {
    let path = stack.browser().submit(&book(first))?;
    let page = stack
        .browser()
        .get_until(&path, |html| html.contains("How"))?;
    ensure!(!page.html.contains("id=\"end\""), "too fast for this test");
    ensure!(stack.rows(first)? == 0, "stored before the end");
    Ok(path)
}

pub(super) fn backend(stack: &Stack) -> anyhow::Result<()> {
    let first = "Guten Abend!";
    let path = begun(stack, first)?;
    let page = thread::scope(|scope| {
        let page = scope.spawn(|| stack.browser().get(&path));
        stack.crash("backend")?;
        page.join().expect("it returns its errors")
    })?
    .html;
    let shown = page.matches("How").count();
    ensure!(shown == LINES - 1, "{shown} sentences on the page");
    complete(stack, first)
}

pub(super) fn frontend(stack: &Stack) -> anyhow::Result<()> {
    let first = "Guten Tag!";
    let path = begun(stack, first)?;
    stack.crash("frontend")?;
    let mut page = String::new();
    stack.until("the page is served again", || {
        page = stack.browser().get(&path)?.html;
        Ok(true)
    })?;
    let shown = page.matches("How").count();
    ensure!(shown == LINES - 1, "{shown} sentences on the page");
    complete(stack, first)
}
