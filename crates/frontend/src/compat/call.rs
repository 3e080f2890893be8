//! A request to an API, read.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequest, Request};
use axum::http::header::AUTHORIZATION;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::OwnedSemaphorePermit;

use super::access::{Access, Client};
use super::apis::Apis;
use super::fields::Fields;
use super::refusal::Refusal;
use crate::pages::body::Forms;

/// Sender of a request.
#[derive(Debug)]
pub(crate) struct Caller {
    address: IpAddr,
    /// Key in the header `Authorization`, without its scheme.
    key: Option<SecretString>,
}

impl Caller {
    /// Returns the sender of a request.
    pub(super) fn of(request: &Request, access: &Access) -> Self {
        let connection = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let connection = connection.map(|ConnectInfo(address)| address.ip());
        // Tests call the router without a connection.
        let connection = connection.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
        let headers = request.headers();
        let key = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let key = key.and_then(|value| match value.trim().rsplit_once(' ') {
            // The name and password of a proxy in front of this server.
            Some((scheme, _)) if scheme.trim().eq_ignore_ascii_case("Basic") => None,
            Some((_, key)) => Some(key),
            None => Some(value.trim()),
        });
        Self {
            address: access.address(connection, headers),
            key: key.map(SecretString::from),
        }
    }

    /// Checks the key in the header of a request before its body arrives. One without may have it in
    /// a field.
    ///
    /// # Errors
    /// The key is wrong.
    pub(super) fn check(&self, access: &Access) -> Result<(), Refusal> {
        if self.key.is_some() {
            self.client(access, None)?;
        }
        Ok(())
    }

    /// Identifies the client, by its key in the header `Authorization` (of any scheme), else by
    /// `key`, which is that in a field.
    ///
    /// # Errors
    /// The key is missing or wrong.
    pub(super) fn client(&self, access: &Access, key: Option<&str>) -> Result<Client, Refusal> {
        let own = self.key.as_ref().map(SecretString::expose_secret);
        access.client(own.or(key), self.address)
    }
}

/// A request to an API.
#[derive(Debug)]
pub(crate) struct Call {
    /// Fields of the address and the body.
    pub(crate) fields: Fields,
    caller: Caller,
    /// Room for it in memory until it is answered.
    _room: OwnedSemaphorePermit,
}

impl Call {
    /// Identifies the client, as [`Caller::client`] does.
    ///
    /// # Errors
    /// The key is missing or wrong.
    pub(crate) fn client(&self, apis: &Apis, key: Option<&str>) -> Result<Client, Refusal> {
        self.caller.client(&apis.access, key)
    }
}

impl FromRequest<Apis> for Call {
    type Rejection = Refusal;

    async fn from_request(request: Request, apis: &Apis) -> Result<Self, Refusal> {
        let caller = Caller::of(&request, &apis.access);
        if let Err(refusal) = caller.check(&apis.access) {
            service::body::drain(request).await;
            return Err(refusal);
        }
        let headers = request.headers().clone();
        let uri = request.uri().clone();
        let limit = apis.max_body_bytes();
        let (body, room) = body(request, &apis.requests, limit, apis.max_text_bytes).await?;
        Ok(Self {
            fields: Fields::read(uri.query(), &headers, body).await?,
            caller,
            _room: room,
        })
    }
}

/// Returns the body of a request, of up to `limit` bytes, and its room in `memory`. `max_text_bytes`
/// is for the client that sends more.
async fn body(
    request: Request,
    memory: &Forms,
    limit: usize,
    max_text_bytes: usize,
) -> Result<(Vec<u8>, OwnedSemaphorePermit), Refusal> {
    let Some(mut room) = memory.room_for(&request).await else {
        service::body::drain(request).await;
        return Err(Refusal::Crowded);
    };
    let mut body = Vec::new();
    service::body::read(request, |chunk| {
        if body.len() + chunk.len() > limit {
            return Err(Refusal::TooLong {
                limit: max_text_bytes,
            });
        }
        body.extend_from_slice(chunk);
        Ok(())
    })
    .await?;
    // What a body of unknown size did not need after all is free again.
    Forms::shrink(&mut room, body.len());
    Ok((body, room))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::Body;
    use axum::http::header::RETRY_AFTER;
    use axum::response::IntoResponse as _;
    use tokio::time::Instant;

    use super::*;
    use crate::compat::access::ROOM_TIMEOUT;

    const LIMIT: usize = 100_000;

    #[tokio::test(start_paused = true)]
    async fn a_request_without_room_is_refused_for_a_while() {
        let memory = Forms::with_room(LIMIT, LIMIT, LIMIT, ROOM_TIMEOUT);
        let send = |text: Vec<u8>| body(Request::new(Body::from(text)), &memory, LIMIT, LIMIT);
        let (_, room) = send(vec![b'a'; LIMIT]).await.expect("room");
        // It waits in vain, on a clock that jumps.
        let start = Instant::now();
        let refusal = send(vec![b'a'; LIMIT]).await.expect_err("no room");
        assert!(start.elapsed() < Duration::from_secs(5), "clients wait");
        assert_eq!(refusal, Refusal::Crowded);
        let response = refusal.into_response();
        assert_eq!(response.status(), 503);
        assert!(response.headers().contains_key(RETRY_AFTER));
        // A short one has room of its own, and the long one now too.
        drop(send(b"Ja.".to_vec()).await.expect("room"));
        drop(room);
        drop(send(vec![b'a'; LIMIT]).await.expect("room"));
        let refusal = send(vec![b'a'; LIMIT + 1]).await.expect_err("too long");
        assert_eq!(refusal, Refusal::TooLong { limit: LIMIT });
    }
}
