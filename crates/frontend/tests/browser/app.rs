//! The frontend in this process, and a proxy to it that can be interrupted.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU16, Ordering};

use clap::Parser as _;
use frontend::Config;
use service::args::Common;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::backend::Backend;
use crate::support::{CONTENT_TYPE, Form};

/// Number of the next frontend. Each has its own address, so that nobody else uses its port while
/// it does not listen.
static COUNT: AtomicU16 = AtomicU16::new(1);

/// The frontend with an embedded database in its own folder.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) url: String,
    backend: String,
    more: Vec<String>,
    folder: TempDir,
    running: Mutex<Option<(CancellationToken, JoinHandle<()>)>>,
}

#[derive(clap::Parser)]
struct Cli {
    #[command(flatten)]
    config: Config,
    #[command(flatten)]
    common: Common,
}

impl App {
    /// Starts it.
    pub(crate) async fn start(backend: &Backend) -> Self {
        Self::start_with(&backend.url, None).await
    }

    /// Starts it with a database that cannot be reached.
    pub(crate) async fn start_without_database(backend: &Backend) -> Self {
        // Port 1 is reserved and unused.
        let database = "--database-url=mysql://user:password@127.0.0.1:1/translation";
        Self::start_as(&backend.url, vec![database.to_owned()]).await
    }

    /// Starts it with a limit for texts, in bytes, and with a backend that need not be running.
    pub(crate) async fn start_with(backend: &str, limit: Option<usize>) -> Self {
        let limit = limit.map(|limit| format!("--max-text-bytes={limit}"));
        Self::start_as(backend, limit.into_iter().collect()).await
    }

    async fn start_as(backend: &str, more: Vec<String>) -> Self {
        let [high, low] = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let listener = TcpListener::bind(SocketAddr::from(([127, 1, high, low], 0)))
            .await
            .unwrap();
        let app = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            backend: backend.to_owned(),
            more,
            folder: TempDir::new().unwrap(),
            running: Mutex::new(None),
        };
        app.serve(listener).await;
        app
    }

    async fn serve(&self, listener: TcpListener) {
        let mut arguments = vec![
            "frontend".to_owned(),
            format!("--backend-url={}", self.backend),
            format!("--data-dir={}", self.folder.path().display()),
        ];
        arguments.extend(self.more.clone());
        let cli = Cli::parse_from(arguments);
        let shutdown = CancellationToken::new();
        let token = shutdown.clone();
        let task = tokio::spawn(async move {
            frontend::run(cli.config, &cli.common, listener, token)
                .await
                .unwrap();
        });
        *self.running.lock().unwrap() = Some((shutdown, task));
        // The database is up a moment later than the form.
        while !self
            .more
            .iter()
            .any(|argument| argument.starts_with("--database"))
            && self.degraded().await.contains("database")
        {
            tokio::task::yield_now().await;
        }
    }

    async fn degraded(&self) -> String {
        let answer = reqwest::get(format!("{}/readyz", self.url)).await.unwrap();
        answer.text().await.unwrap()
    }

    /// Stops it gracefully, as a restart of its container does.
    pub(crate) async fn stop(&self) {
        let running = self.running.lock().unwrap().take();
        if let Some((shutdown, task)) = running {
            shutdown.cancel();
            task.await.unwrap();
        }
    }

    /// Starts it again, on the same address and folder.
    pub(crate) async fn start_again(&self) {
        let address = self.url.trim_start_matches("http://");
        let listener = TcpListener::bind(address).await.unwrap();
        self.serve(listener).await;
    }

    /// Returns its data folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Submits a text like the form. Returns the address of its page.
    pub(crate) async fn submit(&self, text: &str) -> String {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let mut encoded = String::new();
        for byte in text.bytes() {
            write!(encoded, "%{byte:02X}").unwrap();
        }
        let request = client
            .post(&self.url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("nonce={}&text={encoded}", Uuid::now_v7()));
        let answer = request.send().await.unwrap();
        let location = answer.headers()["location"].to_str().unwrap();
        format!("{}{location}", self.url)
    }

    /// Sends a form with files. Returns the address of the page that it leads to.
    pub(crate) async fn send(&self, form: &Form) -> String {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        let request = client.build().unwrap().post(&self.url);
        let request = request.header("content-type", CONTENT_TYPE);
        let answer = request.body(form.body()).send().await.unwrap();
        let location = answer.headers()["location"].to_str().unwrap();
        format!("{}{location}", self.url)
    }

    /// Submits a text and waits until it is in the history.
    pub(crate) async fn translate(&self, text: &str) -> String {
        let page = self.submit(text).await;
        loop {
            let html = reqwest::get(&page).await.unwrap().text().await.unwrap();
            if html.contains("data-phase=\"stored\"") {
                return page;
            }
        }
    }
}

/// A proxy that can be interrupted, like the connection of a phone in a tunnel.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) url: String,
    target: String,
    address: String,
    cut: Mutex<CancellationToken>,
}

impl Proxy {
    /// Starts a proxy to `url` on its own port.
    pub(crate) async fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let proxy = Self {
            url: format!("http://{address}"),
            target: url.trim_start_matches("http://").to_owned(),
            address,
            cut: Mutex::default(),
        };
        proxy.forward(listener);
        proxy
    }

    fn forward(&self, listener: TcpListener) {
        let cut = self.cut.lock().unwrap().clone();
        let target = self.target.clone();
        tokio::spawn(async move {
            while let Some(Ok((mut near, _))) = cut.run_until_cancelled(listener.accept()).await {
                let (cut, target) = (cut.clone(), target.clone());
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(target).await?;
                    let both = tokio::io::copy_bidirectional(&mut near, &mut far);
                    cut.run_until_cancelled(both).await;
                    std::io::Result::Ok(())
                });
            }
        });
    }

    /// Closes all connections and accepts no new ones.
    pub(crate) fn cut(&self) {
        self.cut.lock().unwrap().cancel();
    }

    /// Accepts connections again.
    pub(crate) async fn restore(&self) {
        *self.cut.lock().unwrap() = CancellationToken::new();
        // The port is free once the listening task has ended.
        let listener = loop {
            match TcpListener::bind(&self.address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        self.forward(listener);
    }
}
