//! The APIs of other services, through the whole frontend.
//!
//! - `libre`: LibreTranslate, its answers and its errors
//! - `deepl`: DeepL, the same
//! - `plugins`: the shapes of `DeepLX`, Immersive Translate, kiss-translator and hcfy
//! - `files`: files by both
//! - `access`: keys, rates, proxies, and requests of other sites
//! - `work`: many clients, clients that go away, and backends that fail

mod access;
mod deepl;
mod files;
mod libre;
mod plugins;
mod work;

use clap::Parser as _;
use frontend::Config;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use service::args::Common;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::Cases;
use crate::fixture::{Backend, free_address};

pub(crate) fn add(cases: &mut Cases) {
    libre::add(cases);
    deepl::add(cases);
    files::add(cases);
    plugins::add(cases);
    access::add(cases);
    work::add(cases);
}

#[derive(clap::Parser)]
struct Cli {
    #[command(flatten)]
    config: Config,
    #[command(flatten)]
    common: Common,
}

/// A frontend in this process.
struct Frontend {
    url: String,
    client: Client,
    folder: TempDir,
    _shutdown: DropGuard,
}

impl Frontend {
    /// Starts it with these flags.
    async fn start(backend: &Backend, flags: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), backend, flags).await
    }

    async fn start_in(folder: TempDir, backend: &Backend, flags: &[&str]) -> Self {
        let listener = TcpListener::bind(free_address()).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let own = [
            "frontend".to_owned(),
            format!("--backend-url={}", backend.url()),
            format!("--data-dir={}", folder.path().display()),
        ];
        let flags = flags.iter().map(|flag| (*flag).to_owned());
        let Cli { config, common } = Cli::parse_from(own.into_iter().chain(flags));
        let shutdown = CancellationToken::new();
        let token = shutdown.clone();
        tokio::spawn(async move {
            frontend::run(config, &common, listener, token)
                .await
                .unwrap();
        });
        Self {
            url,
            client: Client::new(),
            folder,
            _shutdown: shutdown.drop_guard(),
        }
    }

    /// Starts it with these flags and a file with these keys.
    async fn with_keys(backend: &Backend, keys: &str, flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys");
        std::fs::write(&file, keys).unwrap();
        let file = format!("--api-keys-file={}", file.display());
        Self::start_in(folder, backend, &[&[file.as_str()], flags].concat()).await
    }

    fn request(&self, method: &Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.url);
        self.client.request(method.clone(), url)
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.request(&Method::GET, path)
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.request(&Method::POST, path)
    }

    /// Prepares a request with these fields of a form.
    fn form(&self, path: &str, fields: &'static str) -> RequestBuilder {
        let request = self.post(path).body(fields);
        request.header("content-type", "application/x-www-form-urlencoded")
    }

    /// Sends JSON; returns the status and the JSON of the answer.
    async fn json(&self, path: &str, body: Value) -> (StatusCode, Value) {
        answer(self.post(path).json(&body).send().await.unwrap()).await
    }

    /// Sends JSON; returns the JSON of the answer, which is no error.
    async fn ok(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.json(path, body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }
}

async fn answer(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    assert_eq!(response.headers()["content-type"], "application/json");
    (status, response.json().await.unwrap())
}
