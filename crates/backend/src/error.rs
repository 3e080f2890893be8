//! The one error of the HTTP service, and what it looks like from outside.

use api::{ErrorBody, ErrorDetail, ErrorLocation};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// Seconds after which a client that was turned away may try again: a few sentences of the model.
pub const RETRY_AFTER_SECONDS: u64 = 5;

/// The same while the model is being loaded, which takes a second or two.
pub const LOADING_SECONDS: u64 = 1;

/// Why a request is not answered with a translation. Bodies have the shape of `FastAPI`'s
/// (`detail[].loc/msg/type`), without its `input`: that would send the whole text back.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The body is JSON, but not a request; or it is no JSON.
    #[error("{}", .0.msg)]
    Invalid(ErrorDetail),
    /// The body is not UTF-8.
    #[error("The body is not valid UTF-8 from byte {at} on")]
    NotUtf8 {
        /// Bytes of the body that are.
        at: usize,
    },
    /// The body ended early.
    #[error("The body ended before it was complete")]
    Aborted,
    /// The client stopped sending in the middle of the body.
    #[error("The body did not arrive in time")]
    Slow,
    /// The text is longer than this server takes.
    #[error("{}", too_long(*.limit, *.length))]
    TooLong {
        /// The most it takes, in bytes of UTF-8.
        limit: usize,
        /// What the text has, if that is known.
        length: Option<usize>,
    },
    /// No such path.
    #[error("Not Found")]
    NotFound,
    /// The path exists, but not with this method.
    #[error("Method Not Allowed")]
    MethodNotAllowed,
    /// The model is being loaded.
    #[error("The model is still being loaded; try again in a moment")]
    Loading,
    /// As many requests wait as the queue holds.
    #[error("The server is busy; try again in a moment")]
    Full,
    /// The server is about to end.
    #[error("The server is shutting down; try again in a moment")]
    ShuttingDown,
    /// A fault of ours; its cause stands in the log and nowhere else.
    #[error("Internal Server Error")]
    Internal,
    /// The same, and it will not be better next time: the text has been there before.
    #[error("The model fails on this text again and again")]
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
    /// A fault of the request's content at `loc`, with `FastAPI`'s words for it.
    #[must_use]
    pub fn invalid(kind: &str, msg: &str, loc: &[&str]) -> Self {
        Self::Invalid(ErrorDetail {
            loc: fields(loc),
            msg: msg.to_owned(),
            kind: kind.to_owned(),
        })
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotUtf8 { .. } | Self::Aborted => StatusCode::BAD_REQUEST,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Loading | Self::Full | Self::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal | Self::Hopeless => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        // A fault of ours may lie in what else was at work, and the text itself not be to blame.
        matches!(
            self,
            Self::Loading | Self::Full | Self::ShuttingDown | Self::Internal
        )
    }

    fn detail(self) -> ErrorDetail {
        let msg = self.to_string();
        let (kind, loc) = match self {
            Self::Invalid(detail) => return detail,
            Self::NotUtf8 { at } => {
                let mut loc = fields(&["body"]);
                loc.push(ErrorLocation::Position(at));
                return ErrorDetail {
                    loc,
                    msg,
                    kind: "invalid_utf8".to_owned(),
                };
            }
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

/// Names of fields as a location.
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
            Self::Loading => LOADING_SECONDS,
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
