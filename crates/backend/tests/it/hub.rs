//! A server that answers as the Hugging Face hub does, with the faults that a test asks for.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::stream;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;

use crate::support::demo;

pub(crate) const REPO: &str = "Helsinki-NLP/opus-mt-de-en";
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// Files over this size are on the other host, as the hub has it for what git keeps elsewhere.
const LARGE: usize = 1_000_000;

/// What goes wrong, and what was asked for.
#[derive(Default)]
pub(crate) struct Script {
    /// The files of the repository.
    pub(crate) files: BTreeMap<String, Bytes>,
    /// Content that comes instead of a file's own.
    pub(crate) instead: BTreeMap<String, Bytes>,
    /// Lengths announced instead of the files' own.
    pub(crate) announced: BTreeMap<String, usize>,
    /// The next transfers of large files break off after so many bytes.
    pub(crate) cuts: Vec<usize>,
    /// The next requests are answered with these.
    pub(crate) refusals: Vec<StatusCode>,
    /// The repository is shown to who has this token.
    pub(crate) token: Option<String>,
    /// The storage of large files knows no ranges.
    pub(crate) no_ranges: bool,
    /// The next requests for a range are answered with this status and, for 206, the whole.
    pub(crate) bad_ranges: Vec<StatusCode>,
    /// The redirect of large files does not say how long they are.
    pub(crate) no_linked_size: bool,
    /// Ranges asked for, by file; none is empty.
    pub(crate) transfers: Vec<(String, String)>,
    /// The other host was shown a token.
    pub(crate) token_leaked: bool,
}

/// A hub on a port of its own, and its storage on another.
pub(crate) struct FakeHub {
    pub(crate) url: String,
    pub(crate) script: Arc<Mutex<Script>>,
}

#[derive(Clone)]
struct Shared {
    script: Arc<Mutex<Script>>,
    storage: String,
}

impl FakeHub {
    /// A hub with the demo model under the name of the full one.
    pub(crate) async fn start() -> Self {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(demo()).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if name != "source.json" {
                files.insert(name, Bytes::from(fs::read(entry.path()).unwrap()));
            }
        }
        files.insert("README.md".to_owned(), Bytes::from_static(b"A card.\n"));
        let script = Arc::new(Mutex::new(Script {
            files,
            ..Script::default()
        }));
        let hub = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let storage = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", hub.local_addr().unwrap());
        let shared = Shared {
            script: script.clone(),
            storage: format!("http://{}", storage.local_addr().unwrap()),
        };
        let hub_routes = Router::new()
            .route("/{owner}/{name}/resolve/{revision}/{file}", get(resolve))
            .route("/api/resolve-cache/{commit}/{file}", get(cached))
            .with_state(shared.clone());
        let storage_routes = Router::new()
            .route("/storage/{file}", get(stored))
            .with_state(shared);
        tokio::spawn(async move { axum::serve(hub, hub_routes).await });
        tokio::spawn(async move { axum::serve(storage, storage_routes).await });
        Self { url, script }
    }

    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut Script) -> T) -> T {
        change(&mut self.script.lock().unwrap())
    }
}

fn refuse(status: StatusCode, code: &'static str) -> Response {
    (status, [("x-error-code", code)], "no").into_response()
}

async fn resolve(
    State(shared): State<Shared>,
    Path((owner, name, revision, file)): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let mut script = shared.script.lock().unwrap();
    if let Some(status) = script.refusals.pop() {
        return refuse(status, "Unknown");
    }
    let token = headers
        .get(header::AUTHORIZATION)
        .map(|token| token.to_str().unwrap());
    let wanted = script.token.as_ref().map(|token| format!("Bearer {token}"));
    if wanted.is_some() && token.is_some() && token != wanted.as_deref() {
        return refuse(StatusCode::FORBIDDEN, "GatedRepo");
    }
    if format!("{owner}/{name}") != REPO || (wanted.is_some() && token.is_none()) {
        return refuse(StatusCode::UNAUTHORIZED, "RepoNotFound");
    }
    if ![COMMIT, "main", "pr/1"].contains(&revision.as_str()) {
        return refuse(StatusCode::NOT_FOUND, "RevisionNotFound");
    }
    let Some(content) = script.files.get(&file) else {
        let headers = [("x-error-code", "EntryNotFound"), ("x-repo-commit", COMMIT)];
        return (StatusCode::NOT_FOUND, headers, "no").into_response();
    };
    if content.len() < LARGE {
        // A relative redirect on the same host, as the hub answers for small files.
        let target = format!("/api/resolve-cache/{COMMIT}/{file}");
        let headers = [("x-repo-commit", COMMIT), ("location", &target)];
        return (StatusCode::TEMPORARY_REDIRECT, headers, "").into_response();
    }
    let size = script
        .announced
        .get(&file)
        .copied()
        .unwrap_or(content.len());
    let headers = [
        ("x-repo-commit", COMMIT.to_owned()),
        ("x-linked-size", size.to_string()),
        (
            "x-linked-etag",
            format!("\"{}\"", hex(&Sha256::digest(content))),
        ),
        (
            "location",
            format!("{}/storage/{file}?signature=1", shared.storage),
        ),
    ];
    let mut redirect = (StatusCode::FOUND, headers, "").into_response();
    if script.no_linked_size {
        redirect.headers_mut().remove("x-linked-size");
    }
    redirect
}

async fn cached(
    State(shared): State<Shared>,
    method: Method,
    Path((_, file)): Path<(String, String)>,
) -> Response {
    let mut script = shared.script.lock().unwrap();
    let content = script.files[&file].clone();
    let mut git = Sha1::new();
    git.update(format!("blob {}\0", content.len()));
    git.update(&content);
    let etag = format!("W/\"{}\"", hex(&git.finalize()));
    if method != Method::HEAD {
        script.transfers.push((file.clone(), String::new()));
    }
    let body = script.instead.get(&file).cloned().unwrap_or(content);
    let headers = [("x-repo-commit", COMMIT), ("etag", &etag)];
    (headers, body).into_response()
}

async fn stored(
    State(shared): State<Shared>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    let mut script = shared.script.lock().unwrap();
    script.token_leaked |= headers.contains_key(header::AUTHORIZATION);
    let range = headers
        .get(header::RANGE)
        .map(|range| range.to_str().unwrap().to_owned())
        .unwrap_or_default();
    script.transfers.push((file.clone(), range.clone()));
    let content = script
        .instead
        .get(&file)
        .unwrap_or(&script.files[&file])
        .clone();
    let whole = content.len();
    let from = range
        .strip_prefix("bytes=")
        .and_then(|range| range.strip_suffix('-')?.parse::<usize>().ok())
        .filter(|_| !script.no_ranges);
    if from.is_some_and(|from| from >= whole) {
        return (StatusCode::RANGE_NOT_SATISFIABLE, "").into_response();
    }
    if from.is_some()
        && let Some(status) = script.bad_ranges.pop()
    {
        let range = format!("bytes 0-{}/{whole}", whole - 1);
        return (status, [(header::CONTENT_RANGE, range)], content).into_response();
    }
    let wanted = content.slice(from.unwrap_or(0)..);
    let length = wanted.len();
    let body = if let Some(cut) = script.cuts.pop() {
        let chunks = [
            Ok(wanted.slice(..cut.min(length))),
            Err(std::io::Error::other("cut")),
        ];
        Body::from_stream(stream::iter(chunks))
    } else {
        Body::from(wanted)
    };
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length.into());
    if let Some(from) = from {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {from}-{}/{whole}", whole - 1);
        response
            .headers_mut()
            .insert(header::CONTENT_RANGE, range.parse().unwrap());
    }
    response
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}
