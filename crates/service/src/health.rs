//! Liveness, and the health check of a container.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::{Router, routing::get};

/// Returns a router with `GET /livez`, which answers 200 for as long as the process answers at all.
/// It checks no other service: an orchestrator kills whatever is not live, and a restart would not
/// fix another service.
pub fn livez<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/livez", get(async || "ok\n"))
}

/// Asks the server bound to `bind` on this host for `GET /readyz`: the `healthcheck` subcommand of
/// a binary whose image has neither a shell nor curl.
///
/// Readiness rather than liveness, because Swarm adds a container to its name server, and so sends
/// it work, after its first successful health check. A ready server must stay ready while it is
/// busy, or Swarm kills it.
///
/// # Errors
/// The server does not answer 200 within three seconds.
pub async fn check(bind: SocketAddr) -> anyhow::Result<()> {
    let url = format!("http://{}/readyz", reachable(bind));
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(3))
        .build()?;
    client.get(&url).send().await?.error_for_status()?;
    Ok(())
}

/// Returns an address to connect to for the address that a server is bound to: "all addresses" is
/// not a destination.
#[must_use]
pub fn reachable(bind: SocketAddr) -> SocketAddr {
    let ip = match bind.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bind.port())
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use tokio::task::JoinHandle;

    use super::*;

    /// Starts a server on all addresses that is live and answers `/readyz` with `ready`.
    async fn server(ready: StatusCode) -> (SocketAddr, JoinHandle<std::io::Result<()>>) {
        let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await;
        let listener = listener.expect("bound");
        let bind = listener.local_addr().expect("an address");
        let router = livez::<()>().route("/readyz", get(async move || ready));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        (bind, server)
    }

    #[tokio::test]
    async fn a_server_on_all_addresses_is_found_and_a_missing_one_is_not() {
        let (bind, server) = server(StatusCode::OK).await;
        check(bind).await.expect("ready");
        server.abort();
        let _ = server.await;
        check(bind).await.expect_err("gone");
    }

    #[tokio::test]
    async fn a_server_that_is_live_and_not_ready_gets_no_work() {
        let (bind, _) = server(StatusCode::SERVICE_UNAVAILABLE).await;
        check(bind).await.expect_err("not ready");
    }
}
