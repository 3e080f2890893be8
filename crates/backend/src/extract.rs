//! The text of a request, admitted: its body read within bounds, its place in the queue taken.

use std::{sync::Arc, time::Duration};

use axum::{
    body::BodyDataStream,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};

use crate::{error::Error, parse, queue::Place, state::AppState, worker::Model};

/// JSON may write a byte of text in six (`\u0041`).
const JSON_BYTES_PER_TEXT_BYTE: usize = 6;

/// What a body holds besides the text: braces, the field's name, white space, other fields.
const JSON_EXTRA_BYTES: usize = 64 * 1024;

/// The longest pause within a body. Whoever is silent for longer has gone or means no good, and
/// would hold a place in the queue.
const BODY_PAUSE: Duration = Duration::from_secs(30);

/// How slowly a body may come.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// What it may take besides its length.
    grace: Duration,
    /// What it must bring in a second on the whole.
    bytes_per_second: u64,
}

/// Half the rate of the slowest mobile networks, so that nobody holds a place for ever with a byte
/// now and then: ten megabytes may take nine minutes.
const PACE: Pace = Pace {
    grace: Duration::from_secs(30),
    bytes_per_second: 20_000,
};

impl Pace {
    /// How long after its start a body must be over or go on that has brought so many bytes.
    fn time_for(self, bytes: usize) -> Duration {
        let millis = (bytes as u64).saturating_mul(1000) / self.bytes_per_second;
        self.grace + Duration::from_millis(millis)
    }
}

/// How much of a body that is refused is still read, so that a client that sends everything before
/// it reads sees the answer and no reset connection: sixteen novels. It is thrown away, so that
/// it costs bandwidth only.
const DRAIN_BYTES: usize = 256 * 1024 * 1024;

/// How long that reading goes on at most.
const DRAIN_TIME: Duration = Duration::from_mins(1);

/// The text of a request that is to be translated, with its place in the queue.
#[derive(Debug)]
pub struct Admitted {
    /// The text, not longer than the limit.
    pub text: String,
    /// Free for others when this is dropped.
    pub place: Place,
    /// The model that is to translate it. A text that is admitted is translated, also when the
    /// service is told to end in the meantime.
    pub model: Arc<Model>,
}

impl FromRequest<AppState> for Admitted {
    type Rejection = Error;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        let mut body = body.into_data_stream();
        let mut asked_for = !waits_for_leave(&parts.headers);
        let admitted = read(&parts.headers, &mut body, &mut asked_for, state).await;
        if admitted.is_err() && asked_for {
            drain(body).await;
        }
        admitted
    }
}

async fn read(
    headers: &HeaderMap,
    body: &mut BodyDataStream,
    asked_for: &mut bool,
    state: &AppState,
) -> Result<Admitted, Error> {
    let model = state.admission()?;
    let mut place = state.queue.enter().map_err(|_| Error::Full)?;
    let announced = announced(headers, state.max_text_bytes)?;
    *asked_for = true;
    let bytes = collect(body, announced, state.max_text_bytes, &mut place, PACE).await?;
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .map(|value| value.to_str().unwrap_or("unreadable").to_owned());
    // Parsing 60 MB of JSON takes a tenth of a second, too long for a thread of the runtime.
    let length = bytes.len();
    let text = tokio::task::spawn_blocking(move || parse::text(&bytes, content_type.as_deref()))
        .await
        .map_err(|_| Error::Internal)?
        .map_err(|fault| {
            // Only a text written in escapes may be so long: its length is the greater fault.
            let is_longer = length > state.max_text_bytes.saturating_add(JSON_EXTRA_BYTES);
            if is_longer {
                longer_than(state.max_text_bytes)
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
    place.hold(text.len()).map_err(|_| Error::Full)?;
    Ok(Admitted { text, place, model })
}

/// The length that a body says it has, if it does.
fn announced(headers: &HeaderMap, limit: usize) -> Result<Option<usize>, Error> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    match length {
        Some(length) if length > longest_body(limit) => Err(longer_than(limit)),
        length => Ok(length),
    }
}

/// The longest body that can hold a text of `limit` bytes.
fn longest_body(limit: usize) -> usize {
    limit
        .saturating_mul(JSON_BYTES_PER_TEXT_BYTE)
        .saturating_add(JSON_EXTRA_BYTES)
}

fn longer_than(limit: usize) -> Error {
    Error::TooLong {
        limit,
        length: None,
    }
}

/// Reads a body, counting it in `place` as it comes.
async fn collect(
    body: &mut BodyDataStream,
    announced: Option<usize>,
    limit: usize,
    place: &mut Place,
    least: Pace,
) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    if let Some(length) = announced {
        place.hold(length).map_err(|_| Error::Full)?;
        bytes.reserve_exact(length);
    }
    let start = Instant::now();
    loop {
        let deadline = start + least.time_for(bytes.len());
        let until = deadline.min(Instant::now() + BODY_PAUSE);
        let chunk = timeout_at(until, body.next())
            .await
            .map_err(|_| Error::Slow)?;
        let Some(chunk) = chunk else {
            return Ok(bytes);
        };
        // What is ready at once does not run into a timeout.
        if Instant::now() > deadline {
            return Err(Error::Slow);
        }
        let chunk = chunk.map_err(|_| Error::Aborted)?;
        if bytes.len() + chunk.len() > longest_body(limit) {
            return Err(longer_than(limit));
        }
        bytes.extend_from_slice(&chunk);
        if bytes.len() > announced.unwrap_or(0) {
            place.hold(bytes.len()).map_err(|_| Error::Full)?;
        }
    }
}

/// Whether the client sends the body only when told so; then the answer alone is enough.
fn waits_for_leave(headers: &HeaderMap) -> bool {
    headers
        .get(header::EXPECT)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// Reads what is left of a body that nobody wants, within bounds.
pub async fn drain(mut body: BodyDataStream) {
    let until = Instant::now() + DRAIN_TIME;
    let mut left = DRAIN_BYTES;
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
    use crate::queue::Queue;

    async fn outcome(
        chunks: impl Stream<Item = Bytes> + Send + 'static,
        least: Pace,
    ) -> Result<Vec<u8>, Error> {
        let mut place = Queue::new(1, 1000).enter().expect("room");
        let mut body = Body::from_stream(chunks.map(Ok::<_, Infallible>)).into_data_stream();
        collect(&mut body, None, usize::MAX, &mut place, least).await
    }

    /// A byte now and then, for ever: it is never silent for long.
    fn trickle() -> impl Stream<Item = Bytes> + Send + 'static {
        stream::repeat(Bytes::from_static(b"x")).then(async |byte| {
            tokio::task::yield_now().await;
            byte
        })
    }

    #[tokio::test]
    async fn a_body_that_is_never_silent_but_too_slow_is_given_up() {
        // No machine brings single bytes at this rate.
        let least = Pace {
            grace: Duration::ZERO,
            bytes_per_second: u64::MAX,
        };
        let slow = outcome(trickle(), least).await.expect_err("too slow");
        assert!(matches!(slow, Error::Slow), "{slow}");
        let silent = outcome(stream::pending(), least).await.expect_err("silent");
        assert!(matches!(silent, Error::Slow), "{silent}");
        let bytes = outcome(trickle().take(100), PACE).await.expect("in time");
        assert_eq!(bytes.len(), 100);
    }

    #[test]
    fn a_long_body_may_take_longer() {
        assert_eq!(PACE.time_for(0), Duration::from_secs(30));
        assert_eq!(PACE.time_for(200_000), Duration::from_secs(40));
    }
}
