//! The history: search, pages, delete and undo, and a database that is down.

use fantoccini::key::Key;

use super::{Case, cases};
use crate::app::App;
use crate::backend::{Backend, LETTER, Mood};
use crate::browser::{Browser, Device};

pub(super) fn cases() -> Vec<Case> {
    cases![
        searched_deleted_and_undone,
        deleted_and_undone_without_script.on(Device::NoScript),
        what_is_not_finished_is_found_again,
        older_ones_are_on_further_pages,
        a_database_that_is_away_is_said_and_nothing_lost,
    ]
}

async fn three(app: &App) {
    app.translate("Der Abfall wird jeden Dienstag abgeholt. Karton bitte gebündelt bereitstellen.")
        .await;
    app.translate("Guten Morgen! Wie geht es dir?").await;
    app.translate(LETTER).await;
}

async fn searched_deleted_and_undone(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    browser.go(&format!("{}/history", app.url)).await;
    browser.shows("Nothing here yet").await;
    browser.picture("history-empty").await;
    three(&app).await;
    browser.refresh().await;
    browser
        .until("document.querySelectorAll('#entries li').length === 3")
        .await;
    assert!(
        browser
            .text("#entries li")
            .await
            .starts_with("Sehr geehrte Frau Keller"),
        "newest first"
    );
    // In the time zone of the browser. It may be midnight.
    browser
        .until("/^(today|yesterday) \\d\\d:\\d\\d$/.test(document.querySelector('#entries time').textContent)")
        .await;
    browser.picture("history").await;

    browser.click("#q").await;
    browser.type_text("How are").await;
    browser.press(&[Key::Enter]).await;
    browser
        .until("document.querySelectorAll('#entries li').length === 1")
        .await;
    browser.click("#entries .icon").await;
    browser.shows("The translation is deleted.").await;
    browser.shows("Nothing found").await;
    browser.picture("history-deleted").await;
    browser.click(".note button").await;
    browser
        .until("document.querySelectorAll('#entries li').length === 1")
        .await;
    browser.shows("Good morning! How are you?").await;
    assert_eq!(
        browser.eval("document.querySelector('#q').value").await,
        "How are"
    );

    browser.follow("#entries a").await;
    browser
        .until("document.querySelector('#end[data-phase=stored]')")
        .await;
    browser.shows("Good morning!").await;
    // Sentences of stored translations are still paired.
    browser
        .until("document.querySelectorAll('[data-i=\"1\"]').length === 2")
        .await;

    browser
        .go(&format!("{}/history?q=Krankenkasse", app.url))
        .await;
    browser
        .shows("No translation contains “Krankenkasse”")
        .await;
    browser.picture("history-no-hit").await;
}

async fn deleted_and_undone_without_script(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    app.translate("Guten Morgen!").await;
    browser.go(&format!("{}/history", app.url)).await;
    browser.until_html("Good morning!").await;
    browser.click("#entries .icon").await;
    browser.until_html("The translation is deleted.").await;
    browser.click(".note button").await;
    browser.until_html("Good morning!").await;
}

async fn what_is_not_finished_is_found_again(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    three(&app).await;
    backend.set_mood(Mood::Busy);
    let cancelled = app.submit(LETTER).await;
    app.submit("Guten Morgen! Wie geht es dir?").await;
    browser.go(&cancelled).await;
    browser.follow("#progress button").await;
    browser
        .until("document.querySelector('#end[data-phase=cancelled]')")
        .await;
    // Also after a restart, when it is only on disk.
    app.stop().await;
    app.start_again().await;
    browser.go(&format!("{}/history", app.url)).await;
    let lines = "document.querySelectorAll('.unfinished li').length";
    browser.until(&format!("{lines} === 2")).await;
    browser.shows("Waiting for the translation service").await;
    browser.picture("history-unfinished").await;
    browser.follow(".unfinished li:last-child a").await;
    browser
        .until("document.querySelector('#end[data-phase=cancelled]')")
        .await;
    browser.shows("Sehr geehrte Frau Keller").await;
    browser.go(&format!("{}/history", app.url)).await;
    browser.follow(".unfinished li:last-child .icon").await;
    browser.until(&format!("{lines} === 1")).await;
}

async fn older_ones_are_on_further_pages(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    for number in 0..35 {
        app.translate(&format!("Brief Nummer {number}.")).await;
    }
    browser.go(&format!("{}/history", app.url)).await;
    browser
        .until("document.querySelectorAll('#entries li').length === 30")
        .await;
    browser.shows("EN Brief Nummer 34.").await;
    browser
        .eval("document.querySelector('[rel=next]').scrollIntoView()")
        .await;
    browser.picture("history-pages").await;
    browser.follow("[rel=next]").await;
    browser
        .until("document.querySelectorAll('#entries li').length === 5")
        .await;
    browser.shows("EN Brief Nummer 0.").await;
    browser.follow(".pages a").await;
    browser.shows("EN Brief Nummer 34.").await;
}

async fn a_database_that_is_away_is_said_and_nothing_lost(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start_without_database(&backend).await;
    browser.go(&app.url).await;
    browser.shows("The database cannot be reached.").await;
    browser.picture("form-no-database").await;
    browser.click("#text").await;
    browser.type_text(LETTER).await;
    browser.press(&[Key::Control, Key::Enter]).await;
    browser
        .until("document.querySelector('#end[data-phase=kept]')")
        .await;
    browser.shows("Any damage is recorded together.").await;
    browser.shows("not in the history yet").await;
    browser.picture("done-not-stored").await;
    browser.go(&format!("{}/history", app.url)).await;
    browser.shows("One new translation is kept").await;
    browser.picture("history-no-database").await;
}
