//! `GET /`, and requests that match no route.

use std::collections::BTreeMap;

use axum::{Json, extract::Request};

use crate::{error::Error, extract::drain};

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
    drain(request.into_body().into_data_stream()).await;
    Error::NotFound
}

/// Answers a path of the table with a method that it does not have.
pub(crate) async fn method_not_allowed(request: Request) -> Error {
    drain(request.into_body().into_data_stream()).await;
    Error::MethodNotAllowed
}
