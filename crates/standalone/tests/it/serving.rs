//! From form to history, over restarts.

use std::time::{Duration, Instant};

use tempfile::tempdir;

use crate::{
    app::{App, free_address},
    program::program,
};

#[test]
fn a_translation_is_in_the_history_after_a_restart() {
    let data = tempdir().expect("a folder");
    let app = App::start(&data);
    let page = app
        .browser
        .translate("Guten Morgen! Wie geht es dir?")
        .expect("a page");
    assert!(page.html.contains("Good morning"), "{}", page.html);
    assert!(page.html.contains("How are you"), "{}", page.html);
    assert!(app.stop().success());

    let app = App::start(&data);
    let history = app.browser.get("/history").expect("a page");
    assert_eq!(history.status, 200);
    assert!(history.html.contains("Guten Morgen"), "{}", history.html);
    assert!(history.html.contains("Good morning"), "{}", history.html);
}

#[test]
fn a_text_is_translated_and_stored_after_the_program_is_killed_and_restarted() {
    let data = tempdir().expect("a folder");
    let app = App::start(&data);
    // All sentences are different, so that none is in the cache.
    let text = (100..160)
        .map(|number| format!("Der Zug Nummer {number} fährt heute nicht."))
        .collect::<Vec<_>>()
        .join("\n\n");
    let path = app.browser.submit(&text).expect("accepted");
    let page = app
        .browser
        .get_until(&path, |html| html.contains("today"))
        .expect("a page");
    assert!(!page.html.contains("</html>"), "too fast to be killed");
    app.kill();

    let app = App::start(&data);
    let page = app.browser.get(&path).expect("a page");
    assert!(page.html.contains("</html>"), "{}", page.html);
    let english = app.browser.get(&format!("{path}/english.txt"));
    let english = english.expect("a file").html;
    let sentences = english.lines().filter(|line| !line.is_empty());
    assert_eq!(sentences.count(), 60, "{english}");
    let history = app.browser.get("/history").expect("a page");
    assert!(history.html.contains("Nummer 100"), "{}", history.html);
}

#[test]
fn a_taken_port_is_named() {
    let data = tempdir().expect("a folder");
    let taken = std::net::TcpListener::bind(free_address()).expect("bound");
    let address = taken.local_addr().expect("an address").to_string();
    let output = program(data.path())
        .env("FRONTEND_BIND", &address)
        .output()
        .expect("run");
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains(&address), "{errors}");
    assert!(errors.contains("in use"), "{errors}");
}

#[test]
fn the_sql_page_reads_the_embedded_database() {
    let data = tempdir().expect("a folder");
    let app = App::start(&data);
    let german = "Guten Morgen!";
    app.browser.translate(german).expect("translated");
    // The row may be stored a moment after the translation is shown.
    let start = Instant::now();
    let page = loop {
        let page = app.browser.query("SELECT * FROM translations;");
        let page = page.expect("a page");
        if page.html.contains(german) || start.elapsed() > Duration::from_mins(1) {
            break page;
        }
    };
    assert_eq!(page.status, 200, "{}", page.html);
    assert!(page.html.contains("1 row · "), "{}", page.html);
}
