//! The two kinds of database: how to connect, and the SQL that differs.

use std::fmt;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection as _, MySqlConnection};

use super::page::EXCERPT_CHARS;

/// The database of the history, with its connection options. `Debug` shows no secret.
#[derive(Clone)]
pub enum DatabaseConfig {
    /// MySQL or `MariaDB`.
    MySql(MySqlConnectOptions),
    /// `SQLite`, in a file.
    Sqlite(SqliteConnectOptions),
}

impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseConfig({self})")
    }
}

impl fmt::Display for DatabaseConfig {
    /// Writes the address of the database, without credentials.
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

/// Maximum number of connections. Pages need one for short queries, storing needs one.
const MAX_CONNECTIONS: u32 = 8;

/// Maximum wait for a connection of the pool: a page must not hang when the database does.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// Maximum time for opening a connection, including the login.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A pool of connections to one database.
#[derive(Clone, Debug)]
pub(super) enum Pool {
    MySql(MySqlPool),
    Sqlite(SqlitePool),
}

/// Compiles the same code for both kinds of pool: the queries of `sqlx` are generic over the
/// database, but only at compile time.
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
    /// Opens a pool. Connects once first: a pool's own error would only be a timeout.
    pub(super) async fn connect(config: &DatabaseConfig) -> Result<Self, sqlx::Error> {
        match config {
            DatabaseConfig::MySql(options) => {
                let options = options.clone().disable_statement_logging();
                let first =
                    tokio::time::timeout(CONNECT_TIMEOUT, MySqlConnection::connect_with(&options));
                let first = first.await.map_err(|_| sqlx::Error::PoolTimedOut)??;
                let _ = first.close().await;
                let pool = MySqlPoolOptions::new()
                    .max_connections(MAX_CONNECTIONS)
                    .acquire_timeout(ACQUIRE_TIMEOUT);
                Ok(Self::MySql(pool.connect_lazy_with(options)))
            }
            DatabaseConfig::Sqlite(options) => {
                if let Some(folder) = options.get_filename().parent() {
                    tokio::fs::create_dir_all(folder).await?;
                }
                // A commit must survive a power cut, because its files are deleted from the spool.
                // The default for WAL only guarantees that the database is not corrupted.
                let options = options
                    .clone()
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(CONNECT_TIMEOUT)
                    .disable_statement_logging();
                let pool = SqlitePoolOptions::new()
                    .max_connections(MAX_CONNECTIONS)
                    .acquire_timeout(CONNECT_TIMEOUT);
                Ok(Self::Sqlite(pool.connect_with(options).await?))
            }
        }
    }

    /// Returns an expression for the first bytes of a text: at least [`EXCERPT_CHARS`] characters,
    /// if there are as many. The string functions of `SQLite` stop at NUL, so bytes are counted
    /// there, up to four per character.
    pub(super) fn excerpt(&self, column: &str) -> String {
        match self {
            Self::MySql(_) => format!("cast(substring({column}, 1, {EXCERPT_CHARS}) as binary)"),
            Self::Sqlite(_) => {
                format!("substr(cast({column} as blob), 1, {})", 4 * EXCERPT_CHARS)
            }
        }
    }

    /// Returns a condition that is true if `column` contains `query` in any case, and the values to
    /// bind to it, in order.
    pub(super) fn contains(&self, column: &str, query: &str) -> (String, Vec<String>) {
        match self {
            // The column's collation would match "ä" for "a". MySQL ignores that of a parameter.
            Self::MySql(_) => (
                format!("instr(lower({column}) collate utf8mb4_bin, lower(?)) > 0"),
                vec![query.to_owned()],
            ),
            // `like` and `lower` ignore case only in ASCII; `glob` stops at NUL, `instr` does not.
            Self::Sqlite(_) => (
                format!("({column} glob ? or instr({column}, ?) > 0)"),
                vec![glob(query), query.to_owned()],
            ),
        }
    }

    /// Returns true if an error means that a step of the schema was done before: the table (1050),
    /// column (1060) or index (1061) exists.
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

    /// Returns true if all connections are open and in use.
    pub(super) fn is_busy(&self) -> bool {
        on!(self, pool => pool.size() >= MAX_CONNECTIONS && pool.num_idle() == 0)
    }

    /// Closes all connections, without waiting long for a database that does not answer.
    pub(super) async fn close(&self) {
        let _ = tokio::time::timeout(ACQUIRE_TIMEOUT, async {
            on!(self, pool => pool.close().await);
        })
        .await;
    }
}

/// Returns the number of a MySQL error; `None` for other databases.
pub(super) fn number(error: &dyn sqlx::error::DatabaseError) -> Option<u16> {
    error
        .try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
        .map(sqlx::mysql::MySqlDatabaseError::number)
}

/// Returns a pattern of `glob` for texts that contain `query` in any case. Letters become a set of
/// both cases, and special characters a set of one, so that they lose their meaning.
fn glob(query: &str) -> String {
    if query.contains('\0') {
        // The pattern would end at the NUL and match too much. An unclosed set matches nothing.
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

/// Returns the character of a mapping, or nothing if there are several ("ß" maps to "SS").
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
