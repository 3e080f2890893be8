//! Serving a router with time limits and a drain, which `axum::serve` has not.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::patience::Patient;

/// How long a client may take to send a request's head. Browsers send it at once; who does not
/// would hold a connection for nothing.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a client may take nothing of an answer that waits for it: longer than any pause of a
/// network that comes back. Who does not read would keep the answer, and its place, for ever.
const WRITE_TIMEOUT: Duration = Duration::from_mins(2);

/// How long to wait after a failed accept: the process is out of file descriptors, and one comes
/// free when a connection ends.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Binds `address`.
///
/// # Errors
/// The address is taken or not allowed; the message names it.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))
}

/// Serves `router` until `shutdown` is cancelled, then accepts no more and lets the requests that
/// are running finish for at most `drain`. What is not finished then is cut off.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
    drain: Duration,
) {
    // HTTP/1 alone: looking for the preface of HTTP/2 would wait for a silent client without a limit.
    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT);
    let connections = GracefulShutdown::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
            () = shutdown.cancelled() => break,
        };
        // Small chunks of a stream go out at once.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        let connection = builder
            .serve_connection(TokioIo::new(Patient::new(stream, WRITE_TIMEOUT)), service)
            .into_owned();
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error, "connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(drain, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!(
            ?drain,
            "requests still running at the end of the drain were cut off"
        );
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::routing::get;
    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn a_running_request_is_finished_and_no_other_accepted() {
        let (entered, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let router = Router::new().route(
            "/",
            get({
                let (entered, go) = (entered.clone(), go.clone());
                async move || {
                    entered.notify_one();
                    go.notified().await;
                    "whole"
                }
            }),
        );
        let listener = bind("127.0.0.1:0".parse().expect("an address"))
            .await
            .expect("bound");
        let address = listener.local_addr().expect("an address");
        let shutdown = CancellationToken::new();
        let server = tokio::spawn(serve(
            listener,
            router,
            shutdown.clone(),
            Duration::from_mins(1),
        ));
        let request = tokio::spawn(reqwest::get(format!("http://{address}/")));
        entered.notified().await;
        shutdown.cancel();
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        go.notify_one();
        let body = request
            .await
            .expect("joined")
            .expect("answered")
            .text()
            .await
            .expect("a body");
        assert_eq!(body, "whole");
        server.await.expect("ended by itself");
    }

    #[tokio::test]
    async fn a_taken_port_is_named() {
        let listener = bind("127.0.0.1:0".parse().expect("an address"))
            .await
            .expect("bound");
        let address = listener.local_addr().expect("an address");
        let error = bind(address).await.expect_err("taken");
        assert_eq!(error.to_string(), format!("cannot listen on {address}"));
    }
}
