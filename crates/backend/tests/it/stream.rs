//! `POST /translate/stream`, and clients that disconnect.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::http::{StatusCode, header};
use futures_util::StreamExt as _;
use tokio::time::timeout;

use crate::{
    logs::Process,
    support::{
        ENDLESS, PATIENCE, Served, TEN_MIB, book, events, eventually, json, post, ready, translate,
    },
};

#[tokio::test]
async fn the_events_and_the_gaps_between_them_are_the_whole_translation() {
    let app = ready().await;
    let text = "Guten Morgen!  Wie geht es dir?\n\n- Gut.\n---\n日本語 ist schwer. ";
    let answer = post(&app, "/translate/stream", json(text)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "text/event-stream");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(answer.headers["x-accel-buffering"], "no");

    let events = events(&answer.body);
    let ((name, done), segments) = events.split_last().unwrap();
    assert_eq!(name, "done");
    assert_eq!(done["sentences"], segments.len());
    assert!(done["duration_ms"].is_u64());
    let (mut english, mut end) = (String::new(), 0);
    for (place, (name, segment)) in segments.iter().enumerate() {
        assert_eq!(name, "segment");
        let number = |key: &str| usize::try_from(segment[key].as_u64().unwrap()).unwrap();
        assert_eq!(number("index"), place);
        assert_eq!(number("done"), place + 1);
        assert_eq!(number("total"), segments.len());
        assert!(segment["flags"].is_array());
        english.push_str(&text[end..number("start")]);
        english.push_str(segment["translation"].as_str().unwrap());
        end = number("end");
    }
    english.push_str(&text[end..]);
    assert_eq!(translate(&app, text).await.json()["text_en"], english);
}

#[tokio::test]
async fn a_sentence_of_a_wrapped_text_spans_lines() {
    let app = ready().await;
    let text = "Der Hund schläft heute den ganzen Tag in\nseinem Haus. Guten Morgen!\n";
    let wrapped = serde_json::json!({ "text_de": text, "wrapped": true }).to_string();
    let answer = post(&app, "/translate/stream", wrapped.clone()).await;
    let events = events(&answer.body);
    assert_eq!(events.last().unwrap().1["sentences"], 2, "{events:?}");
    let first = &events[0].1;
    assert_eq!(first["end"], text.find(" Guten").unwrap());
    let translation = first["translation"].as_str().unwrap();
    assert_eq!(translation.lines().count(), 2, "{translation}");

    let whole = post(&app, "/translate", wrapped).await.json();
    let whole = whole["text_en"].as_str().unwrap();
    assert!(whole.starts_with(translation), "{whole}");
    assert_eq!(whole.lines().count(), 2, "{whole}");
    let lines = post(&app, "/translate/stream", json(text)).await;
    let lines = self::events(&lines.body);
    assert_eq!(lines.last().unwrap().1["sentences"], 3, "{lines:?}");
}

#[tokio::test]
async fn a_text_without_sentences_is_done_at_once() {
    for text in ["", " \n", "🙂"] {
        let answer = post(&ready().await, "/translate/stream", json(text)).await;
        let events = events(&answer.body);
        assert_eq!(events.len(), 1, "{events:?}");
        assert_eq!(events[0].0, "done");
        assert_eq!(events[0].1["sentences"], 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sentences_arrive_while_the_rest_runs_and_a_short_request_does_not_wait_for_a_book() {
    let served = Served::start(TEN_MIB).await;
    let client = reqwest::Client::new();
    let total = ENDLESS;
    let mut stream = client
        .post(format!("{}/translate/stream", served.url))
        .body(json(&book(total)))
        .send()
        .await
        .unwrap()
        .bytes_stream();
    let done = Arc::new(AtomicUsize::new(0));
    let reader = tokio::spawn({
        let done = done.clone();
        async move {
            while let Some(Ok(chunk)) = stream.next().await {
                let chunk = String::from_utf8_lossy(&chunk).into_owned();
                done.fetch_add(chunk.matches("event: segment").count(), Ordering::SeqCst);
            }
        }
    });
    eventually("a first sentence", || done.load(Ordering::SeqCst) > 0).await;
    assert!(done.load(Ordering::SeqCst) < total, "all at once");

    let short = client
        .post(format!("{}/translate", served.url))
        .body(json("Guten Morgen!"))
        .send()
        .await
        .unwrap();
    assert_eq!(short.status(), StatusCode::OK);
    let done = done.load(Ordering::SeqCst);
    assert!(
        done < total,
        "the short request waited for the book: {done} of {total}"
    );

    // The client disconnects, and the book is cancelled.
    reader.abort();
    eventually("the book is cancelled", || {
        served.state.queue.requests() == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disconnected_client_cancels_its_request() {
    let process = tokio::task::spawn_blocking(|| Process::start("info"))
        .await
        .unwrap();
    let client = reqwest::Client::new();
    let metrics = async || {
        let answer = client.get(format!("{}/metrics", process.url)).send().await;
        answer.unwrap().text().await.unwrap()
    };
    // The sentence that the model translates when it is loaded is not counted.
    assert!(metrics().await.contains("backend_sentences_total 0"));
    let request = client
        .post(format!("{}/translate", process.url))
        .body(json(&book(ENDLESS)))
        .send();
    let request = tokio::spawn(request);
    let running = async { while metrics().await.contains("backend_sentences_total 0") {} };
    timeout(PATIENCE, running).await.expect("running");
    request.abort();
    let cancelled = "backend_jobs_total{outcome=\"cancelled\"} 1";
    let is_cancelled = async { while !metrics().await.contains(cancelled) {} };
    timeout(PATIENCE, is_cancelled).await.expect("cancelled");
}
