//! A running translation: sentences as they are finished, and interruptions.

use fantoccini::key::Key;
use serde_json::json;

use super::{Case, cases};
use crate::app::{App, Proxy};
use crate::backend::{Backend, LETTER, Mood};
use crate::browser::{Browser, Device};

pub(super) fn cases() -> Vec<Case> {
    cases![
        sentences_are_seen_as_they_come,
        sentences_come_without_script.on(Device::NoScript),
        cancelled_and_tried_again,
        reloaded_in_the_middle,
        a_broken_line_is_taken_up_again.with_refusals(),
        a_restart_of_the_server_is_survived.with_refusals(),
        another_model_begins_afresh,
        a_backend_that_is_down_is_waited_for,
        a_busy_backend_is_asked_again,
        a_refused_text_is_kept,
        waiting_texts_see_their_place,
        partners_are_marked,
        copied_and_downloaded,
        deleted_for_good,
    ]
}

async fn sentences_are_seen_as_they_come(browser: Browser) {
    let backend = Backend::patient().await;
    let app = App::start(&backend).await;
    browser.go(&app.submit(LETTER).await).await;
    browser
        .until("document.querySelector('.row [lang=de] .s')")
        .await;
    for done in 1..=9 {
        backend.let_go(1);
        browser
            .until(&format!(
                "document.querySelectorAll('.row [lang=en] .s').length === {done}"
            ))
            .await;
        if done < 9 {
            browser.shows(&format!("{done} of 9 sentences")).await;
            assert!(
                browser
                    .eval("document.querySelector('#end')")
                    .await
                    .is_null()
            );
        }
        if done == 8 {
            browser.shows("88 %").await;
            assert_eq!(browser.client.title().await.unwrap(), "88 % · Translating");
            browser
                .hover(
                    ".row [lang=de] [data-i='2']",
                    "document.querySelectorAll('.on').length === 2",
                )
                .await;
            browser.picture("running").await;
        }
    }
    browser
        .until("document.querySelector('#end[data-phase=stored]')")
        .await;
    browser
        .until("document.querySelector('#progress').offsetHeight === 0")
        .await;
    browser.shows("sentences in").await;
    // Line breaks and list marks are those of the source.
    let list = "[...document.querySelectorAll('.row [lang=en]')][2].textContent";
    assert_eq!(
        browser.eval(list).await,
        "Please bring the following documents:\n1. all keys\n2. the record of the last handover"
    );
    browser
        .until("document.querySelector('#status').textContent.includes('finished')")
        .await;
    browser.picture("done").await;
}

async fn sentences_come_without_script(browser: Browser) {
    let backend = Backend::patient().await;
    let app = App::start(&backend).await;
    browser.go(&app.url).await;
    browser.until_html("id=\"translate\"").await;
    browser.click("#text").await;
    browser.type_text(LETTER).await;
    browser.click("#translate").await;
    browser.until_html(">Sehr geehrte Frau Keller</span>").await;
    backend.let_go(1);
    browser.until_html(">Dear Ms Keller</span>").await;
    backend.let_go(4);
    browser
        .until_html(">Please bring the following documents:</span>")
        .await;
    let html = browser.html().await;
    assert!(!html.contains("all keys") && !html.contains("id=\"end\""));
    browser.picture("running-without-script").await;
    browser.click("#progress button").await;
    browser.until_html("data-phase=\"cancelled\"").await;
    browser.picture("cancelled-without-script").await;
}

async fn cancelled_and_tried_again(browser: Browser) {
    let backend = Backend::patient().await;
    let app = App::start(&backend).await;
    browser.go(&app.submit(LETTER).await).await;
    backend.let_go(3);
    browser.shows("The tenancy ends on 31 March.").await;
    browser.click("#progress button").await;
    browser
        .until("document.querySelector('#end[data-phase=cancelled]')")
        .await;
    browser.shows("Cancelled after 3 of 9 sentences").await;
    browser.shows("The tenancy ends on 31 March.").await;
    browser.picture("cancelled").await;
    backend.let_go(100);
    browser.click("#end button.primary").await;
    browser
        .until("document.querySelector('#end[data-phase=stored]')")
        .await;
    browser.shows("Any damage is recorded together.").await;
}

async fn reloaded_in_the_middle(browser: Browser) {
    let backend = Backend::patient().await;
    let app = App::start(&backend).await;
    browser.go(&app.submit(LETTER).await).await;
    backend.let_go(5);
    browser.shows("Please bring the following documents:").await;
    browser.refresh().await;
    browser
        .until("document.querySelectorAll('.row [lang=en] .s').length === 5")
        .await;
    browser.shows("Dear Ms Keller").await;
    backend.let_go(4);
    browser
        .until("document.querySelector('#end[data-phase=stored]')")
        .await;
    browser
        .until("document.querySelectorAll('.row [lang=en] .s').length === 9")
        .await;
}

/// Records the announcements of the page to screen readers.
const LISTEN: &str = "(() => {
    const status = document.querySelector('#status');
    window.told = [];
    new MutationObserver(() => told.push(status.textContent)).observe(status, {childList: true});
    return true;
})()";

/// The sentences on the page, as numbers: German, then English.
const NUMBERS: &str = "['de', 'en'].map((lang) => [...document.querySelectorAll(`.row [lang=${lang}] .s`)].map((one) => +one.dataset.i))";

async fn a_broken_line_is_taken_up_again(browser: Browser) {
    let backend = Backend::patient().await;
    let app = App::start(&backend).await;
    let proxy = Proxy::to(&app.url).await;
    let page = app.submit(LETTER).await.replace(&app.url, &proxy.url);
    browser.go(&page).await;
    // In the middle of the second paragraph.
    backend.let_go(3);
    browser.shows("The tenancy ends on 31 March.").await;
    browser
        .eval("document.querySelector('.row').dataset.kept = 'yes'")
        .await;
    browser.eval(LISTEN).await;
    proxy.cut();
    browser.shows("Connection lost – reconnecting…").await;
    browser.picture("connection-lost").await;
    backend.let_go(2);
    proxy.restore().await;
    browser.shows("Please bring the following documents:").await;
    browser
        .until("!document.body.innerText.includes('Connection lost')")
        .await;
    browser.picture("connection-resumed").await;
    let told = browser.eval("window.told.filter((words) => /connect/i.test(words))");
    assert_eq!(
        told.await,
        json!(["Connection lost, reconnecting.", "Connected again."])
    );
    backend.let_go(4);
    browser
        .until("document.querySelector('#end[data-phase=stored]')")
        .await;
    let all: Vec<usize> = (0..9).collect();
    assert_eq!(browser.eval(NUMBERS).await, json!([all, all]));
    // The rows from before were not written again.
    assert_eq!(
        browser
            .eval("document.querySelector('.row').dataset.kept")
            .await,
        "yes"
    );
}

async fn a_restart_of_the_server_is_survived(browser: Browser) {
    let backend = Backend::patient().await;
    let app = App::start(&backend).await;
    browser.go(&app.submit(LETTER).await).await;
    backend.let_go(6);
    browser.shows("all keys").await;
    app.stop().await;
    browser.shows("Connection lost – reconnecting…").await;
    app.start_again().await;
    backend.let_go(100);
    browser
        .until("document.querySelector('#end[data-phase=stored]')")
        .await;
    let all: Vec<usize> = (0..9).collect();
    assert_eq!(browser.eval(NUMBERS).await, json!([all, all]));
}

async fn another_model_begins_afresh(browser: Browser) {
    let backend = Backend::patient().await;
    let app = App::start(&backend).await;
    browser.go(&app.submit(LETTER).await).await;
    backend.let_go(5);
    browser.shows("Please bring the following documents:").await;
    backend.get_model("other");
    backend.let_go(100);
    browser
        .until("document.querySelector('#end[data-phase=stored]')")
        .await;
    let all: Vec<usize> = (0..9).collect();
    assert_eq!(browser.eval(NUMBERS).await, json!([all, all]));
    let others = "[...document.querySelectorAll('.row [lang=en] .s')].filter((one) => one.textContent.endsWith(' (other)')).length";
    assert_eq!(browser.eval(others).await, 9);
}

async fn a_backend_that_is_down_is_waited_for(browser: Browser) {
    // Nobody listens on this address at first. It is not shared, so nobody else uses the port.
    let free = tokio::net::TcpListener::bind("127.3.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let app = App::start_with(&format!("http://{address}"), None).await;
    browser.go(&app.submit(LETTER).await).await;
    browser
        .shows("The translation service cannot be reached.")
        .await;
    browser.shows("Sehr geehrte Frau Keller").await;
    browser.picture("backend-down").await;
    // After an immediate retry it is still down, and the page says so.
    browser.follow(".live button").await;
    browser
        .shows("The translation service cannot be reached.")
        .await;
    let backend = Backend::patient_at(address).await;
    backend.let_go(3);
    browser.shows("The tenancy ends on 31 March.").await;
    browser
        .until("!document.body.innerText.includes('cannot be reached')")
        .await;
    browser.picture("backend-back").await;
}

async fn a_busy_backend_is_asked_again(browser: Browser) {
    let backend = Backend::eager().await;
    backend.set_mood(Mood::Busy);
    let app = App::start(&backend).await;
    browser.go(&app.submit(LETTER).await).await;
    browser.shows("The translation service is busy.").await;
    browser
        .until("document.querySelector('#status').textContent.includes('is busy')")
        .await;
    browser.picture("backend-busy").await;
    backend.set_mood(Mood::Willing);
    browser
        .until("document.querySelector('#end[data-phase=stored]')")
        .await;
    assert!(!browser.text("body").await.contains("busy"));
}

async fn a_refused_text_is_kept(browser: Browser) {
    let backend = Backend::eager().await;
    backend.set_mood(Mood::Strict);
    let app = App::start(&backend).await;
    browser.go(&app.submit(LETTER).await).await;
    browser
        .until("document.querySelector('#end[data-phase=failed]')")
        .await;
    browser
        .shows("exceeds the limit of the translation service")
        .await;
    browser.shows("Sehr geehrte Frau Keller").await;
    browser.picture("backend-refused").await;
    backend.set_mood(Mood::Willing);
    browser.click("#end button.primary").await;
    browser
        .until("document.querySelector('#end[data-phase=stored]')")
        .await;
}

async fn waiting_texts_see_their_place(browser: Browser) {
    let backend = Backend::patient().await;
    let app = App::start(&backend).await;
    for number in 0..20 {
        app.submit(&format!("Text Nummer {number}.")).await;
    }
    browser.go(&app.submit(LETTER).await).await;
    browser.shows("Waiting for its turn").await;
    browser.picture("waiting").await;
    backend.let_go(1000);
    browser
        .until("document.querySelector('#end[data-phase=stored]')")
        .await;
}

async fn partners_are_marked(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    browser.go(&app.translate(LETTER).await).await;
    browser.until("document.querySelector('#end')").await;
    let marked = "[...document.querySelectorAll('.on')].map((one) => one.textContent)";
    let pair = json!([
        "Das Mietverhältnis endet am 31. März.",
        "The tenancy ends on 31 March."
    ]);
    browser
        .hover(
            ".row [lang=de] [data-i='2']",
            "document.querySelectorAll('.on').length === 2",
        )
        .await;
    assert_eq!(browser.eval(marked).await, pair);
    browser
        .hover(".heads", "document.querySelectorAll('.on').length === 0")
        .await;
    // Tab reaches one sentence, the arrow keys the others.
    assert_eq!(
        browser
            .eval("document.querySelectorAll('.s[tabindex]').length")
            .await,
        1
    );
    browser
        .eval("document.querySelector('#english-only').focus()")
        .await;
    browser.press(&[Key::Tab]).await;
    browser
        .until("document.activeElement.dataset.i === '0'")
        .await;
    browser.press(&[Key::Down]).await;
    browser.press(&[Key::Down]).await;
    browser
        .until("document.querySelector('.on')?.dataset.i === '2'")
        .await;
    assert_eq!(browser.eval(marked).await, pair);
    browser.picture("partner").await;
    assert_eq!(
        browser
            .eval("document.querySelectorAll('.s[tabindex]').length")
            .await,
        1
    );
    browser.press(&[Key::Left]).await;
    browser
        .until("document.activeElement.closest('[lang]').lang === 'de'")
        .await;
}

async fn copied_and_downloaded(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    let text = "  Guten Morgen!\n\n\n- Wie geht es dir?\n";
    let page = app.translate(text).await;
    let origin = json!({"origin": app.url, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
    browser.devtools("Browser.grantPermissions", &origin).await;
    browser.go(&page).await;
    browser.click("#copy").await;
    // The button shows it only for a moment.
    browser
        .until("document.querySelector('#status').textContent === 'Copied'")
        .await;
    let english = "  Good morning!\n\n\n- How are you?\n";
    let copied = browser.client.execute_async(
        "navigator.clipboard.readText().then(arguments[0], (error) => arguments[0](String(error)))",
        Vec::new(),
    );
    assert_eq!(copied.await.unwrap(), english);
    let file = reqwest::get(format!("{page}/english.txt")).await.unwrap();
    assert!(
        file.headers()["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    assert_eq!(file.text().await.unwrap(), english);
    browser.click("#english-only").await;
    browser
        .until("document.querySelector('.row [lang=de]').offsetHeight === 0")
        .await;
    browser.picture("english-only").await;
}

async fn deleted_for_good(browser: Browser) {
    let backend = Backend::patient().await;
    let app = App::start(&backend).await;
    let page = app.submit(LETTER).await;
    browser.go(&page).await;
    browser.click("#progress button").await;
    browser
        .until("document.querySelector('#end[data-phase=cancelled]')")
        .await;
    browser.click(".after form:last-child button").await;
    browser
        .shows("The text and its translation are deleted.")
        .await;
    let gone = reqwest::get(&page).await.unwrap().status();
    assert_eq!(gone, 404);
}
