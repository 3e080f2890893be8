//! Errors of the HTTP service and their responses.

use api::{ErrorBody, ErrorDetail, ErrorLocation};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use service::{body, text::InvalidText};

use crate::queue::Full;

/// Seconds after which a refused client may try again: a few sentences of the model.
const RETRY_AFTER_SECONDS: u64 = 5;

/// Seconds after which a client may try again while the model is loading, which takes one or two.
const LOADING_RETRY_AFTER_SECONDS: u64 = 1;

/// Error of a request. Bodies have the shape of `FastAPI`'s (`detail[].loc/msg/type`), without its
/// `input`, which would send the entire text back.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The body is not JSON, or not a valid request.
    #[error("{}", .0.msg)]
    Invalid(ErrorDetail),
    /// The body is not text.
    #[error("The body is {0}")]
    NotText(#[from] InvalidText),
    /// The `Content-Encoding` is not supported, or the body does not match it.
    #[error(
        "The body is not encoded as its Content-Encoding says; supported are gzip, deflate and br"
    )]
    Encoding,
    /// The connection ended in the middle of the body.
    #[error("The body ended before it was complete")]
    Aborted,
    /// The client stopped sending in the middle of the body.
    #[error("The body did not arrive in time")]
    Slow,
    /// The text is over the limit.
    #[error("{}", too_long(*.limit, *.length))]
    TooLong {
        /// Maximum size in bytes of UTF-8.
        limit: usize,
        /// Size of the text in bytes, if known.
        length: Option<usize>,
    },
    /// The path does not exist.
    #[error("Not Found")]
    NotFound,
    /// The path does not have this method.
    #[error("Method Not Allowed")]
    MethodNotAllowed,
    /// The model is still loading.
    #[error("The model is still loading; try again in a moment")]
    Loading,
    /// The queue is full.
    #[error("The server is busy; try again in a moment")]
    Full,
    /// The server is shutting down.
    #[error("The server is shutting down; try again in a moment")]
    ShuttingDown,
    /// A fault of the service; its cause is only in the log.
    #[error("Internal Server Error")]
    Internal,
    /// A fault of the service that a retry will not fix: the same text has failed before.
    #[error("The model fails on this text repeatedly")]
    Hopeless,
}

fn too_long(limit: usize, length: Option<usize>) -> String {
    let length = match length {
        Some(length) => format!("has {length} bytes"),
        None => "is too long".to_owned(),
    };
    format!("The text {length}; the limit is {limit} bytes (MAX_TEXT_BYTES)")
}

impl Error {
    /// Creates the error for a fault at `loc` of the body, in `FastAPI`'s words.
    #[must_use]
    pub fn invalid(kind: &str, msg: &str, loc: &[&str]) -> Self {
        Self::Invalid(ErrorDetail {
            loc: fields(loc),
            msg: msg.to_owned(),
            kind: kind.to_owned(),
        })
    }

    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotText(_) | Self::Aborted => StatusCode::BAD_REQUEST,
            Self::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Loading | Self::Full | Self::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal | Self::Hopeless => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns whether the same request may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        // The cause of an internal error may be another text of the same batch.
        matches!(
            self,
            Self::Loading | Self::Full | Self::ShuttingDown | Self::Internal
        )
    }

    fn detail(self) -> ErrorDetail {
        let msg = self.to_string();
        let (kind, loc) = match self {
            Self::Invalid(detail) => return detail,
            Self::NotText(InvalidText { encoding, at }) => {
                let mut loc = fields(&["body"]);
                loc.push(ErrorLocation::Position(at));
                let encoding = encoding.to_ascii_lowercase().replace('-', "");
                return ErrorDetail {
                    loc,
                    msg,
                    kind: format!("invalid_{encoding}"),
                };
            }
            Self::Encoding => ("content_encoding", &["header", "content-encoding"][..]),
            Self::Aborted => ("incomplete_body", &["body"][..]),
            Self::Slow => ("timeout", &["body"][..]),
            Self::TooLong { .. } => ("text_too_long", &["body", "text_de"][..]),
            Self::NotFound => ("not_found", &["path"][..]),
            Self::MethodNotAllowed => ("method_not_allowed", &["method"][..]),
            Self::Loading => ("loading", &["server"][..]),
            Self::Full => ("busy", &["server"][..]),
            Self::ShuttingDown => ("shutting_down", &["server"][..]),
            Self::Internal => ("internal", &["server"][..]),
            Self::Hopeless => ("hopeless", &["server"][..]),
        };
        ErrorDetail {
            loc: fields(loc),
            msg,
            kind: kind.to_owned(),
        }
    }
}

impl From<body::Error> for Error {
    fn from(error: body::Error) -> Self {
        match error {
            body::Error::Aborted => Self::Aborted,
            body::Error::Slow => Self::Slow,
            body::Error::Encoding => Self::Encoding,
        }
    }
}

impl From<Full> for Error {
    fn from(Full: Full) -> Self {
        Self::Full
    }
}

/// Returns names of fields as a location.
fn fields(names: &[&str]) -> Vec<ErrorLocation> {
    names
        .iter()
        .map(|name| ErrorLocation::Field((*name).to_owned()))
        .collect()
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, retryable) = (self.status(), self.is_retryable());
        let pause = match self {
            Self::Loading => LOADING_RETRY_AFTER_SECONDS,
            _ => RETRY_AFTER_SECONDS,
        };
        let body = ErrorBody {
            detail: vec![self.detail()],
        };
        let mut response = (status, Json(body)).into_response();
        if retryable {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(pause));
        }
        response
    }
}
