//! Both services until a signal comes.

use std::{io::Write as _, net::SocketAddr, time::Duration};

use anyhow::Context as _;
use service::{health, server, shutdown};
use tokio_util::sync::CancellationToken;

use crate::cli::Cli;

/// How long to wait before asking again whether the page is served: too short to notice.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// Runs both services and prints the page's address; ends when a signal has come and both are
/// done, or when one of them fails, with its error.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<()> {
    let Cli {
        common,
        backend,
        mut frontend,
        backend_elsewhere,
        ..
    } = cli;
    let shutdown = shutdown::token()?;
    let page = server::bind(frontend.frontend_bind).await?;
    let elsewhere = backend_elsewhere.then(|| origins(&frontend));
    let announced = tokio::spawn(announce(page.local_addr()?, elsewhere));

    let translation = if backend_elsewhere {
        None
    } else {
        let listener = server::bind(backend.backend_bind).await?;
        let address = health::reachable(listener.local_addr()?);
        frontend.backend_url = vec![format!("http://{address}/").parse()?];
        Some(backend::run(backend, &common, listener, shutdown.clone()))
    };
    let translation = async {
        match translation {
            Some(service) => ends_all(service, &shutdown).await,
            None => Ok(()),
        }
    };
    let page = frontend::run(frontend, &common, page, shutdown.clone());
    let (translation, page) = tokio::join!(translation, ends_all(page, &shutdown));
    announced.abort();
    translation.context("the translation service has ended")?;
    page.context("the page has ended")
}

/// Runs one service; when it ends, however that comes, the other ends too.
async fn ends_all(
    service: impl Future<Output = anyhow::Result<()>>,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let outcome = service.await;
    shutdown.cancel();
    outcome
}

/// Returns the addresses of the translation services to use, without anything secret in their URLs.
fn origins(frontend: &frontend::Config) -> String {
    let urls = frontend.backend_url.iter();
    let origins: Vec<_> = urls.map(|url| url.origin().ascii_serialization()).collect();
    origins.join(", ")
}

/// Prints the address once the page answers there, and the translation service if it is that of
/// another process.
async fn announce(bind: SocketAddr, elsewhere: Option<String>) {
    while health::check(bind).await.is_err() {
        tokio::time::sleep(ASK_AGAIN).await;
    }
    let mut lines = vec![format!(
        "Unlimited translation is at http://{}",
        health::reachable(bind)
    )];
    lines.extend(elsewhere.map(|elsewhere| {
        format!(
            "BACKEND_URL is set: the page uses the translation service at {elsewhere}, and none is \
             started here."
        )
    }));
    // Whoever closed standard output does not want to know.
    let _ = writeln!(std::io::stdout(), "{}", lines.join("\n"));
}
