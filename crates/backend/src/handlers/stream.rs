//! `POST /translate/stream`: each sentence as soon as it is translated.

use std::{convert::Infallible, time::Duration};

use api::{
    EVENT_DONE, EVENT_ERROR, EVENT_SEGMENT, ErrorBody, ErrorEvent, SegmentEvent, TranslateRequest,
};
use axum::{
    extract::State,
    http::{HeaderName, header},
    response::{
        IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{StreamExt as _, stream};
use serde::Serialize;

use crate::{error::Error, extract::Admitted, state::AppState, translation::Translation};

/// Interval of the comments that keep a silent connection open: well under the 60 seconds after
/// which common proxies close it.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Translates a text, sentence by sentence.
///
/// The response is a stream of server-sent events. Each `segment` is one sentence, in the order of
/// the source: `{index, start, end, translation, done, total, flags, more_flags, atoms, lost, links}`.
/// `start` and `end` are byte offsets in the UTF-8 of `text_de`; the bytes between two sentences are
/// the same in the translation. The last four fields are absent if they are empty.
///
/// With `"links": true`, each event says which words of the sentence the words of its translation come
/// from, for a client that puts marks such as bold or links into the translation:
/// `[target_start, target_end, source_start, source_end, percent]`, in bytes of `translation` and, from
/// `start`, of the source. Sentences over several lines have no `links`, nor has any sentence if the
/// engine is candle. The translations are the same as without.
///
/// The last event is `done` `{sentences, duration_ms}` or `error` `{message, retryable}`. Lines that
/// start with a colon keep the connection alive. Ignore events, fields and flags that you do not
/// know: later versions may add some. Closing the connection cancels the translation.
#[utoipa::path(
    post,
    path = "/translate/stream",
    tag = "translate",
    request_body = TranslateRequest,
    responses(
        (status = 200, description = "Server-sent events `segment`, then `done` or `error`",
            body = SegmentEvent, content_type = "text/event-stream",
            example = json!("event: segment\ndata: {\"index\":0,\"start\":0,\"end\":13,\"translation\":\"Good morning!\",\"done\":1,\"total\":1,\"flags\":[]}\n\nevent: done\ndata: {\"sentences\":1,\"duration_ms\":40}\n\n")),
        (status = 400, description = "The body is not valid UTF-8 or UTF-16, or is incomplete", body = ErrorBody),
        (status = 408, description = "The body arrived too slowly, or not at all", body = ErrorBody),
        (status = 413, description = "The text is over the limit, which `msg` states", body = ErrorBody),
        (status = 415, description = "The `Content-Encoding` is not supported, or the body does not match it", body = ErrorBody),
        (status = 422, description = "The body is not JSON, or has no string `text_de`", body = ErrorBody),
        (status = 503, description = "Busy, loading the model or shutting down: retry after `Retry-After` seconds", body = ErrorBody),
    )
)]
pub(crate) async fn translate_stream(
    State(state): State<AppState>,
    admitted: Admitted,
) -> Result<impl IntoResponse, Error> {
    let translation = Translation::start(&state, admitted).await?;
    let events = stream::unfold(Some(translation), |translation| async {
        let mut translation = translation?;
        Some(match translation.next().await {
            Some(Ok(segment)) => (event(EVENT_SEGMENT, &segment), Some(translation)),
            Some(Err(error)) => (event(EVENT_ERROR, &failure(&error)), None),
            None => (event(EVENT_DONE, &translation.summary()), None),
        })
    });
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        // Tells nginx to forward each event at once.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let events =
        Sse::new(events.map(Ok::<_, Infallible>)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok((headers, events))
}

fn event(name: &str, data: &impl Serialize) -> Event {
    let data = serde_json::to_string(data).expect("numbers and strings are always JSON");
    Event::default().event(name).data(data)
}

fn failure(error: &Error) -> ErrorEvent {
    let message = match error {
        Error::ShuttingDown => "The server is shutting down before the text is done; try again.",
        Error::Hopeless => "The model fails on this text repeatedly.",
        _ => "The translation failed inside the server.",
    };
    ErrorEvent {
        message: message.to_owned(),
        retryable: error.is_retryable(),
    }
}
