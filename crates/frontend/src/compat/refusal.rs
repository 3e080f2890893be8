//! Reasons for which a request to an API is not answered.

use std::io;
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Pause that is recommended to a client when the service is at capacity or the backend is down.
const PAUSE: Duration = Duration::from_secs(5);

/// Reason for which a request is not answered. `Display` is for the client; where LibreTranslate
/// has a text for it, it is that text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The request is not what the API specifies.
    #[error("{0}")]
    Invalid(String),
    /// The request names something that does not exist here.
    #[error("{0}")]
    NotFound(String),
    /// The function exists, but not on this server.
    #[error("{0}")]
    Disabled(&'static str),
    /// The path exists, but not for this method.
    #[error("Method Not Allowed")]
    Method,
    /// The request has no key, and this server demands one.
    #[error("Please contact the server operator to get an API key")]
    MissingKey,
    /// The key is unknown.
    #[error("Invalid API key")]
    WrongKey,
    /// The client sends too many requests.
    #[error("Slowdown: too many requests, try again in {} s", .wait.as_secs())]
    TooManyRequests {
        /// Time until the next one is allowed.
        wait: Duration,
    },
    /// The client sends too much text.
    #[error("Slowdown: too many characters, try again in {} s", .wait.as_secs())]
    TooManyCharacters {
        /// Time until this one is allowed.
        wait: Duration,
    },
    /// The client has used up its characters of the day.
    #[error("Slowdown: the characters of the day are used up, try again in {} s", .wait.as_secs())]
    Quota {
        /// Time until this one is allowed.
        wait: Duration,
    },
    /// The request exceeds the limit.
    #[error("the request exceeds the text limit of {limit} bytes (MAX_TEXT_BYTES)")]
    TooLong {
        /// Maximum size of a text in bytes.
        limit: usize,
    },
    /// The file exceeds the limit.
    #[error("the file exceeds the limit of {limit} bytes (MAX_FILE_BYTES)")]
    FileTooLarge {
        /// Maximum size of a file in bytes.
        limit: usize,
    },
    /// The client has too many files that were not fetched yet.
    #[error("Slowdown: too many files, fetch the translated ones or wait until some are ready")]
    TooManyFiles,
    /// The connection broke before the end of the body, or the client stopped sending.
    #[error("the request did not arrive completely")]
    Incomplete,
    /// The `Content-Encoding` is not supported, or the body does not match it.
    #[error("the body does not have a supported content encoding: gzip, deflate or br")]
    Encoding,
    /// The requests that are being answered leave no memory for another one.
    #[error("the server is at capacity, try again in a few seconds")]
    Crowded,
    /// The backend does not translate now.
    #[error("{0}")]
    Unavailable(String),
    /// A defect of ours.
    #[error("internal error")]
    Internal,
}

impl Refusal {
    /// Returns the status of the response.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::MissingKey | Self::WrongKey | Self::Disabled(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Incomplete => StatusCode::REQUEST_TIMEOUT,
            Self::TooLong { .. } | Self::FileTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyRequests { .. }
            | Self::TooManyCharacters { .. }
            | Self::TooManyFiles
            | Self::Quota { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Crowded | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns the response with `status` and the JSON of an API.
    pub(crate) fn respond(&self, status: StatusCode, body: Value) -> Response {
        let mut response = (status, Json(body)).into_response();
        let wait = match self {
            Self::TooManyRequests { wait }
            | Self::TooManyCharacters { wait }
            | Self::Quota { wait } => Some(*wait),
            Self::TooManyFiles | Self::Crowded | Self::Unavailable(_) => Some(PAUSE),
            _ => None,
        };
        if let Some(wait) = wait {
            // Rounded up, so that the next attempt succeeds.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// In the shape of LibreTranslate, which most of the smaller clients understand.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        self.respond(self.status(), json!({"error": self.to_string()}))
    }
}

/// The data folder cannot be read or written, which is logged.
impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        tracing::error!(%error, "a file in DATA_DIR cannot be read or written");
        Self::Internal
    }
}

impl From<documents::Error> for Refusal {
    fn from(error: documents::Error) -> Self {
        match error {
            documents::Error::Io(error) => error.into(),
            error => Self::Invalid(error.to_string()),
        }
    }
}

impl From<service::body::Error> for Refusal {
    fn from(error: service::body::Error) -> Self {
        match error {
            service::body::Error::Aborted | service::body::Error::Slow => Self::Incomplete,
            service::body::Error::Encoding => Self::Encoding,
        }
    }
}
