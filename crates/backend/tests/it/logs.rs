//! Log lines contain the id of their request, and never any text.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread::{self, JoinHandle},
};

use crate::support::{demo, json};

/// A service in its own process, and its log.
pub(crate) struct Process {
    child: Child,
    pub(crate) url: String,
    // A thread that reads to the end, so that a full pipe never blocks the service.
    log: Option<JoinHandle<String>>,
}

impl Process {
    /// Starts the service and waits until it logs that it is ready.
    pub(crate) fn start(rust_log: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_backend"))
            .env_clear()
            .env("BACKEND_BIND", "127.0.0.1:0")
            .env("MODEL_DIR", demo())
            .env("MODEL_BEAMS", "1")
            .env("RUST_LOG", rust_log)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (sender, receiver) = mpsc::channel();
        let log = thread::spawn(move || {
            let mut log = String::new();
            for line in lines {
                let line = line.unwrap();
                log.push_str(&line);
                log.push('\n');
                let _ = sender.send(line);
            }
            log
        });
        let mut url = String::new();
        loop {
            let line = receiver
                .recv()
                .expect("the service ended before it was ready");
            if let Some((_, address)) = line.split_once("address=") {
                url = format!("http://{}", address.split_whitespace().next().unwrap());
            }
            if line.contains("ready") {
                break;
            }
        }
        Self {
            child,
            url,
            log: Some(log),
        }
    }

    /// Returns the id of the process.
    #[cfg(target_os = "linux")]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn terminate(&self) {
        let status = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Waits for the end of the process. Returns its exit code and the entire log.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let log = self.log.take().unwrap().join().unwrap();
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_line_contains_text_and_each_line_of_a_request_has_its_id() {
    // The lines of this workspace, and those of all crates.
    for rust_log in [
        "info,api=trace,backend=trace,marian=trace,segment=trace,service=trace",
        "trace",
    ] {
        check_logs(rust_log).await;
    }
}

async fn check_logs(rust_log: &'static str) {
    let process = tokio::task::spawn_blocking(|| Process::start(rust_log))
        .await
        .unwrap();
    let client = reqwest::Client::new();
    let send = async |path: &str, body: String| {
        let request = client
            .post(format!("{}{path}", process.url))
            .header("x-request-id", "canary-id")
            .body(body);
        request.send().await.unwrap().text().await.unwrap()
    };
    let text = "Der Kanarienvogel Zwitscherlinchen singt 4711 Lieder. 漢字 Zwitscherlinchen?";
    let whole = send("/translate", json(text)).await;
    send("/translate/stream", json(text)).await;
    // Invalid requests, each with the text in it.
    send("/translate", format!("{{\"text_de\": \"{text}\" oops")).await;
    send(
        "/translate",
        format!("{{\"Zwitscherlinchen\": \"{text}\"}}"),
    )
    .await;
    send("/translate", format!("[\"{text}\"]")).await;
    send("/translate", json(&text.repeat(200_000))).await;
    let whole: serde_json::Value = serde_json::from_str(&whole).unwrap();
    let english = whole["text_en"].as_str().unwrap().to_owned();

    process.terminate();
    let (code, log) = tokio::task::spawn_blocking(|| process.end()).await.unwrap();
    assert_eq!(code, Some(0));
    for secret in ["Kanarienvogel", "Zwitscher", "4711", "漢字", "oops"] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
    for words in english
        .split(['.', '?', '!'])
        .filter(|words| words.len() > 8)
    {
        assert!(!log.contains(words.trim()), "{words} is in the log:\n{log}");
    }
    // The id is also in the lines from the thread of the model.
    for line in ["translating", "translated", "answered"] {
        let mut lines = log.lines().filter(|found| found.contains(line)).peekable();
        assert!(lines.peek().is_some(), "no line contains {line}:\n{log}");
        assert!(lines.all(|found| found.contains("canary-id")), "{log}");
    }
}
