//! Admission of a request: it gets a place in the queue, and its text is read within the limit.

use std::sync::Arc;

use api::TranslateRequest;
use axum::{
    extract::{FromRequest, Request},
    http::header,
};
use service::body;

use crate::{error::Error, parse, queue::Permit, state::AppState, worker::Model};

/// JSON may encode one byte of text in six (`\u0041`).
const JSON_BYTES_PER_TEXT_BYTE: usize = 6;

/// Bytes of a body besides the text: braces, the name of the field, white space, other fields.
const JSON_EXTRA_BYTES: usize = 64 * 1024;

/// The text of a request and its place in the queue.
#[derive(Debug)]
pub struct Admitted {
    /// The text, within the limit.
    pub text: String,
    /// Whether its lines were wrapped at a fixed width.
    pub wrapped: bool,
    /// Whether words are to be linked.
    pub links: bool,
    /// Place in the queue, released on drop.
    pub permit: Permit,
    /// Model for the translation. An admitted text is translated even if the service starts to shut
    /// down in the meantime.
    pub model: Arc<Model>,
}

impl FromRequest<AppState> for Admitted {
    type Rejection = Error;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Error> {
        match admit(&request, state) {
            Ok((model, mut permit)) => {
                let TranslateRequest {
                    text_de,
                    wrapped,
                    links,
                } = read(request, &mut permit, state.max_text_bytes).await?;
                Ok(Self {
                    text: text_de,
                    wrapped,
                    links,
                    permit,
                    model,
                })
            }
            Err(error) => {
                body::drain(request).await;
                Err(error)
            }
        }
    }
}

/// Returns the model for a request, and a place in the queue with room for its body if the size of
/// that is known.
fn admit(request: &Request, state: &AppState) -> Result<(Arc<Model>, Permit), Error> {
    let model = state.admission()?;
    let mut permit = state.queue.enter()?;
    let size = body::size(request).unwrap_or(0);
    if size > max_body(state.max_text_bytes) {
        return Err(too_long(state.max_text_bytes));
    }
    permit.hold(size)?;
    Ok((model, permit))
}

/// Reads a request with a text of up to `limit` bytes, and counts its memory in `permit` as it
/// arrives.
async fn read(
    request: Request,
    permit: &mut Permit,
    limit: usize,
) -> Result<TranslateRequest, Error> {
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .map(|value| value.to_str().unwrap_or("unreadable").to_owned());
    let mut bytes = Vec::with_capacity(body::size(&request).unwrap_or(0));
    body::read(request, |chunk| {
        if bytes.len() + chunk.len() > max_body(limit) {
            return Err(too_long(limit));
        }
        bytes.extend_from_slice(chunk);
        Ok(permit.hold(bytes.capacity())?)
    })
    .await?;
    // Parsing 60 MB of JSON takes a tenth of a second, too long for a thread of the runtime.
    let length = bytes.len();
    let parse = move || parse::request(&bytes, content_type.as_deref());
    let request = tokio::task::spawn_blocking(parse)
        .await
        .map_err(|_| Error::Internal)?
        .map_err(|fault| {
            // Such a long body could only be valid if its text were full of escapes, so its length
            // is the more important fault.
            if length > limit.saturating_add(JSON_EXTRA_BYTES) {
                too_long(limit)
            } else {
                fault
            }
        })?;
    let length = request.text_de.len();
    if length > limit {
        return Err(Error::TooLong {
            limit,
            length: Some(length),
        });
    }
    permit.hold(length)?;
    Ok(request)
}

/// Returns the maximum length of a body with a text of `limit` bytes.
fn max_body(limit: usize) -> usize {
    limit
        .saturating_mul(JSON_BYTES_PER_TEXT_BYTE)
        .saturating_add(JSON_EXTRA_BYTES)
}

fn too_long(limit: usize) -> Error {
    Error::TooLong {
        limit,
        length: None,
    }
}
