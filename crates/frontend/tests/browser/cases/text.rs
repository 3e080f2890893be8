//! Unusual and very long texts.

use serde_json::Value;

use super::{Case, cases};
use crate::app::App;
use crate::backend::Backend;
use crate::browser::Browser;

pub(super) fn cases() -> Vec<Case> {
    cases![
        hostile_text_is_text,
        nul_is_shown_by_its_picture,
        a_book_of_ten_thousand_sentences_scrolls,
        one_paragraph_of_many_lines_is_cut_into_rows,
    ]
}

const HOSTILE: &str = r#"'; DROP TABLE translations; -- <script>alert(1)</script> \n \' \" &lt; <!-- <!--rows--> <!--end--> </p></textarea> {{ 7*7 }}"#;

async fn hostile_text_is_text(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    let page = app.submit(HOSTILE).await;
    for _ in ["running", "stored"] {
        browser.go(&page).await;
        browser
            .until("document.querySelector('#end[data-phase=stored]')")
            .await;
        let hostile = Value::from(HOSTILE);
        browser
            .until(&format!(
                "document.querySelector('.row [lang=de]').textContent === {hostile}"
            ))
            .await;
        browser
            .until("document.querySelector('.row [lang=en]').textContent.includes('<script>alert(1)</script>')")
            .await;
        app.stop().await;
        app.start_again().await;
    }
    browser.picture("hostile").await;
    browser.go(&format!("{}/history", app.url)).await;
    browser
        .until("document.querySelector('#entries .de')")
        .await;
    assert_eq!(
        browser
            .eval("document.querySelector('#entries .de').textContent")
            .await,
        HOSTILE
    );
    assert_eq!(browser.eval("document.scripts.length").await, 1);
    browser.follow("#entries a").await;
    browser.follow(".after a[href*=text_of]").await;
    browser.until_value("#text", HOSTILE).await;
}

async fn nul_is_shown_by_its_picture(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    let page = app.translate("Guten\0Morgen!").await;
    browser.go(&page).await;
    browser.until("document.querySelector('#end')").await;
    let shown = browser
        .eval("document.querySelector('.row [lang=de]').textContent")
        .await;
    assert_eq!(shown, "Guten␀Morgen!");
    let stored = reqwest::get(format!("{page}/english.txt")).await.unwrap();
    assert_eq!(stored.text().await.unwrap(), "EN Guten\0Morgen!");
    browser.go(&format!("{}/history", app.url)).await;
    browser.shows("Guten␀Morgen!").await;
}

async fn a_book_of_ten_thousand_sentences_scrolls(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    let paragraph = |number: usize| {
        let sentence = |part: usize| {
            format!(
                "Dies ist der Satz Nummer {} in einem langen Buch.",
                number * 5 + part
            )
        };
        (0..5).map(sentence).collect::<Vec<_>>().join(" ")
    };
    let book: Vec<String> = (0..2000).map(paragraph).collect();
    browser.go(&app.submit(&book.join("\n\n")).await).await;
    browser.until("document.querySelector('#end')").await;
    assert_eq!(
        browser
            .eval("document.querySelectorAll('.row [lang=en] .s').length")
            .await,
        10_000
    );
    // Scrolls down by screens while frames are counted, then to the end at once.
    let script = "const done = arguments[0]; const start = performance.now(); let frames = 0, longest = 0, last = start;
        const frame = (now) => {
            frames++; longest = Math.max(longest, now - last); last = now;
            scrollBy(0, innerHeight);
            if (now - start < 3000) requestAnimationFrame(frame); else done({frames, longest, y: scrollY});
        };
        requestAnimationFrame(frame);";
    let scrolled = browser
        .client
        .execute_async(script, Vec::new())
        .await
        .unwrap();
    eprintln!("scrolled for 3 s: {scrolled}");
    assert!(scrolled["y"].as_f64() > Some(1000.0), "{scrolled}");
    // Rows are laid out when they come near, so the end moves during scrolling.
    let last = "document.querySelector('.row [lang=en] [data-i=\"9999\"]')";
    browser
        .until(&format!(
            "({last}.scrollIntoView({{block: 'center'}}), (({{top, bottom}}) => top >= 0 && bottom <= innerHeight)({last}.getBoundingClientRect()))"
        ))
        .await;
    browser.picture("book-end").await;
}

async fn one_paragraph_of_many_lines_is_cut_into_rows(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    let lines: Vec<String> = (0..300)
        .map(|line| format!("Zeile {line} eines langen Gedichts ohne Leerzeile."))
        .collect();
    browser.go(&app.submit(&lines.join("\n")).await).await;
    browser.until("document.querySelector('#end')").await;
    let rows = browser
        .eval("document.querySelectorAll('.row').length")
        .await;
    assert!((10..100).contains(&rows.as_u64().unwrap()), "{rows} rows");
    let german = browser.eval("[...document.querySelectorAll('.row [lang=de]')].map((one) => one.textContent).join('\\n')").await;
    assert_eq!(german, lines.join("\n"));
    browser.picture("one-paragraph").await;
}
