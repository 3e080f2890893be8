//! Errors of a request. Their page is in `pages::error`.

use axum::http::StatusCode;

use crate::history;

/// Error of a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// There is no such page or translation.
    #[error("not found")]
    NotFound,
    /// The page exists, but not for this method.
    #[error("method not allowed")]
    Method,
    /// The form has no field `text`.
    #[error("the field `text` is missing")]
    MissingText,
    /// The body is not a form.
    #[error("not a form")]
    NotAForm,
    /// The text is not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// The `Content-Encoding` is not supported, or the body does not match it.
    #[error("the body does not have a supported content encoding")]
    Encoding,
    /// The connection broke before the end of the body.
    #[error("the body is incomplete")]
    BrokenBody,
    /// The client stopped sending the body.
    #[error("the body stalled")]
    Stalled,
    /// The texts that are arriving leave no memory for another one.
    #[error("too many texts are arriving")]
    Crowded,
    /// The jobs in memory leave no room for another one.
    #[error("too many texts are being translated")]
    Full,
    /// The text could not be written to disk.
    #[error("the text could not be saved")]
    Unsaved,
    /// A file could not be written to disk.
    #[error("a file could not be saved")]
    UnsavedFile(#[source] std::io::Error),
    /// A file could not be read from disk.
    #[error("a file could not be read")]
    UnreadFile(#[source] std::io::Error),
    /// The files of a form exceed the limit together.
    #[error("the files are too large together")]
    TooManyFiles,
    /// The text exceeds the limit.
    #[error("the text has {size} of {limit} bytes")]
    TooLong {
        /// Size of the text in bytes; a lower bound if the rest was not read.
        size: u64,
        /// Maximum size of a text in bytes.
        limit: usize,
    },
    /// A page of another site sent the request.
    #[error("sent by another site")]
    OtherSite,
    /// The request needs the database, which did not answer it.
    #[error("the database is needed")]
    Database(#[from] history::Error),
    /// The database did not delete a translation.
    #[error("a translation cannot be deleted")]
    NotDeleted(#[source] history::Error),
    /// A page could not be rendered.
    #[error("a page cannot be rendered")]
    Page(#[from] askama::Error),
    /// A handler panicked.
    #[error("a handler panicked")]
    Panic,
}

impl Error {
    /// Returns the status of the response.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::MissingText => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotAForm | Self::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotUtf8 | Self::BrokenBody => StatusCode::BAD_REQUEST,
            Self::Stalled => StatusCode::REQUEST_TIMEOUT,
            Self::TooLong { .. } | Self::TooManyFiles => StatusCode::PAYLOAD_TOO_LARGE,
            Self::OtherSite => StatusCode::FORBIDDEN,
            Self::Crowded | Self::Full | Self::Database(_) | Self::NotDeleted(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Unsaved
            | Self::UnsavedFile(_)
            | Self::UnreadFile(_)
            | Self::Page(_)
            | Self::Panic => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<service::body::Error> for Error {
    fn from(error: service::body::Error) -> Self {
        match error {
            service::body::Error::Aborted => Self::BrokenBody,
            service::body::Error::Slow => Self::Stalled,
            service::body::Error::Encoding => Self::Encoding,
        }
    }
}
