//! Appearance: phones, dark and light, messages.

use super::{Case, cases};
use crate::app::App;
use crate::backend::{Backend, CLUMSY, LETTER};
use crate::browser::{Browser, Device};

pub(super) fn cases() -> Vec<Case> {
    cases![
        nothing_is_wider_than_a_phone
            .on(Device::Phone(390))
            .with_refusals(),
        nothing_is_wider_than_a_small_phone
            .on(Device::Phone(320))
            .with_refusals(),
        dark_and_light_by_hand,
        words_stand_out_in_light_and_dark,
        what_is_not_finished_fits_a_phone.on(Device::Phone(390)),
        the_demo_model_is_named,
        what_does_not_exist_is_said.with_refusals(),
    ]
}

async fn nothing_is_wider_than_a_phone(browser: Browser) {
    narrow(&browser, "phone").await;
}

async fn nothing_is_wider_than_a_small_phone(browser: Browser) {
    narrow(&browser, "small-phone").await;
}

async fn narrow(browser: &Browser, name: &str) {
    let backend = Backend::demo().await;
    let app = App::start(&backend).await;
    let fits = async |state: &str, seen: &str| {
        browser.shows(seen).await;
        browser.picture(&format!("{name}-{state}")).await;
        browser.fits().await;
    };
    browser.go(&app.url).await;
    fits("form", "Nothing leaves this server.").await;
    let wide = format!(
        "{LETTER}\n\n{}",
        "Donaudampfschifffahrtsgesellschaft".repeat(12)
    );
    let page = app.submit(&wide).await;
    browser.go(&page).await;
    backend.let_go(8);
    browser
        .until("document.querySelectorAll('.row [lang=en] .s').length === 8")
        .await;
    browser.shows("80 %").await;
    fits("running", "Cleaning must be finished").await;
    // A tap highlights both.
    browser
        .tap(
            ".row [lang=en] [data-i='2']",
            "document.querySelectorAll('.on').length === 2",
        )
        .await;
    browser.picture(&format!("{name}-tapped")).await;
    backend.let_go(2);
    browser
        .until("document.querySelector('#end[data-phase=stored]')")
        .await;
    browser
        .eval("document.querySelector('#end').scrollIntoView({block: 'end'})")
        .await;
    fits("done", "Translate another").await;
    app.submit("Guten Morgen!").await;
    browser.go(&format!("{}/history", app.url)).await;
    fits("history", "Dear Ms Keller").await;
    browser.go(&format!("{}/nowhere", app.url)).await;
    fits("404", "There is nothing here").await;
}

async fn dark_and_light_by_hand(browser: Browser) {
    let backend = Backend::patient().await;
    let app = App::start(&backend).await;
    browser.go(&app.url).await;
    browser.until("document.querySelector('#theme')").await;
    let paper = "getComputedStyle(document.body).backgroundColor";
    let bright = browser.eval(paper).await;
    browser.click("#theme").await;
    browser
        .until("document.documentElement.dataset.theme === 'light'")
        .await;
    browser.until(&format!("{paper} === {bright}")).await;
    browser.click("#theme").await;
    browser
        .until("document.documentElement.dataset.theme === 'dark'")
        .await;
    browser.until(&format!("{paper} !== {bright}")).await;
    browser.picture("dark-form").await;
    // It persists, from the first paint of every page.
    browser.go(&app.submit(LETTER).await).await;
    backend.let_go(5);
    browser.shows("Please bring the following documents:").await;
    browser.shows("55 %").await;
    browser.until(&format!("{paper} !== {bright}")).await;
    browser.picture("dark-running").await;
    backend.let_go(10);
    browser
        .until("document.querySelector('#end[data-phase=stored]')")
        .await;
    browser.picture("dark-done").await;
    browser.go(&format!("{}/history", app.url)).await;
    browser.until("document.querySelector('#entries')").await;
    browser.shows("Dear Ms Keller").await;
    browser.picture("dark-history").await;
    browser.click("#theme").await;
    browser
        .until("!document.documentElement.dataset.theme")
        .await;
    browser.until(&format!("{paper} === {bright}")).await;
}

/// Finds words with a contrast below AA, 4.5 to 1 (WCAG 2.2, 1.4.3). The background is the first
/// one up the tree that is not transparent. A canvas converts any notation of a colour to numbers.
pub(super) const FAINT: &str = "(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
    const numbers = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = (colour) => {
        const [r, g, b] = colour.map((one) => one / 255).map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (one) => {
        for (; one; one = one.parentElement) {
            const colour = numbers(getComputedStyle(one).backgroundColor);
            if (colour[3] === 255) return colour;
        }
        return [255, 255, 255];
    };
    const faint = [];
    for (const one of document.querySelectorAll('body *')) {
        const words = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!words || !one.checkVisibility({visibilityProperty: true})) continue;
        const pair = [light(numbers(getComputedStyle(one).color)), light(behind(one))].sort((a, b) => b - a);
        const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
        if (contrast < 4.5) faint.push(`${contrast.toFixed(2)} ${one.outerHTML.slice(0, 90)}`);
    }
    return faint;
})()";

async fn words_stand_out_in_light_and_dark(browser: Browser) {
    let backend = Backend::demo().await;
    let app = App::start(&backend).await;
    backend.get_model(CLUMSY);
    backend.let_go(9);
    let marked = app.translate(LETTER).await;
    let page = app.submit(LETTER).await;
    browser.go(&page).await;
    backend.let_go(3);
    for theme in ["light", "dark"] {
        let (url, page, marked) = (&app.url, &page, &marked);
        let pages = [
            (url.clone(), "Nothing leaves this server."),
            (page.clone(), "The tenancy ends on 31 March."),
            (marked.clone(), "may be translated poorly"),
            (format!("{url}/history?result=absent"), "Being translated"),
            (format!("{url}/history?q=nirgends"), "Nothing found"),
        ];
        for (url, seen) in pages {
            browser.go(&url).await;
            browser
                .eval(&format!("localStorage.setItem('theme', '{theme}')"))
                .await;
            browser.refresh().await;
            let themed = format!("document.documentElement.dataset.theme === '{theme}'");
            browser.until(&themed).await;
            browser.shows(seen).await;
            assert_eq!(browser.eval(FAINT).await, serde_json::json!([]), "{url}");
        }
    }
}

async fn what_is_not_finished_fits_a_phone(browser: Browser) {
    let backend = Backend::patient().await;
    let app = App::start(&backend).await;
    for text in [LETTER, "Guten Morgen! Wie geht es dir?"] {
        app.submit(text).await;
    }
    browser.go(&format!("{}/history", app.url)).await;
    browser.shows("Being translated").await;
    browser
        .until("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        .await;
    browser.picture("phone-history-unfinished").await;
}

async fn the_demo_model_is_named(browser: Browser) {
    let backend = Backend::demo().await;
    let app = App::start(&backend).await;
    browser.go(&app.url).await;
    // The backend is queried in the background, so the page knows its model a moment later.
    while !browser
        .text("main")
        .await
        .contains("cargo run --release -- fetch-model")
    {
        browser.refresh().await;
        browser.until("document.querySelector('#translate')").await;
    }
    browser.picture("demo").await;
    backend.let_go(9);
    browser.go(&app.translate(LETTER).await).await;
    browser.shows("cargo run --release -- fetch-model").await;
}

async fn what_does_not_exist_is_said(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    for path in [
        "/nowhere",
        "/translations/7",
        "/translations/01900000-0000-7000-8000-000000000000",
        "/assets/0/app.css",
    ] {
        browser.go(&format!("{}{path}", app.url)).await;
        browser.shows("There is nothing here").await;
    }
    browser.picture("404").await;
}
