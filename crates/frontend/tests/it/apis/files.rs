//! Files, by the APIs of LibreTranslate and DeepL.

use std::sync::Arc;

use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use super::{Frontend, answer};
use crate::Cases;
use crate::fixture::{Backend, Mood, eventually};

pub(super) fn add(cases: &mut Cases) {
    cases.plain("apis/files/libretranslate", libre);
    cases.plain("apis/files/deepl", deepl);
    cases.plain("apis/files/a_long_file_is_translated_in_parts", long);
    cases.plain("apis/files/what_libretranslate_refuses", libre_refused);
    cases.plain("apis/files/what_deepl_refuses", deepl_refused);
    cases.plain("apis/files/keys_and_shares", keys);
    cases.plain("apis/files/a_client_that_goes_away_leaves_nothing", gone);
    cases.plain("apis/files/a_client_has_a_number_of_files", many);
    cases.plain("apis/files/an_earlier_process_leaves_nothing", restart);
    cases.plain("apis/files/a_backend_that_is_down", down);
}

const HTML: &str = "<p>Das ist <b>wichtig</b>.</p>\n<p>Siehe <a href=\"/x\">hier</a>.</p>\n";
const ENGLISH: &str = "<p>DAS IST <b>WICHTIG</b>.</p>\n<p>SIEHE <a href=\"/x\">HIER</a>.</p>\n";

impl Frontend {
    /// Prepares a request with a file and other fields.
    fn send_file(
        &self,
        path: &str,
        name: &str,
        content: &[u8],
        fields: &[(&str, &str)],
    ) -> RequestBuilder {
        let file = format!("name=\"file\"; filename=\"{name}\"\r\nContent-Type: any/thing");
        let mut form = part(&file, content);
        for (name, value) in fields {
            form.extend(part(&format!("name=\"{name}\""), value.as_bytes()));
        }
        form.extend(b"--limit--\r\n");
        let request = self.post(path).body(form);
        request.header("content-type", "multipart/form-data; boundary=limit")
    }

    /// Prepares a request for the translation of a file in LibreTranslate's API.
    fn translate_file(&self, name: &str, content: &[u8]) -> RequestBuilder {
        let fields = [("source", "de"), ("target", "en")];
        self.send_file("/translate_file", name, content, &fields)
    }

    /// Sends a file to DeepL's API; returns the path of its status and its key.
    async fn send_document(&self, name: &str, content: &[u8]) -> (String, Value) {
        let fields = [("target_lang", "EN-GB")];
        let sent = self.send_file("/v2/document", name, content, &fields);
        let (status, sent) = answer(sent.send().await.unwrap()).await;
        assert_eq!(status, 200, "{sent}");
        let id = sent["document_id"].as_str().unwrap();
        let path = format!("/v2/document/{id}");
        (path, json!({"document_key": sent["document_key"]}))
    }

    /// Waits for the end of a translation in DeepL's API; returns its status.
    async fn ended(&self, (path, key): &(String, Value)) -> Value {
        let mut status = Value::Null;
        eventually("the translation ends", async || {
            status = self.ok(path, key.clone()).await;
            ["done", "error"].contains(&status["status"].as_str().unwrap())
        })
        .await;
        status
    }

    /// Returns the number of files in the data folder.
    fn files(&self) -> usize {
        let files = std::fs::read_dir(self.folder.path().join("api-files"));
        files.map_or(0, Iterator::count)
    }
}

fn part(names: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("--limit\r\nContent-Disposition: form-data; {names}\r\n\r\n");
    [head.as_bytes(), content, b"\r\n"].concat()
}

/// Returns the address of a translated file, of which an answer tells.
async fn address(response: Response) -> String {
    let (status, answer) = answer(response).await;
    assert_eq!(status, 200, "{answer}");
    answer["translatedFileUrl"].as_str().unwrap().to_owned()
}

async fn libre() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    let sent = frontend.translate_file("Brief für alle.html", HTML.as_bytes());
    let address = address(sent.send().await.unwrap()).await;
    let path = address.strip_prefix(&frontend.url).unwrap();
    assert!(path.starts_with("/download_file/"), "{path}");
    assert!(path.ends_with(".Brief%20f%C3%BCr%20alle_en.html"), "{path}");
    // As often as somebody wants it.
    for _ in 0..2 {
        let file = frontend.get(path).send().await.unwrap();
        assert_eq!(file.headers()["content-type"], "text/html; charset=utf-8");
        assert_eq!(
            file.headers()["content-disposition"],
            "attachment; filename=\"Brief f_r alle_en.html\"; \
             filename*=UTF-8''Brief%20f%C3%BCr%20alle_en.html"
        );
        assert_eq!(file.text().await.unwrap(), ENGLISH);
    }
    assert_eq!(backend.links(), [true]);
    // The file itself is gone, its translation is there.
    assert_eq!(frontend.files(), 1);
    let fields = [("source", "auto"), ("target", "en")];
    let english = b"This is in English already, and stays as it is.\n";
    let sent = frontend.send_file("/translate_file", "letter.txt", english, &fields);
    let address = self::address(sent.send().await.unwrap()).await;
    let path = address.strip_prefix(&frontend.url).unwrap();
    let file = frontend.get(path).send().await.unwrap();
    assert_eq!(file.bytes().await.unwrap()[..], english[..]);
    let proxied = frontend.translate_file("a.txt", b"Ja.");
    let proxied = proxied.header("x-forwarded-proto", "https");
    let address = self::address(proxied.send().await.unwrap()).await;
    assert!(address.starts_with("https://"), "{address}");
}

async fn deepl() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    backend.hold();
    let document = frontend.send_document("Brief.html", HTML.as_bytes()).await;
    let (path, key) = document.clone();
    eventually("it is being translated", async || {
        !backend.texts().is_empty()
    })
    .await;
    let status = frontend.ok(&path, key.clone()).await;
    assert_eq!(status["status"], "translating");
    assert!(status["seconds_remaining"].as_u64() > Some(0), "{status}");
    let result = format!("{path}/result");
    let (status, answer) = frontend.json(&result, key.clone()).await;
    let message = json!({"message": "Document translation is not done"});
    assert_eq!((status.as_u16(), answer), (503, message));
    backend.release_all();
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(
        frontend.ended(&document).await,
        json!({"document_id": id, "status": "done", "billed_characters": 27})
    );
    for (path, key) in [
        (path.clone(), json!({"document_key": id})),
        (path.clone(), json!({})),
        (result.clone(), json!({"document_key": id})),
        ("/v2/document/0123".to_owned(), key.clone()),
    ] {
        let (status, answer) = frontend.json(&path, key).await;
        let message = json!({"message": "Document not found"});
        assert_eq!((status.as_u16(), answer), (404, message), "{path}");
    }
    // It is not LibreTranslate's.
    let other = frontend.get(&format!("/download_file/{id}"));
    assert_eq!(other.send().await.unwrap().status(), 404);
    // Again, because the connection may have broken before the end.
    for _ in 0..2 {
        let file = frontend.post(&result).json(&key).send().await.unwrap();
        assert_eq!(file.text().await.unwrap(), ENGLISH);
    }
}

async fn long() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    let line = "Dieser Satz steht in einem langen Text, der viele Zeilen hat.\n";
    let text = line.repeat(3000) + "Das Haupt-\n\nhaus.\n";
    let sent = frontend.translate_file("a.txt", text.as_bytes()).send();
    let address = address(sent.await.unwrap()).await;
    let path = address.strip_prefix(&frontend.url).unwrap();
    let file = frontend.get(path).send().await.unwrap();
    assert!(file.text().await.unwrap() == text.to_uppercase());
    let parts = backend.texts();
    assert!(parts.len() > 2, "{}", parts.len());
    assert!(parts.iter().all(|part| part.len() < 100_000));
}

const OLD: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
const TOO_OLD: &str =
    "Old Office files (.doc, .ppt, .xls) are not supported. Save it as .docx, .pptx or .xlsx.";
const TOO_LARGE: &str = "the file exceeds the limit of 2000 bytes (MAX_FILE_BYTES)";
const TOO_LONG: &str = "the request exceeds the text limit of 1000 bytes (MAX_TEXT_BYTES)";
const LIMITS: [&str; 2] = ["--max-file-bytes=2000", "--max-text-bytes=1000"];

/// Asserts that a request is refused with this status and message.
async fn assert_refused(request: RequestBuilder, status: u16, message: &str) {
    let (found, answer) = answer(request.send().await.unwrap()).await;
    let text = answer.get("error").or(answer.get("message"));
    assert_eq!((found.as_u16(), text), (status, Some(&json!(message))));
}

async fn libre_refused() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &LIMITS).await;
    let send = |name: &str, content: &[u8]| frontend.translate_file(name, content);
    let fields = |fields| frontend.send_file("/translate_file", "a.txt", b"Ja.", fields);
    let no_file = "Invalid request: missing file parameter";
    let damaged = "The file is damaged: it cannot be unpacked.";
    let unknown = "/download_file/01900000-0000-4000-8000-000000000000.a_en.txt";
    for (request, status, message) in [
        (frontend.post("/translate_file"), 400, no_file),
        (frontend.form("/translate_file", "source=de"), 400, no_file),
        (send("a.txt", b""), 400, no_file),
        (send("a.txt", &[b'a'; 2001]), 413, TOO_LARGE),
        (send("a.txt", &[b'a'; 1001]), 413, TOO_LONG),
        (send("a.doc", OLD), 400, TOO_OLD),
        (send("a.docx", b"PK\x03\x04"), 400, damaged),
        (
            fields(&[("target", "en")]),
            400,
            "Invalid request: missing source parameter",
        ),
        (
            fields(&[("source", "de"), ("target", "fr")]),
            400,
            "fr is not supported",
        ),
        (
            fields(&[("source", "en"), ("target", "de")]),
            400,
            "German (de) is not available as a target language from English (en)",
        ),
        (
            frontend.get("/download_file/..%2F..%2Fetc%2Fpasswd"),
            400,
            "Invalid filename",
        ),
        (
            frontend.get(unknown),
            404,
            "There is no such file: a translation is kept for an hour.",
        ),
    ] {
        assert_refused(request, status, message).await;
    }
    assert!(backend.texts().is_empty());
    eventually("nothing stays on disk", async || frontend.files() == 0).await;
}

async fn deepl_refused() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &LIMITS).await;
    let send = |name: &str, content: &[u8], fields: &[_]| {
        let fields = [&[("target_lang", "EN-GB")], fields].concat();
        frontend.send_file("/v2/document", name, content, &fields)
    };
    let with = |field| send("a.txt", b"Ja.", &[field]);
    for (request, status, message) in [
        (
            frontend.post("/v2/document"),
            400,
            "Parameter 'target_lang' not specified.",
        ),
        (
            frontend.post("/v2/document?target_lang=EN"),
            400,
            "Invalid file data.",
        ),
        (send("a.doc", OLD, &[]), 400, TOO_OLD),
        (send("a.txt", &[b'a'; 2001], &[]), 413, TOO_LARGE),
        (
            with(("source_lang", "FR")),
            400,
            "Value for 'source_lang' not supported.",
        ),
        (
            with(("formality", "more")),
            400,
            "Target language 'EN-GB' doesn't support formality.",
        ),
        (with(("glossary_id", "1")), 404, "Glossary not found"),
        (
            with(("output_format", "docx")),
            400,
            "Value for 'output_format' not supported: the translation of this file is .txt.",
        ),
        (
            send("a.pdf", b"%PDF-1.7", &[]),
            400,
            "The translation of a PDF or a picture is a Word document: set output_format to docx.",
        ),
    ] {
        assert_refused(request, status, message).await;
    }
    // Fields besides the file, and a header, that would fill the memory.
    let value = "a".repeat(60_000);
    let names: Vec<_> = (0..20).map(|number| number.to_string()).collect();
    let fields: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), value.as_str()))
        .collect();
    let form = "Invalid multipart form";
    let wide = Frontend::start(&backend, &[]).await;
    let many = wide.send_file("/v2/document", "a.txt", b"Ja.", &fields);
    assert_refused(many, 400, form).await;
    let endless = b"--limit\r\nContent-Disposition: ".to_vec();
    let endless = [endless, vec![b'a'; 6 << 20]].concat();
    let endless = frontend.post("/v2/document").body(endless);
    let endless = endless.header("content-type", "multipart/form-data; boundary=limit");
    assert_refused(endless, 413, TOO_LARGE).await;
    // What is found later is told later.
    let late = frontend.send_document("a.txt", &[b'a'; 1001]).await;
    let status = frontend.ended(&late).await;
    assert_eq!(status["error_message"], TOO_LONG, "{status}");
    let (status, _) = frontend.json(&format!("{}/result", late.0), late.1).await;
    assert_eq!(status, 400);
    assert!(backend.texts().is_empty());
    eventually("nothing stays on disk", async || frontend.files() == 0).await;
}

async fn keys() {
    let backend = Backend::start().await;
    let flags = ["--api-characters-per-day=10"];
    let frontend = Frontend::with_keys(&backend, "geheim\n", &flags).await;
    let libre = |key| {
        let fields = [("source", "de"), ("target", "en"), ("api_key", key)];
        frontend.send_file("/translate_file", "a.txt", b"Guten Tag.", &fields)
    };
    let deepl = |key| {
        let fields = [("target_lang", "EN-GB"), ("auth_key", key)];
        frontend.send_file("/v2/document", "a.txt", b"Ja.", &fields)
    };
    for (request, status) in [
        (frontend.translate_file("a.txt", b"Ja."), 400),
        (libre("falsch"), 403),
        (deepl("falsch"), 403),
        (libre("geheim"), 200),
        // The day is used up.
        (libre("geheim"), 429),
        (deepl("geheim"), 456),
    ] {
        let (found, answer) = answer(request.send().await.unwrap()).await;
        assert_eq!(found.as_u16(), status, "{answer}");
    }
    let usage = frontend.get("/v2/usage?auth_key=geheim").send().await;
    let expected = json!({"character_count": 10, "character_limit": 10});
    assert_eq!(answer(usage.unwrap()).await, (StatusCode::OK, expected));
    assert_eq!(backend.texts(), ["Guten Tag."]);
}

async fn gone() {
    let backend = Backend::start().await;
    let frontend = Arc::new(Frontend::start(&backend, &[]).await);
    backend.hold();
    let sent = frontend.translate_file("a.html", HTML.as_bytes());
    let client = tokio::spawn(sent.send());
    eventually("the file is translated", async || {
        !backend.texts().is_empty()
    })
    .await;
    assert_eq!(frontend.files(), 1);
    client.abort();
    eventually("it leaves the disk", async || frontend.files() == 0).await;
    // A connection that breaks in the middle of a file.
    let chunks = futures_util::stream::iter([
        Ok(part(
            "name=\"file\"; filename=\"a.txt\"",
            &b"a".repeat(100_000),
        )),
        Err(std::io::Error::other("broken")),
    ]);
    let request = frontend.post("/translate_file");
    let request = request.header("content-type", "multipart/form-data; boundary=limit");
    let body = reqwest::Body::wrap_stream(chunks);
    request.body(body).send().await.unwrap_err();
    eventually("it leaves the disk too", async || frontend.files() == 0).await;
    backend.release_all();
}

async fn many() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    backend.hold();
    let mut documents = Vec::new();
    for _ in 0..20 {
        documents.push(frontend.send_document("a.txt", b"Ja.").await);
    }
    let fields = [("target_lang", "EN-GB")];
    let another = || frontend.send_file("/v2/document", "a.txt", b"Ja.", &fields);
    let response = another().send().await.unwrap();
    assert!(response.headers().contains_key("retry-after"));
    let (status, answer) = answer(response).await;
    assert_eq!(status, 429, "{answer}");
    backend.release_all();
    for document in &documents {
        assert_eq!(frontend.ended(document).await["status"], "done");
    }
    assert_eq!(another().send().await.unwrap().status(), 429);
    let (path, key) = &documents[0];
    let result = frontend.post(&format!("{path}/result")).json(key);
    assert_eq!(result.send().await.unwrap().text().await.unwrap(), "JA.");
    // One of LibreTranslate takes that place, and gives it up once it was fetched.
    for _ in 0..2 {
        let sent = frontend.translate_file("a.txt", b"Ja.").send();
        let address = address(sent.await.unwrap()).await;
        let path = address.strip_prefix(&frontend.url).unwrap();
        let file = frontend.get(path).send().await.unwrap();
        assert_eq!(file.text().await.unwrap(), "JA.");
    }
    assert_eq!(frontend.ended(&documents[1]).await["status"], "done");
}

async fn restart() {
    let backend = Backend::start().await;
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("api-files/old");
    std::fs::create_dir_all(&old).unwrap();
    std::fs::write(old.join("source"), "Ja.").unwrap();
    let frontend = Frontend::start_in(folder, &backend, &[]).await;
    assert_eq!(frontend.get("/health").send().await.unwrap().status(), 200);
    assert_eq!(frontend.files(), 0);
}

async fn down() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    backend.set(Mood::Status(503));
    let sent = frontend.translate_file("a.txt", b"Ja.").send();
    let (status, answer) = answer(sent.await.unwrap()).await;
    assert_eq!(status, 503, "{answer}");
    eventually("nothing stays on disk", async || frontend.files() == 0).await;
    // One that nobody waits for goes on when the backend is back, after pauses of a second and more.
    let before = backend.texts().len();
    let document = frontend.send_document("a.txt", b"Ja.").await;
    eventually(
        "it is tried for longer than a client would wait",
        async || backend.texts().len() >= before + 6,
    )
    .await;
    let status = frontend.ok(&document.0, document.1.clone()).await;
    assert_eq!(status["status"], "translating");
    backend.set(Mood::Works);
    assert_eq!(frontend.ended(&document).await["status"], "done");
}
