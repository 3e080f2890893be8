//! Table of routes.

use axum::Router;
use axum::middleware;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

use crate::error::Error;
use crate::pages::navigation::{self, Links};
use crate::pages::{actions, api, document, files, form, history, sql, translation};
use crate::state::AppState;
use crate::{assets, compat, health, security};

/// Returns the router of all pages, APIs and probes with `state`.
pub fn app(state: AppState) -> Router {
    let links = middleware::from_fn_with_state(Links::new(&state), navigation::layer);
    let apis = compat::routes(&state);
    let pages = Router::new()
        .route("/", get(form::show).post(form::submit))
        .route("/translations/{id}", get(translation::show))
        .route("/translations/{id}/english.txt", get(actions::download))
        .route("/translations/{id}/file", get(document::download))
        .route("/translations/{id}/pages/{number}", get(document::picture))
        .route("/files", get(files::show))
        .route("/files/translations.zip", get(files::archive))
        .route("/translations/{id}/cancel", post(actions::cancel))
        .route("/translations/{id}/retry", post(actions::retry))
        .route("/translations/{id}/join", post(actions::join))
        .route("/translations/{id}/delete", post(actions::delete))
        .route("/translations/{id}/restore", post(actions::restore))
        .route("/history", get(history::show))
        // The path of the original app.
        .route("/query_db", get(sql::show).post(sql::run))
        .route("/query_db/result.csv", post(sql::download))
        .route("/api", get(api::show))
        .route("/api/openapi.json", get(api::document))
        .route("/assets/{fingerprint}/{name}", get(assets::serve))
        .route("/favicon.ico", get(assets::favicon))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .merge(service::health::livez())
        .fallback(async || Error::NotFound)
        .method_not_allowed_fallback(async || Error::Method)
        // A panic gets our error page; the panic hook has logged its location.
        .layer(CatchPanicLayer::custom(|_| Error::Panic.into_response()))
        .with_state(state);
    let router = security::same_site(pages).merge(apis);
    service::request_id::layer(security::headers(router).layer(links))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;

    use crate::pages::testing::Pages;

    #[tokio::test]
    async fn every_response_is_a_page_of_ours_with_security_headers() {
        let pages = Pages::open().await;
        for (method, path, status) in [
            ("GET", "/", 200),
            ("GET", "/nowhere", 404),
            ("GET", "/translations/7", 404),
            (
                "GET",
                "/translations/01900000-0000-7000-8000-000000000000",
                404,
            ),
            (
                "GET",
                "/translations/01900000-0000-7000-8000-000000000000/english.txt",
                404,
            ),
            ("DELETE", "/", 405),
            (
                "GET",
                "/translations/01900000-0000-7000-8000-000000000000/cancel",
                405,
            ),
            ("GET", "/assets/0123456789abcdef/app.css", 404),
        ] {
            let request = Request::builder().method(method).uri(path);
            let answer = pages
                .send(request.body(Body::empty()).expect("a request"))
                .await;
            assert_eq!(answer.status, status, "{method} {path}");
            assert!(answer.body.contains("<title>"), "{method} {path}");
            let kept = match (method, path) {
                ("GET", "/") => "private, no-cache",
                _ => "no-store",
            };
            assert_eq!(answer.headers["cache-control"], kept, "{method} {path}");
            assert_eq!(answer.headers["x-content-type-options"], "nosniff");
            assert_eq!(answer.headers["referrer-policy"], "same-origin");
            let policy = answer.headers["content-security-policy"]
                .to_str()
                .expect("text");
            assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"));
        }
    }

    #[tokio::test]
    async fn pages_have_no_inline_script_or_style_and_assets_are_immutable() {
        let pages = Pages::open().await;
        let html = pages.get("/").await.body;
        assert_eq!(html.matches("<script").count(), 1);
        assert!(!html.contains("<style") && !html.contains(" style=") && !html.contains(" on"));
        for quoted in html.split('"').filter(|part| part.starts_with("/assets/")) {
            let file = pages.get(quoted).await;
            assert_eq!(file.status, 200, "{quoted}");
            assert_eq!(
                file.headers["cache-control"],
                "public, max-age=31536000, immutable"
            );
        }
    }

    #[tokio::test]
    async fn readiness_names_missing_services_and_stays_200() {
        let pages = Pages::open().await;
        let answer = pages.get("/readyz").await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.body,
            r#"{"ready":true,"degraded":["backend"],"waiting_to_store":0}"#
        );
        assert_eq!(pages.get("/livez").await.status, 200);
        assert_eq!(pages.get("/metrics").await.status, 200);
    }
}
