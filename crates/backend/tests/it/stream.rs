//! `POST /translate/stream`, and clients that go away.

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

    // The reader goes away, and with it the book's work.
    reader.abort();
    eventually("the book is dropped", || served.state.queue.requests() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_for_a_client_that_has_gone_is_dropped() {
    let process = tokio::task::spawn_blocking(|| Process::start("info"))
        .await
        .unwrap();
    let client = reqwest::Client::new();
    let metrics = async || {
        let answer = client.get(format!("{}/metrics", process.url)).send().await;
        answer.unwrap().text().await.unwrap()
    };
    // The model translates a sentence when it is loaded, which is not counted.
    assert!(metrics().await.contains("backend_sentences_total 0"));
    let request = client
        .post(format!("{}/translate", process.url))
        .body(json(&book(ENDLESS)))
        .send();
    let request = tokio::spawn(request);
    let at_work = async { while metrics().await.contains("backend_sentences_total 0") {} };
    timeout(PATIENCE, at_work).await.expect("at work");
    request.abort();
    let cancelled = "backend_jobs_total{outcome=\"cancelled\"} 1";
    let dropped = async { while !metrics().await.contains(cancelled) {} };
    timeout(PATIENCE, dropped).await.expect("dropped");
}
