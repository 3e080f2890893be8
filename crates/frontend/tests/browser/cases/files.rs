//! Files: in the form, while they are translated, and when they are done.

use serde_json::json;

use super::{Case, cases};
use crate::app::App;
use crate::backend::Backend;
use crate::browser::{Browser, Device};
use crate::support::{Form, bold, docx, part, run};

pub(super) fn cases() -> Vec<Case> {
    cases![
        a_file_is_chosen_and_downloaded,
        files_are_dropped_pasted_and_removed,
        a_file_is_sent_without_script.on(Device::NoScript),
        a_refused_file_says_why_and_keeps_the_text.with_refusals(),
        a_list_follows_its_files,
        files_fit_a_phone.on(Device::Phone(390)),
        files_fit_a_small_phone.on(Device::Phone(320)),
    ]
}

/// The letter as a document.
fn letter() -> Vec<u8> {
    docx(&[
        &run("Sehr geehrte Frau Keller"),
        &[
            run("Hiermit bestätigen wir den Eingang "),
            bold("Ihrer Kündigung der Wohnung"),
            run(" an der Seestrasse 14. Das Mietverhältnis endet am 31. März."),
        ]
        .concat(),
        &run("Folgende Unterlagen sind mitzubringen:"),
        &run("sämtliche Schlüssel"),
        &run("das Protokoll der letzten Übergabe"),
    ])
}

/// Writes files into the folder of the app, and chooses them.
async fn choose(browser: &Browser, app: &App, files: &[(&str, &[u8])]) {
    let paths: Vec<_> = files
        .iter()
        .map(|(name, content)| {
            let path = app.folder().join(name);
            std::fs::write(&path, content).unwrap();
            path
        })
        .collect();
    let node = browser.node_of("#file").await.unwrap();
    let files = json!({"nodeId": node, "files": paths});
    browser.devtools("DOM.setFileInputFiles", &files).await;
}

async fn a_file_is_chosen_and_downloaded(browser: Browser) {
    let backend = Backend::patient().await;
    let app = App::start(&backend).await;
    browser.go(&app.url).await;
    browser.until("document.activeElement?.id === 'text'").await;
    choose(&browser, &app, &[("Kündigung.docx", &letter())]).await;
    browser.shows("Kündigung.docx").await;
    browser.picture("form-file").await;
    browser.click("#translate").await;
    browser
        .until("document.querySelector('h1.file-name')?.textContent === 'Kündigung.docx'")
        .await;
    backend.let_go(2);
    browser.shows("confirm receipt").await;
    browser.picture("file-running").await;
    backend.let_go(9);
    browser
        .until("document.querySelector('#end[data-phase=stored] #file')")
        .await;
    browser.shows("Kündigung.en.docx").await;
    browser.shows("1 picture was left as in the original").await;
    browser.picture("file-done").await;
    let page = browser.client.current_url().await.unwrap();
    let file = reqwest::get(format!("{page}/file")).await.unwrap();
    let english = file.bytes().await.unwrap();
    let document = part(&english, "word/document.xml").unwrap();
    assert!(document.contains("We hereby confirm receipt"), "{document}");
    let paragraphs = "document.querySelectorAll('.bitext > .row').length";
    assert_eq!(browser.eval(paragraphs).await, json!(5));
    assert_eq!(
        browser.eval("document.title").await,
        json!("Translated Kündigung.docx")
    );
}

/// Drops two files on the page, drops one of them again, and pastes a picture.
const DROPPED_AND_PASTED: &str = "(() => {
    const one = new File(['Guten Morgen!'], 'one.txt', {lastModified: 1});
    const two = new File(['Guten Morgen!'], 'two.txt', {lastModified: 1});
    const transfer = (...files) => {
        const transfer = new DataTransfer();
        for (const file of files) transfer.items.add(file);
        return transfer;
    };
    const drop = (...files) => document.body.dispatchEvent(new DragEvent('drop', {bubbles: true, cancelable: true, dataTransfer: transfer(...files)}));
    drop(one, two);
    drop(one);
    const clipboardData = transfer(new File(['x'], 'image.png'));
    document.body.dispatchEvent(new ClipboardEvent('paste', {bubbles: true, cancelable: true, clipboardData}));
    return [...document.querySelectorAll('#chosen b')].map((name) => name.textContent);
})()";

async fn files_are_dropped_pasted_and_removed(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    browser.go(&app.url).await;
    browser.until("document.activeElement?.id === 'text'").await;
    let names = browser.eval(DROPPED_AND_PASTED).await;
    assert_eq!(names, json!(["one.txt", "two.txt", "image.png"]));
    browser.click("#chosen li:nth-child(3) button").await;
    browser.click("#chosen li:nth-child(1) button").await;
    let sent = "[...document.querySelector('#file').files].map((file) => file.name)";
    browser.until(&format!("{sent}.join() === 'two.txt'")).await;
    browser.click("#translate").await;
    browser.shows("Good morning!").await;
    browser.shows("two.en.txt").await;
}

async fn a_file_is_sent_without_script(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    browser.go(&app.url).await;
    browser.until_html("id=\"translate\"").await;
    choose(&browser, &app, &[("Brief.docx", &letter())]).await;
    browser.picture("form-file-without-script").await;
    browser.click("#translate").await;
    browser.until_html("Brief.en.docx").await;
    browser.until_html("Dear Ms Keller").await;
}

async fn a_refused_file_says_why_and_keeps_the_text(browser: Browser) {
    let backend = Backend::eager().await;
    let app = App::start_with(&backend.url, None).await;
    browser.go(&app.url).await;
    browser.until("document.activeElement?.id === 'text'").await;
    browser.type_text("Guten Morgen!").await;
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0";
    choose(&browser, &app, &[("Foto.heic", heic)]).await;
    browser.click("#translate").await;
    browser
        .shows("Foto.heic: HEIC photos are not supported. Save it as JPEG or PNG.")
        .await;
    browser.until_value("#text", "Guten Morgen!").await;
    browser.picture("file-refused").await;
    // Too large, before it is sent.
    let large = "(() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new ArrayBuffer(65 << 20)], 'large.docx'));
        document.body.dispatchEvent(new DragEvent('drop', {bubbles: true, cancelable: true, dataTransfer: transfer}));
    })()";
    browser.eval(large).await;
    browser
        .shows("“large.docx” is too long: it has 65.0 MiB")
        .await;
}

async fn a_list_follows_its_files(browser: Browser) {
    let backend = Backend::patient().await;
    let app = App::start(&backend).await;
    browser.go(&app.url).await;
    browser.until("document.activeElement?.id === 'text'").await;
    let text = "Guten Morgen!\nWie geht es dir?\n".repeat(4);
    let files: [(&str, &[u8]); 3] = [
        ("Kündigung.docx", &letter()),
        ("Hausordnung.md", text.as_bytes()),
        (
            "Abfallkalender.txt",
            b"Der Abfall wird jeden Dienstag abgeholt.",
        ),
    ];
    choose(&browser, &app, &files).await;
    browser.picture("form-files").await;
    browser.click("#translate").await;
    browser.shows("0 of 3 done").await;
    backend.let_go(5);
    browser.shows("of 3 done").await;
    browser.picture("files-running").await;
    backend.let_go(30);
    browser
        .until("document.querySelector('#archive')?.textContent === 'Download all (zip)'")
        .await;
    browser.picture("files-done").await;
    browser.follow(".files a[href^='/translations/']").await;
    browser.shows("Dear Ms Keller").await;
}

async fn files_fit_a_phone(browser: Browser) {
    narrow(&browser, "phone").await;
}

async fn files_fit_a_small_phone(browser: Browser) {
    narrow(&browser, "small-phone").await;
}

async fn narrow(browser: &Browser, name: &str) {
    let backend = Backend::eager().await;
    let app = App::start(&backend).await;
    let fits = async |state: &str, seen: &str| {
        browser.shows(seen).await;
        browser.picture(&format!("{name}-{state}")).await;
        browser.fits().await;
    };
    browser.go(&app.url).await;
    browser.until("document.querySelector('#translate')").await;
    let long = format!("{}.docx", "Wohnungsübergabeprotokoll".repeat(6));
    choose(browser, &app, &[(&long, &letter())]).await;
    fits("form-file", "Wohnungsübergabeprotokoll").await;
    let form = Form::new("", "").file(&long, &letter());
    let page = app.send(&form).await;
    browser.go(&page).await;
    browser
        .until("document.querySelector('#end[data-phase=stored] #file')")
        .await;
    browser
        .eval("document.querySelector('#end').scrollIntoView({block: 'end'})")
        .await;
    fits("file-done", "Download English DOCX").await;
    let form = form.file("Brief.txt", b"Guten Morgen!");
    browser.go(&app.send(&form).await).await;
    fits("files-done", "Download all (zip)").await;
    browser.go(&format!("{}/history", app.url)).await;
    fits("history-file", "Wohnungsübergabeprotokoll").await;
}
