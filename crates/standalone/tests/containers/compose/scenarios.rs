//! The services at work.

use anyhow::{Context as _, ensure};

use super::stack::{SERVICES, Stack};

/// Two sentences that the demo model knows well.
const GERMAN: &str = "Guten Morgen! Wie geht es dir?";
const ENGLISH: &str = "Good morning";

/// Columns of the table in their order, with type, nullability, key and extra.
const COLUMNS: &str = "select concat_ws(' ', column_name, column_type, is_nullable, column_key, \
     extra) from information_schema.columns where table_schema = 'translation' \
     and table_name = 'translations' order by ordinal_position";

/// Those that the original app made.
const ORIGINAL: &str = "id int unsigned NO PRI auto_increment\n\
     text_de longtext YES  \n\
     text_en longtext YES  ";

pub(super) fn from_nothing(stack: &Stack) -> anyhow::Result<()> {
    stack.browser().translate(GERMAN)?;
    stack.until("there is a row", || Ok(stack.rows(GERMAN)? > 0))?;
    stack.remove()?;
    // The database alone, so that it is the dump that makes the table.
    stack.run(["up", "--detach", "--wait", "database"])?;
    ensure!(
        stack.sql(COLUMNS)? == ORIGINAL.trim_end(),
        "{}",
        stack.sql(COLUMNS)?
    );
    ensure!(stack.rows("")? == 0, "a row is left");
    stack.up()?;
    stack.until("the app's columns are there", || {
        let columns = stack.sql(COLUMNS)?;
        Ok(columns.starts_with(ORIGINAL)
            && columns.contains("\npublic_id char(36) YES UNI")
            && columns.contains("\ndeleted_at datetime(6) YES"))
    })?;
    stack.until("the history is empty", || {
        let history = stack.browser().get("/history")?;
        Ok(history.html.contains("Nothing here yet"))
    })?;
    stack.browser().translate(GERMAN)?;
    stack.stored(GERMAN)
}

pub(super) fn row_in_mysql(stack: &Stack) -> anyhow::Result<()> {
    let path = stack.browser().submit(GERMAN)?;
    ensure!(path.starts_with("/translations/"), "{path}");
    let page = stack.browser().get(&path)?;
    ensure!(page.status == 200, "status {}", page.status);
    ensure!(page.html.contains(ENGLISH), "{}", page.html);
    stack.until("the row is in MySQL", || Ok(stack.rows(GERMAN)? > 0))?;
    let english = stack.sql("select text_en from translations order by id desc limit 1")?;
    ensure!(english.starts_with(ENGLISH), "{english}");
    let history = stack.browser().get("/history")?;
    ensure!(history.html.contains("Guten Morgen"), "{}", history.html);
    Ok(())
}

pub(super) fn restarts(stack: &Stack) -> anyhow::Result<()> {
    for (service, german) in SERVICES.into_iter().zip([
        "Die Datenbank ist neu.",
        "Das Modell ist neu.",
        "Die Seite ist neu.",
    ]) {
        stack.run(["restart", service])?;
        stack.until("a text is accepted", || {
            Ok(stack.browser().translate(german)?.html.contains("new"))
        })?;
        stack.stored(german).context(service)?;
    }
    Ok(())
}

pub(super) fn rows_survive(stack: &Stack) -> anyhow::Result<()> {
    let german = "Die Katze schläft auf dem Sofa.";
    stack.browser().translate(german)?;
    stack.stored(german)?;
    stack.down()?;
    stack.up()?;
    stack.stored(german)?;
    stack.until("the history shows it", || {
        Ok(stack.browser().get("/history")?.html.contains("schläft"))
    })
}

pub(super) fn backup(stack: &Stack) -> anyhow::Result<()> {
    let commands = commands("**Backup and restore**")?;
    let (backup, restore) = commands.rsplit_once('\n').context("one command")?;

    let german = "Der Hund schläft.";
    stack.browser().translate(german)?;
    stack.stored(german)?;
    stack.shell(backup)?;
    stack.sql("delete from translations")?;
    ensure!(stack.rows(german)? == 0, "not deleted");
    stack.shell(restore)?;
    ensure!(stack.rows(german)? == 1, "not restored");
    Ok(())
}

/// The first commands in the README after `heading`.
pub(super) fn commands(heading: &str) -> anyhow::Result<&'static str> {
    let readme = include_str!("../../../../../README.md");
    let (_, rest) = readme.split_once(heading).context(heading.to_owned())?;
    let (_, commands) = rest.split_once("```sh\n").context("no commands")?;
    let (commands, _) = commands.split_once("```").context("no end")?;
    Ok(commands.trim())
}

pub(super) fn names(stack: &Stack) -> anyhow::Result<()> {
    for service in ["database", "backend"] {
        let address = stack.exec("frontend", &["getent", "hosts", service])?;
        ensure!(!address.is_empty(), "no address for {service}");
    }
    Ok(())
}
