//! The page about the APIs: its link, its examples, phones.

use serde_json::json;

use super::look::FAINT;
use super::{Case, cases};
use crate::app::App;
use crate::backend::Backend;
use crate::browser::{Browser, Device};

pub(super) fn cases() -> Vec<Case> {
    cases![
        it_is_linked_and_names_the_server.on(Device::NoScript),
        it_fits_a_phone.on(Device::Phone(390)),
        it_fits_a_small_phone.on(Device::Phone(320)),
        its_words_stand_out,
    ]
}

async fn it_is_linked_and_names_the_server(browser: Browser) {
    let app = App::start(&Backend::eager().await).await;
    browser.go(&app.url).await;
    browser.follow("nav a[href='/api']").await;
    browser.shows(&format!("curl {}/translate", app.url)).await;
    browser.picture("api").await;
}

async fn it_fits_a_phone(browser: Browser) {
    narrow(&browser, "phone-api").await;
}

async fn it_fits_a_small_phone(browser: Browser) {
    narrow(&browser, "small-phone-api").await;
}

async fn narrow(browser: &Browser, name: &str) {
    let app = App::start(&Backend::eager().await).await;
    browser.go(&format!("{}/api", app.url)).await;
    browser.shows("Use it from other programs").await;
    browser.picture(name).await;
    browser
        .until("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        .await;
}

async fn its_words_stand_out(browser: Browser) {
    let app = App::start(&Backend::eager().await).await;
    browser.go(&format!("{}/api", app.url)).await;
    for theme in ["light", "dark"] {
        browser
            .eval(&format!("localStorage.setItem('theme', '{theme}')"))
            .await;
        browser.refresh().await;
        let themed = format!("document.documentElement.dataset.theme === '{theme}'");
        browser.until(&themed).await;
        assert_eq!(browser.eval(FAINT).await, json!([]), "{theme}");
    }
}
