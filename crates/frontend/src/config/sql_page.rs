//! The settings of the SQL page.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret as _, SecretString};
use service::secrets;

use super::ConfigError;
use crate::history::DatabaseConfig;
use crate::history::sql_page::{Database, Off, SqlPage};

/// Maximum size of a value in `SQLite` as a multiple of the maximum size of a text: a translation
/// may be longer than its text.
const MAX_VALUE_PER_TEXT: usize = 2;

/// Minimum of that limit, in bytes.
const MIN_VALUE_BYTES: usize = 1 << 20;

/// Switch for the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// On if there is an account for it or the database is embedded.
    #[default]
    On,
    /// Off.
    Off,
}

/// The settings of the SQL page, without those of the database.
#[derive(Args, Clone, Debug)]
#[group(skip)]
pub struct SqlPageConfig {
    /// SQL page, which runs statements that read data. With MySQL it also needs
    /// `DB_QUERY_PASSWORD`.
    #[arg(long, env, value_name = "SWITCH", value_enum, default_value_t)]
    pub sql_page: Switch,

    /// MySQL account of the SQL page, which may only read the table.
    #[arg(
        long,
        env,
        value_name = "USER",
        default_value = "translation_query",
        hide_env_values = true
    )]
    pub db_query_user: String,

    /// Password of that account.
    #[arg(long, env, value_name = "PASSWORD", hide_env_values = true)]
    pub db_query_password: Option<SecretString>,

    /// File with the password of that account. The SQL page is off if the file does not exist.
    #[arg(long, env, value_name = "FILE")]
    pub db_query_password_file: Option<PathBuf>,
}

impl SqlPageConfig {
    /// Creates the page on `database`, or one that is off.
    ///
    /// # Errors
    /// The password cannot be read.
    pub fn open(
        &self,
        database: &DatabaseConfig,
        max_text_bytes: usize,
    ) -> Result<SqlPage, ConfigError> {
        if self.sql_page == Switch::Off {
            return Ok(SqlPage::new(Err(Off::Switched)));
        }
        let value = self.db_query_password.as_ref();
        let file = self.db_query_password_file.as_deref();
        // The file is optional, so that the same deployment runs without this secret. Docker
        // creates an empty folder in the place of a missing file.
        let missing = file.filter(|file| value.is_none() && !file.is_file());
        let password = match missing {
            Some(file) => {
                tracing::info!(file = %file.display(), "no password for the SQL page: it is off");
                None
            }
            None => secrets::read("DB_QUERY_PASSWORD", value, file)?,
        };
        let database = match (database, password) {
            (DatabaseConfig::Sqlite(options), _) => Ok(Database::Sqlite {
                file: options.get_filename().to_owned(),
                max_value_bytes: max_text_bytes
                    .saturating_mul(MAX_VALUE_PER_TEXT)
                    .max(MIN_VALUE_BYTES),
            }),
            (DatabaseConfig::MySql(options), Some(password)) => {
                let options = options
                    .clone()
                    .username(&self.db_query_user)
                    .password(password.expose_secret());
                Ok(Database::MySql(Box::new(options)))
            }
            (DatabaseConfig::MySql(_), None) => Err(Off::NoAccount),
        };
        Ok(SqlPage::new(database))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::Parser as _;

    use super::super::Config;
    use super::*;
    use crate::history::sql_page::fence::Kind;

    #[derive(clap::Parser)]
    struct Cli {
        #[command(flatten)]
        config: Config,
    }

    fn page(arguments: &[&str]) -> Result<Result<Kind, Off>, String> {
        let arguments = std::iter::once(&"frontend").chain(arguments);
        let cli = Cli::try_parse_from(arguments).map_err(|error| error.to_string())?;
        let shown = format!("{:?}", cli.config);
        assert!(!shown.contains("geheim"), "{shown}");
        let database = cli.config.database(Path::new("/data")).expect("good");
        let page = cli.config.sql_page.open(&database, 1000);
        let page = page.map_err(|error| error.to_string())?;
        let shown = format!("{page:?}");
        assert!(!shown.contains("geheim"), "{shown}");
        Ok(page.kind())
    }

    #[test]
    fn the_page_is_on_where_an_account_may_only_read() {
        let mysql = "--database-url=mysql://u:p@h/d";
        let there = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(there.path(), "geheim\n").expect("written");
        let there = format!("--db-query-password-file={}", there.path().display());
        let absent = "--db-query-password-file=/does/not/exist";
        let folder = "--db-query-password-file=/";
        let password = "--db-query-password=geheim";
        for (arguments, expected) in [
            (&[][..], Ok(Kind::Sqlite)),
            (&["--sql-page=off"], Err(Off::Switched)),
            (&[mysql], Err(Off::NoAccount)),
            (&[mysql, absent], Err(Off::NoAccount)),
            (&[mysql, folder], Err(Off::NoAccount)),
            (&[mysql, password], Ok(Kind::MySql)),
            (&[mysql, &there], Ok(Kind::MySql)),
            (&[mysql, &there, "--sql-page=off"], Err(Off::Switched)),
        ] {
            assert_eq!(page(arguments), Ok(expected), "{arguments:?}");
        }
        let both = page(&[mysql, password, absent]).expect_err("both");
        assert!(both.contains("both DB_QUERY_PASSWORD and"), "{both}");
        let carriage_return = page(&[mysql, "--db-query-password=geheim\r"]).expect_err("bad");
        assert!(carriage_return.contains("carriage return"));
        assert!(page(&["--sql-page=maybe"]).is_err());
    }
}
