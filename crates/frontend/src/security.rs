//! Response headers for browsers, and the refusal of cross-site requests.

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::error::Error;

/// Allows only our own files and nothing inline: text that slips through escaping cannot
/// run.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Refuses requests sent by pages of other sites.
pub(crate) fn same_site(router: Router) -> Router {
    router.layer(CsrfLayer::new().with_rejection_response(refuse))
}

/// Adds the headers to every response.
pub(crate) fn headers(router: Router) -> Router {
    router
        .layer(fixed(
            header::CONTENT_SECURITY_POLICY,
            CONTENT_SECURITY_POLICY,
        ))
        // Not `no-referrer`: with it, browsers send `Origin: null` from forms over plain HTTP, and
        // the CSRF layer would refuse them.
        .layer(fixed(header::REFERRER_POLICY, "same-origin"))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
}

fn fixed(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the layer hands the error over by value"
)]
fn refuse(error: ProtectionError) -> Response {
    tracing::info!(%error, "refused a request from another site");
    Error::OtherSite.into_response()
}
