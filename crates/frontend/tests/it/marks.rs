//! Flags of sentences, from the backend to the page, across restarts and versions.

use api::Flag;
use tempfile::TempDir;

use crate::Cases;
use crate::fixture::{
    App, Backend, Database, MariaDb, Mood, atoms, eventually, spooled, stored, translated,
};
use crate::program::Running;

pub(crate) fn add(cases: &mut Cases) {
    cases.own_server("marks/they_survive_kills_and_an_outage", survive);
    cases.each("marks/unknown_flags_of_a_later_backend_are_ignored", later);
}

/// The second and the last sentence are flagged.
const TEXT: &str =
    "Guten Morgen. Salat Salat Salat. Bis morgen. Der Eintritt kostet 19,99 Euro für 2 Personen.";

const MARK: &str = "<span data-i=\"1\" class=\"s poor\" id=\"s1\"";
const LINE: &str = "1 sentence may be translated poorly; it is marked in the text.";

const LOST: &str = "<span data-i=\"3\" class=\"s lost\" id=\"s3\" title=\"Numbers or references could \
     not be kept. “19,99” became “1999”.\"";
const ATOMS: &str = "2 numbers and references; 1 could not be kept: see the marked sentences.";

/// Checks that the page shows and explains both marks, and marks nothing else.
fn check(page: &str) {
    assert_eq!(page.matches(LOST).count(), 1, "{page}");
    assert_eq!(page.matches("class=\"s lost").count(), 1, "{page}");
    assert_eq!(page.matches(ATOMS).count(), 1, "{page}");
    assert_eq!(page.matches(MARK).count(), 1, "{page}");
    assert_eq!(page.matches("class=\"s poor").count(), 1, "{page}");
    assert_eq!(page.matches(LINE).count(), 1, "{page}");
}

async fn survive(mut server: MariaDb) {
    let (folder, backend) = (TempDir::new().unwrap(), Backend::start().await);
    let _database = server.named("translation").await;
    let options = server.options("translation");
    let port = options.get_port().to_string();
    let settings = [
        ("DB_HOST", options.get_host()),
        ("DB_PORT", &port),
        ("DB_NAME", "translation"),
        ("DB_USER", "tester"),
        ("DB_PASSWORD", crate::fixture::PASSWORD),
    ];
    let start = async || {
        let running = Running::start(folder.path(), &backend, &settings);
        running.live().await;
        running
    };
    server.kill();
    let running = start().await;
    let path = running.submit(TEXT).await;
    // The page ends once the text is translated and the wait for the database is over.
    let page = running.page(&path).await;
    assert!(page.contains("data-phase=\"kept\""), "{page}");
    check(&page);
    drop(running);

    // From the spool, while the database is down.
    assert_eq!(spooled(folder.path()).len(), 1);
    let running = start().await;
    let page = running.page(&path).await;
    assert!(page.contains("data-phase=\"kept\""), "{page}");
    check(&page);
    drop(running);

    // From the database, in which another process stored it.
    server.restart();
    let running = start().await;
    eventually("it is stored", async || spooled(folder.path()).is_empty()).await;
    drop(running);
    let running = start().await;
    let page = running.page(&path).await;
    assert!(page.contains("data-phase=\"stored\""), "{page}");
    check(&page);
    let history = running.page("/history").await;
    assert!(history.contains(&path), "{history}");
    let file = running.page(&format!("{path}/english.txt")).await;
    assert_eq!(file, TEXT.to_uppercase());
    assert_eq!(backend.texts().len(), 1, "nothing was translated twice");
}

async fn later(database: Database) {
    let (folder, backend) = (TempDir::new().unwrap(), Backend::start().await);
    backend.set(Mood::Newer);
    let app = App::open(folder.path(), &backend, database.config()).await;
    app.history.up().await;
    let job = app.submit(TEXT).await;
    stored(&job).await;
    assert_eq!(backend.texts().len(), 1, "no attempt failed");
    let sentences = translated(&job).into_iter();
    let flags: Vec<_> = sentences.map(|sentence| sentence.flags).collect();
    let positioned = vec![Flag::Positioned];
    let both = vec![Flag::Looped, Flag::Positioned];
    let expected = [positioned.clone(), both, positioned.clone(), positioned];
    assert_eq!(flags, expected);
    let row = app.history.find(job.id()).await.unwrap().unwrap();
    assert_eq!(row.text_en, TEXT.to_uppercase());
    let expected = "0:positioned 1:looped,positioned 2:positioned 3:positioned";
    assert_eq!(row.flags.to_string(), expected);
    assert_eq!(row.atoms, atoms(3, 2, &[("19,99", Some("1999"))]));
}
