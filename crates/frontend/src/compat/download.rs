//! The response with a translated file.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use tokio::fs::File;
use tokio_util::io::ReaderStream;

use super::files::Translated;
use super::refusal::Refusal;

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
    let name = percent_encoded(&translated.name);
    let headers = [
        (header::CONTENT_TYPE, translated.media_type.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename*=UTF-8''{name}"),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
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

/// Returns a name for an address or a header: everything but letters, digits and a few marks of
/// ASCII as percent signs and digits.
pub(super) fn percent_encoded(name: &str) -> String {
    let encode = |byte: u8| match byte {
        b'.' | b'-' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    name.bytes().map(encode).collect()
}
