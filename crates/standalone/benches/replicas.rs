//! A book spread over one, two, four … replicas of the translation service, each a process with one
//! thread for the model: `cargo bench -p standalone --bench replicas`.

#[expect(dead_code, reason = "other targets use more of it")]
#[path = "../tests/support/browser.rs"]
mod browser;

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use browser::Browser;
use tempfile::TempDir;

/// Sentences of the book: enough for many chunks on each replica.
const SENTENCES: usize = 2000;

/// Interval of the checks whether a replica has loaded its model.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// The program with its own data folder. Dropping it kills the process.
struct Program {
    process: Child,
    stdout: BufReader<ChildStdout>,
    _data: TempDir,
}

impl Program {
    fn start(variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/demo-de-en");
        let data = tempfile::tempdir()?;
        let mut process = Command::new(env!("CARGO_BIN_EXE_unlimited-translation"))
            .env_clear()
            .env("DATA_DIR", data.path())
            .env("MODEL_DIR", model)
            .env("MODEL_THREADS", "1")
            .env("RUST_LOG", "error")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = process.stdout.take().context("no standard output")?;
        Ok(Self {
            process,
            stdout: BufReader::new(stdout),
            _data: data,
        })
    }

    /// Starts a program of which only the translation service is used.
    fn replica(address: SocketAddr) -> anyhow::Result<Self> {
        let bind = address.to_string();
        Self::start(&[("BACKEND_BIND", &bind), ("FRONTEND_BIND", "127.0.0.1:0")])
    }

    /// Starts a program of which only the pages are used, with the translation services at `urls`.
    /// Returns it with the address of the pages.
    fn pages(urls: &str) -> anyhow::Result<(Self, String)> {
        let mut pages = Self::start(&[("BACKEND_URL", urls), ("FRONTEND_BIND", "127.0.0.1:0")])?;
        let mut line = String::new();
        pages.stdout.read_line(&mut line)?;
        let url = line.split_whitespace().last().context("no address")?;
        Ok((pages, url.to_owned()))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn main() -> anyhow::Result<()> {
    let cores = std::thread::available_parallelism()?.get();
    println!("{SENTENCES} sentences, the demo model, one thread for each replica, {cores} cores\n");
    println!("| replicas | seconds | sentences/s | gain |\n|---|---|---|---|");
    let counts = std::iter::successors(Some(1), |count| Some(count * 2));
    let mut one: Option<(Duration, String)> = None;
    for count in counts.take_while(|count| *count <= cores.max(2)) {
        let (took, english) = translate(count)?;
        let (alone, expected) = one.get_or_insert((took, english.clone()));
        ensure!(
            *expected == english,
            "the translation differs with {count} replicas"
        );
        let seconds = took.as_secs_f64();
        let rate = SENTENCES as f64 / seconds;
        let gain = alone.as_secs_f64() / seconds;
        println!("| {count} | {seconds:.1} | {rate:.0} | {gain:.2} |");
    }
    Ok(())
}

/// Translates the book with that many replicas. Returns the time from the submission of the form to
/// the end of the page, and the translation.
fn translate(replicas: usize) -> anyhow::Result<(Duration, String)> {
    let addresses = (0..replicas).map(|_| free_address());
    let addresses: Vec<_> = addresses.collect::<Result<_, _>>()?;
    let started = addresses.iter().map(|address| Program::replica(*address));
    let _replicas: Vec<_> = started.collect::<Result<_, _>>()?;
    let urls: Vec<_> = addresses.iter().map(|at| format!("http://{at}")).collect();
    for url in &urls {
        while ureq::get(format!("{url}/readyz")).call().is_err() {
            #[expect(
                clippy::disallowed_methods,
                reason = "there is no runtime here, and the measurement starts later"
            )]
            std::thread::sleep(CHECK_INTERVAL);
        }
    }
    let (_pages, url) = Program::pages(&urls.join(","))?;
    let browser = Browser::new(&url);
    let began = Instant::now();
    let path = browser.submit(&book())?;
    let page = browser.get(&path)?;
    let took = began.elapsed();
    ensure!(page.html.contains("</html>"), "the page is incomplete");
    let english = browser.get(&format!("{path}/english.txt"))?;
    ensure!(english.status == 200, "no translation");
    Ok((took, english.html))
}

/// Returns an address with a free port.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

/// Returns the book: sentences of common lengths, all different, so that none is in the cache.
fn book() -> String {
    let kinds = [
        "Der Zug Nummer {} fährt heute wegen des Wetters nicht.",
        "Im Jahr {} kauften wir ein kleines Haus am Rand der Stadt.",
        "Hast du {} Euro für mich?",
        "Auf Seite {} steht, dass die Kinder am Abend nach Hause kamen und müde waren.",
    ];
    let sentences = kinds.iter().cycle().zip(0..SENTENCES);
    let sentences = sentences.map(|(kind, number)| kind.replace("{}", &number.to_string()));
    sentences.collect::<Vec<_>>().join("\n")
}
