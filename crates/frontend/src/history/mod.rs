//! Stored translations, in MySQL or `SQLite`. SQL lives only here.
//!
//! - [`DatabaseConfig`] and the little SQL that differs: `database`
//! - the table and how it is brought up to date: [`schema`]
//! - the connection and how it is kept: `connector`
//! - every query: `queries`
//! - statements that people type: [`sql_page`]
//! - [`Translation`], a row, and [`Spans`], its sentences: `translation`; their [`Flags`]: `flags`

mod connector;
mod database;
mod flags;
mod queries;
pub mod schema;
pub mod sql_page;
mod translation;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::error::DatabaseError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub use database::DatabaseConfig;
pub use flags::Flags;
pub use translation::{Span, Spans, SpansError, Translation};

use connector::{DEADLINE, STORE, Shared};

/// Most characters of a text that a list reads.
pub const EXCERPT_CHARS: usize = 300;

/// How long a deleted translation can be restored.
pub const RESTORABLE: Duration = Duration::from_hours(24);

/// How long a page waits for a database that is not up: right after the start it is about to be.
const SOON: Duration = Duration::from_secs(1);

/// Longest wait for a search: it reads every text there is.
const SEARCH: Duration = Duration::from_secs(15);

/// Most characters of a search that are looked for; nobody types more, and `SQLite` takes patterns
/// of 50 000 bytes.
const QUERY_CHARS: usize = 1000;

/// Room for everything in an `insert` but the texts, spans and flags, in bytes.
const STATEMENT_BYTES: usize = 1024;

/// Why the history cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The database is down, unreachable or too slow.
    #[error("the database cannot be reached")]
    Unavailable,
    /// The answer took too long; another question may be answered.
    #[error("the database took too long")]
    Slow,
    /// The translation is longer than the server takes in one statement.
    #[error(
        "the translation needs {bytes} bytes, and the database takes {longest}: \
         raise its max_allowed_packet"
    )]
    TooLong {
        /// What it needs.
        bytes: u64,
        /// The limit of the server.
        longest: u64,
    },
    /// The database refuses the statement.
    #[error("the database refuses: {0}")]
    Refused(String),
}

/// What became of a translation that was to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is there, now or since an earlier attempt.
    Stored,
    /// Its public id belongs to another text, or to one that was deleted; it was not stored.
    Taken,
}

/// A line of the history page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its public name.
    pub public_id: Uuid,
    /// The first [`EXCERPT_CHARS`] characters of the source.
    pub excerpt_de: String,
    /// The first [`EXCERPT_CHARS`] characters of the translation.
    pub excerpt_en: String,
    /// When the text was submitted; unknown in rows of the original app.
    pub created_at: Option<Timestamp>,
    /// How many sentences it has; unknown in rows of the original app.
    pub sentences: Option<u32>,
}

/// Where the next page begins: behind the row of that time and id. `Display` and `FromStr` carry
/// it in a URL, as `1769860800000123-42`, the time in microseconds and empty where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    created_at: Option<Timestamp>,
    id: i64,
}

/// A cursor that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the start of a page")]
pub struct CursorError;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.created_at {
            Some(time) => write!(f, "{}-{}", time.as_microsecond(), self.id),
            None => write!(f, "-{}", self.id),
        }
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (time, id) = text.rsplit_once('-').ok_or(CursorError)?;
        let id = id.parse().map_err(|_| CursorError)?;
        let created_at = if time.is_empty() {
            None
        } else {
            let time = time.parse().map_err(|_| CursorError)?;
            Some(Timestamp::from_microsecond(time).map_err(|_| CursorError)?)
        };
        Ok(Self { created_at, id })
    }
}

/// One page of the history, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Its lines.
    pub entries: Vec<Entry>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// A handle to the stored translations; cheap to clone. Every question has its longest
/// time; a database that is silent counts as down until it is connected again.
#[derive(Clone, Debug)]
pub struct History {
    shared: Arc<Shared>,
    tasks: TaskTracker,
}

impl History {
    /// Starts to connect in the background, and goes on until `shutdown`; never fails because the
    /// database cannot be reached. `max_text_bytes` is what the server's limit is checked against.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn open(
        config: DatabaseConfig,
        max_text_bytes: usize,
        shutdown: CancellationToken,
    ) -> Self {
        let shared = Arc::new(Shared::new());
        let task = connector::run(Arc::clone(&shared), config, max_text_bytes, shutdown);
        let tasks = TaskTracker::new();
        tasks.spawn(task);
        tasks.close();
        Self { shared, tasks }
    }

    /// Waits for the connections to close, after the shutdown that [`Self::open`] was given.
    pub async fn closed(&self) {
        self.tasks.wait().await;
    }

    /// Whether the database answered last time.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.shared.is_up()
    }

    /// Returns as soon as the database is up.
    pub async fn up(&self) {
        let mut connected = self.shared.subscribe();
        // An error would mean that the sender is gone, which `self` holds.
        let _ = connected.wait_for(Option::is_some).await;
    }

    /// Stores a translation; storing it again changes nothing.
    ///
    /// # Errors
    /// The database is down, or refuses the row.
    pub async fn insert(&self, translation: &Translation) -> Result<Inserted, Error> {
        let connected = self.shared.connected()?;
        let spans = translation
            .spans
            .as_ref()
            .map_or(0, |spans| spans.to_string().len());
        let texts = translation.text_de.len() + translation.text_en.len();
        let flags = translation.flags.to_string().len();
        let bytes = (texts + spans + flags + STATEMENT_BYTES) as u64;
        if let Some(longest) = connected.longest.filter(|longest| bytes > *longest) {
            return Err(Error::TooLong { bytes, longest });
        }
        let insert = async {
            let Err(error) = queries::insert(&connected.pool, translation).await else {
                return Ok(Inserted::Stored);
            };
            if !error
                .as_database_error()
                .is_some_and(DatabaseError::is_unique_violation)
            {
                return Err(error);
            }
            let found = queries::find(&connected.pool, translation.public_id).await?;
            let same = found
                .is_some_and(|row| !row.deleted && row.translation.text_de == translation.text_de);
            Ok(if same {
                Inserted::Stored
            } else {
                Inserted::Taken
            })
        };
        self.shared.ask(&connected, STORE, insert).await
    }

    /// Reads a translation that is not deleted.
    ///
    /// # Errors
    /// The database is down.
    pub async fn find(&self, id: Uuid) -> Result<Option<Translation>, Error> {
        self.soon().await;
        let found = self.find_any(id).await?;
        Ok(found
            .filter(|found| !found.deleted)
            .map(|found| found.translation))
    }

    /// Whether a public id is in use: by this text, or by another or a deleted one.
    ///
    /// # Errors
    /// The database is down.
    pub(crate) async fn holds(&self, id: Uuid, text: &str) -> Result<Option<Inserted>, Error> {
        let found = self.find_any(id).await?;
        Ok(found.map(|found| {
            if !found.deleted && found.translation.text_de == text {
                Inserted::Stored
            } else {
                Inserted::Taken
            }
        }))
    }

    /// Waits a moment for a database that is not up: after a start it is about to be.
    async fn soon(&self) {
        let _ = tokio::time::timeout(SOON, self.up()).await;
    }

    async fn find_any(&self, id: Uuid) -> Result<Option<queries::Found>, Error> {
        let connected = self.shared.connected()?;
        let find = queries::find(&connected.pool, id);
        self.shared.ask(&connected, DEADLINE, find).await
    }

    /// Reads a page of the history, newest first: those with `query` in either language, whatever
    /// its case, that come after `before`; at most `limit`.
    ///
    /// # Errors
    /// The database is down, or the search took too long.
    pub async fn page(
        &self,
        query: Option<&str>,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, Error> {
        self.soon().await;
        let connected = self.shared.connected()?;
        let query: Option<String> = query
            .filter(|query| !query.is_empty())
            .map(|query| query.chars().take(QUERY_CHARS).collect());
        let Some(query) = query else {
            let page = queries::page(&connected.pool, None, before, limit);
            return self.shared.ask(&connected, DEADLINE, page).await;
        };
        let (searches, searching) = (Arc::clone(&connected.searches), Arc::clone(&connected));
        let page = async move {
            // Who leaves before it is his turn has none.
            let turn = searches.acquire_owned().await;
            // On a task of its own: the database goes on with a search that nobody waits for any
            // more, and that counts until it has ended.
            let search = tokio::spawn(async move {
                let _turn = turn;
                queries::page(&searching.pool, Some(&query), before, limit).await
            });
            search.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
        };
        self.shared.ask(&connected, SEARCH, page).await
    }

    /// Deletes a translation; it can be restored for a day. True also where it is deleted already,
    /// false where there is none.
    ///
    /// # Errors
    /// The database is down.
    pub async fn delete(&self, id: Uuid) -> Result<bool, Error> {
        let connected = self.shared.connected()?;
        let delete = queries::delete(&connected.pool, id);
        self.shared.ask(&connected, DEADLINE, delete).await
    }

    /// Brings a deleted translation back. True also where it is not deleted, false where there is
    /// none, or none any more.
    ///
    /// # Errors
    /// The database is down.
    pub async fn restore(&self, id: Uuid) -> Result<bool, Error> {
        let connected = self.shared.connected()?;
        let restore = queries::restore(&connected.pool, id);
        self.shared.ask(&connected, DEADLINE, restore).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn searches_wait_for_each_other_and_nothing_waits_for_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("test.db");
        let config = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        let config = DatabaseConfig::Sqlite(config);
        let history = History::open(config, 1000, CancellationToken::new());
        history.up().await;
        let connected = history.shared.connected().expect("up");
        let permits = connected.searches.available_permits();
        let others = connected
            .searches
            .try_acquire_many(u32::try_from(permits).expect("few"));
        let (searching, all) = (history.clone(), Ok(Page::default()));
        let search = tokio::spawn(async move { searching.page(Some("x"), None, 9).await });
        assert_eq!(history.page(None, None, 9).await, all);
        assert!(!search.is_finished());
        drop(others);
        assert_eq!(search.await.expect("an answer"), all);
    }

    #[test]
    fn a_cursor_survives_a_url() {
        let time = Timestamp::from_microsecond(1_769_860_800_000_123).expect("a time");
        for created_at in [Some(time), None, Timestamp::from_microsecond(-5).ok()] {
            let cursor = Cursor { created_at, id: 42 };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for wrong in ["", "-", "42", "x-1", "1-x", "99999999999999999999-1"] {
            assert_eq!(wrong.parse::<Cursor>(), Err(CursorError), "{wrong}");
        }
    }
}
