//! One replica of the backend: its address, its recent failures, and the requests to it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::{
    DoneEvent, EVENT_DONE, EVENT_ERROR, EVENT_SEGMENT, ErrorBody, ErrorEvent, ModelInfo,
    SegmentEvent,
};
use futures_util::Stream;
use reqwest::header::{CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use service::request_id;
use tokio::time::Instant;

use super::Failure;
use crate::backoff::Backoff;
use crate::sse::{self, EventParser};

/// Maximum time for the answer of `GET /model`, which the backend sends at once.
const MODEL_TIMEOUT: Duration = Duration::from_secs(5);

/// Maximum bytes of an event besides its translation and its links.
const MAX_EVENT_OVERHEAD: usize = 64 * 1024;

/// Maximum bytes of the links of a word: three, each of four offsets up to 65535 and a percentage.
const MAX_LINK_BYTES: usize = 3 * "[65535,65535,65535,65535,100],".len();

/// Maximum bytes of a response that is not a stream.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Cooldowns after a failure, before the replica gets work again: short, because other replicas
/// have the work meanwhile, and one that restarts should return soon.
const COOLDOWNS: Backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));

/// Minimum of [`COOLDOWNS`], whatever was drawn: long enough that other replicas get the work.
const MIN_COOLDOWN: Duration = Duration::from_millis(100);

/// Cooldown after a failure that another request is unlikely to fix: the replica is of another
/// version, or hangs.
const LONG_COOLDOWN: Duration = Duration::from_secs(20);

/// Maximum pause that a replica may ask for.
pub(crate) const MAX_RETRY_AFTER: Duration = Duration::from_mins(1);

/// Event of the backend while it translates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TranslationEvent {
    /// One sentence is translated.
    Segment(SegmentEvent),
    /// All sentences are translated.
    Done(DoneEvent),
}

/// One replica of the backend.
#[derive(Debug)]
pub(crate) struct Replica {
    client: Client,
    /// URL in the settings.
    configured: Url,
    /// The same with the address of the replica in place of the name.
    url: Url,
    /// The name, for proxies that distinguish services by it.
    host: Option<HeaderValue>,
    address: SocketAddr,
    /// Number of running requests, of all texts.
    load: AtomicUsize,
    cooldown: Mutex<Cooldown>,
}

#[derive(Debug)]
struct Cooldown {
    pauses: Backoff,
    until: Option<Instant>,
}

/// Counts as a running request of a replica until it is dropped.
#[derive(Debug)]
pub(crate) struct RunningRequest(Arc<Replica>);

impl Replica {
    /// Creates the replica at `address`, to which the name in `configured` resolves.
    pub(super) fn new(client: Client, configured: &Url, address: SocketAddr) -> Self {
        let mut url = configured.clone();
        // Cannot fail: the settings only accept URLs with a host.
        let _ = url.set_ip_host(address.ip());
        let _ = url.set_port(Some(address.port()));
        let name = configured.host_str().unwrap_or_default();
        let host = match configured.port() {
            Some(port) => format!("{name}:{port}"),
            None => name.to_owned(),
        };
        Self {
            client,
            configured: configured.clone(),
            url,
            host: HeaderValue::try_from(host).ok(),
            address,
            load: AtomicUsize::new(0),
            cooldown: Mutex::new(Cooldown {
                pauses: COOLDOWNS,
                until: None,
            }),
        }
    }

    /// Returns whether this is the replica at `address` of the URL `configured`.
    pub(super) fn is_at(&self, configured: &Url, address: SocketAddr) -> bool {
        self.address == address && self.configured == *configured
    }

    /// Returns whether the URL `configured` led to it.
    pub(super) fn is_from(&self, configured: &Url) -> bool {
        self.configured == *configured
    }

    /// Returns its address, for logs.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the number of running requests, of all texts.
    pub(crate) fn load(&self) -> usize {
        self.load.load(Ordering::Relaxed)
    }

    /// Counts a request until the returned value is dropped.
    pub(crate) fn count_request(self: &Arc<Self>) -> RunningRequest {
        self.load.fetch_add(1, Ordering::Relaxed);
        RunningRequest(Arc::clone(self))
    }

    /// Returns the end of its cooldown, during which it gets no work because of a failure.
    pub(crate) fn cooldown(&self) -> Option<Instant> {
        self.lock().until.filter(|until| *until > Instant::now())
    }

    /// Ends the cooldown after a successful request.
    pub(crate) fn record_success(&self) {
        let mut cooldown = self.lock();
        cooldown.pauses.reset();
        cooldown.until = None;
    }

    /// Starts a cooldown after a failed request: other replicas get the work meanwhile.
    pub(crate) fn record_failure(&self, failure: &Failure) {
        let mut cooldown = self.lock();
        let pause = match failure {
            Failure::Busy {
                retry_after: Some(wait),
            } => (*wait).min(MAX_RETRY_AFTER),
            Failure::Protocol(_) | Failure::Slow => LONG_COOLDOWN,
            _ => cooldown.pauses.next().max(MIN_COOLDOWN),
        };
        cooldown.until = Some(Instant::now() + pause);
    }

    fn lock(&self) -> MutexGuard<'_, Cooldown> {
        self.cooldown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for its model. The answer is never cached: the address may belong to another replica at
    /// the next request.
    ///
    /// # Errors
    /// The replica does not answer.
    pub(crate) async fn model(&self) -> Result<ModelInfo, Failure> {
        let asked = async {
            let response = send(self.request(Method::GET, "model")?).await?;
            let body = read_body(response).await?;
            serde_json::from_slice(&body).map_err(|error| Failure::Protocol(error.to_string()))
        };
        let asked = tokio::time::timeout(MODEL_TIMEOUT, asked).await;
        asked.unwrap_or(Err(Failure::Slow))
    }

    /// Translates `text`, whose lines are joined if it is `wrapped`; the stream ends with
    /// [`TranslationEvent::Done`] or an error. With `links`, the events say which words come from
    /// which. `request_id` is for the backend's logs.
    ///
    /// # Errors
    /// The replica cannot be reached or does not accept the text.
    pub(crate) async fn translate(
        &self,
        text: &str,
        wrapped: bool,
        links: bool,
        request_id: &str,
    ) -> Result<impl Stream<Item = Result<TranslationEvent, Failure>> + Send + use<>, Failure> {
        /// [`api::TranslateRequest`] with a borrowed text, which may be long.
        #[derive(serde::Serialize)]
        struct Request<'a> {
            text_de: &'a str,
            wrapped: bool,
            links: bool,
        }
        let body = serde_json::to_vec(&Request {
            text_de: text,
            wrapped,
            links,
        });
        let body = body.map_err(|error| Failure::Protocol(error.to_string()))?;
        let request = self
            .request(Method::POST, "translate/stream")?
            .header(CONTENT_TYPE, "application/json")
            .header(request_id::HEADER, request_id)
            .body(body);
        let mut response = send(request).await?;
        // A translation may be twice as long as its text, and JSON takes six bytes for some. A word
        // with the space after it is at least two bytes.
        let bytes_per_byte = 12 + if links { MAX_LINK_BYTES } else { 0 };
        let limit = text
            .len()
            .saturating_mul(bytes_per_byte)
            .saturating_add(MAX_EVENT_OVERHEAD);
        Ok(async_stream::try_stream! {
            let mut parser = EventParser::new(limit);
            loop {
                while let Some(event) = parser.next() {
                    let Some(event) = decode(&event)? else { continue };
                    let done = matches!(event, TranslationEvent::Done(_));
                    yield event;
                    if done {
                        return;
                    }
                }
                let chunk = response.chunk().await.map_err(|error| broken(&error))?;
                let chunk = chunk.ok_or_else(|| Failure::Broken("it ended early".to_owned()))?;
                parser.push(&chunk).map_err(|error| Failure::Protocol(error.to_string()))?;
            }
        })
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Failure> {
        let url = self.url.join(path);
        let url = url.map_err(|error| Failure::Protocol(error.to_string()))?;
        let request = self.client.request(method, url);
        Ok(match &self.host {
            Some(host) => request.header(HOST, host),
            None => request,
        })
    }
}

impl Drop for RunningRequest {
    fn drop(&mut self) {
        self.0.load.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Sends a request; any status but 200 is a failure.
async fn send(request: RequestBuilder) -> Result<Response, Failure> {
    let response = request.send().await.map_err(|error| {
        if error.is_timeout() && !error.is_connect() {
            Failure::Slow
        } else if error.is_connect() || error.is_request() {
            Failure::Down(root_cause(&error))
        } else {
            broken(&error)
        }
    })?;
    match response.status() {
        StatusCode::OK => Ok(response),
        StatusCode::PAYLOAD_TOO_LARGE => Err(Failure::TooLong),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
            let retry_after = response.headers().get(RETRY_AFTER);
            let seconds = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
            Err(Failure::Busy {
                retry_after: seconds.map(Duration::from_secs),
            })
        }
        // A proxy in between reports that the backend is down.
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
            Err(Failure::Down(response.status().to_string()))
        }
        StatusCode::REQUEST_TIMEOUT => Err(Failure::Slow),
        status if status.is_server_error() => Err(Failure::Failed(status.to_string())),
        status if status.is_client_error() => {
            let body = read_body(response).await.unwrap_or_default();
            let detail = serde_json::from_slice::<ErrorBody>(&body).ok();
            let detail = detail.and_then(|body| Some(body.detail.into_iter().next()?.msg));
            Err(Failure::Refused(
                detail.unwrap_or_else(|| status.to_string()),
            ))
        }
        status => Err(Failure::Protocol(status.to_string())),
    }
}

/// Reads a body of up to [`MAX_BODY_BYTES`].
async fn read_body(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_BODY_BYTES {
            return Err(Failure::Protocol("a long response".to_owned()));
        }
    }
    Ok(body)
}

/// Decodes an event of the stream; returns `None` for the unknown events of later backends.
fn decode(event: &sse::Event) -> Result<Option<TranslationEvent>, Failure> {
    let invalid = |error: serde_json::Error| {
        // The message may quote the data, which is the user's text, so only the position is kept.
        Failure::Protocol(format!(
            "event at line {}, column {}",
            error.line(),
            error.column()
        ))
    };
    match event.name.as_str() {
        EVENT_SEGMENT => {
            let segment = serde_json::from_str(&event.data).map_err(invalid)?;
            Ok(Some(TranslationEvent::Segment(segment)))
        }
        EVENT_DONE => {
            let done = serde_json::from_str(&event.data).map_err(invalid)?;
            Ok(Some(TranslationEvent::Done(done)))
        }
        EVENT_ERROR => {
            let error: ErrorEvent = serde_json::from_str(&event.data).map_err(invalid)?;
            Err(if error.retryable {
                Failure::Failed(error.message)
            } else {
                Failure::Refused(error.message)
            })
        }
        _ => Ok(None),
    }
}

fn broken(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        Failure::Slow
    } else {
        Failure::Broken(root_cause(error))
    }
}

/// Returns the root cause of an error, for example "connection refused".
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
