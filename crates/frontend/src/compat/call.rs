//! A request to an API, read.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequest, Request};
use axum::http::header::AUTHORIZATION;
use tokio::sync::OwnedSemaphorePermit;

use super::Apis;
use super::access::Client;
use super::fields::Fields;
use super::refusal::Refusal;
use crate::pages::body::Forms;

/// Maximum bytes of a body, as a multiple of the maximum text. Python's JSON has six bytes for each
/// umlaut, which makes a German text a twentieth longer; the rest is for line breaks and quotation
/// marks.
const MAX_BYTES_PER_TEXT_BYTE: usize = 2;

/// Bytes of a body on top of that, for the other fields.
const OVERHEAD_BYTES: usize = 1 << 20;

/// A request to an API.
#[derive(Debug)]
pub(crate) struct Call {
    /// Fields of the address and the body.
    pub(crate) fields: Fields,
    address: IpAddr,
    /// Key in the header `Authorization`, without its scheme.
    key: Option<String>,
    /// Room for it in memory until it is answered.
    _room: OwnedSemaphorePermit,
}

/// Returns the maximum size of a body, in bytes, for texts of up to `max_text_bytes`.
pub(super) fn max_body_bytes(max_text_bytes: usize) -> usize {
    let bytes = max_text_bytes.saturating_mul(MAX_BYTES_PER_TEXT_BYTE);
    bytes.saturating_add(OVERHEAD_BYTES)
}

impl Call {
    /// Identifies the client, by its key in the header `Authorization` (of any scheme), else by
    /// `key`, which is that in a field.
    ///
    /// # Errors
    /// The key is missing or wrong.
    pub(crate) fn client(&self, apis: &Apis, key: Option<&str>) -> Result<Client, Refusal> {
        apis.access
            .client(self.key.as_deref().or(key), self.address)
    }
}

impl FromRequest<Apis> for Call {
    type Rejection = Refusal;

    async fn from_request(request: Request, apis: &Apis) -> Result<Self, Refusal> {
        let Some(room) = apis.requests.room_for(&request).await else {
            service::body::drain(request).await;
            return Err(Refusal::Crowded);
        };
        let connection = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let connection = connection.map(|ConnectInfo(address)| address.ip());
        // Tests call the router without a connection.
        let connection = connection.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
        let headers = request.headers().clone();
        let uri = request.uri().clone();
        let limit = max_body_bytes(apis.max_text_bytes);
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
        let room = Forms::shrink(room, body.len());
        let key = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let key = key.and_then(|value| value.trim().rsplit(' ').next());
        Ok(Self {
            fields: Fields::read(uri.query(), &headers, body).await?,
            address: apis.access.address(connection, &headers),
            key: key.map(str::to_owned),
            _room: room,
        })
    }
}
