//! Loading the model, shutting down, and models that cannot be loaded.

use std::{fs, path::Path, sync::mpsc};

use anyhow::anyhow;
use axum::http::{StatusCode, header};
use backend::{AppState, Config, Worker, app, config::ModelConfig};
use futures_util::StreamExt as _;
use service::args::Common;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::support::{
    ENDLESS, PATIENCE, Served, TEN_MIB, book, demo, demo_model, events, eventually, get, json,
    model_config, post, state, translate,
};

#[tokio::test]
async fn requests_are_refused_until_the_model_is_loaded() {
    let (go, wait) = mpsc::channel();
    let worker = Worker::start(move || {
        wait.recv().unwrap();
        Ok(demo_model())
    })
    .unwrap();
    let app = app(AppState::new(
        worker.clone(),
        TEN_MIB,
        CancellationToken::new(),
    ));
    assert_eq!(get(&app, "/livez").await.status, StatusCode::OK);
    for answer in [
        get(&app, "/readyz").await,
        get(&app, "/model").await,
        translate(&app, "Hallo.").await,
        post(&app, "/translate/stream", json("Hallo.")).await,
    ] {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.fault(), "loading");
        assert!(answer.headers.contains_key(header::RETRY_AFTER));
    }
    go.send(()).unwrap();
    worker.loaded().await.unwrap();
    let ready = get(&app, "/readyz").await;
    assert_eq!(
        (ready.status, ready.body.as_str()),
        (StatusCode::OK, "ok\n")
    );
    assert_eq!(translate(&app, "Hallo.").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_service_that_shuts_down_accepts_nothing_new() {
    let state = state(TEN_MIB).await;
    let app = app(state.clone());
    assert_eq!(get(&app, "/readyz").await.status, StatusCode::OK);
    state.shutdown.cancel();
    for answer in [get(&app, "/readyz").await, translate(&app, "Hallo.").await] {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.fault(), "shutting_down");
    }
    assert_eq!(get(&app, "/livez").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_request_is_finished_during_shutdown() {
    let served = Served::start(TEN_MIB).await;
    let request = reqwest::Client::new()
        .post(format!("{}/translate", served.url))
        .body(json(&book(50)))
        .send();
    let request = tokio::spawn(request);
    eventually("running", || served.state.queue.requests() == 1).await;
    served.state.shutdown.cancel();
    let answer = request.await.unwrap().unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    eventually("ended", || served.server.is_finished()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_cut_off_ends_with_an_error_event() {
    let served = Served::start(TEN_MIB).await;
    let mut stream = reqwest::Client::new()
        .post(format!("{}/translate/stream", served.url))
        .body(json(&book(ENDLESS)))
        .send()
        .await
        .unwrap()
        .bytes_stream();
    let mut received = stream.next().await.unwrap().unwrap().to_vec();
    served.state.shutdown.cancel();
    served.state.cutoff.cancel();
    while let Some(chunk) = stream.next().await {
        received.extend(chunk.unwrap());
    }
    let events = events(&String::from_utf8(received).unwrap());
    let (name, data) = events.last().unwrap();
    assert_eq!(name, "error");
    assert_eq!(data["retryable"], true);
    eventually("ended", || served.server.is_finished()).await;
}

async fn run(folder: &Path) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let config = Config {
        backend_bind: listener.local_addr()?,
        model: ModelConfig {
            model_dir: Some(folder.to_owned()),
            ..model_config()
        },
    };
    let common = Common {
        data_dir: None,
        max_text_bytes: TEN_MIB,
        rust_log: String::new(),
    };
    let started = backend::run(config, &common, listener, CancellationToken::new());
    tokio::time::timeout(PATIENCE, started)
        .await
        .map_err(|_| anyhow!("still running"))?
}

/// Copies the demo model without one file.
fn copy_of_demo(without: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(demo()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != without {
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
    }
    folder
}

#[tokio::test]
async fn a_model_that_cannot_be_loaded_ends_the_service_and_names_the_file() {
    for missing in [
        "config.json",
        "vocab.json",
        "source.spm",
        "model.safetensors",
    ] {
        let folder = copy_of_demo(missing);
        let error = format!("{:#}", run(folder.path()).await.expect_err("no model"));
        assert!(error.contains(missing), "{error}");
        assert!(!error.contains('\n'), "one line: {error}");
    }
    let folder = copy_of_demo("");
    let weights = folder.path().join("model.safetensors");
    let half = fs::metadata(&weights).unwrap().len() / 2;
    fs::File::options()
        .write(true)
        .open(&weights)
        .unwrap()
        .set_len(half)
        .unwrap();
    let error = format!("{:#}", run(folder.path()).await.expect_err("half a model"));
    assert!(error.contains("model.safetensors"), "{error}");
}

#[tokio::test]
async fn a_missing_model_folder_is_named() {
    let error = run(Path::new("/nowhere/at/all"))
        .await
        .expect_err("no folder")
        .to_string();
    assert_eq!(error, "MODEL_DIR: /nowhere/at/all is not a folder");
}
