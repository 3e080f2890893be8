//! The connection, made in the background and made again whenever it is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::database::{DatabaseConfig, Pool, number};
use super::{Error, queries, schema};
use crate::backoff::Backoff;

/// Pauses between attempts to connect.
const PAUSES: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));

/// How often an idle connection is tried, so that a page does not find out first.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// How many heartbeats in a row may be left out because every connection is in use: as long as
/// the longest search takes. Those who use them find out what is wrong with them.
const SKIPPED: u32 = 3;

/// Longest wait for an answer of the database while somebody looks at a page.
pub(super) const DEADLINE: Duration = Duration::from_secs(4);

/// Most searches at once: they read every text there is, and must leave connections for all else.
const SEARCHES: usize = 2;

/// How often deleted rows are purged.
const PURGE: Duration = Duration::from_hours(1);

/// A database that answered when it was connected.
#[derive(Debug)]
pub(super) struct Connected {
    pub(super) pool: Pool,
    /// The longest statement it takes, in bytes, where it has a limit.
    pub(super) longest: Option<u64>,
    /// The right to search.
    pub(super) searches: Arc<Semaphore>,
    number: u64,
}

/// What the handles share with the task that connects.
#[derive(Debug)]
pub(super) struct Shared {
    connected: watch::Sender<Option<Arc<Connected>>>,
    /// The number of the connection that was found lost.
    lost: AtomicU64,
    reconnect: Notify,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self {
            connected: watch::Sender::new(None),
            lost: AtomicU64::new(0),
            reconnect: Notify::new(),
        }
    }

    fn set(&self, connected: Option<Arc<Connected>>) {
        crate::metrics::set_up(crate::metrics::DATABASE_UP, connected.is_some());
        self.connected.send_replace(connected);
    }

    /// Tells of every change between up and down.
    pub(super) fn subscribe(&self) -> watch::Receiver<Option<Arc<Connected>>> {
        self.connected.subscribe()
    }

    pub(super) fn is_up(&self) -> bool {
        self.connected.borrow().is_some()
    }

    pub(super) fn connected(&self) -> Result<Arc<Connected>, Error> {
        self.connected.borrow().clone().ok_or(Error::Unavailable)
    }

    /// Waits for an answer, at most for `deadline`. A connection that is lost is made again; until
    /// then every question is answered at once. That one question took too long says nothing of
    /// the others: whether the database is silent is found out by [`Self::beat`].
    pub(super) async fn ask<T>(
        &self,
        connected: &Connected,
        deadline: Duration,
        answer: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, Error> {
        let mut state = self.subscribe();
        let lost = state.wait_for(|state| {
            state
                .as_ref()
                .is_none_or(|other| other.number != connected.number)
        });
        let answer = tokio::select! {
            answer = tokio::time::timeout(deadline, answer) => answer,
            // Another question found out first.
            _ = lost => return Err(Error::Unavailable),
        };
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if is_lost(&error) => {
                self.give_up(connected, &brief(&error));
                Err(Error::Unavailable)
            }
            // No connection was free, or none could be made in time.
            Ok(Err(sqlx::Error::PoolTimedOut)) => Err(Error::Unavailable),
            Ok(Err(error)) => Err(Error::Refused(brief(&error))),
            Err(_) => Err(Error::Slow),
        }
    }

    /// Asks whether the database is there: one that is silent, or to which no connection can be
    /// made, is lost.
    async fn beat(&self, connected: &Connected) {
        let ping = queries::ping(&connected.pool);
        let answer = self.ask(connected, DEADLINE, ping).await;
        if let Err(Error::Unavailable | Error::Slow) = answer {
            self.give_up(connected, "no answer");
        }
    }

    fn give_up(&self, connected: &Connected, reason: &str) {
        // Many questions may find the same connection lost: one of them says so.
        if self.lost.fetch_max(connected.number, Ordering::Relaxed) < connected.number {
            self.set(None);
            tracing::warn!(
                reason,
                "the database is down; trying again until it is back"
            );
            self.reconnect.notify_one();
        }
    }
}

/// Connects and stays connected until `shutdown`. Logs one line per change of state.
pub(super) async fn run(
    shared: Arc<Shared>,
    config: DatabaseConfig,
    max_text_bytes: usize,
    shutdown: CancellationToken,
) {
    let mut pauses = PAUSES;
    // What was logged last: nothing, that it cannot be reached, or that it refuses us.
    let mut told = None;
    for number in 1.. {
        let attempt = tokio::select! {
            attempt = connect(&config, max_text_bytes, number) => attempt,
            () = shutdown.cancelled() => return,
        };
        match attempt {
            Ok(connected) => {
                tracing::info!(database = %config, "the database is up");
                let connected = Arc::new(connected);
                shared.set(Some(Arc::clone(&connected)));
                tokio::select! {
                    () = stay(&shared, &connected) => {}
                    () = shutdown.cancelled() => {
                        shared.set(None);
                        connected.pool.close().await;
                        return;
                    }
                }
                // Closing waits for what still runs, which may hang: not here.
                tokio::spawn(async move { connected.pool.close().await });
                pauses.reset();
                told = Some(false);
            }
            Err(error) => {
                let refused = error.as_database_error().is_some();
                let (database, error) = (&config, brief(&error));
                if told == Some(refused) {
                    tracing::debug!(%database, error, "the database is still down");
                } else {
                    tracing::warn!(%database, error, "the database is down; trying again until it is up");
                    told = Some(refused);
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pauses.next()) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

async fn connect(
    config: &DatabaseConfig,
    max_text_bytes: usize,
    number: u64,
) -> Result<Connected, sqlx::Error> {
    let pool = Pool::connect(config).await?;
    let prepared = async {
        schema::upgrade(&pool).await?;
        schema::within(STORE, queries::longest_statement(&pool)).await
    };
    match prepared.await {
        Ok(longest) => {
            if let Some(longest) = longest {
                check_limit(longest, max_text_bytes);
            }
            Ok(Connected {
                pool,
                longest,
                searches: Arc::new(Semaphore::new(SEARCHES)),
                number,
            })
        }
        Err(error) => {
            pool.close().await;
            Err(error)
        }
    }
}

/// A row holds the text, a translation of about its length, and the places of its sentences.
fn check_limit(longest: u64, max_text_bytes: usize) {
    let fits = longest / 5 * 2;
    if fits < max_text_bytes as u64 {
        tracing::warn!(
            max_allowed_packet = longest,
            max_text_bytes,
            "the database cannot store texts over about {fits} bytes: their translations are \
             shown and kept in DATA_DIR, and stored once its max_allowed_packet is at least {}",
            max_text_bytes.saturating_mul(5).div_ceil(2),
        );
    }
}

/// Returns when the connection is lost.
async fn stay(shared: &Shared, connected: &Connected) {
    let mut purge = Instant::now();
    let mut skipped = 0;
    while shared.lost.load(Ordering::Relaxed) < connected.number {
        if Instant::now() >= purge {
            purge += PURGE;
            let gone = queries::purge(&connected.pool);
            match shared.ask(connected, STORE, gone).await {
                Ok(0) | Err(_) => {}
                Ok(rows) => tracing::info!(rows, "deleted translations were purged"),
            }
        }
        tokio::select! {
            () = shared.reconnect.notified() => {}
            () = tokio::time::sleep(HEARTBEAT) => {
                if connected.pool.is_busy() && skipped < SKIPPED {
                    skipped += 1;
                } else {
                    skipped = 0;
                    shared.beat(connected).await;
                }
            }
        }
    }
}

/// Longest wait for an answer while nobody waits for it: storing a long text.
pub(super) const STORE: Duration = Duration::from_secs(30);

/// Whether the connection has to be made again, with the schema. 1049, 1146 and 1054: database,
/// table or column are gone; 1053 and 1927: the server ends the connection; 1290 and 1836: it is
/// read-only, as after a switch of the primary.
fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => match number(error.as_ref()) {
            Some(number) => {
                matches!(number, 1049 | 1146 | 1054 | 1053 | 1927 | 1290 | 1836)
            }
            // A file that is full, locked, gone or damaged may come back; a constraint
            // does not get better by itself.
            None => error.kind() == sqlx::error::ErrorKind::Other,
        },
        sqlx::Error::PoolTimedOut
        | sqlx::Error::RowNotFound
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_) => false,
        _ => true,
    }
}

/// What a log may show of an error: messages about values quote the text, so of those of MySQL
/// (from 1264 on, as 1366 "incorrect string value") only the number. Those about access (1044,
/// 1045, 1698; 1142, 1143, 1227 and 1370 about privileges; 1203 and 1226 about limits of an
/// account) quote the user's name.
fn brief(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => match number(database.as_ref()) {
            Some(number @ (1044 | 1045 | 1142 | 1143 | 1203 | 1226 | 1227 | 1698)) => {
                format!("error {number} of the database: it refuses the account")
            }
            Some(number @ 1264..=1411) => format!("error {number} of the database"),
            Some(number) => format!("error {number} of the database: {}", database.message()),
            None => database.message().to_owned(),
        },
        sqlx::Error::PoolTimedOut => "no answer".to_owned(),
        error => error.to_string(),
    }
}
