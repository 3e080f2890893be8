//! The frontend with real databases and a mock of the backend: history, jobs, spool and program.
//!
//! - [`apis`]: the APIs of other services, through the whole frontend
//! - [`history`]: rows and pages, in `SQLite` and `MariaDB`
//! - [`schema`]: migration of tables of every age
//! - [`outage`]: databases that start late, hang, fail, or reject long texts
//! - [`jobs`]: from the submitted text to the row, with interruptions
//! - [`load`]: many texts, and long ones
//! - [`marks`]: flags of sentences, from the backend to the page, across restarts and versions
//! - [`replicas`]: one text over several backends, which start, stop, hang and differ
//! - [`program`]: the binary: its settings, its logs, and a sudden end
//! - [`sql_page`]: statements of the SQL page, including hostile ones
//! - [`wrapped`]: texts whose lines are joined, from the offer on the page to the history
//! - [`files`]: files through the program, from the form to the download
//! - [`fixture`]: the databases, the backend, and helpers
//!
//! Without poppler and tesseract, cases for PDFs and photos are reported as ignored, or fail if
//! `REQUIRE_OCR` is set. Without a `mariadbd` its cases are reported as ignored, or fail if `REQUIRE_DATABASE` is set.
//! With `TEST_MYSQL_URL`, the URL of an account that may create databases, cases for both kinds of
//! database run there too.

#![expect(
    clippy::unwrap_used,
    reason = "a case that cannot continue fails with a location"
)]

mod apis;
mod files;
mod fixture;
mod history;
mod jobs;
mod load;
mod marks;
mod outage;
mod program;
mod replicas;
mod schema;
mod sql_page;
#[path = "../support/files.rs"]
mod support;
mod wrapped;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use fixture::{Database, Installation, MariaDb, Server};
use libtest_mimic::{Arguments, Trial};

/// Maximum time for a case.
const CASE_TIMEOUT: Duration = Duration::from_mins(10);

/// Runs a case.
fn run(case: impl Future<Output = ()>) {
    fixture::block_on(async {
        let ended = tokio::time::timeout(CASE_TIMEOUT, case).await;
        assert!(ended.is_ok(), "not done after {CASE_TIMEOUT:?}");
    });
}

/// Collects the cases.
struct Cases {
    trials: Vec<Trial>,
    /// A server shared by the cases, and the installation for more servers.
    server: Result<(Arc<MariaDb>, Arc<Installation>), String>,
    mysql: Option<Arc<Server>>,
    has_programs: bool,
}

impl Cases {
    /// Adds a case that needs no server.
    fn plain<F: Future<Output = ()> + 'static>(&mut self, name: &str, case: fn() -> F) {
        let trial = move || {
            run(case());
            Ok(())
        };
        self.trials.push(Trial::test(name, trial));
    }

    /// Adds a case that needs the programs that read PDFs and photos.
    fn programs<F: Future<Output = ()> + 'static>(&mut self, name: &str, case: fn() -> F) {
        let trial = move || {
            run(case());
            Ok(())
        };
        let missing = (!self.has_programs).then(|| "no poppler-utils or tesseract-ocr".to_owned());
        self.optional(Trial::test(name, trial), "REQUIRE_OCR", missing);
    }

    /// Adds a case for each kind of database.
    fn each<F: Future<Output = ()> + 'static>(&mut self, name: &str, case: fn(Database) -> F) {
        self.plain_with(&format!("{name}/sqlite"), move || {
            run(async { case(Database::sqlite()).await });
        });
        self.mariadb(name, case);
        if let Some(server) = self.mysql.clone() {
            self.plain_with(&format!("{name}/mysql"), move || {
                run(async { case(server.database().await).await });
            });
        }
    }

    /// Adds a case for the shared server.
    fn mariadb<F: Future<Output = ()> + 'static>(&mut self, name: &str, case: fn(Database) -> F) {
        let server = self.server.clone();
        let missing = server.as_ref().err().cloned();
        let trial = move || {
            let (server, _) = server?;
            run(async { case(server.database().await).await });
            Ok(())
        };
        self.server_trial(Trial::test(format!("{name}/mariadb"), trial), missing);
    }

    /// Adds a case that stops and starts its own server.
    fn own_server<F: Future<Output = ()> + 'static>(&mut self, name: &str, case: fn(MariaDb) -> F) {
        let server = self.server.clone();
        let missing = server.as_ref().err().cloned();
        let trial = move || {
            let (_, installation) = server?;
            run(case(installation.start()));
            Ok(())
        };
        self.server_trial(Trial::test(name, trial), missing);
    }

    fn plain_with(&mut self, name: &str, case: impl FnOnce() + Send + 'static) {
        let trial = move || {
            case();
            Ok(())
        };
        self.trials.push(Trial::test(name, trial));
    }

    fn server_trial(&mut self, trial: Trial, missing: Option<String>) {
        self.optional(trial, "REQUIRE_DATABASE", missing);
    }

    /// Adds a case that is ignored if something is missing, unless a variable requires it.
    fn optional(&mut self, trial: Trial, variable: &str, missing: Option<String>) {
        #[expect(
            clippy::disallowed_methods,
            reason = "a setting of the tests, not of the product"
        )]
        let required = std::env::var_os(variable).is_some();
        self.trials.push(match missing.filter(|_| !required) {
            Some(reason) => trial.with_kind(reason).with_ignored_flag(true),
            None => trial,
        });
    }
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // The cases mostly wait.
    arguments.test_threads.get_or_insert(4);
    // `--list` needs no server.
    let server = if arguments.list {
        Err("not looked for".to_owned())
    } else {
        Installation::new().map(|it| (Arc::new(it.start()), Arc::new(it)))
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "the command line is that of the test harness"
    )]
    let mysql = std::env::var("TEST_MYSQL_URL").ok();
    let mut cases = Cases {
        trials: Vec::new(),
        server,
        mysql: mysql.map(|url| Arc::new(Server::at(&url))),
        has_programs: files::has_programs(),
    };
    history::add(&mut cases);
    schema::add(&mut cases);
    outage::add(&mut cases);
    jobs::add(&mut cases);
    files::add(&mut cases);
    apis::add(&mut cases);
    load::add(&mut cases);
    marks::add(&mut cases);
    replicas::add(&mut cases);
    program::add(&mut cases);
    sql_page::add(&mut cases);
    wrapped::add(&mut cases);
    // Dropping it at the end stops the server.
    let _server = cases.server;
    libtest_mimic::run(&arguments, cases.trials).exit_code()
}
