//! The contract of the original service, and the description of the model.

use api::ModelInfo;
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};

use crate::support::{ask, get, json, post, ready, translate};

#[tokio::test]
async fn the_root_explains_how_to_use_the_service() {
    let answer = get(&ready().await, "/").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(answer.body, r#"{"How to":"Use endpoint /translate"}"#);
}

#[tokio::test]
async fn a_text_is_translated() {
    let answer = translate(&ready().await, "Guten Morgen! Wie geht es dir?").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    let english = answer.json()["text_en"].as_str().unwrap().to_lowercase();
    assert!(english.contains("good morning"), "{english}");
}

#[tokio::test]
async fn text_without_sentences_is_returned_unchanged() {
    let app = ready().await;
    for text in ["", " ", "-", "…", "🙂", "\n\n \t", "---\n***\n", "\0"] {
        let answer = translate(&app, text).await;
        assert_eq!(answer.status, StatusCode::OK, "{text:?}");
        assert_eq!(answer.json()["text_en"], text);
    }
}

#[tokio::test]
async fn lines_lists_and_white_space_are_preserved() {
    let text =
        "Sehr geehrte Frau Keller\n\n  1. sämtliche Schlüssel\n\t- das Protokoll\n\n\nEnde  ";
    let answer = translate(&ready().await, text).await;
    let english = answer.json()["text_en"].as_str().unwrap().to_owned();
    let lines: Vec<&str> = english.split('\n').collect();
    assert_eq!(lines.len(), text.split('\n').count(), "{english}");
    assert!(lines[2].starts_with("  1. "), "{english}");
    assert!(lines[3].starts_with("\t- "), "{english}");
    assert!(english.ends_with("  "), "{english}");
}

#[tokio::test]
async fn unusual_texts_are_translated() {
    let app = ready().await;
    let word = "x".repeat(500);
    for text in [
        ">> Hallo <<",
        ">>fr<< Hallo",
        "Scho\u{308}n.",
        "a\0b",
        &word,
        "日本語 ist schwer.",
    ] {
        let answer = translate(&app, text).await;
        assert_eq!(answer.status, StatusCode::OK, "{text:?}: {}", answer.body);
        assert_ne!(answer.json()["text_en"], "", "{text:?}");
    }
}

#[tokio::test]
async fn faults_have_the_shape_of_fastapi() {
    let app = ready().await;
    let cases = [
        (
            "{}",
            r#"{"detail":[{"loc":["body","text_de"],"msg":"Field required","type":"missing"}]}"#,
        ),
        (
            r#"{"text_de":5}"#,
            r#"{"detail":[{"loc":["body","text_de"],"msg":"Input should be a valid string","type":"string_type"}]}"#,
        ),
        (
            r#"{"text_de": }"#,
            r#"{"detail":[{"loc":["body",12],"msg":"JSON decode error","type":"json_invalid"}]}"#,
        ),
        (
            "",
            r#"{"detail":[{"loc":["body"],"msg":"Field required","type":"missing"}]}"#,
        ),
    ];
    for path in ["/translate", "/translate/stream"] {
        for (body, expected) in cases {
            let answer = post(&app, path, body).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
            assert_eq!(answer.body, expected);
        }
        let answer = post(&app, path, &b"{\"text_de\":\"\xff\"}"[..]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.fault(), "invalid_utf8");
    }
}

#[tokio::test]
async fn a_body_without_a_content_type_is_json_and_other_types_are_refused() {
    let app = ready().await;
    let send = async |content_type: Option<&str>| {
        let mut request = Request::post("/translate");
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        ask(&app, request.body(Body::from(json("-"))).unwrap()).await
    };
    assert_eq!(send(None).await.status, StatusCode::OK);
    assert_eq!(
        send(Some("application/json; charset=utf-8")).await.status,
        StatusCode::OK
    );
    let refused = send(Some("text/plain")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.fault(), "model_attributes_type");
}

#[tokio::test]
async fn a_body_in_utf_16_with_a_byte_order_mark_is_read() {
    let app = ready().await;
    let utf16 = |text: &str| -> Vec<u8> {
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    for path in ["/translate", "/translate/stream"] {
        let answer = post(&app, path, utf16(&json("– 🙂"))).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    let answer = post(&app, "/translate", utf16(&json("– 🙂"))).await;
    assert_eq!(answer.json()["text_en"], "– 🙂");
    let mut odd = utf16(&json("–"));
    odd.push(0);
    let answer = post(&app, "/translate", odd).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        answer.body,
        r#"{"detail":[{"loc":["body",32],"msg":"The body is not valid UTF-16 from byte 32 on","type":"invalid_utf16"}]}"#
    );
}

#[tokio::test]
async fn a_trailing_slash_is_redirected_with_method_and_query() {
    let app = ready().await;
    for (path, target) in [
        ("/translate/", "/translate"),
        ("/translate/?a=b%20c", "/translate?a=b%20c"),
        ("/translate/stream/", "/translate/stream"),
        ("/docs/", "/docs"),
        ("/openapi.json/", "/openapi.json"),
    ] {
        let answer = post(&app, path, json("-")).await;
        assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT, "{path}");
        assert_eq!(answer.headers[header::LOCATION], target);
        let answer = get(&app, path).await;
        assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT, "{path}");
    }
    let answer = post(&app, "/nowhere/", json("-")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn unknown_paths_and_methods_get_errors_of_the_same_shape() {
    let app = ready().await;
    let answer = post(&app, "/nowhere", "x".repeat(1_000_000)).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.fault(), "not_found");
    let answer = get(&app, "/translate").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.headers[header::ALLOW], "POST");
    assert_eq!(answer.fault(), "method_not_allowed");
    let answer = post(&app, "/", json("-")).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn the_model_is_described() {
    let answer = get(&ready().await, "/model").await;
    let model: ModelInfo = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(
        model,
        ModelInfo {
            name: "demo-de-en".to_owned(),
            commit: None,
            source_language: "de".to_owned(),
            target_language: "en".to_owned(),
            precision: "int8".to_owned(),
            engine: "native".to_owned(),
            device: "cpu".to_owned(),
            beams: 1,
            demo: true,
        }
    );
}

#[tokio::test]
async fn a_request_id_is_kept_or_generated() {
    let app = ready().await;
    let request = Request::get("/model")
        .header("x-request-id", "mine-1")
        .body(Body::empty())
        .unwrap();
    assert_eq!(ask(&app, request).await.headers["x-request-id"], "mine-1");
    assert_eq!(
        get(&app, "/nowhere").await.headers["x-request-id"].len(),
        36
    );
}

#[tokio::test]
async fn metrics_count_requests_and_translations() {
    backend::metrics::install();
    let app = ready().await;
    translate(&app, "Das ist gut. Das ist alt.").await;
    post(&app, "/translate", "{}").await;
    get(&app, "/nowhere").await;
    let answer = get(&app, "/metrics").await;
    assert_eq!(
        answer.headers[header::CONTENT_TYPE],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    for wanted in [
        "# HELP backend_requests_total ",
        "backend_requests_total{route=\"/translate\",status=\"200\"}",
        "backend_requests_total{route=\"/translate\",status=\"422\"}",
        "backend_requests_total{route=\"none\",status=\"404\"}",
        "backend_request_seconds_bucket{route=\"/translate\",le=",
        "backend_jobs_total{outcome=\"done\"}",
        "# TYPE backend_sentences_total counter",
        "backend_source_tokens_total ",
        "backend_target_tokens_total ",
        "backend_atoms_total{outcome=\"lost\"}",
        "# TYPE backend_queue_requests gauge",
        "backend_queue_bytes ",
        "backend_first_sentence_seconds_bucket{le=",
        "backend_batch_rows_bucket{le=",
    ] {
        assert!(
            answer.body.contains(wanted),
            "{wanted} is missing in\n{}",
            answer.body
        );
    }
    assert!(
        !answer.body.contains("nowhere"),
        "a client must not create time series"
    );
}

#[tokio::test]
async fn metrics_count_atoms() {
    backend::metrics::install();
    let app = ready().await;
    let kept = async || {
        let answer = get(&app, "/metrics").await;
        let count = answer.body.lines().find_map(|line| {
            let count = line.strip_prefix("backend_atoms_total{outcome=\"kept\"} ")?;
            count.parse::<u64>().ok()
        });
        count.expect("a counter")
    };
    // Other tests count at the same time.
    let before = kept().await;
    translate(&app, "DE89 3704 0044 0532 0130 00\n17.08.2024\n9.875 Euro").await;
    assert!(kept().await >= before + 3);
}
