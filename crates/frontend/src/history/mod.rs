//! Stored translations, in MySQL or `SQLite`. SQL lives only here.
//!
//! - [`DatabaseConfig`] and the SQL that differs between the two: `database`
//! - the table, created or migrated at every connect: [`schema`]
//! - the connection and its recovery: `connector`
//! - the queries: `queries`; their results: `page`, and [`Translation`], a row; their [`Error`]
//! - the [`Spans`], [`Flags`] and [`AtomChecks`] of its sentences: `translation`, `flags`, `atoms`
//! - statements typed by people: [`sql_page`]

mod atoms;
mod connector;
mod database;
mod error;
mod flags;
mod page;
mod queries;
pub mod schema;
pub mod sql_page;
mod translation;

use std::sync::Arc;
use std::time::Duration;

use sqlx::error::DatabaseError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub use atoms::AtomChecks;
pub use database::DatabaseConfig;
pub use error::Error;
pub use flags::Flags;
pub use page::{Cursor, CursorError, EXCERPT_CHARS, Entry, Page};
pub use translation::{Span, Spans, SpansError, Translation};

use connector::{QUERY_TIMEOUT, STORE_TIMEOUT, Shared};

/// Time that a page waits for a database that is down. Just after a start it is about to be up.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(1);

/// Maximum time of a search, which reads every text.
const SEARCH_TIMEOUT: Duration = Duration::from_secs(15);

/// Maximum length of a search, in characters. `SQLite` accepts patterns of 50 000 bytes.
const MAX_QUERY_CHARS: usize = 1000;

/// Upper bound of an `insert` without its texts, spans, flags and checks, in bytes.
const INSERT_OVERHEAD: usize = 1024;

/// Result of storing a translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// The row exists, from this attempt or an earlier one.
    Stored,
    /// The public id belongs to another text or to a deleted row; nothing was stored.
    Taken,
}

impl Inserted {
    /// Compares a row with the text that is to have its public id.
    fn of(found: &queries::Found, text: &str) -> Self {
        if !found.deleted && found.translation.text_de == text {
            Self::Stored
        } else {
            Self::Taken
        }
    }
}

/// A handle to the stored translations; cheap to clone. Every query has a timeout. A database that
/// stops answering counts as down until it is connected again.
#[derive(Clone, Debug)]
pub struct History {
    shared: Arc<Shared>,
    tasks: TaskTracker,
}

impl History {
    /// Connects in the background and reconnects until `shutdown`. Succeeds even if the database
    /// cannot be reached. Warns if the server's limit is too small for texts of `max_text_bytes`.
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

    /// Waits until the connections are closed, which the `shutdown` of [`Self::open`] starts.
    pub async fn closed(&self) {
        self.tasks.wait().await;
    }

    /// Returns true if the database answered last time.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.shared.is_up()
    }

    /// Waits until the database is up.
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
        let notes = translation.flags.to_string().len() + translation.atoms.to_json().len();
        let bytes = (texts + spans + notes + INSERT_OVERHEAD) as u64;
        if let Some(limit) = connected.max_statement.filter(|limit| bytes > *limit) {
            return Err(Error::TooLong { bytes, limit });
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
            Ok(found.map_or(Inserted::Taken, |found| {
                Inserted::of(&found, &translation.text_de)
            }))
        };
        self.shared.ask(&connected, STORE_TIMEOUT, insert).await
    }

    /// Reads a translation that is not deleted.
    ///
    /// # Errors
    /// The database is down.
    pub async fn find(&self, id: Uuid) -> Result<Option<Translation>, Error> {
        self.wait_for_startup().await;
        let found = self.find_any(id).await?;
        Ok(found
            .filter(|found| !found.deleted)
            .map(|found| found.translation))
    }

    /// Returns [`Inserted::Stored`] if `text` is stored with this public id, [`Inserted::Taken`] if
    /// the id belongs to another text or to a deleted row, `None` if it is free.
    ///
    /// # Errors
    /// The database is down.
    pub(crate) async fn holds(&self, id: Uuid, text: &str) -> Result<Option<Inserted>, Error> {
        let found = self.find_any(id).await?;
        Ok(found.map(|found| Inserted::of(&found, text)))
    }

    /// Waits a moment for a database that is down.
    async fn wait_for_startup(&self) {
        let _ = tokio::time::timeout(STARTUP_TIMEOUT, self.up()).await;
    }

    async fn find_any(&self, id: Uuid) -> Result<Option<queries::Found>, Error> {
        let connected = self.shared.connected()?;
        let find = queries::find(&connected.pool, id);
        self.shared.ask(&connected, QUERY_TIMEOUT, find).await
    }

    /// Reads up to `limit` translations after the cursor `before`, newest first. With `query`, only
    /// those that contain it in either language, in any case.
    ///
    /// # Errors
    /// The database is down, or the search took too long.
    pub async fn page(
        &self,
        query: Option<&str>,
        before: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, Error> {
        self.wait_for_startup().await;
        let connected = self.shared.connected()?;
        let query: Option<String> = query
            .filter(|query| !query.is_empty())
            .map(|query| query.chars().take(MAX_QUERY_CHARS).collect());
        let Some(query) = query else {
            let page = queries::page(&connected.pool, None, before, limit);
            return self.shared.ask(&connected, QUERY_TIMEOUT, page).await;
        };
        let (searches, searching) = (Arc::clone(&connected.searches), Arc::clone(&connected));
        let page = async move {
            // A client that disconnects while it waits here gives up its place.
            let permit = searches.acquire_owned().await;
            // A separate task, which holds the permit until the search ends: the database continues
            // it even if nobody waits for the result any more.
            let search = tokio::spawn(async move {
                let _permit = permit;
                queries::page(&searching.pool, Some(&query), before, limit).await
            });
            search.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
        };
        self.shared.ask(&connected, SEARCH_TIMEOUT, page).await
    }

    /// Deletes a translation, which can be restored for a day. Returns false if it does not exist,
    /// true if it is already deleted.
    ///
    /// # Errors
    /// The database is down.
    pub async fn delete(&self, id: Uuid) -> Result<bool, Error> {
        let connected = self.shared.connected()?;
        let delete = queries::delete(&connected.pool, id);
        self.shared.ask(&connected, QUERY_TIMEOUT, delete).await
    }

    /// Restores a deleted translation. Returns false if it does not exist any more, true if it is
    /// not deleted.
    ///
    /// # Errors
    /// The database is down.
    pub async fn restore(&self, id: Uuid) -> Result<bool, Error> {
        let connected = self.shared.connected()?;
        let restore = queries::restore(&connected.pool, id);
        self.shared.ask(&connected, QUERY_TIMEOUT, restore).await
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
}
