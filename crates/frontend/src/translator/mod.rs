//! The client of the backend, which may be several replicas.
//!
//! - [`Translator`]: all replicas, found by name and asked for their model
//! - [`Resolve`]: resolution of names to addresses
//! - `replica`: one replica, its recent failures, and the requests to it
//!
//! Names are resolved repeatedly, because replicas come and go: on Swarm and Kubernetes a name
//! resolves to all replicas that are ready. `jobs` spreads a text over them.

mod replica;
mod resolver;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use api::ModelInfo;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use reqwest::{Client, Url};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) use replica::{MAX_RETRY_AFTER, Replica, TranslationEvent};
pub use resolver::{Resolve, SystemResolver};

use crate::backoff::Backoff;

/// Maximum time to connect, on a network of our own.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Maximum silence of the backend, several times the interval of its keep-alive comments.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// Interval of name resolution while texts are being translated: a replica that joins gets work
/// soon, and one that leaves, which Swarm stops two seconds after removing its address, gets no
/// more.
const RESOLVE_INTERVAL: Duration = Duration::from_secs(1);

/// Interval of asking an idle backend for its model, for the note on the pages.
const REFRESH_INTERVAL: Duration = Duration::from_secs(30);

/// Pauses between attempts while the backend is down.
const PAUSES: Backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));

/// Failure of the backend to translate. `Display` is for logs and contains no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It cannot be reached.
    #[error("the backend cannot be reached: {0}")]
    Down(String),
    /// It is at capacity, or not ready yet.
    #[error("the backend is busy")]
    Busy {
        /// Time to wait before the next request, if the backend specifies one.
        retry_after: Option<Duration>,
    },
    /// It was silent for too long.
    #[error("the backend does not answer")]
    Slow,
    /// The connection broke in the middle of the response.
    #[error("the response of the backend broke off: {0}")]
    Broken(String),
    /// The text exceeds its limit.
    #[error("the text exceeds the limit of the backend")]
    TooLong,
    /// It failed, and another attempt may succeed.
    #[error("the backend failed: {0}")]
    Failed(String),
    /// It refused the request, and will until somebody changes its settings or version.
    #[error("the backend refused: {0}")]
    Refused(String),
    /// Its response is not what the API specifies.
    #[error("the response of the backend is invalid: {0}")]
    Protocol(String),
    /// It has another model than the one that the text was started with.
    #[error("the backend has another model now: {0}")]
    OtherModel(String),
}

/// All known replicas of the backend.
pub(crate) type Replicas = Arc<[Arc<Replica>]>;

/// A handle to the backend; cheap to clone.
#[derive(Clone, Debug)]
pub struct Translator {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    client: Client,
    urls: Vec<Url>,
    resolver: Arc<dyn Resolve>,
    replicas: watch::Sender<Replicas>,
    /// Locked during a resolution: an older result must not replace a newer one, and each replica
    /// is known once.
    last_resolution: Mutex<Option<Resolution>>,
    /// Number of calls of [`Translator::find`]; each starts with another replica.
    finds: AtomicUsize,
    model: RwLock<Option<ModelInfo>>,
    up: AtomicBool,
}

#[derive(Debug)]
struct Resolution {
    started: Instant,
    outcome: Result<(), Failure>,
}

impl Translator {
    /// Creates a client of the backend at `urls`, each of which ends in a slash; `resolver` may
    /// resolve a name in one to many replicas.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(urls: Vec<Url>, resolver: impl Resolve + 'static) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            // The address may belong to another replica at the next request, so no connection is
            // kept open.
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let inner = Inner {
            client,
            urls,
            resolver: Arc::new(resolver),
            replicas: watch::Sender::new(Arc::default()),
            last_resolution: Mutex::default(),
            finds: AtomicUsize::new(0),
            model: RwLock::new(None),
            up: AtomicBool::new(false),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Returns the last known model, even if the backend is down now.
    #[must_use]
    pub fn model(&self) -> Option<ModelInfo> {
        let model = self.inner.model.read();
        model.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns whether the backend answered the last request for its model.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.inner.up.load(Ordering::Relaxed)
    }

    /// Asks for the model until `shutdown`, so that pages know it. Logs a line whenever the backend
    /// goes up or down.
    pub async fn watch(self, shutdown: CancellationToken) {
        let mut pauses = PAUSES;
        let mut logged = None;
        loop {
            let found = tokio::select! {
                found = self.find(None) => found,
                () = shutdown.cancelled() => return,
            };
            let up = found.is_ok();
            if logged.replace(up) != Some(up) {
                match &found {
                    Ok((model, _)) => tracing::info!(model = model.name, "the backend is up"),
                    Err(error) => {
                        tracing::warn!(%error, "the backend is down; trying again until it is up");
                    }
                }
            }
            let pause = if up {
                pauses.reset();
                REFRESH_INTERVAL
            } else {
                pauses.next()
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = shutdown.cancelled() => return,
            }
        }
    }

    /// Returns a replica that answers, and its model: `wanted` if any replica has it. Replicas in
    /// cooldown are asked last.
    ///
    /// # Errors
    /// No replica answers.
    pub(crate) async fn find(
        &self,
        wanted: Option<&ModelInfo>,
    ) -> Result<(ModelInfo, Arc<Replica>), Failure> {
        let found = self.ask_all(wanted).await;
        let up = found.is_ok();
        self.inner.up.store(up, Ordering::Relaxed);
        crate::metrics::set_up(crate::metrics::BACKEND_UP, up);
        if let Ok((model, _)) = &found {
            let known = self.inner.model.write();
            *known.unwrap_or_else(PoisonError::into_inner) = Some(model.clone());
        }
        found
    }

    async fn ask_all(
        &self,
        wanted: Option<&ModelInfo>,
    ) -> Result<(ModelInfo, Arc<Replica>), Failure> {
        let mut failure = Failure::Down("its name has no address".to_owned());
        if let Err(error) = self.resolve(Duration::ZERO).await {
            failure = error;
        }
        let mut replicas = self.replicas().to_vec();
        let count = self.inner.finds.fetch_add(1, Ordering::Relaxed);
        let first = count.checked_rem(replicas.len()).unwrap_or_default();
        replicas.rotate_left(first);
        let (cooling, available): (Vec<_>, Vec<_>) = replicas
            .into_iter()
            .partition(|replica| replica.cooldown().is_some());
        let mut other = None;
        for replicas in [available, cooling] {
            let ask = |replica: Arc<Replica>| async { (replica.model().await, replica) };
            let mut answers: FuturesUnordered<_> = replicas.into_iter().map(ask).collect();
            while let Some((answer, replica)) = answers.next().await {
                match answer {
                    Ok(model) if wanted.is_none_or(|wanted| *wanted == model) => {
                        return Ok((model, replica));
                    }
                    Ok(model) => other = Some((model, replica)),
                    Err(error) => failure = error,
                }
            }
        }
        other.ok_or(failure)
    }

    /// Returns the known replicas.
    pub(crate) fn replicas(&self) -> Replicas {
        self.inner.replicas.borrow().clone()
    }

    /// Returns a receiver of changes to the known replicas.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Replicas> {
        self.inner.replicas.subscribe()
    }

    /// Resolves the names at regular intervals; never returns.
    pub(crate) async fn keep_resolving(&self) {
        loop {
            tokio::time::sleep(RESOLVE_INTERVAL).await;
            // If it fails, the known replicas are kept, and requests show whether they are up.
            let _ = self.resolve(RESOLVE_INTERVAL).await;
        }
    }

    /// Resolves the names, unless another call did so during this one or less than `max_age` before
    /// it. Replicas that are still there keep their state, and a name that cannot be resolved now
    /// keeps all of its replicas.
    async fn resolve(&self, max_age: Duration) -> Result<(), Failure> {
        let called = Instant::now();
        let mut last = self.inner.last_resolution.lock().await;
        if let Some(last) = &*last
            && last.started + max_age > called
        {
            return last.outcome.clone();
        }
        let started = Instant::now();
        let mut found: Vec<Arc<Replica>> = Vec::new();
        let mut outcome = Ok(());
        let known = self.replicas();
        for url in &self.inner.urls {
            match resolver::resolve(&self.inner.resolver, url).await {
                Ok(addresses) => {
                    for address in addresses {
                        let is_known = |replica: &&Arc<Replica>| replica.is_at(url, address);
                        if !found.iter().any(|replica| is_known(&replica)) {
                            found.push(known.iter().find(is_known).cloned().unwrap_or_else(|| {
                                Arc::new(Replica::new(self.inner.client.clone(), url, address))
                            }));
                        }
                    }
                }
                Err(error) => {
                    outcome = Err(Failure::Down(error.to_string()));
                    found.extend(known.iter().filter(|replica| replica.is_from(url)).cloned());
                }
            }
        }
        metrics::gauge!(crate::metrics::REPLICAS).set(found.len() as f64);
        self.inner.replicas.send_if_modified(|replicas| {
            let same = replicas.len() == found.len()
                && replicas.iter().zip(&found).all(|(a, b)| Arc::ptr_eq(a, b));
            if !same {
                tracing::debug!(
                    replicas = found.len(),
                    "the backend's replicas have changed"
                );
                *replicas = found.into();
            }
            !same
        });
        *last = Some(Resolution {
            started,
            outcome: outcome.clone(),
        });
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::SocketAddr;

    use futures_util::future::join_all;

    use super::*;

    /// Resolver with one address, which counts its calls.
    #[derive(Debug)]
    struct CountingResolver(Arc<AtomicUsize>);

    impl Resolve for CountingResolver {
        fn resolve(&self, _: &Url) -> io::Result<Vec<SocketAddr>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(vec![SocketAddr::from(([10, 0, 0, 1], 8000))])
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_texts_share_resolutions() {
        let calls = Arc::default();
        let url = "http://backend:8000/".parse().expect("an URL");
        let translator = Translator::new(vec![url], CountingResolver(Arc::clone(&calls)));
        let translator = translator.expect("a client");
        let texts = (0..100).map(|_| translator.keep_resolving());
        let texts = tokio::time::timeout(RESOLVE_INTERVAL * 10, join_all(texts));
        texts.await.expect_err("they never return");
        assert!((5..=10).contains(&calls.load(Ordering::Relaxed)));
        assert_eq!(translator.replicas().len(), 1);
    }
}
