//! `GET /`, and requests that match no route.

use std::collections::BTreeMap;

use axum::{Json, extract::Request, response::Redirect};
use service::body;

use crate::error::Error;

/// Explains how to use the service.
#[utoipa::path(
    get,
    path = "/",
    tag = "translate",
    responses((status = 200, description = "How to use the service",
        body = BTreeMap<String, String>,
        example = json!({"How to": "Use endpoint /translate"})))
)]
pub(crate) async fn how_to() -> Json<BTreeMap<&'static str, &'static str>> {
    Json(BTreeMap::from([("How to", "Use endpoint /translate")]))
}

/// Answers a path that is not in the table.
pub(crate) async fn not_found(request: Request) -> Error {
    body::drain(request).await;
    Error::NotFound
}

/// Answers a path of the table with a method that it does not have.
pub(crate) async fn method_not_allowed(request: Request) -> Error {
    body::drain(request).await;
    Error::MethodNotAllowed
}

/// Redirects a path that ends in a slash to the same path without it, as `FastAPI` does.
pub(crate) async fn without_slash(request: Request) -> Redirect {
    let uri = request.uri();
    let mut target = uri.path().trim_end_matches('/').to_owned();
    if let Some(query) = uri.query() {
        target.push('?');
        target.push_str(query);
    }
    body::drain(request).await;
    Redirect::temporary(&target)
}
