//! `/api`: the APIs for other programs, with examples.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Response};

use crate::address::address;
use crate::error::Error;
use crate::pages::bytes_in_words;
use crate::state::AppState;

/// OpenAPI document of the APIs.
const OPENAPI: &str = include_str!("../../assets/openapi.json");

#[derive(Template)]
#[template(path = "api.html")]
struct ApiPage {
    /// Address of this server, as far as the browser's request tells.
    address: String,
    needs_key: bool,
    keeps_history: bool,
    text_limit: String,
    file_limit: String,
}

/// `GET /api`.
pub(crate) async fn show(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let access = state.apis.as_ref().ok_or(Error::NotFound)?;
    let page = ApiPage {
        address: address(&headers),
        needs_key: access.needs_key(),
        keeps_history: access.keeps_history(),
        text_limit: bytes_in_words(state.max_text_bytes as u64),
        file_limit: bytes_in_words(state.api_files.max_bytes as u64),
    };
    let headers = [(header::CACHE_CONTROL, "no-store")];
    Ok((headers, Html(page.render()?)).into_response())
}

/// `GET /api/openapi.json`.
pub(crate) async fn document(State(state): State<AppState>) -> Result<Response, Error> {
    state.apis.as_ref().ok_or(Error::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        // Pages that show such documents may be on any site.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    Ok((headers, OPENAPI).into_response())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::body::Body;
    use axum::http::{Method, Request};
    use serde_json::Value;

    use crate::pages::testing::Pages;

    #[tokio::test]
    async fn the_examples_have_the_address_of_the_server() {
        let pages = Pages::open().await;
        let request = |host: &str, scheme: &str| {
            Request::get("/api")
                .header("host", host)
                .header("x-forwarded-proto", scheme)
                .body(Body::empty())
                .expect("a request")
        };
        for (host, scheme, address) in [
            (
                "translate.example:5000",
                "http",
                "http://translate.example:5000",
            ),
            ("translate.example", "https", "https://translate.example"),
            ("[::1]:5000", "ftp", "http://[::1]:5000"),
            ("a';reboot;'", "http", "http://localhost:5000"),
        ] {
            let answer = pages.send(request(host, scheme)).await;
            assert_eq!(answer.status, 200);
            let example = format!("curl {address}/translate");
            assert!(answer.body.contains(&example), "{}", answer.body);
            assert!(answer.body.contains("No key is needed"), "{}", answer.body);
        }
    }

    #[tokio::test]
    async fn every_operation_of_the_document_has_a_route() {
        let pages = Pages::open().await;
        let answer = pages.get("/api/openapi.json").await;
        assert_eq!(answer.headers["content-type"], "application/json");
        let document: Value = serde_json::from_str(&answer.body).expect("JSON");
        let paths = document["paths"].as_object().expect("paths");
        for (path, item) in paths {
            let operations = item.as_object().expect("operations");
            let documented = operations.keys().filter(|name| *name != "parameters");
            let documented: BTreeSet<_> = documented.cloned().collect();
            let mut found = BTreeSet::new();
            for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
                let name = method.as_str().to_ascii_lowercase();
                let request = Request::builder().method(method).uri(path);
                let request = request.body(Body::empty()).expect("a request");
                let answer = pages.send(request).await;
                let is_route = answer.status != 404 || answer.body.contains("Document not found");
                assert!(is_route, "{path}");
                if answer.status != 405 {
                    found.insert(name);
                }
            }
            assert_eq!(found, documented, "{path}");
        }
    }
}
