//! One replica of the backend: an address, what is known of it, and the requests to it.

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
use crate::sse::{self, Parser};

/// Longest wait for what the backend answers at once.
const QUICK: Duration = Duration::from_secs(5);

/// Most bytes of an event besides its translation.
const EVENT_BYTES: usize = 64 * 1024;

/// Most bytes read of an answer that is no stream.
const ANSWER_BYTES: usize = 64 * 1024;

/// Pauses after a failure before the replica gets work again: short, because others have the work
/// meanwhile, and one that restarts should be back soon.
const RESTS: Backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));

/// Shortest of them, whatever was drawn: long enough that others get the work.
const SHORTEST_REST: Duration = Duration::from_millis(100);

/// Pause after what another request hardly mends: the replica is of another version, or hangs.
const LONG_REST: Duration = Duration::from_secs(20);

/// Longest pause that the replica may ask for.
pub(crate) const MOST_PATIENCE: Duration = Duration::from_mins(1);

/// What the backend sends while it translates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// One sentence is done.
    Segment(SegmentEvent),
    /// All are done.
    Done(DoneEvent),
}

/// One replica of the backend.
#[derive(Debug)]
pub(crate) struct Replica {
    client: Client,
    /// The URL of the settings, and the same with the replica's address in place of the name.
    configured: Url,
    url: Url,
    /// The name, for a proxy that tells services by it.
    host: Option<HeaderValue>,
    address: SocketAddr,
    /// Requests at work there, of all texts.
    load: AtomicUsize,
    health: Mutex<Health>,
}

#[derive(Debug)]
struct Health {
    rests: Backoff,
    until: Option<Instant>,
}

/// A request at work on a replica, as long as it lives.
#[derive(Debug)]
pub(crate) struct Load(Arc<Replica>);

impl Replica {
    /// The replica at `address`, which the name in `configured` stands for.
    pub(super) fn new(client: Client, configured: &Url, address: SocketAddr) -> Self {
        let mut url = configured.clone();
        // Cannot fail: the settings take URLs with a host only.
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
            health: Mutex::new(Health {
                rests: RESTS,
                until: None,
            }),
        }
    }

    /// Whether it is the one at `address` of the URL `configured`.
    pub(super) fn is(&self, configured: &Url, address: SocketAddr) -> bool {
        self.address == address && self.configured == *configured
    }

    /// Whether the URL `configured` led to it.
    pub(super) fn is_of(&self, configured: &Url) -> bool {
        self.configured == *configured
    }

    /// Where it is, for logs.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Requests at work there, of all texts.
    pub(crate) fn load(&self) -> usize {
        self.load.load(Ordering::Relaxed)
    }

    /// Counts a request until the answer is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> Load {
        self.load.fetch_add(1, Ordering::Relaxed);
        Load(Arc::clone(self))
    }

    /// Until when it gets no work, because something went wrong there.
    pub(crate) fn rests_until(&self) -> Option<Instant> {
        self.health().until.filter(|until| *until > Instant::now())
    }

    /// It did what was asked.
    pub(crate) fn succeeded(&self) {
        let mut health = self.health();
        health.rests.reset();
        health.until = None;
    }

    /// It did not: others get the work for a while.
    pub(crate) fn failed(&self, failure: &Failure) {
        let mut health = self.health();
        let rest = match failure {
            Failure::Busy {
                retry_after: Some(wait),
            } => (*wait).min(MOST_PATIENCE),
            Failure::Protocol(_) | Failure::Slow => LONG_REST,
            _ => health.rests.next().max(SHORTEST_REST),
        };
        health.until = Some(Instant::now() + rest);
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The model at work there now. Never remembered: behind the same address may be another
    /// replica by now.
    ///
    /// # Errors
    /// The replica cannot be asked.
    pub(crate) async fn model(&self) -> Result<ModelInfo, Failure> {
        let asked = async {
            let response = send(self.request(Method::GET, "model")?).await?;
            let body = answer(response).await?;
            serde_json::from_slice(&body).map_err(|error| Failure::Protocol(error.to_string()))
        };
        let asked = tokio::time::timeout(QUICK, asked).await;
        asked.unwrap_or(Err(Failure::Slow))
    }

    /// Translates `text`; the stream ends with [`Event::Done`] or an error. `request_id` goes
    /// along, for the backend's logs.
    ///
    /// # Errors
    /// The replica cannot be reached or does not accept the text.
    pub(crate) async fn translate(
        &self,
        text: &str,
        request_id: &str,
    ) -> Result<impl Stream<Item = Result<Event, Failure>> + Send + use<>, Failure> {
        /// [`api::TranslateRequest`], borrowed: texts are long.
        #[derive(serde::Serialize)]
        struct Request<'a> {
            text_de: &'a str,
        }
        let body = serde_json::to_vec(&Request { text_de: text });
        let body = body.map_err(|error| Failure::Protocol(error.to_string()))?;
        let request = self
            .request(Method::POST, "translate/stream")?
            .header(CONTENT_TYPE, "application/json")
            .header(request_id::HEADER, request_id)
            .body(body);
        let mut response = send(request).await?;
        // A translation may be longer than its text, and JSON makes six bytes of some.
        let limit = text.len().saturating_mul(12).saturating_add(EVENT_BYTES);
        Ok(async_stream::try_stream! {
            let mut parser = Parser::new(limit);
            loop {
                while let Some(event) = parser.next() {
                    let Some(event) = read(&event)? else { continue };
                    let done = matches!(event, Event::Done(_));
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

impl Drop for Load {
    fn drop(&mut self) {
        self.0.load.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Sends a request; anything but 200 is a failure.
async fn send(request: RequestBuilder) -> Result<Response, Failure> {
    let response = request.send().await.map_err(|error| {
        if error.is_timeout() && !error.is_connect() {
            Failure::Slow
        } else if error.is_connect() || error.is_request() {
            Failure::Down(root(&error))
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
        // A proxy between us says that the backend is gone.
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
            Err(Failure::Down(response.status().to_string()))
        }
        StatusCode::REQUEST_TIMEOUT => Err(Failure::Slow),
        status if status.is_server_error() => Err(Failure::Failed(status.to_string())),
        status if status.is_client_error() => {
            let body = answer(response).await.unwrap_or_default();
            let detail = serde_json::from_slice::<ErrorBody>(&body).ok();
            let detail = detail.and_then(|body| Some(body.detail.into_iter().next()?.msg));
            Err(Failure::Refused(
                detail.unwrap_or_else(|| status.to_string()),
            ))
        }
        status => Err(Failure::Protocol(status.to_string())),
    }
}

/// Reads a short body whole.
async fn answer(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_BYTES {
            return Err(Failure::Protocol("a long answer".to_owned()));
        }
    }
    Ok(body)
}

/// Reads an event of a stream; nothing where it is of a kind that a later backend may send.
fn read(event: &sse::Event) -> Result<Option<Event>, Failure> {
    let wrong = |error: serde_json::Error| {
        // The message may quote the data, which is text of the user: only where it is wrong.
        Failure::Protocol(format!(
            "event at line {}, column {}",
            error.line(),
            error.column()
        ))
    };
    match event.name.as_str() {
        EVENT_SEGMENT => {
            let segment = serde_json::from_str(&event.data).map_err(wrong)?;
            Ok(Some(Event::Segment(segment)))
        }
        EVENT_DONE => {
            let done = serde_json::from_str(&event.data).map_err(wrong)?;
            Ok(Some(Event::Done(done)))
        }
        EVENT_ERROR => {
            let error: ErrorEvent = serde_json::from_str(&event.data).map_err(wrong)?;
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
        Failure::Broken(root(error))
    }
}

/// What is at the bottom of an error, for example "connection refused".
fn root(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
