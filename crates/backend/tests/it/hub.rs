//! A server that imitates the Hugging Face hub, with the faults that a test asks for.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::stream;
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;

use crate::support::demo;

pub(crate) const REPO: &str = "Helsinki-NLP/opus-mt-de-en";
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// Size in bytes above which a file is on the other host, as the hub does with large files.
const LARGE: usize = 1_000_000;

/// Faults to produce, and a record of requests.
#[derive(Default)]
pub(crate) struct Script {
    /// Files of the repository.
    pub(crate) files: BTreeMap<String, Bytes>,
    /// Content served instead of a file's own.
    pub(crate) instead: BTreeMap<String, Bytes>,
    /// Sizes listed instead of the files' own.
    pub(crate) listed_sizes: BTreeMap<String, usize>,
    /// Bytes after which the next transfers of large files break off.
    pub(crate) cuts: Vec<usize>,
    /// Statuses of the next responses.
    pub(crate) refusals: Vec<StatusCode>,
    /// Token required to see the repository.
    pub(crate) token: Option<String>,
    /// The storage of large files ignores ranges.
    pub(crate) no_ranges: bool,
    /// Statuses of the next responses to a range, with the entire content for 206.
    pub(crate) bad_ranges: Vec<StatusCode>,
    /// The list of files lacks this field.
    pub(crate) unlisted: Option<&'static str>,
    /// Body of the list of files, instead of its own.
    pub(crate) listing: Option<&'static str>,
    /// Content is denied, although the repository and its list of files are shown.
    pub(crate) gated: bool,
    /// Number of requests for the list of files.
    pub(crate) listings: usize,
    /// Requested ranges, by file; empty for a request without one.
    pub(crate) transfers: Vec<(String, String)>,
    /// The other host received a token.
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
    /// Starts a hub with the demo model under the name of the full one.
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
            .route("/api/models/{owner}/{name}/revision/{revision}", get(list))
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

/// Returns the refusal of a request for a repository, if the script has one.
fn refusal(
    script: &mut Script,
    repo: &str,
    revision: &str,
    headers: &HeaderMap,
) -> Option<Response> {
    if let Some(status) = script.refusals.pop() {
        return Some(refuse(status, "Unknown"));
    }
    let token = headers
        .get(header::AUTHORIZATION)
        .map(|token| token.to_str().unwrap());
    let wanted = script.token.as_ref().map(|token| format!("Bearer {token}"));
    if wanted.is_some() && token.is_some() && token != wanted.as_deref() {
        return Some(refuse(StatusCode::FORBIDDEN, "GatedRepo"));
    }
    if repo != REPO || (wanted.is_some() && token.is_none()) {
        return Some(refuse(StatusCode::UNAUTHORIZED, "RepoNotFound"));
    }
    (![COMMIT, "main", "pr/1"].contains(&revision))
        .then(|| refuse(StatusCode::NOT_FOUND, "RevisionNotFound"))
}

async fn list(
    State(shared): State<Shared>,
    Path((owner, name, revision)): Path<(String, String, String)>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let mut script = shared.script.lock().unwrap();
    script.listings += 1;
    let repo = format!("{owner}/{name}");
    if let Some(refusal) = refusal(&mut script, &repo, &revision, &headers) {
        return refusal;
    }
    if let Some(body) = script.listing {
        return body.into_response();
    }
    assert_eq!(query.get("blobs").map(String::as_str), Some("true"));
    let siblings = script.files.iter().map(|(name, content)| {
        let size = script.listed_sizes.get(name).copied();
        let size = size.unwrap_or(content.len());
        let mut file = json!({ "rfilename": name, "size": size, "blobId": git_hash(content) });
        if content.len() >= LARGE {
            let sha256 = hex(&Sha256::digest(content));
            // The git hash is that of a pointer file then.
            file["blobId"] = git_hash(sha256.as_bytes()).into();
            file["lfs"] = json!({ "sha256": sha256, "size": size, "pointerSize": 134 });
        }
        if let Some(field) = script.unlisted {
            file.as_object_mut().unwrap().remove(field);
        }
        file
    });
    let siblings: Vec<Value> = siblings.collect();
    Json(json!({ "id": REPO, "private": false, "sha": COMMIT, "siblings": siblings }))
        .into_response()
}

async fn resolve(
    State(shared): State<Shared>,
    Path((owner, name, revision, file)): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let mut script = shared.script.lock().unwrap();
    let repo = format!("{owner}/{name}");
    if let Some(refusal) = refusal(&mut script, &repo, &revision, &headers) {
        return refusal;
    }
    if script.gated {
        return refuse(StatusCode::FORBIDDEN, "GatedRepo");
    }
    let Some(content) = script.files.get(&file) else {
        return refuse(StatusCode::NOT_FOUND, "EntryNotFound");
    };
    // A relative redirect on the same host, as the hub answers for small files.
    let (status, target) = if content.len() < LARGE {
        let target = format!("/api/resolve-cache/{COMMIT}/{file}");
        (StatusCode::TEMPORARY_REDIRECT, target)
    } else {
        let target = format!("{}/storage/{file}?signature=1", shared.storage);
        (StatusCode::FOUND, target)
    };
    (status, [(header::LOCATION, target)]).into_response()
}

async fn cached(State(shared): State<Shared>, Path((_, file)): Path<(String, String)>) -> Response {
    let mut script = shared.script.lock().unwrap();
    script.transfers.push((file.clone(), String::new()));
    let content = script.instead.get(&file).unwrap_or(&script.files[&file]);
    content.clone().into_response()
}

fn git_hash(content: &[u8]) -> String {
    let mut git = Sha1::new();
    git.update(format!("blob {}\0", content.len()));
    git.update(content);
    hex(&git.finalize())
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
