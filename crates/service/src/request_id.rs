//! An id for every request, in its response and in its log lines.

use axum::{
    Router,
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::{self, Next},
    response::Response,
};
use tracing::Instrument as _;
use uuid::Uuid;

/// Header that carries the id from service to service.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Maximum length of an id taken from a client; a UUID has 36 characters.
const MAX_LENGTH: usize = 64;

/// Adds the middleware for ids: a request keeps a valid id from its header or gets a new one, which
/// is in the header of the response and in a span `request` around the handler. Logs each response:
/// server errors as warnings, probes at level `debug`, everything else at `info`.
pub fn layer<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.layer(middleware::from_fn(identify))
}

async fn identify(request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(HEADER)
        .and_then(valid)
        .map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
    // At the highest level, so that no filter removes the id from a line that it lets through.
    let span = tracing::error_span!("request", id);
    let response = respond(request, next).instrument(span).await;
    with_id(response, &id)
}

/// Returns the id in the header if it is short and has only letters, digits and `-_.`: nothing else
/// may get into our logs.
fn valid(value: &HeaderValue) -> Option<&str> {
    let id = value.to_str().ok()?;
    let plain = id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    (plain && (1..=MAX_LENGTH).contains(&id.len())).then_some(id)
}

async fn respond(request: Request, next: Next) -> Response {
    let start = std::time::Instant::now();
    let method = request.method().clone();
    // Only the path: a query may contain search words.
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

    async fn response_id(sent: Option<&str>) -> String {
        let router = layer(Router::new().route("/", get(async || "")));
        let mut request = Request::get("/");
        if let Some(id) = sent {
            request = request.header(HEADER, id);
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = router.oneshot(request).await.expect("a response");
        response.headers()[HEADER]
            .to_str()
            .expect("text")
            .to_owned()
    }

    #[tokio::test]
    async fn a_valid_id_is_kept_and_any_other_replaced() {
        assert_eq!(response_id(Some("a-1_b.c")).await, "a-1_b.c");
        let long = "x".repeat(MAX_LENGTH + 1);
        for sent in [
            None,
            Some("a b"),
            Some("<script>"),
            Some(""),
            Some(long.as_str()),
        ] {
            let id = response_id(sent).await;
            assert!(Uuid::parse_str(&id).is_ok(), "{sent:?} gave {id}");
        }
    }
}
