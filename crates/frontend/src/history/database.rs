//! The two kinds of database: how each is reached and what little SQL differs.

use std::fmt;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection as _, MySqlConnection};

use super::EXCERPT_CHARS;

/// Which database holds the history, and how to reach it. `Debug` shows no secret.
#[derive(Clone)]
pub enum DatabaseConfig {
    /// MySQL or `MariaDB`.
    MySql(MySqlConnectOptions),
    /// A file.
    Sqlite(SqliteConnectOptions),
}

impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseConfig({self})")
    }
}

impl fmt::Display for DatabaseConfig {
    /// Where the database is, without its credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MySql(options) => {
                let (host, port) = (options.get_host(), options.get_port());
                write!(f, "MySQL at {host}:{port}")
            }
            Self::Sqlite(options) => write!(f, "SQLite at {}", options.get_filename().display()),
        }
    }
}

/// Most connections at once: pages are short queries, and the storer uses one.
const CONNECTIONS: u32 = 8;

/// Longest wait for a connection of the pool; a page must not hang when the database does.
const ACQUIRE: Duration = Duration::from_secs(2);

/// Longest time for a new connection, login included.
const CONNECT: Duration = Duration::from_secs(5);

/// Connections to one database.
#[derive(Clone, Debug)]
pub(super) enum Pool {
    MySql(MySqlPool),
    Sqlite(SqlitePool),
}

/// Runs the same code on whichever pool it is: `sqlx`'s queries are generic over the database,
/// but only at compile time.
macro_rules! on {
    ($pool:expr, $connections:ident => $body:expr) => {
        match $pool {
            $crate::history::database::Pool::MySql($connections) => $body,
            $crate::history::database::Pool::Sqlite($connections) => $body,
        }
    };
}
pub(super) use on;

impl Pool {
    /// Connects once, so that the error says what is wrong (a pool only says that it waited).
    pub(super) async fn connect(config: &DatabaseConfig) -> Result<Self, sqlx::Error> {
        match config {
            DatabaseConfig::MySql(options) => {
                let options = options.clone().disable_statement_logging();
                let first = tokio::time::timeout(CONNECT, MySqlConnection::connect_with(&options));
                let first = first.await.map_err(|_| sqlx::Error::PoolTimedOut)??;
                let _ = first.close().await;
                let pool = MySqlPoolOptions::new()
                    .max_connections(CONNECTIONS)
                    .acquire_timeout(ACQUIRE);
                Ok(Self::MySql(pool.connect_lazy_with(options)))
            }
            DatabaseConfig::Sqlite(options) => {
                if let Some(folder) = options.get_filename().parent() {
                    tokio::fs::create_dir_all(folder).await?;
                }
                // What is stored leaves the spool at once, so a commit must survive a power cut:
                // WAL's default would only promise that the file stays whole.
                let options = options
                    .clone()
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(CONNECT)
                    .disable_statement_logging();
                let pool = SqlitePoolOptions::new()
                    .max_connections(CONNECTIONS)
                    .acquire_timeout(CONNECT);
                Ok(Self::Sqlite(pool.connect_with(options).await?))
            }
        }
    }

    /// The start of a text as bytes, at least [`EXCERPT_CHARS`] characters where it has them.
    /// `SQLite`'s string functions stop at NUL: there it is bytes, four a character at most.
    pub(super) fn excerpt(&self, column: &str) -> String {
        match self {
            Self::MySql(_) => format!("cast(substring({column}, 1, {EXCERPT_CHARS}) as binary)"),
            Self::Sqlite(_) => {
                format!("substr(cast({column} as blob), 1, {})", 4 * EXCERPT_CHARS)
            }
        }
    }

    /// A condition that is true where `column` contains a text, whatever its case, and what to
    /// bind to it, in order.
    pub(super) fn contains(&self, column: &str, query: &str) -> (String, Vec<String>) {
        match self {
            // The column's collation would take "a" for "ä". MySQL ignores the one of a parameter.
            Self::MySql(_) => (
                format!("instr(lower({column}) collate utf8mb4_bin, lower(?)) > 0"),
                vec![query.to_owned()],
            ),
            // `like` and `lower` know no umlauts; `glob` stops at NUL, `instr` does not.
            Self::Sqlite(_) => (
                format!("({column} glob ? or instr({column}, ?) > 0)"),
                vec![glob(query), query.to_owned()],
            ),
        }
    }

    /// Whether an error says that a step of the schema was done before. The numbers are those of
    /// a table, a column and an index that exist.
    pub(super) fn is_done(error: &sqlx::Error) -> bool {
        let Some(error) = error.as_database_error() else {
            return false;
        };
        if let Some(number) = number(error) {
            return matches!(number, 1050 | 1060 | 1061);
        }
        let message = error.message();
        message.starts_with("duplicate column name") || message.ends_with("already exists")
    }

    /// Whether every connection that there may be is in use.
    pub(super) fn is_busy(&self) -> bool {
        on!(self, pool => pool.size() >= CONNECTIONS && pool.num_idle() == 0)
    }

    /// Ends all connections, without waiting for a database that does not answer.
    pub(super) async fn close(&self) {
        let _ =
            tokio::time::timeout(ACQUIRE, async { on!(self, pool => pool.close().await) }).await;
    }
}

/// The number of an error of MySQL.
pub(super) fn number(error: &dyn sqlx::error::DatabaseError) -> Option<u16> {
    error
        .try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
        .map(sqlx::mysql::MySqlDatabaseError::number)
}

/// A pattern of `glob` for texts that contain `query` in any case: every letter becomes the set
/// of its cases, so that no character keeps its meaning in patterns.
fn glob(query: &str) -> String {
    if query.contains('\0') {
        // Would end there, and match everything that goes on as it likes; an open set has no match.
        return "[".to_owned();
    }
    let mut pattern = String::from("*");
    for letter in query.chars() {
        let mut set = vec![letter];
        set.extend(only(letter.to_lowercase()).filter(|lower| *lower != letter));
        set.extend(only(letter.to_uppercase()).filter(|upper| *upper != letter));
        if set.len() > 1 || matches!(letter, '*' | '?' | '[') {
            pattern.push('[');
            pattern.extend(set);
            pattern.push(']');
        } else {
            pattern.push(letter);
        }
    }
    pattern.push('*');
    pattern
}

/// The one character of a mapping, nothing where it is several ("ß" is "SS").
fn only(mapping: impl ExactSizeIterator<Item = char>) -> impl Iterator<Item = char> {
    let single = mapping.len() == 1;
    mapping.filter(move |_| single)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_takes_every_character_literally() {
        assert_eq!(glob("a\0"), "[");
        assert_eq!(glob("Ö*?[]^-%ß"), "*[Öö][*][?][[]]^-%ß*");
    }

    #[test]
    fn no_secret_is_shown() {
        let options = MySqlConnectOptions::new()
            .host("database")
            .username("user")
            .password("geheim");
        let config = DatabaseConfig::MySql(options);
        assert_eq!(
            format!("{config:?}"),
            "DatabaseConfig(MySQL at database:3306)"
        );
    }
}
