//! How a name becomes addresses.

use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

/// Longest wait for the addresses of a name.
const PATIENCE: Duration = Duration::from_secs(5);

/// Finds the addresses that names stand for.
pub trait Names: Debug + Send + Sync {
    /// The addresses that the host of `url` stands for now, each with the URL's port. May block.
    ///
    /// # Errors
    /// The name cannot be looked up now, or stands for none.
    fn addresses(&self, url: &Url) -> io::Result<Vec<SocketAddr>>;
}

/// The names of the system: those of its files and its name server.
#[derive(Clone, Copy, Debug)]
pub struct System;

impl Names for System {
    fn addresses(&self, url: &Url) -> io::Result<Vec<SocketAddr>> {
        url.socket_addrs(|| None)
    }
}

/// The addresses in order, within bounds of time.
pub(super) async fn addresses(names: &Arc<dyn Names>, url: &Url) -> io::Result<Vec<SocketAddr>> {
    let (names, url) = (Arc::clone(names), url.clone());
    let look_up = tokio::task::spawn_blocking(move || names.addresses(&url));
    let mut addresses = tokio::time::timeout(PATIENCE, look_up)
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
        .map_err(io::Error::other)??;
    // A name server shuffles them.
    addresses.sort_unstable();
    Ok(addresses)
}
