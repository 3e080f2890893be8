//! The page of an error.

use askama::Template;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use crate::error::Error;
use crate::history;
use crate::pages::sizes_in_words;

/// Hint for a text that did not get through.
const BACK: &str = "Your browser still has it: go back, and it is in the form.";

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
        let (title, paragraphs) = explain(&self);
        let page = MessagePage {
            status: status.as_u16(),
            title,
            paragraphs,
        };
        // If even this page cannot be rendered, its heading has to do.
        let body = page.render().unwrap_or_else(|_| title.to_owned());
        let headers = [(header::CACHE_CONTROL, "no-store")];
        (status, headers, Html(body)).into_response()
    }
}

/// Returns a heading, and paragraphs that explain the error and the remedy. They never contain the
/// cause of a server error, which is logged.
#[expect(clippy::too_many_lines, reason = "a table of texts")]
fn explain(error: &Error) -> (&'static str, Vec<String>) {
    let (title, paragraphs): (_, &[&str]) = match error {
        Error::NotFound => (
            "There is nothing here",
            &[
                "The address is wrong, or the translation was deleted.",
                "A translation deleted by mistake can be restored for a day, on the page that followed the deletion.",
            ],
        ),
        Error::Method => (
            "That cannot be done here",
            &["The page exists, but not for this kind of request."],
        ),
        Error::MissingText => (
            "No text arrived",
            &["The form was sent without its field “text”."],
        ),
        Error::NotAForm => (
            "That is not a form",
            &[
                "The text is expected in the field “text” of a form (application/x-www-form-urlencoded).",
            ],
        ),
        Error::NotUtf8 => (
            "The text cannot be read",
            &[
                "It is not valid UTF-8, so its letters would be guesswork. Nothing was translated.",
                BACK,
            ],
        ),
        Error::Encoding => (
            "The form cannot be decoded",
            &[
                "It is not encoded as its Content-Encoding says. Supported are gzip, deflate and br.",
            ],
        ),
        Error::BrokenBody => (
            "The text arrived incomplete",
            &[
                "The connection broke on the way. Nothing was translated.",
                BACK,
            ],
        ),
        Error::Stalled => (
            "The text did not arrive in time",
            &[
                "Nothing came for half a minute. Nothing was translated.",
                BACK,
            ],
        ),
        Error::Crowded => (
            "Too many texts are arriving",
            &[
                "Others are sending long texts, and there is no room for another one yet. Nothing was translated. Try again in a minute.",
                BACK,
            ],
        ),
        Error::Full => (
            "The server is at capacity",
            &[
                "There is no room for this text beside those that are being translated, so it was not started again. The text is kept: try again when some of the others are done.",
            ],
        ),
        Error::Unsaved => (
            "The text could not be saved",
            &[
                "It was not translated again: the server’s disk may be full. The translation that you have seen is unchanged.",
            ],
        ),
        Error::UnsavedFile(_) => (
            "The file could not be saved",
            &[
                "The server’s disk may be full. Nothing was translated.",
                BACK,
            ],
        ),
        Error::UnreadFile(_) => (
            "The file cannot be read",
            &[
                "The server’s disk does not return it, and the server’s log has the reason. Its text is safe.",
            ],
        ),
        Error::TooManyFiles => (
            "The files are too large together",
            &["Nothing was translated. Send fewer of them at once."],
        ),
        Error::TooLong { size, limit } => {
            let (size, limit) = sizes_in_words(*size, *limit as u64);
            let paragraphs = vec![
                format!("It has {size}; the maximum is {limit}."),
                format!(
                    "{BACK} Translate it in parts, or ask the person who runs this server to raise MAX_TEXT_BYTES."
                ),
            ];
            return ("The text is too long", paragraphs);
        }
        Error::OtherSite => (
            "Sent by another site",
            &[
                "The request did not come from a page of this server, so nothing was done.",
                "Behind a reverse proxy: it has to pass on the header Host as the browser sent it.",
            ],
        ),
        Error::NotDeleted(_) => (
            "It could not be deleted",
            &[
                "The database cannot be reached. Nothing was changed: go back, and try again in a moment.",
            ],
        ),
        Error::Database(history::Error::Unavailable) => (
            "The database cannot be reached",
            &[
                "Nothing was changed, and stored translations are safe there. Try again in a moment.",
            ],
        ),
        Error::Database(_) => (
            "The database returned an error",
            &[
                "Nothing was changed, and stored translations are safe there. The server’s log has the reason.",
            ],
        ),
        Error::Page(_) | Error::Panic => (
            "Something went wrong here",
            &["It is our fault, not that of your text, and the server’s log has the details."],
        ),
    };
    let paragraphs = paragraphs.iter().map(|paragraph| (*paragraph).to_owned());
    (title, paragraphs.collect())
}
