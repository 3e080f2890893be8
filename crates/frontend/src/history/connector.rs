//! The connection, opened in the background and opened again whenever it is lost.

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

/// Interval at which an idle connection is checked, so that a page is not the first to notice.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// Maximum number of heartbeats in a row that are skipped because all connections are in use: as
/// many as fit into the longest search. The queries on those connections notice a failure anyway.
const MAX_SKIPPED_HEARTBEATS: u32 = 3;

/// Maximum time of a query while somebody waits for a page.
pub(super) const QUERY_TIMEOUT: Duration = Duration::from_secs(4);

/// Maximum time of a query in the background, such as storing a long text.
pub(super) const STORE_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum number of searches at a time. They read every text, and must leave connections for
/// other queries.
const MAX_SEARCHES: usize = 2;

/// Interval between purges of deleted rows.
const PURGE_INTERVAL: Duration = Duration::from_hours(1);

/// An open connection.
#[derive(Debug)]
pub(super) struct Connected {
    pub(super) pool: Pool,
    /// Maximum size of a statement, in bytes, if the server has a limit.
    pub(super) max_statement: Option<u64>,
    /// One permit for each search that may run.
    pub(super) searches: Arc<Semaphore>,
    number: u64,
}

/// State shared by the handles and the task that connects.
#[derive(Debug)]
pub(super) struct Shared {
    connected: watch::Sender<Option<Arc<Connected>>>,
    /// Number of the last connection that was lost.
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

    /// Returns a receiver of every change between up and down.
    pub(super) fn subscribe(&self) -> watch::Receiver<Option<Arc<Connected>>> {
        self.connected.subscribe()
    }

    pub(super) fn is_up(&self) -> bool {
        self.connected.borrow().is_some()
    }

    pub(super) fn connected(&self) -> Result<Arc<Connected>, Error> {
        self.connected.borrow().clone().ok_or(Error::Unavailable)
    }

    /// Runs a query for up to `deadline`. A query that finds the connection lost triggers a
    /// reconnect, and until then every query fails at once. A query that times out says nothing
    /// about the others: [`Self::beat`] finds out if the database is silent.
    pub(super) async fn ask<T>(
        &self,
        connected: &Connected,
        deadline: Duration,
        query: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, Error> {
        let mut state = self.subscribe();
        let lost = state.wait_for(|state| {
            state
                .as_ref()
                .is_none_or(|other| other.number != connected.number)
        });
        let answer = tokio::select! {
            answer = tokio::time::timeout(deadline, query) => answer,
            // Another query noticed first.
            _ = lost => return Err(Error::Unavailable),
        };
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if is_lost(&error) => {
                self.give_up(connected, &brief(&error));
                Err(Error::Unavailable)
            }
            // No connection was free or could be opened in time.
            Ok(Err(sqlx::Error::PoolTimedOut)) => Err(Error::Unavailable),
            Ok(Err(error)) => Err(Error::Refused(brief(&error))),
            Err(_) => Err(Error::Slow),
        }
    }

    /// Pings the database and gives up the connection if there is no answer.
    async fn beat(&self, connected: &Connected) {
        let ping = queries::ping(&connected.pool);
        let answer = self.ask(connected, QUERY_TIMEOUT, ping).await;
        if let Err(Error::Unavailable | Error::Slow) = answer {
            self.give_up(connected, "no answer");
        }
    }

    fn give_up(&self, connected: &Connected, reason: &str) {
        // Many queries may find the same connection lost: only the first one logs it.
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

/// Keeps the database connected until `shutdown`. Logs one line per change of state.
pub(super) async fn run(
    shared: Arc<Shared>,
    config: DatabaseConfig,
    max_text_bytes: usize,
    shutdown: CancellationToken,
) {
    let mut pauses = PAUSES;
    // The failure that was logged last: true if the database refused us, false if it was
    // unreachable.
    let mut logged_refusal = None;
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
                // In a task, because closing waits for running queries, which may hang.
                tokio::spawn(async move { connected.pool.close().await });
                pauses.reset();
                logged_refusal = Some(false);
            }
            Err(error) => {
                let refused = error.as_database_error().is_some();
                let (database, error) = (&config, brief(&error));
                if logged_refusal == Some(refused) {
                    tracing::debug!(%database, error, "the database is still down");
                } else {
                    tracing::warn!(%database, error, "the database is down; trying again until it is up");
                    logged_refusal = Some(refused);
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
        schema::within(STORE_TIMEOUT, queries::max_statement(&pool)).await
    };
    match prepared.await {
        Ok(max_statement) => {
            if let Some(limit) = max_statement {
                check_limit(limit, max_text_bytes);
            }
            Ok(Connected {
                pool,
                max_statement,
                searches: Arc::new(Semaphore::new(MAX_SEARCHES)),
                number,
            })
        }
        Err(error) => {
            pool.close().await;
            Err(error)
        }
    }
}

/// Warns if texts of `max_text_bytes` do not fit into a statement of `limit` bytes, which holds the
/// text, a translation of about the same length, and the positions of the sentences.
fn check_limit(limit: u64, max_text_bytes: usize) {
    let fits = limit / 5 * 2;
    if fits < max_text_bytes as u64 {
        tracing::warn!(
            max_allowed_packet = limit,
            max_text_bytes,
            "the database cannot store texts over about {fits} bytes: their translations are \
             shown and kept in DATA_DIR, and stored once its max_allowed_packet is at least {}",
            max_text_bytes.saturating_mul(5).div_ceil(2),
        );
    }
}

/// Checks the connection and purges rows until the connection is lost.
async fn stay(shared: &Shared, connected: &Connected) {
    let mut purge = Instant::now();
    let mut skipped = 0;
    while shared.lost.load(Ordering::Relaxed) < connected.number {
        if Instant::now() >= purge {
            purge += PURGE_INTERVAL;
            let purged = queries::purge(&connected.pool);
            match shared.ask(connected, STORE_TIMEOUT, purged).await {
                Ok(0) | Err(_) => {}
                Ok(rows) => tracing::info!(rows, "deleted translations were purged"),
            }
        }
        tokio::select! {
            () = shared.reconnect.notified() => {}
            () = tokio::time::sleep(HEARTBEAT) => {
                if connected.pool.is_busy() && skipped < MAX_SKIPPED_HEARTBEATS {
                    skipped += 1;
                } else {
                    skipped = 0;
                    shared.beat(connected).await;
                }
            }
        }
    }
}

/// Returns true if the connection has to be opened and the table migrated again. 1049, 1146 and
/// 1054: database, table or column are gone; 1053 and 1927: the server ends the connection; 1290
/// and 1836: it is read-only, as after a switch of the primary.
fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => match number(error.as_ref()) {
            Some(number) => {
                matches!(number, 1049 | 1146 | 1054 | 1053 | 1927 | 1290 | 1836)
            }
            // A file that is full, locked, gone or damaged may recover; a violated constraint
            // stays violated.
            None => error.kind() == sqlx::error::ErrorKind::Other,
        },
        sqlx::Error::PoolTimedOut
        | sqlx::Error::RowNotFound
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_) => false,
        _ => true,
    }
}

/// Returns the part of an error that may be logged. Messages of MySQL about values (from 1264 on,
/// such as 1366 "incorrect string value") quote the text, and those about access (1044, 1045, 1698;
/// 1142, 1143, 1227 and 1370 about privileges; 1203 and 1226 about limits of an account) quote the
/// user name: only their number is logged.
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
