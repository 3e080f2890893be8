//! `POST /translate`: the entire translation in one response.

use std::sync::Arc;

use api::{ErrorBody, TranslateRequest, TranslateResponse};
use axum::{
    body::Bytes,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{
    error::Error, extract::Admitted, queue::Permit, state::AppState, translation::Translation,
};

/// Translates a text.
///
/// The response is sent when the entire text is translated. Closing the connection before that
/// cancels the translation.
#[utoipa::path(
    post,
    path = "/translate",
    tag = "translate",
    request_body = TranslateRequest,
    responses(
        (status = 200, description = "The translation", body = TranslateResponse,
            example = json!({"text_en": "Good morning! How are you?"})),
        (status = 400, description = "The body is not valid UTF-8 or UTF-16, or is incomplete", body = ErrorBody),
        (status = 408, description = "The body arrived too slowly, or not at all", body = ErrorBody),
        (status = 413, description = "The text is over the limit, which `msg` states", body = ErrorBody),
        (status = 415, description = "The `Content-Encoding` is not supported, or the body does not match it", body = ErrorBody),
        (status = 422, description = "The body is not JSON, or has no string `text_de`", body = ErrorBody,
            example = json!({"detail": [{"loc": ["body", "text_de"], "msg": "Field required", "type": "missing"}]})),
        (status = 500, description = "The model failed on this text", body = ErrorBody),
        (status = 503, description = "Busy, loading the model or shutting down: retry after `Retry-After` seconds", body = ErrorBody),
    )
)]
pub(crate) async fn translate(
    State(state): State<AppState>,
    mut admitted: Admitted,
) -> Result<Response, Error> {
    // The response has no room for them.
    admitted.links = false;
    let translation = Translation::start(&state, admitted).await?;
    let (text_en, permit) = translation.whole().await?;
    let json = serde_json::to_vec(&TranslateResponse { text_en })
        .expect("a struct of a string is always JSON");
    let body = Bytes::from_owner(ResponseBody {
        json,
        _permit: permit,
    });
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// Body of a response. It holds the place of its request in the queue until the last byte has been
/// written to the connection, however long the client takes to read it.
struct ResponseBody {
    json: Vec<u8>,
    _permit: Arc<Permit>,
}

impl AsRef<[u8]> for ResponseBody {
    fn as_ref(&self) -> &[u8] {
        &self.json
    }
}
