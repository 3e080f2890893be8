//! Start, restart, backup and restore.

use anyhow::{Context as _, ensure};

use super::stack::Stack;
use crate::{
    readme,
    scenarios::GERMAN,
    services::{SERVICES, Services as _},
};

/// Query for the columns of the table in order, with type, nullability, key and extra.
const COLUMNS: &str = "select concat_ws(' ', column_name, column_type, is_nullable, column_key, \
     extra) from information_schema.columns where table_schema = 'translation' \
     and table_name = 'translations' order by ordinal_position";

/// Columns of the original app.
const ORIGINAL: &str = "id int unsigned NO PRI auto_increment\n\
     text_de longtext YES  \n\
     text_en longtext YES  ";

pub(super) fn from_nothing(stack: &Stack) -> anyhow::Result<()> {
    stack.browser().translate(GERMAN)?;
    stack.until("there is a row", || Ok(stack.rows(GERMAN)? > 0))?;
    stack.remove()?;
    // The database alone, so that the dump creates the table.
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

pub(super) fn restarts(stack: &Stack) -> anyhow::Result<()> {
    for (service, (german, english)) in SERVICES.into_iter().zip([
        ("Die Datenbank ist neu.", "The database is new."),
        ("Das Modell ist neu.", "The model is new."),
        ("Die Seite ist neu.", "The page is new."),
    ]) {
        stack.run(["restart", service])?;
        stack.served()?;
        let page = stack.browser().translate(german)?.html;
        ensure!(page.contains(english), "{service}: {page}");
        stack.stored(german).context(service)?;
    }
    Ok(())
}

pub(super) fn backup(stack: &Stack) -> anyhow::Result<()> {
    let commands = readme::commands("**Backup and restore**")?;
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
