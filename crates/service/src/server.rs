//! Serving a router with timeouts and a drain, neither of which `axum::serve` has.

use std::{net::SocketAddr, pin::Pin, time::Duration};

use anyhow::Context as _;
use axum::{Router, extract::ConnectInfo, http::Request};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{io::AsyncWrite, net::TcpListener};
use tokio_io_timeout::TimeoutWriter;
use tokio_util::sync::CancellationToken;

/// Maximum time for the head of a request. Browsers send it at once; a client that does not would
/// occupy a connection for nothing.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum time in which a client may accept none of a pending response: longer than any network
/// outage that recovers. Without it, a client that does not read would hold the response and its
/// place in the queue for ever.
const WRITE_TIMEOUT: Duration = Duration::from_mins(2);

/// Pause after a failed accept: the process is out of file descriptors, and one is released when a
/// connection ends.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Binds `address`.
///
/// # Errors
/// The address is in use or not permitted; the message names it.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))
}

/// Serves `router` until `shutdown` is cancelled, then stops accepting and lets running requests
/// finish within `drain`. Requests that are still running after that are cut off. Each request has
/// the address of its connection as an extension, [`ConnectInfo<SocketAddr>`].
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
    drain: Duration,
) {
    // Without HTTP/2: waiting for its preface has no timeout.
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT);
    let connections = GracefulShutdown::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
            () = shutdown.cancelled() => break,
        };
        // Small chunks of a stream are sent at once.
        let _ = stream.set_nodelay(true);
        let router = TowerToHyperService::new(router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.call(request)
        });
        let stream = TokioIo::new(with_write_timeout(stream, WRITE_TIMEOUT));
        let connection = connections.watch(builder.serve_connection(stream, service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended early");
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

/// Returns `stream` with writes that fail once the peer has accepted none of the pending bytes for
/// `limit`. Any progress restarts the clock, and reads have no limit.
fn with_write_timeout<T: AsyncWrite>(stream: T, limit: Duration) -> Pin<Box<TimeoutWriter<T>>> {
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(limit));
    Box::pin(stream)
}

#[cfg(test)]
mod tests {
    use std::{io::ErrorKind, sync::Arc};

    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, duplex},
        sync::Notify,
    };

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

    #[tokio::test]
    async fn a_peer_that_accepts_nothing_is_cut_off() {
        let (ours, _theirs) = duplex(4);
        let mut ours = with_write_timeout(ours, Duration::ZERO);
        ours.write_all(b"room").await.expect("there is room");
        let error = ours.write_all(b"!").await.expect_err("cut off");
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_peer_that_accepts_a_byte_now_and_then_is_not() {
        let (ours, mut theirs) = duplex(1);
        let mut ours = with_write_timeout(ours, Duration::from_mins(1));
        let writes = async {
            ours.write_all(b"in small pieces").await.expect("written");
            drop(ours);
        };
        let mut read = String::new();
        let reads = async { theirs.read_to_string(&mut read).await.expect("read") };
        tokio::join!(writes, reads);
        assert_eq!(read, "in small pieces");
    }
}
