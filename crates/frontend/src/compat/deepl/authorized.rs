//! Requests with the right key, and refusals in the shape of `DeepL`.

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::compat::access::Client;
use crate::compat::apis::Apis;
use crate::compat::call::Call;
use crate::compat::refusal::Refusal;

/// Status of `DeepL` for a used up quota. Its clients do not repeat such a request.
const QUOTA_EXCEEDED: u16 = 456;

/// A [`Refusal`] in the shape of `DeepL`.
#[derive(Debug)]
pub(super) struct DeeplRefusal(pub(super) Refusal);

impl From<Refusal> for DeeplRefusal {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for DeeplRefusal {
    fn into_response(self) -> Response {
        let Self(refusal) = self;
        let status = match refusal {
            Refusal::Quota { .. } => StatusCode::from_u16(QUOTA_EXCEEDED).ok(),
            _ => None,
        };
        let status = status.unwrap_or(refusal.status());
        refusal.respond(status, json!({"message": refusal.to_string()}))
    }
}

/// A call whose key is right.
#[derive(Debug)]
pub(super) struct Authorized {
    pub(super) call: Call,
    pub(super) client: Client,
}

impl FromRequest<Apis> for Authorized {
    type Rejection = DeeplRefusal;

    async fn from_request(request: Request, apis: &Apis) -> Result<Self, DeeplRefusal> {
        let call = Call::from_request(request, apis).await?;
        let client = call.client(apis, call.fields.text("auth_key"))?;
        Ok(Self { call, client })
    }
}
