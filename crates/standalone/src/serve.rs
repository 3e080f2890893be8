//! Running both services until a signal.

use std::{io::Write as _, net::SocketAddr, time::Duration};

use anyhow::Context as _;
use service::{health, server, shutdown};
use tokio_util::sync::CancellationToken;

use crate::cli::Cli;

/// Interval of the checks whether the page is served: too short to notice.
const CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// Runs both services and prints the address of the page. Returns when both have ended after a
/// signal, or with the error of the first one that fails.
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
    translation.context("the translation service failed")?;
    page.context("the page failed")
}

/// Runs a service; when it ends, for whatever reason, the other one is shut down.
async fn ends_all(
    service: impl Future<Output = anyhow::Result<()>>,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let outcome = service.await;
    shutdown.cancel();
    outcome
}

/// Returns the addresses of the configured translation services, without the secrets that URLs may
/// contain.
fn origins(frontend: &frontend::Config) -> String {
    let urls = frontend.backend_url.iter();
    let origins: Vec<_> = urls.map(|url| url.origin().ascii_serialization()).collect();
    origins.join(", ")
}

/// Prints the address of the page once it is served, and the translation service if that is another
/// process.
async fn announce(bind: SocketAddr, elsewhere: Option<String>) {
    while health::check(bind).await.is_err() {
        tokio::time::sleep(CHECK_INTERVAL).await;
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
    // Standard output may be closed.
    let _ = writeln!(std::io::stdout(), "{}", lines.join("\n"));
}
