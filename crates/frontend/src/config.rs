//! The settings of the frontend: flags, each of which is also an environment variable.

mod api;
mod sql_page;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use service::secrets;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

use crate::history::DatabaseConfig;

pub use api::ApiConfig;
pub use sql_page::{SqlPageConfig, Switch};

/// Default port of MySQL.
const MYSQL_PORT: u16 = 3306;

/// Name of the database of the original app.
const DATABASE: &str = "translation";

/// File of the embedded database, in the data folder.
const FILE: &str = "translations.db";

/// The settings of the frontend without those that every binary has ([`service::args::Common`]).
///
/// The database is described by the variables that begin with `DB_`, or by `DATABASE_URL`; without
/// either it is a file in the data folder. A secret is given as a value or as a file, whose
/// variable ends in `_FILE`.
#[derive(Args, Clone, Debug)]
// One program flattens the options of both services, and two groups of the same name would clash.
#[group(skip)]
pub struct Config {
    /// Address that the pages are served on.
    #[arg(
        long,
        env,
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:5000"
    )]
    pub frontend_bind: SocketAddr,

    /// URL of the translation service. Several URLs, separated by commas, or the addresses that a
    /// name resolves to, share the work.
    #[arg(long, env, value_name = "URL", value_delimiter = ',', default_value = "http://127.0.0.1:8000", value_parser = backend_url)]
    pub backend_url: Vec<Url>,

    /// Host of the MySQL or `MariaDB` server for the history. [default: an embedded database in
    /// `DATA_DIR`]
    #[arg(long, env, value_name = "HOST", value_parser = NonEmptyStringValueParser::new())]
    pub db_host: Option<String>,

    /// Port of the database. [default: 3306]
    #[arg(long, env, value_name = "PORT")]
    pub db_port: Option<u16>,

    /// Name of the database. [default: translation]
    #[arg(long, env, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub db_name: Option<String>,

    /// User of the database.
    #[arg(long, env, value_name = "USER", hide_env_values = true)]
    pub db_user: Option<SecretString>,

    /// File with the user of the database.
    #[arg(long, env, value_name = "FILE")]
    pub db_user_file: Option<PathBuf>,

    /// Password of the user.
    #[arg(long, env, value_name = "PASSWORD", hide_env_values = true)]
    pub db_password: Option<SecretString>,

    /// File with the password of the user.
    #[arg(long, env, value_name = "FILE")]
    pub db_password_file: Option<PathBuf>,

    /// URL of the database, mysql://user:password@host:port/name or sqlite:path, instead of the
    /// other settings.
    #[arg(long, env, value_name = "URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,

    /// File with the URL of the database.
    #[arg(long, env, value_name = "FILE")]
    pub database_url_file: Option<PathBuf>,

    /// Maximum size of a file to translate, in bytes.
    #[arg(long, env, value_name = "BYTES", default_value_t = 64 << 20)]
    pub max_file_bytes: u64,

    /// Settings of the SQL page.
    #[command(flatten)]
    pub sql_page: SqlPageConfig,

    /// Settings of the APIs.
    #[command(flatten)]
    pub api: ApiConfig,
}

/// Error in the settings. No message contains a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] secrets::Error),
    /// The database is described twice.
    #[error("both DATABASE_URL and {name} are set: describe the database in one of the two ways")]
    Both {
        /// The other setting.
        name: &'static str,
    },
    /// The description of the database is incomplete.
    #[error("the database is not fully described: {name} is missing")]
    Missing {
        /// The missing setting.
        name: &'static str,
    },
    /// There is no key in the file for them.
    #[error("API_KEYS_FILE contains no key: write one a line, or leave it unset")]
    NoKeys,
    /// `DATABASE_URL` is malformed.
    #[error("DATABASE_URL is not of the form mysql://user:password@host:port/name or sqlite:path")]
    Url,
}

impl Config {
    /// Returns the database that the settings describe. The embedded one is in `data_dir`.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn database(&self, data_dir: &Path) -> Result<DatabaseConfig, ConfigError> {
        let read = |name, value: &Option<_>, file: &Option<PathBuf>| {
            secrets::read(name, value.as_ref(), file.as_deref())
        };
        let url = read("DATABASE_URL", &self.database_url, &self.database_url_file)?;
        let user = read("DB_USER", &self.db_user, &self.db_user_file)?;
        let password = read("DB_PASSWORD", &self.db_password, &self.db_password_file)?;
        let parts = [
            ("DB_HOST", self.db_host.is_some()),
            ("DB_PORT", self.db_port.is_some()),
            ("DB_NAME", self.db_name.is_some()),
            ("DB_USER", user.is_some()),
            ("DB_PASSWORD", password.is_some()),
        ];
        let part = parts.iter().find_map(|(name, set)| set.then_some(*name));
        match (url, part) {
            (Some(_), Some(name)) => Err(ConfigError::Both { name }),
            (Some(url), None) => from_url(url.expose_secret()),
            (None, None) => {
                let file = SqliteConnectOptions::new().filename(data_dir.join(FILE));
                Ok(DatabaseConfig::Sqlite(file))
            }
            (None, Some(_)) => {
                let missing = |name| ConfigError::Missing { name };
                let host = self.db_host.as_ref().ok_or(missing("DB_HOST"))?;
                let user = user.ok_or(missing("DB_USER or DB_USER_FILE"))?;
                let password = password.ok_or(missing("DB_PASSWORD or DB_PASSWORD_FILE"))?;
                let options = MySqlConnectOptions::new()
                    .host(host)
                    .port(self.db_port.unwrap_or(MYSQL_PORT))
                    .database(self.db_name.as_deref().unwrap_or(DATABASE))
                    .username(user.expose_secret())
                    .password(password.expose_secret());
                Ok(DatabaseConfig::MySql(options))
            }
        }
    }
}

/// Parses a URL. Errors of `sqlx` may quote parts of it, so they are not passed on.
fn from_url(url: &str) -> Result<DatabaseConfig, ConfigError> {
    match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("mysql" | "mariadb") => {
            let options = MySqlConnectOptions::from_str(url).map_err(|_| ConfigError::Url)?;
            if options.get_database().is_none() {
                return Ok(DatabaseConfig::MySql(options.database(DATABASE)));
            }
            Ok(DatabaseConfig::MySql(options))
        }
        Some("sqlite") => SqliteConnectOptions::from_str(url)
            .map(DatabaseConfig::Sqlite)
            .map_err(|_| ConfigError::Url),
        _ => Err(ConfigError::Url),
    }
}

/// Parses the URL of a backend. Only plain HTTP is supported: the services share a private network.
/// A slash is added at the end so that joining keeps a path in the URL.
fn backend_url(value: &str) -> Result<Url, String> {
    let mut url: Url = value.parse().map_err(|error| format!("{error}"))?;
    if url.scheme() != "http" || !url.has_host() {
        return Err("must be of the form http://host:port".to_owned());
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Cli {
        #[command(flatten)]
        config: Config,
    }

    fn database(arguments: &[&str]) -> Result<String, String> {
        let arguments = std::iter::once(&"frontend").chain(arguments);
        let cli = Cli::try_parse_from(arguments).map_err(|error| error.to_string())?;
        let shown = format!("{:?}", cli.config);
        assert!(!shown.contains("geheim"), "{shown}");
        let database = cli.config.database(Path::new("/data"));
        database
            .map(|database| database.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn one_of_two_ways_or_neither() {
        for (arguments, expected) in [
            (&[][..], "SQLite at /data/translations.db"),
            (
                &["--database-url", "sqlite:/tmp/x.db"],
                "SQLite at /tmp/x.db",
            ),
            (
                &["--database-url", "mysql://u:geheim@h/d"],
                "MySQL at h:3306",
            ),
            (&["--database-url", "mysql://u:geheim@h:1"], "MySQL at h:1"),
            (
                &[
                    "--db-host",
                    "h",
                    "--db-user",
                    "u",
                    "--db-password",
                    "geheim",
                ],
                "MySQL at h:3306",
            ),
            (
                &[
                    "--db-host",
                    "h",
                    "--db-port",
                    "7",
                    "--db-user",
                    "u",
                    "--db-password",
                    "geheim",
                ],
                "MySQL at h:7",
            ),
        ] {
            assert_eq!(
                database(arguments).as_deref(),
                Ok(expected),
                "{arguments:?}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_secrets() {
        for (arguments, expected) in [
            (
                &["--db-host", "h"][..],
                "DB_USER or DB_USER_FILE is missing",
            ),
            (
                &["--db-host", "h", "--db-user", "u"],
                "DB_PASSWORD or DB_PASSWORD_FILE is missing",
            ),
            (&["--db-password", "geheim"], "DB_HOST is missing"),
            (&["--db-name", "x"], "DB_HOST is missing"),
            (
                &["--database-url", "sqlite:x", "--db-host", "h"],
                "both DATABASE_URL and DB_HOST",
            ),
            (
                &["--db-user", "u", "--db-user-file", "/f", "--db-host", "h"],
                "both DB_USER and DB_USER_FILE",
            ),
            (
                &["--database-url", "postgres://u:geheim@h/d"],
                "DATABASE_URL is not of the form",
            ),
            (
                &["--database-url", "mysql://u:geheim@h:port/d"],
                "DATABASE_URL is not of the form",
            ),
            (
                &["--database-url", "mysql://u:geheim@h/d?ssl-mode=geheim"],
                "DATABASE_URL is not of the form",
            ),
            (
                &[
                    "--db-host",
                    "h",
                    "--db-user",
                    "u",
                    "--db-password",
                    "geheim\r",
                ],
                "carriage return",
            ),
            (
                &["--backend-url", "https://h"],
                "must be of the form http://host:port",
            ),
            (&["--db-host", ""], "a value is required"),
        ] {
            let error = database(arguments).expect_err("wrong");
            assert!(error.contains(expected), "{arguments:?}: {error}");
            assert!(!error.contains("geheim"), "{error}");
        }
    }

    #[test]
    fn a_path_of_the_backend_is_kept() {
        let url = backend_url("http://proxy/translator").expect("a URL");
        assert_eq!(
            url.join("model").expect("a URL").as_str(),
            "http://proxy/translator/model"
        );
    }
}
