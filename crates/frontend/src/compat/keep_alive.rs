//! Answers that take longer than clients wait in silence: DeepL's own client gives up after ten
//! seconds without a byte.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::Stream;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::refusal::Refusal;

/// Time after which the response begins although the answer is not there, and interval of the
/// spaces that precede it.
const INTERVAL: Duration = Duration::from_secs(5);

/// Header by which nginx sends what arrives at once, rather than when it has more.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Response to a client after it has begun and its work was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Late {
    /// It breaks off.
    Broken,
    /// It ends with the JSON of the refusal.
    Told,
}

/// The JSON of an answer, or the reason why there is none.
type Outcome = Result<Value, Refusal>;

/// Returns the response with the JSON that `work` results in. If that takes long, the response
/// begins with 200 and spaces, which JSON allows in front. `refuse` makes the response of a refusal,
/// and `late` says what becomes of one after that.
///
/// The work ends when the client goes away.
pub(crate) async fn answer(
    work: impl Future<Output = Outcome> + Send + 'static,
    refuse: fn(Refusal) -> Response,
    late: Late,
) -> Response {
    let mut work: Pin<Box<dyn Future<Output = Outcome> + Send>> = Box::pin(work);
    match timeout(INTERVAL, &mut work).await {
        Ok(Ok(json)) => Json(json).into_response(),
        Ok(Err(refusal)) => refuse(refusal),
        Err(_) => {
            let headers = [
                (header::CONTENT_TYPE, "application/json"),
                (UNBUFFERED, "no"),
            ];
            let body = Body::from_stream(body(work, refuse, late));
            (headers, body).into_response()
        }
    }
}

/// Returns the time at which the response begins to a request that has arrived now.
pub(crate) fn beginning() -> Instant {
    Instant::now() + INTERVAL
}

/// Returns the body of a response that begins before its answer is there.
fn body(
    mut work: impl Future<Output = Outcome> + Send + Unpin,
    refuse: fn(Refusal) -> Response,
    late: Late,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    async_stream::try_stream! {
        let outcome = loop {
            yield Bytes::from_static(b" ");
            if let Ok(outcome) = timeout(INTERVAL, &mut work).await {
                break outcome;
            }
        };
        match outcome {
            Ok(json) => yield Bytes::from(json.to_string()),
            Err(refusal) => {
                tracing::warn!(%refusal, "an answer that had begun was refused");
                if late == Late::Broken {
                    Err(io::Error::other(refusal))?;
                    return;
                }
                let body = refuse(refusal).into_body();
                yield to_bytes(body, usize::MAX).await.map_err(io::Error::other)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use futures_util::StreamExt as _;
    use serde_json::json;
    use tokio::time::sleep;

    use super::*;

    async fn after(seconds: u64, outcome: Outcome) -> Outcome {
        sleep(Duration::from_secs(seconds)).await;
        outcome
    }

    #[tokio::test(start_paused = true)]
    async fn a_quick_answer_or_refusal_has_its_status() {
        let quick = after(4, Ok(json!({"a": 1})));
        let quick = answer(quick, Refusal::into_response, Late::Broken).await;
        assert_eq!(quick.status(), StatusCode::OK);
        let body = to_bytes(quick.into_body(), 100).await;
        assert_eq!(body.expect("a body"), r#"{"a":1}"#);
        let refused = after(4, Err(Refusal::WrongKey));
        let refused = answer(refused, Refusal::into_response, Late::Told).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_answer_is_preceded_by_a_space_every_few_seconds() {
        let slow = after(63, Ok(json!({"a": 1})));
        let slow = answer(slow, Refusal::into_response, Late::Broken).await;
        assert_eq!(slow.headers()["content-type"], "application/json");
        assert_eq!(slow.headers()["x-accel-buffering"], "no");
        let mut body = slow.into_body().into_data_stream();
        let (mut text, mut last) = (String::new(), Instant::now());
        while let Some(chunk) = body.next().await {
            assert!(
                last.elapsed() <= INTERVAL,
                "silence of {:?}",
                last.elapsed()
            );
            last = Instant::now();
            text += str::from_utf8(&chunk.expect("no error")).expect("UTF-8");
        }
        assert_eq!(text, " ".repeat(12) + r#"{"a":1}"#);
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_refusal_breaks_the_response_off_or_is_told() {
        let slow = async |late| {
            let work = after(7, Err(Refusal::Internal));
            let slow = answer(work, Refusal::into_response, late).await;
            assert_eq!(slow.status(), StatusCode::OK);
            to_bytes(slow.into_body(), 100).await
        };
        slow(Late::Broken).await.expect_err("broken off");
        let told = slow(Late::Told).await.expect("a body");
        assert_eq!(told, r#" {"error":"internal error"}"#);
    }
}
