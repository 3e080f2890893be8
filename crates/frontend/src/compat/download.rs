//! The response with a translated file.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use tokio::fs::File;
use tokio_util::io::ReaderStream;

use super::files::Translated;
use super::refusal::Refusal;
use crate::pages::document::attachment;

/// Returns the response with a translated file. `fetched` is called when it was sent to its end.
///
/// # Errors
/// The file cannot be read.
pub(super) async fn download(
    translated: Arc<Translated>,
    fetched: impl FnOnce() + Send + 'static,
) -> Result<Response, Refusal> {
    let file = File::open(translated.scratch.translation()).await?;
    let mut chunks = ReaderStream::new(file);
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(translated.media_type),
        ),
        (header::CONTENT_DISPOSITION, attachment(&translated.name)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    // Without a length, which would end the response before the end of the stream is seen.
    let body = async_stream::stream! {
        while let Some(chunk) = chunks.next().await {
            yield chunk;
        }
        fetched();
        // Its folder is removed with it.
        drop(translated);
    };
    Ok((headers, Body::from_stream(body)).into_response())
}
