//! The SQL page: typing, errors, the file, phones.

use fantoccini::key::Key;
use serde_json::json;

use super::look::FAINT;
use super::{Case, cases};
use crate::app::App;
use crate::backend::{Backend, LETTER};
use crate::browser::{Browser, Device};

pub(super) fn cases() -> Vec<Case> {
    cases![
        a_statement_runs_by_keyboard.with_refusals(),
        a_statement_runs_without_script
            .on(Device::NoScript)
            .with_refusals(),
        it_fits_a_phone.on(Device::Phone(390)).with_refusals(),
        it_fits_a_small_phone.on(Device::Phone(320)).with_refusals(),
        its_words_stand_out.with_refusals(),
        it_is_off_without_an_account.with_refusals(),
    ]
}

const STATEMENT: &str = "document.querySelector('#statement').value";
const FITS: &str = "document.documentElement.scrollWidth <= document.documentElement.clientWidth";

/// Starts a frontend with three translations.
async fn filled() -> App {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    app.translate(LETTER).await;
    app.translate("Guten Morgen! Wie geht es dir?").await;
    app.translate("<script>alert(1)</script> & Co.").await;
    app
}

/// Replaces the statement in the form.
async fn write(browser: &Browser, statement: &str) {
    browser.click("#statement").await;
    browser
        .eval("document.querySelector('#statement').select()")
        .await;
    browser.type_text(statement).await;
}

async fn a_statement_runs_by_keyboard(browser: Browser) {
    let app = filled().await;
    browser.go(&app.url).await;
    browser.follow("nav a[href='/query_db']").await;
    browser
        .until("document.activeElement?.id === 'statement'")
        .await;
    browser
        .until(&format!("{STATEMENT} === 'SELECT * FROM translations;'"))
        .await;
    browser.picture("sql").await;
    browser.press(&[Key::Control, Key::Enter]).await;
    browser.shows("3 rows").await;
    browser.shows("<script>alert(1)</script> & Co.").await;
    browser.until(FITS).await;
    browser.picture("sql-result").await;
    browser
        .until("document.querySelectorAll('.cells tbody tr').length === 3")
        .await;

    // The statement stays in the form to be corrected.
    write(&browser, "SELECT absent FROM translations").await;
    browser.press(&[Key::Control, Key::Enter]).await;
    browser.shows("no such column: absent").await;
    browser
        .until(&format!(
            "{STATEMENT} === 'SELECT absent FROM translations'"
        ))
        .await;
    browser.picture("sql-error").await;
    write(&browser, "DROP TABLE translations").await;
    browser.press(&[Key::Control, Key::Enter]).await;
    browser.shows("Only statements that read").await;
    browser.picture("sql-refused").await;

    for (title, seen) in [
        ("longest", "Sehr geehrte Frau Keller"),
        ("months", "month"),
        ("search", "0 rows"),
    ] {
        browser
            .follow(&format!("a[href='/query_db?example={title}']"))
            .await;
        browser
            .until("document.activeElement?.id === 'statement'")
            .await;
        browser.follow("#query .primary").await;
        browser.shows(seen).await;
        browser.until("document.querySelector('#found')").await;
        browser.picture(&format!("sql-{title}")).await;
    }
}

async fn a_statement_runs_without_script(browser: Browser) {
    let app = filled().await;
    browser
        .go(&format!("{}/query_db?example=longest", app.url))
        .await;
    browser.follow("#query .primary").await;
    browser.until_html("Sehr geehrte Frau Keller").await;
    browser.until_html("3 rows").await;
    browser
        .until_html("&lt;script&gt;alert(1)&lt;/script&gt;")
        .await;
}

async fn it_fits_a_phone(browser: Browser) {
    narrow(&browser, "phone").await;
}

async fn it_fits_a_small_phone(browser: Browser) {
    narrow(&browser, "small-phone").await;
}

async fn narrow(browser: &Browser, name: &str) {
    let app = filled().await;
    let fits = async |state: &str| {
        browser.picture(&format!("{name}-{state}")).await;
        browser.fits().await;
    };
    browser.go(&format!("{}/query_db", app.url)).await;
    browser.shows("This page only reads").await;
    fits("sql").await;
    browser.follow("#query .primary").await;
    browser.shows("3 rows").await;
    browser
        .eval("document.querySelector('.result').scrollIntoView()")
        .await;
    fits("sql-result").await;
    let code = "DROP TABLE Donaudampfschifffahrtsgesellschaftskapitaensmuetzenabzeichen";
    browser
        .eval(&format!("({STATEMENT} = {}, 1)", json!(code)))
        .await;
    browser.follow("#query .primary").await;
    browser.shows("Only statements that read").await;
    fits("sql-refused").await;
}

async fn its_words_stand_out(browser: Browser) {
    let app = filled().await;
    for theme in ["light", "dark"] {
        browser.go(&format!("{}/query_db", app.url)).await;
        browser
            .eval(&format!("localStorage.setItem('theme', '{theme}')"))
            .await;
        let themed = format!("document.documentElement.dataset.theme === '{theme}'");
        for (statement, seen) in [
            ("SELECT * FROM translations;", "3 rows"),
            ("SELECT absent FROM translations", "no such column"),
        ] {
            browser
                .eval(&format!("({STATEMENT} = {}, 1)", json!(statement)))
                .await;
            browser.follow("#query .primary").await;
            browser.shows(seen).await;
            browser.until(&themed).await;
            assert_eq!(browser.eval(FAINT).await, json!([]), "{statement}");
            browser
                .picture(&format!("sql-{theme}-{}", seen.len()))
                .await;
        }
    }
}

async fn it_is_off_without_an_account(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start_without_database(&backend).await;
    browser.go(&app.url).await;
    browser.until("document.querySelector('nav')").await;
    browser
        .until("!document.querySelector('a[href=\"/query_db\"]')")
        .await;
    browser.go(&format!("{}/query_db", app.url)).await;
    browser.shows("The SQL page is off").await;
    browser.shows("query.sh").await;
    browser.picture("sql-off").await;
}
