//! Everything that can go wrong with a request, and the page that says so.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::history;
use crate::pages::sizes_in_words;

/// Why a request cannot be answered as asked.
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
    /// The body is no form.
    #[error("not a form")]
    NotAForm,
    /// The text is not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// The body broke off.
    #[error("the body broke off")]
    BrokenBody,
    /// The body does not go on.
    #[error("the body does not go on")]
    Stalled,
    /// So many long texts arrive that there is no room for another one.
    #[error("too many texts arrive")]
    Crowded,
    /// Too many texts are at work.
    #[error("too many texts are at work")]
    Full,
    /// The text is longer than allowed.
    #[error("the text has {size} of {limit} bytes")]
    TooLong {
        /// Size of the text in bytes; at least that where reading was given up.
        size: u64,
        /// Most bytes that are accepted.
        limit: usize,
    },
    /// A page of another site sent the request.
    #[error("sent by another site")]
    OtherSite,
    /// The database is away, and the request needs it.
    #[error("the database is needed")]
    Database(#[from] history::Error),
    /// The database does not delete a translation.
    #[error("a translation cannot be deleted")]
    NotDeleted(#[source] history::Error),
    /// A page could not be built.
    #[error("a page could not be built")]
    Page(#[from] askama::Error),
    /// A handler panicked.
    #[error("a handler panicked")]
    Panic,
}

impl Error {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::MissingText => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotUtf8 | Self::BrokenBody => StatusCode::BAD_REQUEST,
            Self::Stalled => StatusCode::REQUEST_TIMEOUT,
            Self::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::OtherSite => StatusCode::FORBIDDEN,
            Self::Crowded | Self::Full | Self::Database(_) | Self::NotDeleted(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Page(_) | Self::Panic => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A heading, then what it means and what to do. Never the cause of a server's fault: that is
    /// in the log.
    fn words(&self) -> (&'static str, Vec<String>) {
        let back = "Your browser still has it: go back, and it is in the form.";
        match self {
            Self::NotFound => (
                "There is nothing here",
                vec![
                    "The address is wrong, or the translation was deleted.".into(),
                    "A translation deleted by mistake can be brought back for a day, on the page that followed the deletion.".into(),
                ],
            ),
            Self::Method => (
                "That cannot be done here",
                vec!["The page exists, but not for this kind of request.".into()],
            ),
            Self::MissingText => (
                "No text arrived",
                vec!["The form was sent without its field “text”.".into()],
            ),
            Self::NotAForm => (
                "That is not a form",
                vec!["The text is expected in the field “text” of a form (application/x-www-form-urlencoded).".into()],
            ),
            Self::NotUtf8 => (
                "The text cannot be read",
                vec!["It is not valid UTF-8, so its letters would be guesswork. Nothing was translated.".into(), back.into()],
            ),
            Self::BrokenBody => (
                "The text did not arrive whole",
                vec!["The connection broke off on the way. Nothing was translated.".into(), back.into()],
            ),
            Self::Stalled => (
                "The text did not arrive in time",
                vec!["Nothing came for half a minute. Nothing was translated.".into(), back.into()],
            ),
            Self::Crowded => (
                "Too many texts arrive at once",
                vec!["Others are sending long texts, and there is no room for another one yet. Nothing was translated. Try again in a minute.".into(), back.into()],
            ),
            Self::Full => (
                "Too much is at work",
                vec!["This server has more texts at work than it can hold, so it did not start on this one again. The text is kept: try again when some of them are done.".into()],
            ),
            Self::TooLong { size, limit } => {
                let (size, limit) = sizes_in_words(*size, *limit as u64);
                (
                "The text is too long",
                vec![
                    format!("It has {size}; at most {limit} are taken at once."),
                    format!("{back} Translate it in parts, or let the person who runs this server raise MAX_TEXT_BYTES."),
                ],
            )
            }
            Self::OtherSite => (
                "Sent by another site",
                vec![
                    "The request did not come from a page of this server, so nothing was done.".into(),
                    "Behind a reverse proxy: it has to pass on the header Host as the browser sent it.".into(),
                ],
            ),
            Self::NotDeleted(_) => (
                "It could not be deleted",
                vec!["The database cannot be reached. Nothing was changed: go back, and try again in a moment.".into()],
            ),
            Self::Database(history::Error::Unavailable) => (
                "The database cannot be reached",
                vec!["Nothing was changed, and stored translations are safe there. Try again in a moment.".into()],
            ),
            Self::Database(_) => (
                "The database does not answer as it should",
                vec!["Nothing was changed, and stored translations are safe there. Why is in the server’s log.".into()],
            ),
            Self::Page(_) | Self::Panic => (
                "Something went wrong here",
                vec!["It is our fault, not that of your text, and it is in the server’s log.".into()],
            ),
        }
    }
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    status: u16,
    title: &'static str,
    paragraphs: Vec<String>,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            // The only place where a cause is logged.
            let cause = std::error::Error::source(&self).map(ToString::to_string);
            tracing::error!(error = %self, cause, "cannot answer a request");
        }
        let (title, paragraphs) = self.words();
        let page = MessagePage {
            status: status.as_u16(),
            title,
            paragraphs,
        };
        // The page of last resort is its own heading.
        let body = page.render().unwrap_or_else(|_| title.to_owned());
        let headers = [(header::CACHE_CONTROL, "no-store")];
        (status, headers, Html(body)).into_response()
    }
}
