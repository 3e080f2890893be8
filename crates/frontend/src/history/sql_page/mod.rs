//! Statements that people type on the SQL page, run where they can do no harm.
//!
//! - [`fence`]: which statements are passed on, by their tokens; [`functions`]: what they may call
//! - `mysql`: an account that may only read, and `KILL QUERY` at the deadline
//! - `sqlite`: a read-only handle with an authorizer, and an interrupt at the deadline
//! - [`result`]: rows and cells within limits
//! - [`schema`]: the table as the page describes it
//! - `expansion`: how often the queries of a `WITH` are copied
//! - `audit`: a statement as the log shows it

mod audit;
mod expansion;
pub mod fence;
pub mod functions;
mod mysql;
pub mod result;
pub mod schema;
mod sqlite;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sqlx::mysql::MySqlConnectOptions;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};

use fence::{Kind, Refusal};
use result::Table;

/// Maximum time that a statement runs.
pub const DEADLINE: Duration = Duration::from_secs(2);

/// Maximum size of a statement, in bytes.
pub const MAX_STATEMENT_BYTES: usize = 16 << 10;

/// Statements that run at the same time.
const MAX_RUNNING: usize = 2;

/// Maximum time from the deadline to the answer: the thread of `SQLite` looks at the clock every
/// few thousand steps, and `KILL QUERY` needs a connection.
const GRACE: Duration = Duration::from_millis(300);

/// Where statements run.
#[derive(Clone)]
pub enum Database {
    /// As an account that may only read.
    MySql(Box<MySqlConnectOptions>),
    /// In a file, which is opened read-only.
    Sqlite {
        /// Where it is.
        file: PathBuf,
        /// Maximum size of a value, in bytes.
        max_value_bytes: usize,
    },
}

impl Database {
    /// The kind of database.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::MySql(_) => Kind::MySql,
            Self::Sqlite { .. } => Kind::Sqlite,
        }
    }
}

impl std::fmt::Debug for Database {
    /// Shows no credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.kind().fmt(f)
    }
}

/// Why the page is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Off {
    /// `SQL_PAGE` says so.
    Switched,
    /// There is no password of an account that may only read.
    NoAccount,
}

/// Why a statement has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The fence does not pass it on.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database does not run it. Its words are for the person who typed the statement and for
    /// no log: they may quote a text.
    #[error("the database refuses the statement")]
    Database {
        /// Its own words.
        message: String,
        /// The number of the error.
        code: i32,
    },
    /// It ran until the deadline and was ended.
    #[error("the statement took too long")]
    Slow,
    /// It has more columns than [`result::MAX_COLUMNS`].
    #[error("the statement has too many columns")]
    Columns,
    /// Others are running, and none of them ended in time.
    #[error("other statements are running")]
    Busy,
    /// The database does not let the page's account in.
    #[error("the database does not know the account of the SQL page")]
    NoAccount,
    /// The database cannot be reached.
    #[error("the database cannot be reached")]
    Unavailable,
}

impl Problem {
    /// The name for the log.
    fn name(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Database { .. } => "error",
            Self::Slow => "ended at the deadline",
            Self::Columns => "too many columns",
            Self::Busy => "busy",
            Self::NoAccount => "no account",
            Self::Unavailable => "no database",
        }
    }
}

/// A result, and how long it took.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The rows.
    pub table: Table,
    /// Time from the first to the last byte.
    pub duration: Duration,
}

/// Runs statements; cheap to clone.
#[derive(Clone, Debug)]
pub struct SqlPage {
    database: Result<Arc<Database>, Off>,
    running: Arc<Semaphore>,
}

impl SqlPage {
    /// A page for `database`, or one that is off.
    #[must_use]
    pub fn new(database: Result<Database, Off>) -> Self {
        Self {
            database: database.map(Arc::new),
            running: Arc::new(Semaphore::new(MAX_RUNNING)),
        }
    }

    /// Returns the kind of the database, or why the page is off.
    ///
    /// # Errors
    /// The page is off.
    pub fn kind(&self) -> Result<Kind, Off> {
        self.database
            .as_ref()
            .map(|database| database.kind())
            .map_err(|off| *off)
    }

    /// Runs a statement and writes a line to the log. A caller that goes away does not end it, the
    /// deadline does.
    ///
    /// # Errors
    /// See [`Problem`].
    pub async fn run(&self, statement: String) -> Result<Answer, Problem> {
        let Ok(database) = self.database.clone() else {
            return Err(Problem::NoAccount);
        };
        let checked = match fence::check(&statement, database.kind()) {
            Ok(checked) => checked,
            Err(refusal) => {
                let problem = Problem::from(refusal);
                // Not even its words: it may be a letter, pasted into the wrong field.
                tracing::info!(
                    outcome = problem.name(),
                    bytes = statement.len(),
                    "SQL page"
                );
                return Err(problem);
            }
        };
        let turn = Arc::clone(&self.running).acquire_owned();
        let Ok(Ok(turn)) = timeout(DEADLINE, turn).await else {
            tracing::info!(outcome = Problem::Busy.name(), "SQL page");
            return Err(Problem::Busy);
        };
        let start = Instant::now();
        let until = start + DEADLINE;
        // On a task of its own, which holds the turn until the statement has really ended.
        let task = tokio::spawn(async move {
            let _turn = turn;
            match &*database {
                Database::MySql(options) => mysql::run(options, statement, until).await,
                Database::Sqlite {
                    file,
                    max_value_bytes,
                } => sqlite::run(file.clone(), *max_value_bytes, statement, until).await,
            }
        });
        let outcome = match timeout_at(until + GRACE, task).await {
            Ok(Ok(outcome)) => outcome,
            // A panic, whose place the panic hook has logged.
            Ok(Err(_)) => Err(Problem::Unavailable),
            Err(_) => Err(Problem::Slow),
        };
        let duration = start.elapsed();
        let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let statement = checked.audit;
        match &outcome {
            Ok(table) => {
                let (rows, cut) = (table.rows.len(), table.cut.is_some());
                tracing::info!(statement, ms, rows, cut, outcome = "answered", "SQL page");
            }
            Err(Problem::Database { code, .. }) => {
                tracing::info!(statement, ms, code, outcome = "error", "SQL page");
            }
            Err(problem) => tracing::info!(statement, ms, outcome = problem.name(), "SQL page"),
        }
        outcome.map(|table| Answer { table, duration })
    }
}
