//! Many clients, clients that go away, and backends that fail.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Frontend, answer};
use crate::Cases;
use crate::fixture::{Backend, Mood, eventually};

/// Number of requests that are translated at the same time.
const RUNNING: usize = 8;

pub(super) fn add(cases: &mut Cases) {
    cases.plain("apis/work/many_clients_and_a_page", many);
    cases.plain("apis/work/a_client_that_goes_away_frees_its_turn", gone);
    cases.plain("apis/work/a_backend_that_fails_is_tried_again", failing);
    cases.plain("apis/work/another_replica_takes_over", replicas);
    cases.plain("apis/work/a_backend_that_is_down_is_an_error_soon", down);
    cases.plain("apis/work/a_long_answer_keeps_its_room", room);
    cases.plain("apis/work/the_history_only_if_it_is_wanted", history);
}

fn request(q: &Value) -> Value {
    json!({"q": q, "source": "de", "target": "en"})
}

async fn many() {
    let backend = Backend::start().await;
    let frontend = Arc::new(Frontend::start(&backend, &[]).await);
    backend.hold();
    let clients = (0..64).map(|client| {
        let texts: Vec<_> = (0..50)
            .map(|text| format!("Text {text} von {client}."))
            .collect();
        let frontend = Arc::clone(&frontend);
        tokio::spawn(async move {
            let answer = frontend.ok("/translate", request(&json!(texts))).await;
            let expected: Vec<_> = texts.iter().map(|text| text.to_uppercase()).collect();
            assert_eq!(answer, json!({"translatedText": expected}));
        })
    });
    let clients: Vec<_> = clients.collect();
    eventually("all turns are taken", async || {
        backend.texts().len() >= RUNNING
    })
    .await;
    // A text of the page has a turn of its own.
    let form = frontend.form("/", "text=Ein+Brief.");
    let page = form.send().await.unwrap();
    assert_eq!(page.status(), 200);
    let is_letter = |text: &String| text == "Ein Brief.";
    eventually("the text of the page runs", async || {
        backend.texts().iter().any(is_letter)
    })
    .await;
    assert!(backend.texts().len() <= 2 * RUNNING + 1, "the others wait");
    backend.release_all();
    for client in join_all(clients).await {
        client.unwrap();
    }
}

async fn gone() {
    let backend = Backend::start().await;
    let frontend = Arc::new(Frontend::start(&backend, &[]).await);
    backend.hold();
    let send = |text: &'static str| {
        let frontend = Arc::clone(&frontend);
        tokio::spawn(async move { frontend.ok("/translate", request(&json!(text))).await })
    };
    let first: Vec<_> = (0..RUNNING).map(|_| send("Das erste.")).collect();
    eventually("all turns are taken", async || {
        backend.texts().len() == RUNNING
    })
    .await;
    let last = send("Das letzte.");
    // The clients go away, and their turns are free although the backend sends nothing.
    for client in first {
        client.abort();
    }
    eventually("the last one has its turn", async || {
        backend.texts().contains(&"Das letzte.".to_owned())
    })
    .await;
    backend.release_all();
    assert_eq!(
        last.await.unwrap(),
        json!({"translatedText": "DAS LETZTE."})
    );
}

async fn failing() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    // Each attempt gets one sentence further.
    backend.set(Mood::Fails {
        after: 1,
        retryable: true,
    });
    let text = "Eins und eins. Zwei und zwei. Drei und drei.";
    let answer = frontend.ok("/translate", request(&json!(text))).await;
    assert_eq!(answer["translatedText"], text.to_uppercase());
    assert!(backend.texts().len() >= 3);
}

async fn replicas() {
    let (mut one, other) = (Backend::start().await, Backend::start().await);
    let frontend = Frontend::start(&one, &[&format!("--backend-url={}", other.url())]).await;
    one.kill().await;
    for _ in 0..5 {
        let answer = frontend.ok("/translate", request(&json!("Ja."))).await;
        assert_eq!(answer["translatedText"], "JA.");
    }
    assert_eq!(other.texts().len(), 5);
}

async fn down() {
    let mut backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &[]).await;
    let send = || {
        frontend
            .post("/translate")
            .json(&request(&json!("Ja.")))
            .send()
    };
    backend.set(Mood::Status(503));
    for is_down in [false, true] {
        if is_down {
            backend.kill().await;
        }
        let response = send().await.unwrap();
        assert!(response.headers().contains_key("retry-after"));
        let (status, answer) = answer(response).await;
        assert_eq!(status, 503);
        let error = answer["error"].as_str().unwrap();
        assert!(error.starts_with("The translation service"), "{error}");
    }
    backend.restart().await;
    backend.set(Mood::Works);
    let (status, _) = answer(send().await.unwrap()).await;
    assert_eq!(status, 200);
}

async fn room() {
    let backend = Backend::start().await;
    let frontend = Frontend::start(&backend, &["--max-text-bytes=1000"]).await;
    backend.hold();
    // Sixteen of them take the room for long requests, which is 16 MiB.
    let body = r#"{"text": ["Ja."], "target_lang": "EN", "source_lang": "DE"}"#;
    let body = body.to_owned() + &" ".repeat(1_000_000);
    let send = || frontend.post("/v2/translate").body(body.clone()).send();
    let first: Vec<_> = join_all((0..16).map(|_| send())).await;
    // All of them have begun, and still have no answer.
    assert!(
        first
            .iter()
            .all(|answer| answer.as_ref().unwrap().status() == 200)
    );
    assert!(!backend.texts().is_empty());
    let response = send().await.unwrap();
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(answer(response).await.0, 503);
    backend.release_all();
    for first in first {
        assert_eq!(answer(first.unwrap()).await.0, 200);
    }
    assert_eq!(answer(send().await.unwrap()).await.0, 200);
}

async fn history() {
    let backend = Backend::start().await;
    for (flag, is_stored) in [("--api-history=off", false), ("--api-history=on", true)] {
        let frontend = Frontend::start(&backend, &[flag]).await;
        let page = async || {
            frontend
                .get("/history")
                .send()
                .await
                .unwrap()
                .text()
                .await
                .unwrap()
        };
        frontend
            .ok("/translate", request(&json!(["Aus der Ferne.", "Ja."])))
            .await;
        // A later text of the page is there in either case, so that there is something to wait for.
        let form = frontend.form("/", "text=Von+Hand.");
        form.send().await.unwrap();
        eventually("the history has the text of the page", async || {
            let page = page().await;
            page.contains("Von Hand.") && !page.contains("being translated")
        })
        .await;
        assert_eq!(page().await.contains("Aus der Ferne."), is_stored, "{flag}");
    }
}
