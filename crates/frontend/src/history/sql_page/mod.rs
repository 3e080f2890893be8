//! Statements that people type on the SQL page, run so that they can do no harm.
//!
//! - [`fence`]: the check of a statement's tokens; [`functions`]: the functions that it may call;
//!   `expansion`: the copies of the queries of a `WITH`
//! - `mysql`: an account that may only read, and `KILL QUERY` at the deadline
//! - `sqlite`: a read-only handle with an authorizer, and an interrupt at the deadline
//! - [`result`]: rows and cells within the [`limits`]; [`Problem`]: the reasons for no result
//! - [`schema`]: the table as the page describes it
//! - `audit`: a statement as the log shows it

mod audit;
mod expansion;
pub mod fence;
pub mod functions;
pub mod limits;
mod mysql;
mod problem;
pub mod result;
pub mod schema;
mod sqlite;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sqlx::mysql::MySqlConnectOptions;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};

use fence::Kind;
use limits::{DEADLINE, MAX_RUNNING};
pub use problem::Problem;
use result::Table;

/// Maximum time from the deadline to the answer: the thread of `SQLite` checks the clock every few
/// thousand steps, and `KILL QUERY` needs a connection.
const GRACE: Duration = Duration::from_millis(300);

/// The database that statements run in.
#[derive(Clone)]
pub enum Database {
    /// MySQL, as an account that may only read.
    MySql(Box<MySqlConnectOptions>),
    /// A file of `SQLite`, opened read-only.
    Sqlite {
        /// Path of the file.
        file: PathBuf,
        /// Maximum size of a value, in bytes.
        max_value_bytes: usize,
    },
}

impl Database {
    /// Returns the kind of database.
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

/// Reason why the page is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Off {
    /// It is switched off by `SQL_PAGE`.
    Switched,
    /// There is no password for an account that may only read.
    NoAccount,
}

/// A result and its duration.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The rows.
    pub table: Table,
    /// Time from the start of the statement to the last row.
    pub duration: Duration,
}

/// Runs statements; cheap to clone.
#[derive(Clone, Debug)]
pub struct SqlPage {
    database: Result<Arc<Database>, Off>,
    running: Arc<Semaphore>,
}

impl SqlPage {
    /// Creates a page for `database`, or one that is off.
    #[must_use]
    pub fn new(database: Result<Database, Off>) -> Self {
        Self {
            database: database.map(Arc::new),
            running: Arc::new(Semaphore::new(MAX_RUNNING)),
        }
    }

    /// Returns the kind of database.
    ///
    /// # Errors
    /// The page is off.
    pub fn kind(&self) -> Result<Kind, Off> {
        self.database
            .as_ref()
            .map(|database| database.kind())
            .map_err(|off| *off)
    }

    /// Runs a statement and logs a line. The deadline ends it, not a caller that disconnects.
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
                // Without the statement: it may be a letter, pasted into the wrong field.
                tracing::info!(
                    outcome = problem.name(),
                    bytes = statement.len(),
                    "SQL page"
                );
                return Err(problem);
            }
        };
        let permit = Arc::clone(&self.running).acquire_owned();
        let Ok(Ok(permit)) = timeout(DEADLINE, permit).await else {
            tracing::info!(outcome = Problem::Busy.name(), "SQL page");
            return Err(Problem::Busy);
        };
        let start = Instant::now();
        let until = start + DEADLINE;
        // A separate task, which holds the permit until the statement has really ended.
        let task = tokio::spawn(async move {
            let _permit = permit;
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
            // A panic, which the panic hook has logged.
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
