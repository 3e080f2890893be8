//! The client of the backend, which may be several replicas.
//!
//! - [`Translator`]: all replicas, found by name and asked for their model
//! - [`Names`]: how a name becomes addresses
//! - `replica`: one of them: what is known of it, and the requests to it
//!
//! A name is looked up again and again, because replicas come and go: on Swarm and Kubernetes it
//! stands for all that are ready. A text is spread over them in `jobs`.

mod names;
mod replica;

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

pub use names::{Names, System};
pub(crate) use replica::{Event, MOST_PATIENCE, Replica};

use crate::backoff::Backoff;

/// Longest time for a connection on a network of our own.
const CONNECT: Duration = Duration::from_secs(5);

/// Longest silence of the backend; its keep-alive comments come several times in this.
const IDLE: Duration = Duration::from_mins(1);

/// How often names are looked up while texts are at work: a replica that joins has work soon, and
/// one that leaves, which Swarm stops two seconds after its address is gone, gets no more.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How often the model is asked for while nothing else is, for the note on the page.
const REFRESH: Duration = Duration::from_secs(30);

/// Pauses between attempts while the backend is down.
const PAUSES: Backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));

/// Why the backend did not translate. `Display` is for logs; it holds no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It cannot be reached.
    #[error("the backend cannot be reached: {0}")]
    Down(String),
    /// It has too much to do, or is not ready yet.
    #[error("the backend is busy")]
    Busy {
        /// When to come again, where it says so.
        retry_after: Option<Duration>,
    },
    /// It was silent for too long.
    #[error("the backend does not answer")]
    Slow,
    /// The answer ended before its end.
    #[error("the answer of the backend broke off: {0}")]
    Broken(String),
    /// The text is longer than it takes.
    #[error("the backend takes no text of that length")]
    TooLong,
    /// It could not do it now, and may later.
    #[error("the backend failed: {0}")]
    Failed(String),
    /// It will not do it as it is now.
    #[error("the backend refused: {0}")]
    Refused(String),
    /// It answered something else than agreed.
    #[error("the backend speaks another language: {0}")]
    Protocol(String),
    /// It has another model than the one that began the text.
    #[error("the backend has another model by now: {0}")]
    OtherModel(String),
}

/// All replicas of the backend that are known.
pub(crate) type Replicas = Arc<[Arc<Replica>]>;

/// A handle to the backend; cheap to clone.
#[derive(Clone, Debug)]
pub struct Translator {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    client: Client,
    urls: Vec<Url>,
    names: Arc<dyn Names>,
    replicas: watch::Sender<Replicas>,
    /// Held during a look-up: an older answer must not replace a newer one, and a replica is known
    /// once.
    last_look_up: Mutex<Option<LookUp>>,
    /// How often they were asked for.
    turn: AtomicUsize,
    model: RwLock<Option<ModelInfo>>,
    up: AtomicBool,
}

#[derive(Debug)]
struct LookUp {
    began: Instant,
    outcome: Result<(), Failure>,
}

impl Translator {
    /// A client of the backend at `urls`, each of which ends in a slash; a name in one may stand
    /// for many replicas, which `names` finds.
    ///
    /// # Errors
    /// The client cannot be built.
    pub fn new(urls: Vec<Url>, names: impl Names + 'static) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(IDLE)
            // Behind an address may be another replica by now, so nothing is kept open.
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let shared = Shared {
            client,
            urls,
            names: Arc::new(names),
            replicas: watch::Sender::new(Arc::default()),
            last_look_up: Mutex::default(),
            turn: AtomicUsize::new(0),
            model: RwLock::new(None),
            up: AtomicBool::new(false),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// The model, as far as known: what the backend answered last, even if it is down now.
    #[must_use]
    pub fn model(&self) -> Option<ModelInfo> {
        let model = self
            .shared
            .model
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        model.clone()
    }

    /// Whether the backend answered last time.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.shared.up.load(Ordering::Relaxed)
    }

    /// Asks for the model until `shutdown`, so that pages know it. Logs one line per change
    /// between up and down.
    pub async fn watch(self, shutdown: CancellationToken) {
        let mut pauses = PAUSES;
        let mut told = None;
        loop {
            let asked = tokio::select! {
                asked = self.find(None) => asked,
                () = shutdown.cancelled() => return,
            };
            let up = asked.is_ok();
            if told.replace(up) != Some(up) {
                match &asked {
                    Ok((model, _)) => tracing::info!(model = model.name, "the backend is up"),
                    Err(error) => {
                        tracing::warn!(%error, "the backend is down; trying again until it is up");
                    }
                }
            }
            let pause = if up {
                pauses.reset();
                REFRESH
            } else {
                pauses.next()
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = shutdown.cancelled() => return,
            }
        }
    }

    /// A replica that answers, and its model: `wanted` if any replica has it. Those that rest are
    /// asked last.
    ///
    /// # Errors
    /// No replica answers.
    pub(crate) async fn find(
        &self,
        wanted: Option<&ModelInfo>,
    ) -> Result<(ModelInfo, Arc<Replica>), Failure> {
        let found = self.ask_all(wanted).await;
        let up = found.is_ok();
        self.shared.up.store(up, Ordering::Relaxed);
        crate::metrics::set_up(crate::metrics::BACKEND_UP, up);
        if let Ok((model, _)) = &found {
            let known = self.shared.model.write();
            *known.unwrap_or_else(PoisonError::into_inner) = Some(model.clone());
        }
        found
    }

    async fn ask_all(
        &self,
        wanted: Option<&ModelInfo>,
    ) -> Result<(ModelInfo, Arc<Replica>), Failure> {
        let mut failure = Failure::Down("its name has no address".to_owned());
        if let Err(error) = self.look_up(Duration::ZERO).await {
            failure = error;
        }
        let mut replicas = self.replicas().to_vec();
        let turn = self.shared.turn.fetch_add(1, Ordering::Relaxed);
        let first = turn.checked_rem(replicas.len()).unwrap_or_default();
        replicas.rotate_left(first);
        let (resting, awake): (Vec<_>, Vec<_>) = replicas
            .into_iter()
            .partition(|replica| replica.rests_until().is_some());
        let mut other = None;
        for replicas in [awake, resting] {
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

    /// The replicas that are known.
    pub(crate) fn replicas(&self) -> Replicas {
        self.shared.replicas.borrow().clone()
    }

    /// Tells of replicas that come and go.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Replicas> {
        self.shared.replicas.subscribe()
    }

    /// Looks the names up again and again; never ends.
    pub(crate) async fn keep_looking(&self) {
        loop {
            tokio::time::sleep(LOOK_AGAIN).await;
            // What does not work now is kept, and found out by asking the replicas.
            let _ = self.look_up(LOOK_AGAIN).await;
        }
    }

    /// Looks the names up, unless somebody did so less than `age` before this call or during it.
    /// What is known of a replica that is still there is kept, and so are all replicas of a name
    /// that cannot be looked up now.
    async fn look_up(&self, age: Duration) -> Result<(), Failure> {
        let called = Instant::now();
        let mut last = self.shared.last_look_up.lock().await;
        if let Some(last) = &*last
            && last.began + age > called
        {
            return last.outcome.clone();
        }
        let began = Instant::now();
        let mut found: Vec<Arc<Replica>> = Vec::new();
        let mut outcome = Ok(());
        let known = self.replicas();
        for url in &self.shared.urls {
            match names::addresses(&self.shared.names, url).await {
                Ok(addresses) => {
                    for address in addresses {
                        let is_known = |replica: &&Arc<Replica>| replica.is(url, address);
                        if !found.iter().any(|replica| is_known(&replica)) {
                            found.push(known.iter().find(is_known).cloned().unwrap_or_else(|| {
                                Arc::new(Replica::new(self.shared.client.clone(), url, address))
                            }));
                        }
                    }
                }
                Err(error) => {
                    outcome = Err(Failure::Down(error.to_string()));
                    found.extend(known.iter().filter(|replica| replica.is_of(url)).cloned());
                }
            }
        }
        metrics::gauge!(crate::metrics::REPLICAS).set(found.len() as f64);
        self.shared.replicas.send_if_modified(|replicas| {
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
        *last = Some(LookUp {
            began,
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

    /// One address, and a count of the questions.
    #[derive(Debug)]
    struct Counted(Arc<AtomicUsize>);

    impl Names for Counted {
        fn addresses(&self, _: &Url) -> io::Result<Vec<SocketAddr>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(vec![SocketAddr::from(([10, 0, 0, 1], 8000))])
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_texts_share_the_look_ups() {
        let asked = Arc::default();
        let url = "http://backend:8000/".parse().expect("an URL");
        let translator = Translator::new(vec![url], Counted(Arc::clone(&asked)));
        let translator = translator.expect("a client");
        let texts = (0..100).map(|_| translator.keep_looking());
        let texts = tokio::time::timeout(LOOK_AGAIN * 10, join_all(texts));
        texts.await.expect_err("they never end");
        assert!((5..=10).contains(&asked.load(Ordering::Relaxed)));
        assert_eq!(translator.replicas().len(), 1);
    }
}
