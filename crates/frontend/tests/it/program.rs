//! The binary: settings, logs, and a sudden end.

use std::path::Path;
use std::process::{Child, Command};

use clap::{CommandFactory as _, Parser as _};
use frontend::Config;
use frontend::history::DatabaseConfig;
use service::args::Common;
use tempfile::NamedTempFile;

use crate::Cases;
use crate::fixture::{Backend, MariaDb, PASSWORD, eventually, free_address, history, signal};

pub(crate) fn add(cases: &mut Cases) {
    cases.plain("program/help_lists_every_variable", help);
    cases.plain(
        "program/contradictory_settings_are_refused_with_a_reason",
        contradictions,
    );
    cases.plain("program/a_kill_in_the_middle_of_a_text", kill);
    cases.plain("program/a_data_folder_has_one_owner", owner);
    cases.plain("program/a_signal_ends_it_in_order", terminate);
    cases.plain("program/logs_hold_no_text", logs);
    cases.own_server("program/logs_hold_no_secret", secrets);
}

/// Name of an account that no server has.
const STRANGER: &str = "canary-user-Qk27";

#[derive(clap::Parser)]
struct Cli {
    #[command(flatten)]
    config: Config,
    #[command(flatten)]
    _common: Common,
}

/// Returns the database that a URL describes.
pub(crate) fn database(url: &str) -> DatabaseConfig {
    let cli = Cli::try_parse_from(["frontend", "--database-url", url]).unwrap();
    cli.config.database(Path::new("/nowhere")).unwrap()
}

/// Returns the program with these settings and no others.
fn program(settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frontend"));
    command.env_clear().envs(settings.iter().copied());
    command
}

/// Waits until a program ends by itself; returns whether it succeeded, and its output.
fn output(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

/// A running program, which is killed on drop.
pub(crate) struct Running {
    process: Child,
    log: NamedTempFile,
    url: String,
}

impl Running {
    pub(crate) fn start(folder: &Path, backend: &Backend, settings: &[(&str, &str)]) -> Self {
        let bind = free_address().to_string();
        let log = NamedTempFile::new().unwrap();
        let process = program(settings)
            .env("FRONTEND_BIND", &bind)
            .env("BACKEND_URL", backend.url().as_str())
            .env("DATA_DIR", folder)
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap();
        let url = format!("http://{bind}");
        Self { process, log, url }
    }

    pub(crate) async fn live(&self) {
        eventually("it is live", async || {
            reqwest::get(format!("{}/livez", self.url)).await.is_ok()
        })
        .await;
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Reads a page.
    pub(crate) async fn page(&self, path: &str) -> String {
        let page = reqwest::get(format!("{}{path}", self.url)).await.unwrap();
        page.text().await.unwrap()
    }

    /// Submits a text as the form does; returns the path of its page.
    pub(crate) async fn submit(&self, text: &str) -> String {
        let text = text.replace(' ', "+").replace('\n', "%0D%0A");
        self.post("/", format!("text={text}")).await
    }

    /// Sends a form; returns the path of the page that it leads to.
    pub(crate) async fn post(&self, path: &str, body: String) -> String {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let request = client.build().unwrap().post(format!("{}{path}", self.url));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let response = request.body(body).send().await.unwrap();
        assert_eq!(response.status(), 303);
        response.headers()["location"].to_str().unwrap().to_owned()
    }

    /// Waits until it ends; returns whether it succeeded, and its log.
    fn end(mut self) -> (bool, String) {
        let status = self.process.wait().unwrap();
        (status.success(), self.log())
    }

    /// Returns its log so far.
    fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn help() {
    let (good, help) = output(program(&[]).arg("--help"));
    assert!(good);
    for option in Cli::command().get_arguments() {
        let variable = option.get_env().expect("a variable").to_str().unwrap();
        assert!(
            help.contains(&format!("[env: {variable}")),
            "{variable}\n{help}"
        );
    }
    let (_, help) = output(program(&[("DB_PASSWORD", PASSWORD)]).arg("--help"));
    assert!(!help.contains(PASSWORD), "{help}");
    let (good, version) = output(program(&[]).arg("--version"));
    assert!(good);
    assert_eq!(
        version.trim(),
        format!("frontend {}", env!("CARGO_PKG_VERSION"))
    );
    let nobody = free_address().to_string();
    let (live, _) = output(program(&[("FRONTEND_BIND", &nobody)]).arg("healthcheck"));
    assert!(!live);
}

async fn contradictions() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, format!("{PASSWORD}\r\n")).unwrap();
    let secret = secret.to_str().unwrap();
    let data = ("DATA_DIR", folder.path().to_str().unwrap());
    for (settings, expected) in [
        (
            &[("DB_HOST", "h")][..],
            "DB_USER or DB_USER_FILE is missing",
        ),
        (
            &[("DATABASE_URL", "sqlite:x"), ("DB_HOST", "h")],
            "both DATABASE_URL and DB_HOST are set",
        ),
        (
            &[("DB_PASSWORD", PASSWORD), ("DB_PASSWORD_FILE", secret)],
            "both DB_PASSWORD and DB_PASSWORD_FILE are set",
        ),
        (
            &[
                ("DB_HOST", "h"),
                ("DB_USER", "u"),
                ("DB_PASSWORD_FILE", secret),
            ],
            "carriage return",
        ),
        (
            &[("DB_PASSWORD_FILE", "/does/not/exist")],
            "/does/not/exist",
        ),
        (
            &[
                ("DATABASE_URL", "mysql://u:p@h/d"),
                ("DB_QUERY_PASSWORD", PASSWORD),
                ("DB_QUERY_PASSWORD_FILE", secret),
            ],
            "both DB_QUERY_PASSWORD and DB_QUERY_PASSWORD_FILE are set",
        ),
        (
            &[("DATABASE_URL", PASSWORD)],
            "DATABASE_URL is not of the form",
        ),
    ] {
        let mut settings = settings.to_vec();
        settings.extend([data, ("FRONTEND_BIND", "127.0.0.1:0")]);
        let (good, message) = output(&mut program(&settings));
        assert!(!good);
        assert!(message.contains(expected), "{settings:?}: {message}");
        assert!(!message.contains(PASSWORD), "{message}");
    }
}

async fn kill() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    backend.hold();
    let mut running = Running::start(folder.path(), &backend, &[]);
    running.live().await;
    let page = running.submit("Das geht weiter. Ganz sicher.").await;
    eventually("a request", async || !backend.texts().is_empty()).await;
    backend.release(1);
    running.process.kill().unwrap();
    drop(running);
    backend.release_all();
    let running = Running::start(folder.path(), &backend, &[]);
    running.live().await;
    let id = page.rsplit('/').next().unwrap().parse().unwrap();
    let file = folder.path().join("translations.db");
    eventually("the database is made", async || file.exists()).await;
    let history = history(database(&format!("sqlite:{}", file.display()))).await;
    eventually("it is stored", async || {
        history.find(id).await.unwrap().is_some()
    })
    .await;
    let row = history.find(id).await.unwrap().unwrap();
    assert_eq!(row.text_en, "DAS GEHT WEITER. GANZ SICHER.");
}

async fn owner() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let first = Running::start(folder.path(), &backend, &[]);
    first.live().await;
    let (good, log) = Running::start(folder.path(), &backend, &[]).end();
    assert!(!good);
    assert!(log.contains("is used by another process"), "{log}");
    // However the owner ends, the next one can start.
    signal(&first.process, "-KILL");
    first.end();
    Running::start(folder.path(), &backend, &[]).live().await;
}

async fn terminate() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    backend.hold();
    let running = Running::start(folder.path(), &backend, &[]);
    running.live().await;
    running.submit("Unterwegs.").await;
    eventually("a request", async || !backend.texts().is_empty()).await;
    signal(&running.process, "-TERM");
    let (good, log) = running.end();
    assert!(good, "{log}");
    assert!(log.contains("shutting down"), "{log}");
    assert_eq!(crate::fixture::spooled(folder.path()).len(), 1);
}

async fn logs() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let running = Running::start(folder.path(), &backend, &[("RUST_LOG", "trace")]);
    running.live().await;
    let page = format!(
        "{}{}",
        running.url,
        running.submit("Kanarienvogel im Text.").await
    );
    eventually("the page shows it", async || {
        let page = reqwest::get(&page).await.unwrap().text().await.unwrap();
        page.contains("KANARIENVOGEL")
    })
    .await;
    let history = format!("{}/history?q=kanarienvogel", running.url);
    eventually("the history has it", async || {
        let page = reqwest::get(&history).await.unwrap().text().await.unwrap();
        page.contains("KANARIENVOGEL")
    })
    .await;
    for statement in [
        "select text_de from translations where text_de like '%Kanarienvogel%'",
        "select Kanarienvogel from translations",
        "Kanarienvogel!",
    ] {
        let url = format!("{}/query_db", running.url);
        let request = reqwest::Client::new().post(url);
        let body = format!("text={}", statement.replace('%', "%25"));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.body(body).send().await.unwrap();
    }
    signal(&running.process, "-TERM");
    let (good, log) = running.end();
    assert!(good, "{log}");
    let audit = "statement=\"SELECT text_de FROM translations WHERE text_de LIKE ?\"";
    assert!(log.contains(audit), "{log}");
    let leaks: Vec<_> = log
        .lines()
        .filter(|line| line.to_lowercase().contains("kanarienvogel"))
        .collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}

async fn secrets(server: MariaDb) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{PASSWORD}\n\n")).unwrap();
    let backend = Backend::start().await;
    let options = server.options("absent");
    let (host, port) = (options.get_host(), options.get_port().to_string());
    let settings = [
        ("DB_HOST", host),
        ("DB_PORT", port.as_str()),
        ("DB_NAME", "absent"),
        ("DB_USER", "tester"),
        ("DB_PASSWORD_FILE", file.to_str().unwrap()),
        ("RUST_LOG", "trace"),
    ];
    // An unknown account: the server's answer quotes its name.
    let mut stranger = settings;
    stranger[3].1 = STRANGER;
    let refused = Running::start(&folder.path().join("other"), &backend, &stranger);
    refused.live().await;
    eventually("it is refused", async || refused.log().contains("1045")).await;
    signal(&refused.process, "-TERM");
    let (_, log) = refused.end();
    assert!(!log.contains(STRANGER) && !log.contains(PASSWORD), "{log}");
    let running = Running::start(folder.path(), &backend, &settings);
    running.live().await;
    // Refused because there is no database, then admitted.
    let says = async |words: &str| running.log().contains(words);
    eventually("it says so", async || says("the database is down").await).await;
    let named = server.named("absent").await;
    eventually("it is admitted", async || says("the database is up").await).await;
    running.submit("Gespeichert.").await;
    eventually("a row", async || {
        named.number("select count(*) from translations").await == 1
    })
    .await;
    signal(&running.process, "-TERM");
    let (good, log) = running.end();
    assert!(good, "{log}");
    let leaks: Vec<_> = log.lines().filter(|line| line.contains(PASSWORD)).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
    // Each change of state is logged once.
    let change = |line: &str| {
        let (_, message) = line.split_once("history")?;
        let is_change = line.contains(" WARN ") || line.contains("the database is up");
        is_change.then(|| message.to_owned())
    };
    let mut changes: Vec<_> = log.lines().filter_map(change).collect();
    assert!(changes.len() >= 2, "{log}");
    let count = changes.len();
    changes.dedup();
    assert_eq!(changes.len(), count, "{log}");
}
