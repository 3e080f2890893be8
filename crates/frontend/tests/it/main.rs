//! The frontend without its pages: history, jobs, spool and program, against real databases and a
//! backend that does what it is told.
//!
//! - [`history`]: rows and pages, on `SQLite` and on `MariaDB`
//! - [`schema`]: tables of every age, brought up to date
//! - [`outage`]: databases that come late, hang, go away, or take no long texts
//! - [`jobs`]: from the form's text to the row, with everything that can come between
//! - [`load`]: many texts, and long ones
//! - [`marks`]: flags of sentences, from the backend to the page, over restarts and versions
//! - [`replicas`]: one text over several backends, which come, go, hang and differ
//! - [`program`]: the binary: its settings, its logs, and a sudden end
//! - [`sql_page`]: statements of the SQL page, hostile ones among them
//! - [`fixture`]: the databases, the backend, and what cases need
//!
//! Without a `mariadbd` its cases are reported as ignored, or fail where `REQUIRE_DATABASE` is set.
//! With `TEST_MYSQL_URL`, the URL of an account that may make databases, what runs on both kinds
//! runs there too.

#![expect(
    clippy::unwrap_used,
    reason = "a case that cannot go on fails, and says where"
)]

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

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use fixture::{Database, Installation, MariaDb, Server};
use libtest_mimic::{Arguments, Trial};

/// Longest time for a case; one that hangs fails.
const LONGEST: Duration = Duration::from_mins(10);

/// Runs a case.
fn run(case: impl Future<Output = ()>) {
    fixture::block_on(async {
        let ended = tokio::time::timeout(LONGEST, case).await;
        assert!(ended.is_ok(), "not done after {LONGEST:?}");
    });
}

/// Collects the cases.
struct Cases {
    trials: Vec<Trial>,
    /// A server that cases share, and the means to make more.
    server: Result<(Arc<MariaDb>, Arc<Installation>), String>,
    mysql: Option<Arc<Server>>,
}

impl Cases {
    /// A case that needs no server.
    fn plain<F: Future<Output = ()> + 'static>(&mut self, name: &str, case: fn() -> F) {
        let trial = move || {
            run(case());
            Ok(())
        };
        self.trials.push(Trial::test(name, trial));
    }

    /// A case for each kind of database.
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

    /// A case for the server that all cases share.
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

    /// A case that stops and starts a server of its own.
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
        #[expect(
            clippy::disallowed_methods,
            reason = "no setting of the product: whoever runs all tests wants none left out"
        )]
        let required = std::env::var_os("REQUIRE_DATABASE").is_some();
        self.trials.push(match missing.filter(|_| !required) {
            Some(reason) => trial.with_kind(reason).with_ignored_flag(true),
            None => trial,
        });
    }
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Most of the time is spent waiting.
    arguments.test_threads.get_or_insert(4);
    // Looked for only where cases run: `--list` needs no server.
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
    };
    history::add(&mut cases);
    schema::add(&mut cases);
    outage::add(&mut cases);
    jobs::add(&mut cases);
    load::add(&mut cases);
    marks::add(&mut cases);
    replicas::add(&mut cases);
    program::add(&mut cases);
    sql_page::add(&mut cases);
    // Held until the end; dropping it stops the server.
    let _server = cases.server;
    libtest_mimic::run(&arguments, cases.trials).exit_code()
}
