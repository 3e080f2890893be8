//! Documentation of the API.

use axum::http::{StatusCode, header};

use crate::support::{get, ready};

#[tokio::test]
async fn the_document_contains_every_route_and_type() {
    let document = get(&ready().await, "/openapi.json").await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    let body = &document["paths"]["/translate"]["post"]["requestBody"]["content"];
    assert_eq!(
        body["application/json"]["schema"]["$ref"],
        "#/components/schemas/TranslateRequest"
    );
    for path in ["/translate", "/translate/stream"] {
        let responses = &document["paths"][path]["post"]["responses"];
        assert!(responses["408"].is_object(), "{path}");
    }
    for path in [
        "/",
        "/translate",
        "/translate/stream",
        "/model",
        "/livez",
        "/readyz",
        "/metrics",
    ] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    for schema in [
        "SegmentEvent",
        "DoneEvent",
        "ErrorEvent",
        "ErrorBody",
        "ModelInfo",
        "Flag",
    ] {
        assert!(
            document["components"]["schemas"][schema].is_object(),
            "{schema}"
        );
    }
}

#[tokio::test]
async fn the_page_and_its_files_are_served_under_a_strict_policy() {
    let app = ready().await;
    let page = get(&app, "/docs").await;
    assert_eq!(page.status, StatusCode::OK);
    let policy = page.headers[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    for (link, kind) in [
        ("docs/style.css", "text/css; charset=utf-8"),
        ("docs/script.js", "text/javascript; charset=utf-8"),
        ("docs/icon.svg", "image/svg+xml"),
    ] {
        assert!(page.body.contains(&format!("\"{link}\"")), "{link}");
        let file = get(&app, &format!("/{link}")).await;
        assert_eq!(file.status, StatusCode::OK);
        assert_eq!(file.headers[header::CONTENT_TYPE], kind);
        assert!(
            !file.body.contains("@import") && !file.body.contains("url("),
            "{link}"
        );
    }
}
