//! An id for every request, in its answer and in its log lines.

use axum::{
    Router,
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::{self, Next},
    response::Response,
};
use tracing::Instrument as _;
use uuid::Uuid;

/// The header that carries the id from service to service.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id taken from a client; a UUID has 36 characters.
const LONGEST: usize = 64;

/// The id of a request, among its extensions.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Takes a request's id from its header where it is a sensible one, or makes one; puts it into
/// the request's extensions, the answer's header and a span `request` around the handler, and logs
/// each answer: server errors as warnings, the rest at level `info`, what probes ask at `debug`.
pub fn layer<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.layer(middleware::from_fn(identify))
}

async fn identify(mut request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(HEADER)
        .and_then(sensible)
        .map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    // At the highest level, so that no filter takes the id off a line that it lets through.
    let span = tracing::error_span!("request", id);
    let answer = answer(request, next).instrument(span).await;
    with_id(answer, &id)
}

/// Only letters, digits and `-_.` get into our logs.
fn sensible(value: &HeaderValue) -> Option<&str> {
    let id = value.to_str().ok()?;
    let plain = id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    (plain && (1..=LONGEST).contains(&id.len())).then_some(id)
}

async fn answer(request: Request, next: Next) -> Response {
    let start = std::time::Instant::now();
    let method = request.method().clone();
    // The path alone: a query may hold what somebody searched for.
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let elapsed = start.elapsed();
    let probe = matches!(path.as_str(), "/livez" | "/readyz" | "/metrics");
    match status {
        500.. if !probe => tracing::warn!(%method, path, status, ?elapsed, "answered"),
        _ if probe => tracing::debug!(%method, path, status, ?elapsed, "answered"),
        _ => tracing::info!(%method, path, status, ?elapsed, "answered"),
    }
    response
}

fn with_id(mut response: Response, id: &str) -> Response {
    let value = HeaderValue::from_str(id).expect("letters, digits and -_. only");
    response.headers_mut().insert(HEADER, value);
    response
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, routing::get};
    use tower::ServiceExt as _;

    use super::*;

    async fn answered_id(sent: Option<&str>) -> String {
        let router = layer(Router::new().route("/", get(async || "")));
        let mut request = Request::get("/");
        if let Some(id) = sent {
            request = request.header(HEADER, id);
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = router.oneshot(request).await.expect("an answer");
        response.headers()[HEADER]
            .to_str()
            .expect("text")
            .to_owned()
    }

    #[tokio::test]
    async fn a_sensible_id_is_kept_and_any_other_replaced() {
        assert_eq!(answered_id(Some("a-1_b.c")).await, "a-1_b.c");
        let long = "x".repeat(LONGEST + 1);
        for sent in [
            None,
            Some("a b"),
            Some("<script>"),
            Some(""),
            Some(long.as_str()),
        ] {
            let id = answered_id(sent).await;
            assert!(Uuid::parse_str(&id).is_ok(), "{sent:?} gave {id}");
        }
    }
}
