//! A service with the demo model, and requests to it.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use api::ModelInfo;
use async_compression::{
    Level,
    tokio::bufread::{BrotliEncoder, GzipEncoder, ZlibEncoder},
};
use axum::{
    Router,
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use backend::{AppState, Worker, app, config::ModelConfig, model_dir};
use http_body_util::BodyExt as _;
use marian::Translator;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    net::TcpListener,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// Default limit of a text.
pub(crate) const TEN_MIB: usize = 10 * 1024 * 1024;

/// Sentences of a book that is within the limit and takes longer than any test.
pub(crate) const ENDLESS: usize = 200_000;

/// Maximum wait in a test: far longer than anything takes.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);

pub(crate) fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/demo-de-en")
}

pub(crate) fn model_config() -> ModelConfig {
    ModelConfig {
        model_dir: Some(demo()),
        model_beams: Some(1),
        ..ModelConfig::default()
    }
}

/// Returns the demo model with greedy search, loaded once for all tests.
pub(crate) fn demo_model() -> (Arc<Translator>, ModelInfo) {
    static MODEL: OnceLock<(Arc<Translator>, ModelInfo)> = OnceLock::new();
    MODEL
        .get_or_init(|| model_dir::load(&demo(), &model_config()).unwrap())
        .clone()
}

/// Returns the state of a service whose model is loaded.
pub(crate) async fn state(max_text_bytes: usize) -> AppState {
    let worker = Worker::start(|| Ok(demo_model())).unwrap();
    worker.loaded().await.unwrap();
    AppState::new(worker, max_text_bytes, CancellationToken::new())
}

pub(crate) async fn ready() -> Router {
    app(state(TEN_MIB).await)
}

/// A service on its own port. Dropping it stops the service.
pub(crate) struct Served {
    pub(crate) url: String,
    pub(crate) address: std::net::SocketAddr,
    pub(crate) state: AppState,
    pub(crate) server: tokio::task::JoinHandle<()>,
}

impl Served {
    pub(crate) async fn start(max_text_bytes: usize) -> Self {
        let state = state(max_text_bytes).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(service::server::serve(
            listener,
            app(state.clone()),
            state.shutdown.clone(),
            PATIENCE,
        ));
        Self {
            url: format!("http://{address}"),
            address,
            state,
            server,
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A complete response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Returns the `type` of the only fault.
    pub(crate) fn fault(&self) -> String {
        let detail = &self.json()["detail"];
        assert_eq!(detail.as_array().map(Vec::len), Some(1), "{}", self.body);
        detail[0]["type"].as_str().unwrap().to_owned()
    }
}

pub(crate) async fn ask(app: &Router, request: Request<Body>) -> Answer {
    let response: Response<Body> = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

pub(crate) async fn get(app: &Router, path: &str) -> Answer {
    ask(app, Request::get(path).body(Body::empty()).unwrap()).await
}

pub(crate) async fn post(app: &Router, path: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.into())
        .unwrap();
    ask(app, request).await
}

pub(crate) async fn translate(app: &Router, text: &str) -> Answer {
    post(app, "/translate", json(text)).await
}

/// Returns the body of a request for `text`.
pub(crate) fn json(text: &str) -> String {
    serde_json::json!({ "text_de": text }).to_string()
}

/// Compresses `plain` for `Content-Encoding: encoding`.
pub(crate) async fn compressed(encoding: &str, plain: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder: Box<dyn AsyncRead + Unpin> = match encoding {
        "gzip" => Box::new(GzipEncoder::new(plain)),
        "deflate" => Box::new(ZlibEncoder::new(plain)),
        "br" => Box::new(BrotliEncoder::with_quality(plain, Level::Fastest)),
        other => panic!("unknown encoding {other}"),
    };
    encoder.read_to_end(&mut bytes).await.unwrap();
    bytes
}

/// Returns a text of many different sentences.
pub(crate) fn book(sentences: usize) -> String {
    let mut text = String::new();
    for number in 0..sentences {
        write!(text, "Das Haus Nummer {number} ist sehr alt. ").unwrap();
        if number % 10 == 9 {
            text.push_str("\n\n");
        }
    }
    text
}

/// Returns the names and data of the events of a complete stream.
pub(crate) fn events(stream: &str) -> Vec<(String, Value)> {
    stream
        .split("\n\n")
        .filter_map(|event| {
            let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
            let name = field("event: ")?.to_owned();
            Some((name, serde_json::from_str(field("data: ")?).unwrap()))
        })
        .collect()
}

/// Waits until `condition` holds.
pub(crate) async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "still not: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
