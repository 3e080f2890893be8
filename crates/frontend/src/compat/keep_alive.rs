//! Answers that take longer than clients wait in silence: DeepL's own client gives up after ten
//! seconds without a byte.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use futures_util::Stream;
use serde_json::Value;
use tokio::time::timeout;

use super::refusal::Refusal;

/// Time after which the response begins although the answer is not there, and interval of the
/// spaces that precede it.
const INTERVAL: Duration = Duration::from_secs(5);

/// The JSON of an answer, or the reason why there is none.
type Outcome = Result<Value, Refusal>;

/// Returns the response with the JSON that `work` results in. If that takes long, the response
/// begins with 200 and spaces, which JSON allows in front; a refusal after that breaks the
/// connection. `refuse` makes the response of a refusal.
///
/// The work ends when the client goes away.
pub(crate) async fn answer(
    work: impl Future<Output = Outcome> + Send + 'static,
    refuse: fn(Refusal) -> Response,
) -> Response {
    let mut work: Pin<Box<dyn Future<Output = Outcome> + Send>> = Box::pin(work);
    match timeout(INTERVAL, &mut work).await {
        Ok(Ok(json)) => Json(json).into_response(),
        Ok(Err(refusal)) => refuse(refusal),
        Err(_) => {
            let headers = [(header::CONTENT_TYPE, "application/json")];
            (headers, Body::from_stream(late(work))).into_response()
        }
    }
}

/// Returns the body of a response that begins before its answer is there.
fn late(
    mut work: impl Future<Output = Outcome> + Send + Unpin,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    async_stream::try_stream! {
        let outcome = loop {
            yield Bytes::from_static(b" ");
            if let Ok(outcome) = timeout(INTERVAL, &mut work).await {
                break outcome;
            }
        };
        let json = outcome.map_err(|refusal| {
            tracing::warn!(%refusal, "an answer that had begun was broken off");
            io::Error::other(refusal)
        })?;
        yield Bytes::from(json.to_string());
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use futures_util::StreamExt as _;
    use serde_json::json;
    use tokio::time::{Instant, sleep};

    use super::*;

    async fn after(seconds: u64, outcome: Outcome) -> Outcome {
        sleep(Duration::from_secs(seconds)).await;
        outcome
    }

    #[tokio::test(start_paused = true)]
    async fn a_quick_answer_or_refusal_has_its_status() {
        let quick = answer(after(4, Ok(json!({"a": 1}))), Refusal::into_response).await;
        assert_eq!(quick.status(), StatusCode::OK);
        let body = axum::body::to_bytes(quick.into_body(), 100).await;
        assert_eq!(body.expect("a body"), r#"{"a":1}"#);
        let refused = answer(after(4, Err(Refusal::WrongKey)), Refusal::into_response).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_answer_is_preceded_by_a_space_every_few_seconds() {
        let slow = answer(after(63, Ok(json!({"a": 1}))), Refusal::into_response).await;
        assert_eq!(slow.headers()["content-type"], "application/json");
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
    async fn a_late_refusal_breaks_the_response_off() {
        let slow = answer(after(7, Err(Refusal::Internal)), Refusal::into_response).await;
        assert_eq!(slow.status(), StatusCode::OK);
        let body = axum::body::to_bytes(slow.into_body(), 100).await;
        body.expect_err("broken off");
    }
}
