//! The form: keyboard, limits.

use fantoccini::key::Key;

use super::{Case, cases};
use crate::app::App;
use crate::backend::Backend;
use crate::browser::{Browser, Device};

pub(super) fn cases() -> Vec<Case> {
    cases![
        by_keyboard_alone,
        by_tab_and_enter,
        a_text_over_the_limit_is_refused_before_it_is_sent,
        thirty_megabytes_meet_our_page.with_refusals(),
        thirty_megabytes_meet_our_page_without_script
            .on(Device::NoScript)
            .with_refusals(),
        a_text_that_comes_back_says_why.with_refusals(),
        a_full_server_gives_the_text_back.with_refusals(),
        nothing_to_translate,
        edit_brings_the_text_back,
    ]
}

async fn by_keyboard_alone(browser: Browser) {
    let backend = Backend::patient().await;
    let app = App::start(&backend).await;
    browser.go(&app.url).await;
    browser.until("document.activeElement?.id === 'text'").await;
    browser.picture("form-empty").await;
    browser.type_text("Guten Morgen!\nWie geht es dir?").await;
    browser
        .until("document.querySelector('#count').textContent.startsWith('6 words')")
        .await;
    browser.picture("form-filled").await;
    browser.press(&[Key::Control, Key::Enter]).await;
    browser
        .until("document.querySelector('.row [lang=de] .s')")
        .await;
    assert!(
        browser
            .client
            .current_url()
            .await
            .unwrap()
            .path()
            .starts_with("/translations/")
    );
    backend.let_go(1);
    browser.shows("Good morning!").await;
    assert!(!browser.text("#bitext").await.contains("How are you?"));
    backend.let_go(1);
    browser.shows("How are you?").await;
    browser
        .until("document.querySelector('#end[data-phase=stored]')")
        .await;
}

async fn by_tab_and_enter(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    browser.go(&app.url).await;
    browser.until("document.activeElement?.id === 'text'").await;
    browser.type_text("Guten Morgen!").await;
    browser.press(&[Key::Tab]).await;
    browser.until("document.activeElement?.id === 'file'").await;
    browser.press(&[Key::Tab]).await;
    browser
        .until("document.activeElement?.id === 'translate'")
        .await;
    browser.press(&[Key::Enter]).await;
    browser.shows("Good morning!").await;
}

async fn a_text_over_the_limit_is_refused_before_it_is_sent(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start_with(&backend.url, Some(2000)).await;
    browser.go(&app.url).await;
    browser.until("document.activeElement?.id === 'text'").await;
    browser.type_text(&"Übergröße ".repeat(200)).await;
    browser.shows("The text is too long").await;
    browser.picture("form-too-long").await;
    browser.press(&[Key::Control, Key::Enter]).await;
    browser.until("document.activeElement?.id === 'text'").await;
    assert_eq!(browser.client.current_url().await.unwrap().path(), "/");
}

/// Puts 30 MB into the field and sends the form past the script's check.
const THIRTY_MEGABYTES: &str = "(() => {
    const text = document.querySelector('#text');
    text.style.display = 'none'; // the layout of 30 MB takes minutes
    text.value = 'Zehn Bytes'.repeat(3e6);
    HTMLFormElement.prototype.submit.call(text.form);
    return true;
})()";

async fn thirty_megabytes_meet_our_page(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    browser.go(&app.url).await;
    browser.until("document.activeElement?.id === 'text'").await;
    browser.eval(THIRTY_MEGABYTES).await;
    browser.shows("The text is too long").await;
    browser.shows("28.6 MiB; the maximum is 10.0 MiB").await;
    browser.picture("413").await;
}

async fn thirty_megabytes_meet_our_page_without_script(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start_with(&backend.url, Some(1000)).await;
    browser.go(&app.url).await;
    browser.until_html("id=\"translate\"").await;
    browser.click("#text").await;
    browser.type_text(&"Zu lang. ".repeat(200)).await;
    browser.click("#translate").await;
    browser.until_html("the maximum is 1000 bytes").await;
    // The text is still there.
    browser.client.back().await.unwrap();
    browser.until_html("id=\"translate\"").await;
    browser.until_value("#text", &"Zu lang. ".repeat(200)).await;
}

async fn a_text_that_comes_back_says_why(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    // A file is in the place of the spool folder.
    let spool = app.folder().join("spool");
    let _ = std::fs::remove_dir_all(&spool);
    std::fs::write(&spool, "").unwrap();
    send(&browser, &app).await;
    comes_back(&browser, "could not be saved").await;
    browser.picture("500").await;
}

async fn a_full_server_gives_the_text_back(browser: Browser) {
    let app = App::start_with("http://127.0.0.1:1", None).await;
    // Before it is cut, its sentences are assumed to fill the memory.
    app.submit(&format!("Ende{}", ".".repeat(6_000_000))).await;
    send(&browser, &app).await;
    comes_back(&browser, "This server is at capacity").await;
    browser.picture("full").await;
}

async fn send(browser: &Browser, app: &App) {
    browser.go(&app.url).await;
    browser.until("document.activeElement?.id === 'text'").await;
    browser.type_text("Guten Morgen!").await;
    browser.press(&[Key::Control, Key::Enter]).await;
}

/// Checks that the text is in the form again with a reason, also after the script has checked it.
async fn comes_back(browser: &Browser, why: &str) {
    browser.shows(why).await;
    browser.until_value("#text", "Guten Morgen!").await;
    browser
        .until("document.readyState === 'complete' && document.querySelector('#count').textContent.startsWith('2 words')")
        .await;
    browser.shows(why).await;
}

async fn nothing_to_translate(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    browser.go(&app.url).await;
    browser.until("document.activeElement?.id === 'text'").await;
    browser.type_text(" \n ").await;
    browser.press(&[Key::Control, Key::Enter]).await;
    browser.shows("There is no text yet").await;
    // The reason stays, even if the last key was pressed just before.
    browser.eval(SENT_AT_ONCE).await;
    browser.until("document.body.dataset.counted").await;
    browser.shows("There is no text yet").await;
    // It disappears with the problem.
    let problem = browser.eval(SENT_WITH_TEXT).await;
    assert_eq!(problem, "");
}

/// Presses a key, submits the form, and sets a mark after the script has counted the words.
const SENT_AT_ONCE: &str = "(() => {
    const text = document.querySelector('#text');
    text.dispatchEvent(new Event('input'));
    text.form.requestSubmit();
    setTimeout(() => { document.body.dataset.counted = true; }, 100);
})()";

/// Enters a text and submits the form at once, but stays on the page. Returns the message.
const SENT_WITH_TEXT: &str = "(() => {
    const text = document.querySelector('#text');
    addEventListener('submit', (event) => event.preventDefault());
    text.value = 'Guten Morgen!';
    text.form.requestSubmit();
    return document.querySelector('#problem').textContent;
})()";

async fn edit_brings_the_text_back(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    let text = "\n  Guten Morgen!\n\n<b>Wie geht es dir?</b>\n";
    browser.go(&app.translate(text).await).await;
    browser.follow(".after a[href*=text_of]").await;
    browser.until_value("#text", text).await;
}
