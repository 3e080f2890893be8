//! Texts whose lines are joined, from the offer on the page to the history.

use tempfile::TempDir;

use crate::Cases;
use crate::fixture::{Backend, eventually, spooled};
use crate::program::Running;

pub(crate) fn add(cases: &mut Cases) {
    cases.plain("wrapped/lines_are_joined_on_request_and_stay_so", joined);
    cases.plain("wrapped/a_poem_is_left_alone", poem);
}

const LETTER: &str = "\
Der Verein hat in diesem Jahr rund neunzig neue Mitglieder gewonnen,
die meisten davon im Sommer. Er dankt allen, die ihm in dieser Zeit
geholfen haben, und besonders Frau Huber aus Bern, die seit Januar
die Kasse des Vereins sorgfältig und mit viel Geduld führt.
";

const OFFER: &str = "The lines of this text look wrapped at a fixed width.";
const JOINED: &str = "Lines were joined before translating.";
/// The end of the translation of a text with two sentences, one of them over three lines.
const LAST: &str = "<span data-i=\"1\" class=\"s\">ER DANKT ALLEN, DIE IHM IN DIESER ZEIT&#10;";

async fn joined() {
    let (folder, backend) = (TempDir::new().unwrap(), Backend::start().await);
    let start = async || {
        let running = Running::start(folder.path(), &backend, &[]);
        running.live().await;
        running
    };
    let running = start().await;
    let lines = running.submit(LETTER).await;
    let page = running.page(&lines).await;
    assert!(page.contains(OFFER) && !page.contains(JOINED), "{page}");
    assert!(!page.contains(LAST), "{page}");
    assert_eq!(backend.wrapped(), [false]);

    // The button, clicked twice.
    let nonce = page.split("name=\"nonce\" value=\"").nth(1).unwrap();
    let body = format!("nonce={}", &nonce[..36]);
    backend.hold();
    let path = running.post(&format!("{lines}/join"), body.clone()).await;
    assert_ne!(path, lines);
    assert_eq!(running.post(&format!("{lines}/join"), body).await, path);
    eventually("a request", async || backend.wrapped() == [false, true]).await;
    drop(running);
    backend.release_all();

    // From the spool.
    let running = start().await;
    let page = running.page(&path).await;
    assert!(page.contains(JOINED) && !page.contains(OFFER), "{page}");
    assert!(page.contains(LAST), "{page}");
    assert_eq!(backend.wrapped(), [false, true, true]);
    eventually("it is stored", async || spooled(folder.path()).is_empty()).await;
    drop(running);

    // From the database.
    let running = start().await;
    let page = running.page(&path).await;
    assert!(page.contains("data-phase=\"stored\""), "{page}");
    assert!(page.contains(JOINED) && !page.contains(OFFER), "{page}");
    assert!(page.contains(LAST), "{page}");
    let page = running.page(&lines).await;
    assert!(page.contains(OFFER) && !page.contains(LAST), "{page}");
    assert_eq!(backend.wrapped().len(), 3, "nothing was translated twice");
}

async fn poem() {
    let (folder, backend) = (TempDir::new().unwrap(), Backend::start().await);
    let running = Running::start(folder.path(), &backend, &[]);
    running.live().await;
    let poem =
        "Der Mond ist aufgegangen,\nDie goldnen Sternlein prangen\nAm Himmel hell und klar;\n";
    let page = running.page(&running.submit(poem).await).await;
    assert!(
        page.contains("AM HIMMEL") && !page.contains(OFFER),
        "{page}"
    );
}
