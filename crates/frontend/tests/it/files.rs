//! Files through the program: from the form to the download, with interruptions.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use reqwest::{Client, Response};
use uuid::Uuid;

use crate::Cases;
use crate::fixture::{Backend, eventually, spooled};
use crate::program::Running;
use crate::support::{CONTENT_TYPE, Form, bold, docx, part, run};

pub(crate) fn add(cases: &mut Cases) {
    cases.plain("files/a_word_file_comes_back_in_english", word);
    cases.plain("files/a_file_survives_a_kill_with_the_same_bytes", kill);
    cases.plain("files/a_file_sent_twice_is_one_job", twice);
    cases.plain("files/several_files_are_listed_and_packed", several);
    cases.plain("files/what_cannot_be_translated_is_refused", refused);
    cases.plain("files/hostile_names_are_only_names", names);
    cases.plain("files/a_deleted_file_is_gone_and_can_come_back", delete);
    cases.plain("files/a_cancelled_file_can_be_tried_again", cancel);
    cases.plain("files/the_text_of_a_file_stays_when_it_is_removed", removed);
    cases.programs("files/a_pdf_is_read_by_the_job", paper);
    cases.programs("files/a_pdf_that_cannot_be_read_says_why", unreadable);
    cases.programs("files/a_scan_has_pictures_of_its_pages", scan);
}

/// Returns whether the programs that read PDFs and photos are installed.
pub(crate) fn has_programs() -> bool {
    let runs = |program, argument| {
        let mut command = Command::new(program);
        command
            .arg(argument)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok()
    };
    runs("pdftotext", "-v") && runs("tesseract", "--version")
}

/// Sends a form, without following where it leads.
async fn send(running: &Running, form: &Form) -> Response {
    let client = Client::builder().redirect(reqwest::redirect::Policy::none());
    let request = client.build().unwrap().post(format!("{}/", running.url()));
    let request = request.header("content-type", CONTENT_TYPE);
    request.body(form.body()).send().await.unwrap()
}

/// Sends a form; returns the path of the page that it leads to.
async fn accepted(running: &Running, form: &Form) -> String {
    let response = send(running, form).await;
    let status = response.status();
    let Some(location) = response.headers().get("location").cloned() else {
        panic!("{status}: {}", response.text().await.unwrap());
    };
    location.to_str().unwrap().to_owned()
}

fn form() -> Form {
    Form::new(&Uuid::now_v7().to_string(), "")
}

async fn start(folder: &Path, backend: &Backend) -> Running {
    let running = Running::start(folder, backend, &[("MAX_FILE_BYTES", "1000000")]);
    running.live().await;
    running
}

/// Waits until the page of a translation says that it is stored, and returns it.
async fn stored(running: &Running, page: &str) -> String {
    let mut html = String::new();
    eventually("it is stored", async || {
        html = running.page(page).await;
        html.contains("data-phase=\"stored\"")
    })
    .await;
    html
}

async fn get(running: &Running, path: &str) -> Response {
    reqwest::get(format!("{}{path}", running.url()))
        .await
        .unwrap()
}

async fn bytes(running: &Running, path: &str) -> Vec<u8> {
    let response = get(running, path).await;
    assert_eq!(response.status(), 200, "{path}");
    response.bytes().await.unwrap().to_vec()
}

fn letter() -> Vec<u8> {
    docx(&[
        &run("Guten Tag."),
        &[run("Das ist "), bold("wichtig"), run(". Bis bald.")].concat(),
    ])
}

async fn word() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let running = start(folder.path(), &backend).await;
    let page = accepted(&running, &form().file("Mietvertrag.docx", &letter())).await;
    let html = stored(&running, &page).await;
    assert!(html.contains("Mietvertrag.docx</h1>"), "{html}");
    assert!(html.contains("Download English DOCX"), "{html}");
    assert!(
        html.contains("1 picture was left as in the original"),
        "{html}"
    );
    // Each paragraph is a row.
    assert!(html.contains("data-row=\"1\""), "{html}");
    assert_eq!(backend.links(), [true]);
    let response = get(&running, &format!("{page}/file")).await;
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    let disposition =
        "attachment; filename=\"Mietvertrag.en.docx\"; filename*=UTF-8''Mietvertrag.en.docx";
    assert_eq!(header("content-disposition"), disposition);
    assert!(header("content-type").ends_with("wordprocessingml.document"));
    assert_eq!(header("x-content-type-options"), "nosniff");
    let english = response.bytes().await.unwrap();
    let document = part(&english, "word/document.xml").unwrap();
    assert!(document.contains("GUTEN TAG."), "{document}");
    let (_, rest) = document.split_once("<w:b/>").unwrap();
    let (bold, _) = rest.split_once("</w:r>").unwrap();
    assert!(bold.contains("WICHTIG"), "{document}");
    assert!(running.page("/history").await.contains("Mietvertrag.docx"));
    assert!(spooled(folder.path()).is_empty());
}

async fn kill() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let running = start(folder.path(), &backend).await;
    let page = accepted(&running, &form().file("Brief.docx", &letter())).await;
    stored(&running, &page).await;
    let expected = bytes(&running, &format!("{page}/file")).await;
    // The same file, with a kill after each number of sentences.
    let mut running = running;
    for sentences in 0..3 {
        backend.hold();
        let before = backend.texts().len();
        let page = accepted(&running, &form().file("Brief.docx", &letter())).await;
        eventually("a request", async || backend.texts().len() > before).await;
        backend.release(sentences);
        running.kill();
        backend.release_all();
        running = start(folder.path(), &backend).await;
        stored(&running, &page).await;
        let english = bytes(&running, &format!("{page}/file")).await;
        assert_eq!(english, expected);
    }
}

async fn twice() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let running = start(folder.path(), &backend).await;
    let nonce = Uuid::now_v7().to_string();
    let form = |text: &str| Form::new(&nonce, "").file("Brief.txt", text.as_bytes());
    let page = accepted(&running, &form("Guten Tag.")).await;
    assert_eq!(accepted(&running, &form("Guten Tag.")).await, page);
    assert_ne!(accepted(&running, &form("Gute Nacht.")).await, page);
    stored(&running, &page).await;
    assert_eq!(accepted(&running, &form("Guten Tag.")).await, page);
    // The text of a file need not have links.
    assert!(backend.links().iter().all(|links| !links));
}

async fn several() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    backend.hold();
    let running = start(folder.path(), &backend).await;
    let form = Form::new(&Uuid::now_v7().to_string(), "Und ein Text.")
        .file("Brief.docx", &letter())
        .file("Brief.docx", &docx(&[&run("Noch einer.")]));
    let list = accepted(&running, &form).await;
    let html = running.page(&list).await;
    assert!(html.contains("0 of 3 done"), "{html}");
    assert!(!html.contains("translations.zip"), "{html}");
    backend.release_all();
    let mut html = String::new();
    eventually("all are done", async || {
        html = running.page(&list).await;
        html.contains("Download all")
    })
    .await;
    assert_eq!(html.matches(">Download</a>").count(), 2, "{html}");
    let archive = list.replace("/files?", "/files/translations.zip?");
    let archive = bytes(&running, &archive).await;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
    let names: Vec<_> = (0..archive.len())
        .map(|index| {
            archive
                .by_index(index)
                .unwrap()
                .name()
                .unwrap()
                .into_owned()
        })
        .collect();
    assert_eq!(names, ["Brief.en.docx", "Brief.en (2).docx"]);
    let mut second = Vec::new();
    std::io::Read::read_to_end(&mut archive.by_index(1).unwrap(), &mut second).unwrap();
    assert!(
        part(&second, "word/document.xml")
            .unwrap()
            .contains("NOCH EINER.")
    );
    assert_eq!(get(&running, "/files?ids=").await.status(), 404);
    let nobody = format!("/files/translations.zip?ids={}", Uuid::now_v7());
    assert_eq!(get(&running, &nobody).await.status(), 404);
}

async fn refused() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let running = start(folder.path(), &backend).await;
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0";
    let old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more";
    let large = "Zu lang. ".repeat(120_000);
    for (name, content, reason) in [
        ("Foto.HEIC", &heic[..], "Save it as JPEG or PNG"),
        ("Brief.doc", old, "Save it as .docx"),
        ("leer.txt", b"", "The file is empty"),
        ("nichts.txt", b"\n --- \n", "There is no text in it"),
        ("Brief.docx", b"PK\x03\x04 broken", "damaged"),
        (
            "lang.txt",
            large.as_bytes(),
            "The file is too large: it has 1.0 MiB",
        ),
    ] {
        let form = Form::new("", "Mühsam\r\ngetippt.").file(name, content);
        let response = send(&running, &form).await;
        assert_eq!(response.status(), 422, "{name}");
        let html = response.text().await.unwrap();
        assert!(html.contains(&format!("{name}: ")), "{name}: {html}");
        assert!(html.contains(reason), "{name}: {html}");
        assert!(html.contains(">\nMühsam\ngetippt.</textarea>"), "{html}");
    }
    assert!(backend.texts().is_empty());
    eventually("all are removed", async || {
        let left = std::fs::read_dir(folder.path().join("files")).unwrap();
        left.count() == 0
    })
    .await;
    // One more than a form may have, and others.
    let mut many = Form::new("", "");
    for _ in 0..53 {
        many = many.file("Foto.HEIC", heic);
    }
    let html = send(&running, &many).await.text().await.unwrap();
    assert_eq!(html.matches("Save it as JPEG or PNG").count(), 50, "{html}");
    assert_eq!(html.matches("At most 50 files").count(), 1, "{html}");
    // The others are translated.
    let mixed = form().file("Foto.HEIC", heic).file("Brief.docx", &letter());
    let html = send(&running, &mixed).await.text().await.unwrap();
    assert!(
        html.contains("The other file is being translated"),
        "{html}"
    );
    let (_, rest) = html.split_once("<a href=\"/translations/").unwrap();
    stored(&running, &format!("/translations/{}", &rest[..36])).await;
    // Nothing but a text, as the same form sends it without files.
    let text = Form::new("", "Guten Tag.").file("", b"");
    let page = accepted(&running, &text).await;
    assert!(stored(&running, &page).await.contains("GUTEN TAG."));
    // Cut off, or not a form.
    let whole = form().file("Brief.docx", &letter()).body();
    for (body, status) in [(&whole[..whole.len() / 2], 400), (b"text=Ja", 400)] {
        let request = Client::new().post(format!("{}/", running.url()));
        let request = request.header("content-type", CONTENT_TYPE);
        let response = request.body(body.to_vec()).send().await.unwrap();
        assert_eq!(response.status(), status);
    }
}

async fn names() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let running = start(folder.path(), &backend).await;
    let name = "../../<img src=x onerror=alert(1)>Kündigung%22.docx";
    let page = accepted(&running, &form().file(name, &letter())).await;
    let html = stored(&running, &page).await;
    assert!(!html.contains("<img"), "{html}");
    assert!(
        html.contains("&#60;img src=x onerror=alert(1)&#62;Kündigung&#34;.docx</h1>"),
        "{html}"
    );
    let response = get(&running, &format!("{page}/file")).await;
    let disposition = response.headers()["content-disposition"].to_str().unwrap();
    assert_eq!(
        disposition,
        "attachment; filename=\"<img src=x onerror=alert(1)>K_ndigung_.en.docx\"; \
         filename*=UTF-8''%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3EK%C3%BCndigung%22.en.docx"
    );
    let history = running.page("/history").await;
    assert!(!history.contains("<img"), "{history}");
    let other = format!("/translations/{}/file", Uuid::now_v7());
    assert_eq!(get(&running, &other).await.status(), 404);
    for picture in ["1", "0", "..%2Fsource", "x"] {
        let path = format!("{page}/pages/{picture}");
        assert_eq!(get(&running, &path).await.status(), 404, "{picture}");
    }
}

async fn delete() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let running = start(folder.path(), &backend).await;
    let nonce = Uuid::now_v7().to_string();
    let same = || Form::new(&nonce, "").file("Brief.docx", &letter());
    let page = accepted(&running, &same()).await;
    stored(&running, &page).await;
    running.post(&format!("{page}/delete"), String::new()).await;
    // The same form, sent again, is another translation, not a page that is not there.
    let again = accepted(&running, &same()).await;
    assert_ne!(again, page);
    stored(&running, &again).await;
    let file = format!("{page}/file");
    assert_eq!(get(&running, &file).await.status(), 404);
    running
        .post(&format!("{page}/restore"), String::new())
        .await;
    assert_eq!(get(&running, &file).await.status(), 200);
    // One that was never stored leaves nothing.
    backend.hold();
    let page = accepted(&running, &form().file("Brief.docx", &letter())).await;
    running.post(&format!("{page}/delete"), String::new()).await;
    let id = page.rsplit('/').next().unwrap();
    assert!(!folder.path().join("files").join(id).exists());
}

async fn cancel() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    backend.hold();
    let mut running = start(folder.path(), &backend).await;
    let page = accepted(&running, &form().file("Brief.docx", &letter())).await;
    running.post(&format!("{page}/cancel"), String::new()).await;
    let html = running.page(&page).await;
    assert!(
        html.contains("The file is kept and listed under History"),
        "{html}"
    );
    assert_eq!(get(&running, &format!("{page}/file")).await.status(), 404);
    running.kill();
    let running = start(folder.path(), &backend).await;
    assert!(running.page("/history").await.contains("Brief.docx"));
    backend.release_all();
    running.post(&format!("{page}/retry"), String::new()).await;
    stored(&running, &page).await;
    bytes(&running, &format!("{page}/file")).await;
}

async fn removed() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let mut running = start(folder.path(), &backend).await;
    let page = accepted(&running, &form().file("Brief.docx", &letter())).await;
    stored(&running, &page).await;
    running.kill();
    // As if it had been written two days ago.
    let id = page.rsplit('/').next().unwrap();
    let files = folder.path().join("files").join(id);
    let old = std::time::SystemTime::now() - std::time::Duration::from_hours(48);
    std::fs::File::open(&files)
        .unwrap()
        .set_modified(old)
        .unwrap();
    let running = start(folder.path(), &backend).await;
    eventually("it is removed", async || !files.exists()).await;
    let html = running.page(&page).await;
    assert!(html.contains("Brief.docx</h1>"), "{html}");
    assert!(html.contains("GUTEN TAG."), "{html}");
    assert!(html.contains("The file was removed a day after"), "{html}");
    assert_eq!(get(&running, &format!("{page}/file")).await.status(), 404);
}

const PAGES: [&str; 2] = [
    "Sehr geehrte Frau Keller,\n\nDas ist die erste Seite dieses Briefs.",
    "Und das hier ist die zweite Seite dieses Briefs.",
];

async fn paper() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let mut running = start(folder.path(), &backend).await;
    let file = form().file("Brief.PDF", &pdf(&PAGES));
    let page = accepted(&running, &file).await;
    // It is read again if it was not read to its end.
    running.kill();
    let running = start(folder.path(), &backend).await;
    let html = stored(&running, &page).await;
    assert!(html.contains("ZWEITE SEITE"), "{html}");
    assert!(!html.contains("class=\"leaf\""), "{html}");
    let english = bytes(&running, &format!("{page}/file")).await;
    let document = part(&english, "word/document.xml").unwrap();
    assert!(document.contains("DAS IST DIE ERSTE SEITE"), "{document}");
    assert!(html.contains("Brief.en.docx"), "{html}");
}

async fn unreadable() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let mut running = start(folder.path(), &backend).await;
    let page = accepted(&running, &form().file("Brief.pdf", b"%PDF-1.4\nnothing")).await;
    let mut html = String::new();
    eventually("it has failed", async || {
        html = running.page(&page).await;
        html.contains("data-phase=\"failed\"")
    })
    .await;
    assert!(html.contains("The file is damaged"), "{html}");
    running.kill();
    let running = start(folder.path(), &backend).await;
    let html = running.page(&page).await;
    assert!(html.contains("The file is damaged"), "{html}");
    assert!(running.page("/history").await.contains("Brief.pdf"));
}

async fn scan() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.pdf");
    std::fs::write(&file, pdf(&PAGES[..1])).unwrap();
    let mut drawn = Command::new("pdftoppm");
    drawn.args(["-png", "-r", "150", "-singlefile"]);
    let status = drawn.arg(&file).arg(folder.path().join("page")).status();
    assert!(status.unwrap().success());
    let photo = std::fs::read(folder.path().join("page.png")).unwrap();
    let backend = Backend::start().await;
    let running = start(&folder.path().join("data"), &backend).await;
    let page = accepted(&running, &form().file("Foto.png", &photo)).await;
    let html = stored(&running, &page).await;
    assert!(html.contains("ERSTE SEITE"), "{html}");
    assert!(html.contains("<b>Page 1</b>"), "{html}");
    let (_, rest) = html.split_once("<img loading=\"lazy\" src=\"").unwrap();
    let (source, _) = rest.split_once('"').unwrap();
    let picture = get(&running, source).await;
    assert_eq!(picture.headers()["content-type"], "image/jpeg");
    assert!(picture.bytes().await.unwrap().starts_with(b"\xff\xd8\xff"));
    let english = bytes(&running, &format!("{page}/file")).await;
    assert!(
        part(&english, "word/document.xml")
            .unwrap()
            .contains("ERSTE SEITE")
    );
}

/// Returns a PDF with a page for each text, whose lines are in ASCII.
fn pdf(pages: &[&str]) -> Vec<u8> {
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        String::new(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_owned(),
    ];
    let mut kids = String::new();
    for page in pages {
        let mut content = String::new();
        for (index, line) in page.lines().enumerate() {
            let y = 770 - index * 18;
            let _ = writeln!(content, "BT /F1 13 Tf 62 {y} Td ({line}) Tj ET");
        }
        objects.push(format!(
            "<< /Length {} >>\nstream\n{content}\nendstream",
            content.len()
        ));
        let content = objects.len();
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] \
             /Resources << /Font << /F1 3 0 R >> >> /Contents {content} 0 R >>"
        ));
        let _ = write!(kids, "{} 0 R ", objects.len());
    }
    objects[1] = format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", pages.len());
    let mut file = "%PDF-1.4\n".to_owned();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (index, object) in objects.iter().enumerate() {
        let _ = writeln!(table, "{:010} 00000 n ", file.len());
        let _ = write!(file, "{} 0 obj\n{object}\nendobj\n", index + 1);
    }
    let (start, size) = (file.len(), objects.len() + 1);
    let _ = write!(
        file,
        "{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    );
    file.into_bytes()
}
