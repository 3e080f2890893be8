//! Resolution of names to addresses.

use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

/// Maximum time to resolve a name.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Resolver of names.
pub trait Resolve: Debug + Send + Sync {
    /// Returns the current addresses of the host of `url`, each with the port of the URL. May
    /// block.
    ///
    /// # Errors
    /// The name cannot be resolved at present, or has no address.
    fn resolve(&self, url: &Url) -> io::Result<Vec<SocketAddr>>;
}

/// The resolver of the system: its hosts file and its name server.
#[derive(Clone, Copy, Debug)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, url: &Url) -> io::Result<Vec<SocketAddr>> {
        url.socket_addrs(|| None)
    }
}

/// Resolves the host of `url` within [`TIMEOUT`]; the addresses are sorted.
pub(super) async fn resolve(resolver: &Arc<dyn Resolve>, url: &Url) -> io::Result<Vec<SocketAddr>> {
    let (resolver, url) = (Arc::clone(resolver), url.clone());
    let lookup = tokio::task::spawn_blocking(move || resolver.resolve(&url));
    let mut addresses = tokio::time::timeout(TIMEOUT, lookup)
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
        .map_err(io::Error::other)??;
    // Name servers shuffle them.
    addresses.sort_unstable();
    Ok(addresses)
}
