//! A request to an API, read.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequest, Request};
use axum::http::header::AUTHORIZATION;
use tokio::sync::OwnedSemaphorePermit;

use super::access::{Access, Client};
use super::apis::Apis;
use super::fields::Fields;
use super::refusal::Refusal;
use crate::pages::body::Forms;

/// Somebody who sends a request.
#[derive(Debug)]
pub(crate) struct Caller {
    address: IpAddr,
    /// Key in the header `Authorization`, without its scheme.
    key: Option<String>,
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
        let key = key.and_then(|value| value.trim().rsplit(' ').next());
        Self {
            address: access.address(connection, headers),
            key: key.map(str::to_owned),
        }
    }

    /// Identifies the client, by its key in the header `Authorization` (of any scheme), else by
    /// `key`, which is that in a field.
    ///
    /// # Errors
    /// The key is missing or wrong.
    pub(super) fn client(&self, access: &Access, key: Option<&str>) -> Result<Client, Refusal> {
        access.client(self.key.as_deref().or(key), self.address)
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
        let Some(mut room) = apis.requests.room_for(&request).await else {
            service::body::drain(request).await;
            return Err(Refusal::Crowded);
        };
        let caller = Caller::of(&request, &apis.access);
        let headers = request.headers().clone();
        let uri = request.uri().clone();
        let limit = apis.max_body_bytes();
        let mut body = Vec::new();
        service::body::read(request, |chunk| {
            if body.len() + chunk.len() > limit {
                return Err(Refusal::TooLong {
                    limit: apis.max_text_bytes,
                });
            }
            body.extend_from_slice(chunk);
            Ok(())
        })
        .await?;
        // What a body of unknown size did not need after all is free again.
        Forms::shrink(&mut room, body.len());
        Ok(Self {
            fields: Fields::read(uri.query(), &headers, body).await?,
            caller,
            _room: room,
        })
    }
}
