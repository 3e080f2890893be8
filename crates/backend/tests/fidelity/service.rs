//! The service with the demo model, and requests to it.

use std::ops::Range;
use std::path::Path;

use api::{EVENT_DONE, EVENT_SEGMENT, TranslateResponse};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use backend::config::ModelConfig;
use backend::{AppState, Worker, app, model_dir};
use futures_util::future::join_all;
use http_body_util::BodyExt as _;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

const MAX_TEXT_BYTES: usize = 10 * 1024 * 1024;

/// Number of threads that send requests at the same time.
const THREADS: usize = 8;

/// Name of the flag of a sentence whose atoms are not all in its translation.
const FLAG: &str = "atoms";

/// The service, without a port.
pub(crate) struct Service {
    runtime: Runtime,
    app: Router,
}

/// A sentence of a stream.
pub(crate) struct Sentence {
    /// Byte offset of its first byte in the text.
    pub(crate) start: usize,
    /// Byte offset past its last byte in the text.
    pub(crate) end: usize,
    pub(crate) translation: String,
    /// Whether atoms are missing in the translation.
    pub(crate) is_flagged: bool,
    /// Linked words: byte ranges of the translation and of the sentence.
    pub(crate) links: Vec<(Range<usize>, Range<usize>)>,
}

impl Service {
    /// Loads the demo model with its own number of beams.
    pub(crate) fn new() -> Self {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(THREADS).enable_all().build();
        let runtime = runtime.expect("threads");
        let app = runtime.block_on(async {
            let worker = Worker::start(|| {
                let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/demo-de-en");
                let config = ModelConfig {
                    model_dir: Some(folder.clone()),
                    ..ModelConfig::default()
                };
                model_dir::load(&folder, &config)
            })
            .expect("a thread");
            worker
                .loaded()
                .await
                .expect("the demo model is in the repository");
            app(AppState::new(
                worker,
                MAX_TEXT_BYTES,
                CancellationToken::new(),
            ))
        });
        Self { runtime, app }
    }

    /// Returns the translation of `text`.
    pub(crate) fn translate(&self, text: &str) -> Result<String, Failed> {
        self.translate_body(None, body(text))
    }

    /// Returns the translation of the text in `body`, which may be encoded.
    pub(crate) fn translate_body(
        &self,
        encoding: Option<&str>,
        body: Vec<u8>,
    ) -> Result<String, Failed> {
        let response = self.post("/translate", encoding, body);
        translation(self.runtime.block_on(response))
    }

    /// Returns the translations of `texts`, translated at the same time.
    pub(crate) fn translate_all(&self, texts: &[&str]) -> Vec<String> {
        let spawned = texts.iter().map(|text| {
            let response = self.post("/translate", None, body(text));
            self.runtime.spawn(response)
        });
        let responses = self.runtime.block_on(join_all(spawned));
        let translations = responses
            .into_iter()
            .map(|response| translation(response.expect("no panic")).expect("a translation"));
        translations.collect()
    }

    /// Returns the sentences of `text` as they are streamed.
    pub(crate) fn stream(&self, text: &str) -> Result<Vec<Sentence>, Failed> {
        self.stream_body(body(text))
    }

    /// Returns the sentences of `text` as they are streamed with links.
    pub(crate) fn stream_linked(&self, text: &str) -> Result<Vec<Sentence>, Failed> {
        let body = json!({ "text_de": text, "links": true });
        self.stream_body(body.to_string().into_bytes())
    }

    fn stream_body(&self, body: Vec<u8>) -> Result<Vec<Sentence>, Failed> {
        let response = self.post("/translate/stream", None, body);
        let (status, body) = self.runtime.block_on(response);
        if status != StatusCode::OK {
            return Err(format!("POST /translate/stream: {status}: {body}").into());
        }
        let mut sentences = Vec::new();
        let mut is_done = false;
        for event in body.split("\n\n") {
            let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
            match field("event: ") {
                Some(EVENT_SEGMENT) => {
                    let event = serde_json::from_str(field("data: ").unwrap_or_default())?;
                    sentences.push(sentence(&event)?);
                }
                Some(EVENT_DONE) => is_done = true,
                Some(_) => return Err(format!("an event of another kind: {event}").into()),
                None => {}
            }
        }
        if is_done {
            Ok(sentences)
        } else {
            Err("the stream has no end".into())
        }
    }

    /// Returns the status of a request for `text` to `path`.
    pub(crate) fn status(&self, path: &str, text: &str) -> StatusCode {
        let response = self.post(path, None, body(text));
        self.runtime.block_on(response).0
    }

    /// Sends a request and returns status and body of the response.
    fn post(
        &self,
        path: &str,
        encoding: Option<&str>,
        body: Vec<u8>,
    ) -> impl Future<Output = (StatusCode, String)> + Send + use<> {
        let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        if let Some(encoding) = encoding {
            request = request.header(header::CONTENT_ENCODING, encoding);
        }
        let request = request.body(Body::from(body)).expect("a request");
        let app = self.app.clone();
        async move {
            let Ok(response) = app.oneshot(request).await;
            let status = response.status();
            let body = response.into_body().collect().await.expect("a whole body");
            let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
            (status, body)
        }
    }
}

/// Returns the body of a request for `text`.
fn body(text: &str) -> Vec<u8> {
    json!({ "text_de": text }).to_string().into_bytes()
}

fn translation((status, body): (StatusCode, String)) -> Result<String, Failed> {
    if status == StatusCode::OK {
        Ok(serde_json::from_str::<TranslateResponse>(&body)?.text_en)
    } else {
        Err(format!("POST /translate: {status}: {body}").into())
    }
}

/// Reads an event. Its flags are read by name, in both lists.
fn sentence(event: &Value) -> Result<Sentence, Failed> {
    let offset = |key: &str| -> Result<usize, Failed> {
        Ok(usize::try_from(event[key].as_u64().ok_or("no offset")?)?)
    };
    let lists = ["flags", "more_flags"].map(|key| event[key].as_array());
    let links = event.get("links").cloned().unwrap_or(json!([]));
    let links: Vec<[usize; 5]> = serde_json::from_value(links)?;
    let ranges = |[start, end, from, to, _]: [usize; 5]| (start..end, from..to);
    Ok(Sentence {
        links: links.into_iter().map(ranges).collect(),
        start: offset("start")?,
        end: offset("end")?,
        translation: event["translation"]
            .as_str()
            .ok_or("no translation")?
            .to_owned(),
        is_flagged: lists
            .into_iter()
            .flatten()
            .flatten()
            .any(|flag| flag == FLAG),
    })
}
