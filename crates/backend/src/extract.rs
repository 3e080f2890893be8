//! Admission of a request: its body is read within limits, and it gets a place in the queue.

use std::{sync::Arc, time::Duration};

use axum::{
    body::BodyDataStream,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};

use crate::{error::Error, parse, queue::Permit, state::AppState, worker::Model};

/// JSON may encode one byte of text in six (`\u0041`).
const JSON_BYTES_PER_TEXT_BYTE: usize = 6;

/// Bytes of a body besides the text: braces, the name of the field, white space, other fields.
const JSON_EXTRA_BYTES: usize = 64 * 1024;

/// Maximum pause within a body. A client that is silent for longer is gone or hostile, and would
/// hold a place in the queue.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// Minimum speed of a body.
#[derive(Clone, Copy, Debug)]
struct Speed {
    /// Allowance on top of the time for the length.
    grace: Duration,
    /// Average bytes per second.
    bytes_per_second: u64,
}

/// Half the rate of the slowest mobile networks, so that nobody holds a place for ever by sending a
/// byte now and then: ten megabytes may take nine minutes.
const MIN_SPEED: Speed = Speed {
    grace: Duration::from_secs(30),
    bytes_per_second: 20_000,
};

impl Speed {
    /// Returns the deadline, from the start of the body, for the next byte after `bytes` have
    /// arrived.
    fn deadline(self, bytes: usize) -> Duration {
        let millis = (bytes as u64).saturating_mul(1000) / self.bytes_per_second;
        self.grace + Duration::from_millis(millis)
    }
}

/// Maximum bytes read from a refused body, so that a client that sends everything before it reads
/// gets the response and not a connection reset: sixteen novels. They are discarded, so they cost
/// only bandwidth.
const MAX_DRAIN_BYTES: usize = 256 * 1024 * 1024;

/// Maximum time for reading a refused body.
const MAX_DRAIN_TIME: Duration = Duration::from_mins(1);

/// The text of a request and its place in the queue.
#[derive(Debug)]
pub struct Admitted {
    /// The text, within the limit.
    pub text: String,
    /// Place in the queue, released on drop.
    pub permit: Permit,
    /// Model for the translation. An admitted text is translated even if the service is told to
    /// shut down in the meantime.
    pub model: Arc<Model>,
}

impl FromRequest<AppState> for Admitted {
    type Rejection = Error;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        let mut body = body.into_data_stream();
        let mut body_sent = !expects_continue(&parts.headers);
        let admitted = read(&parts.headers, &mut body, &mut body_sent, state).await;
        if admitted.is_err() && body_sent {
            drain(body).await;
        }
        admitted
    }
}

async fn read(
    headers: &HeaderMap,
    body: &mut BodyDataStream,
    body_sent: &mut bool,
    state: &AppState,
) -> Result<Admitted, Error> {
    let model = state.admission()?;
    let mut permit = state.queue.enter().map_err(|_| Error::Full)?;
    let content_length = content_length(headers, state.max_text_bytes)?;
    *body_sent = true;
    let bytes = collect(
        body,
        content_length,
        state.max_text_bytes,
        &mut permit,
        MIN_SPEED,
    )
    .await?;
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .map(|value| value.to_str().unwrap_or("unreadable").to_owned());
    // Parsing 60 MB of JSON takes a tenth of a second, too long for a thread of the runtime.
    let length = bytes.len();
    let text = tokio::task::spawn_blocking(move || parse::text(&bytes, content_type.as_deref()))
        .await
        .map_err(|_| Error::Internal)?
        .map_err(|fault| {
            // Such a long body could only be valid if its text were full of escapes, so its length
            // is the more important fault.
            let is_too_long = length > state.max_text_bytes.saturating_add(JSON_EXTRA_BYTES);
            if is_too_long {
                too_long(state.max_text_bytes)
            } else {
                fault
            }
        })?;
    if text.len() > state.max_text_bytes {
        return Err(Error::TooLong {
            limit: state.max_text_bytes,
            length: Some(text.len()),
        });
    }
    permit.hold(text.len()).map_err(|_| Error::Full)?;
    Ok(Admitted {
        text,
        permit,
        model,
    })
}

/// Returns the `Content-Length` of the body, if it has one.
fn content_length(headers: &HeaderMap, limit: usize) -> Result<Option<usize>, Error> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    match length {
        Some(length) if length > max_body(limit) => Err(too_long(limit)),
        length => Ok(length),
    }
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

/// Reads a body and counts its bytes in `permit` as they arrive.
async fn collect(
    body: &mut BodyDataStream,
    content_length: Option<usize>,
    limit: usize,
    permit: &mut Permit,
    min_speed: Speed,
) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    if let Some(length) = content_length {
        permit.hold(length).map_err(|_| Error::Full)?;
        bytes.reserve_exact(length);
    }
    let start = Instant::now();
    loop {
        let deadline = start + min_speed.deadline(bytes.len());
        let until = deadline.min(Instant::now() + MAX_PAUSE);
        let chunk = timeout_at(until, body.next())
            .await
            .map_err(|_| Error::Slow)?;
        let Some(chunk) = chunk else {
            return Ok(bytes);
        };
        // A body that is always ready never runs into the timeout.
        if Instant::now() > deadline {
            return Err(Error::Slow);
        }
        let chunk = chunk.map_err(|_| Error::Aborted)?;
        if bytes.len() + chunk.len() > max_body(limit) {
            return Err(too_long(limit));
        }
        bytes.extend_from_slice(&chunk);
        if bytes.len() > content_length.unwrap_or(0) {
            permit.hold(bytes.len()).map_err(|_| Error::Full)?;
        }
    }
}

/// Returns whether the client waits for permission before it sends the body; if so, the response
/// alone is enough.
fn expects_continue(headers: &HeaderMap) -> bool {
    headers
        .get(header::EXPECT)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// Reads the rest of an unwanted body, within limits.
pub async fn drain(mut body: BodyDataStream) {
    let until = Instant::now() + MAX_DRAIN_TIME;
    let mut left = MAX_DRAIN_BYTES;
    while let Ok(Some(Ok(chunk))) = timeout_at(until, body.next()).await {
        match left.checked_sub(chunk.len()) {
            Some(fewer) => left = fewer,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::{Body, Bytes};
    use futures_util::{Stream, stream};

    use super::*;
    use crate::queue::RequestQueue;

    async fn outcome(
        chunks: impl Stream<Item = Bytes> + Send + 'static,
        min_speed: Speed,
    ) -> Result<Vec<u8>, Error> {
        let mut permit = RequestQueue::new(1, 1000).enter().expect("room");
        let mut body = Body::from_stream(chunks.map(Ok::<_, Infallible>)).into_data_stream();
        collect(&mut body, None, usize::MAX, &mut permit, min_speed).await
    }

    /// A byte now and then, for ever: a body that is never silent for long.
    fn trickle() -> impl Stream<Item = Bytes> + Send + 'static {
        stream::repeat(Bytes::from_static(b"x")).then(async |byte| {
            tokio::task::yield_now().await;
            byte
        })
    }

    #[tokio::test]
    async fn a_body_that_is_never_silent_but_too_slow_is_given_up() {
        // No machine delivers single bytes at this rate.
        let min_speed = Speed {
            grace: Duration::ZERO,
            bytes_per_second: u64::MAX,
        };
        let slow = outcome(trickle(), min_speed).await.expect_err("too slow");
        assert!(matches!(slow, Error::Slow), "{slow}");
        let silent = outcome(stream::pending(), min_speed)
            .await
            .expect_err("silent");
        assert!(matches!(silent, Error::Slow), "{silent}");
        let bytes = outcome(trickle().take(100), MIN_SPEED)
            .await
            .expect("in time");
        assert_eq!(bytes.len(), 100);
    }

    #[test]
    fn a_long_body_may_take_longer() {
        assert_eq!(MIN_SPEED.deadline(0), Duration::from_secs(30));
        assert_eq!(MIN_SPEED.deadline(200_000), Duration::from_secs(40));
    }
}
