//! Sentences that are marked, and the lines that explain the marks.

use fantoccini::key::Key;
use serde_json::{Value, json};

use super::{Case, cases};
use crate::app::App;
use crate::backend::{Backend, CLUMSY, LETTER};
use crate::browser::{Browser, Device};

pub(super) fn cases() -> Vec<Case> {
    cases![
        marks_are_explained_now_and_after_a_restart,
        a_line_leads_to_the_first_marked_sentence,
        marks_fit_a_phone.on(Device::Phone(390)),
        marks_fit_a_small_phone.on(Device::Phone(320)),
        marks_are_explained_without_script.on(Device::NoScript),
        a_lost_number_is_explained_on_focus,
        a_lost_number_is_explained_on_a_tap.on(Device::Phone(390)),
    ]
}

const POOR: &str = "3 sentences may be translated poorly; they are marked in the text.";
const MISPLACED: &str =
    "2 sentences have a number, a web address or a symbol that may be in the wrong place";

const ATOMS: &str = "2 numbers and references; 1 could not be kept: see the marked sentences.";

/// Title of a sentence that may be translated poorly.
const TITLE: &str = "The model repeated itself here: this sentence may be translated poorly.";

/// The texts of the marked sentences.
const MARKED: &str = "[...document.querySelectorAll('.s.poor')].map((one) => one.textContent)";

async fn clumsy() -> (Backend, App) {
    let backend = Backend::eager().await;
    backend.get_model(CLUMSY);
    let app = App::start(&backend).await;
    (backend, app)
}

async fn marks_are_explained_now_and_after_a_restart(browser: Browser) {
    let (_backend, app) = clumsy().await;
    let page = app.submit(LETTER).await;
    let poor = json!([
        "Please arrange an appointment for the handover by the end of February.",
        "the record of the last handover",
        "Cleaning must be finished before the handover.",
    ]);
    for restarted in [false, true] {
        browser.go(&page).await;
        browser
            .until("document.querySelector('#end[data-phase=stored]')")
            .await;
        browser.shows(POOR).await;
        browser.shows(MISPLACED).await;
        assert_eq!(browser.eval(MARKED).await, poor);
        // Screen readers announce it at the end of the translation and at each mark.
        browser
            .until(&format!(
                "document.querySelector('#status').textContent.startsWith('The translation is finished. {POOR} {MISPLACED}') && document.querySelector('#status').textContent.endsWith('{ATOMS}')"
            ))
            .await;
        assert_eq!(heard(&browser, TITLE).await, 3);
        if !restarted {
            browser.picture("marks").await;
            app.stop().await;
            app.start_again().await;
        }
    }
    browser.go(&format!("{}/history", app.url)).await;
    browser.click("#entries a").await;
    browser.shows(POOR).await;
    browser.eval("localStorage.setItem('theme', 'dark')").await;
    browser.refresh().await;
    browser.shows(POOR).await;
    browser.picture("marks-dark").await;
}

/// Returns the number of times that screen readers read a text.
async fn heard(browser: &Browser, text: &str) -> usize {
    let tree = browser
        .devtools("Accessibility.getFullAXTree", &json!({}))
        .await;
    let nodes = tree["nodes"].as_array().unwrap();
    let is_it =
        |node: &&Value| node["role"]["value"] == "StaticText" && node["name"]["value"] == text;
    nodes.iter().filter(is_it).count()
}

async fn a_line_leads_to_the_first_marked_sentence(browser: Browser) {
    let (_backend, app) = clumsy().await;
    let long = "Der Abfall wird jeden Dienstag abgeholt.\n\n".repeat(100);
    browser
        .go(&app.translate(&format!("{long}{LETTER}\n\n{long}")).await)
        .await;
    browser.shows(POOR).await;
    browser
        .eval("document.querySelector('#marks a').focus()")
        .await;
    browser.press(&[Key::Enter]).await;
    browser
        .until("document.activeElement.matches('.s.poor') && document.activeElement === document.querySelector('.s.poor')")
        .await;
    browser
        .until("(() => { const at = document.activeElement.getBoundingClientRect(); return at.top >= 0 && at.bottom <= innerHeight; })()")
        .await;
    browser
        .until("document.querySelectorAll('.s.on').length === 2")
        .await;
    browser.picture("marks-first").await;
}

async fn marks_fit_a_phone(browser: Browser) {
    fit(&browser, "marks-phone").await;
}

async fn marks_fit_a_small_phone(browser: Browser) {
    fit(&browser, "marks-small-phone").await;
}

async fn fit(browser: &Browser, name: &str) {
    let (_backend, app) = clumsy().await;
    browser.go(&app.translate(LETTER).await).await;
    browser.shows(POOR).await;
    browser
        .until("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        .await;
    for theme in ["light", "dark"] {
        browser
            .eval(&format!("localStorage.setItem('theme', '{theme}')"))
            .await;
        browser.refresh().await;
        browser.shows(POOR).await;
        browser
            .eval("document.querySelector('#end').scrollIntoView({block: 'end'})")
            .await;
        browser.picture(&format!("{name}-{theme}")).await;
    }
}

async fn marks_are_explained_without_script(browser: Browser) {
    let (_backend, app) = clumsy().await;
    browser.go(&app.translate(LETTER).await).await;
    browser.until_html(POOR).await;
    browser.picture("marks-without-script").await;
    browser.until_html(ATOMS).await;
    browser.until_html("“31. März” became “30 March”").await;
}

/// True while the explanation of the changed date is visible in the text.
const EXPLAINED: &str = "(() => {
    const note = getComputedStyle(document.querySelector('.s.lost'), '::after');
    return note.display === 'block' && note.content.includes('“31. März” became “30 March”');
})()";

async fn a_lost_number_is_explained_on_focus(browser: Browser) {
    let (_backend, app) = clumsy().await;
    browser.go(&app.translate(LETTER).await).await;
    browser.shows(ATOMS).await;
    browser.click("#atoms summary").await;
    browser
        .shows("Sentence 3: “31. März” became “30 March”")
        .await;
    assert_eq!(browser.eval(EXPLAINED).await, false);
    browser.click("#atoms a").await;
    browser.until(EXPLAINED).await;
    browser.picture("lost-number").await;
}

async fn a_lost_number_is_explained_on_a_tap(browser: Browser) {
    let (_backend, app) = clumsy().await;
    browser.go(&app.translate(LETTER).await).await;
    browser.shows(ATOMS).await;
    browser.tap(".s.lost", EXPLAINED).await;
    browser
        .until("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        .await;
    browser.picture("lost-number-phone").await;
}
