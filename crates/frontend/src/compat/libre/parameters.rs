//! Parameters that several requests have, and refusals in the words of `LibreTranslate`.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::compat::fields::Fields;
use crate::compat::language::Language;
use crate::compat::refusal::Refusal;

/// Source language that has to be detected.
pub(super) const AUTO: &str = "auto";

/// Codes of the languages of a request, present but not checked yet.
#[derive(Debug)]
pub(super) struct Codes<'f> {
    source: &'f str,
    target: &'f str,
}

impl<'f> Codes<'f> {
    /// Reads the codes.
    ///
    /// # Errors
    /// One of them is missing.
    pub(super) fn of(fields: &'f Fields) -> Result<Self, Refusal> {
        let code = |name| fields.text(name).ok_or_else(|| missing(name));
        Ok(Self {
            source: code("source")?,
            target: code("target")?,
        })
    }

    /// Returns the source, `None` if it has to be detected, and the target.
    ///
    /// # Errors
    /// One of them is unknown.
    pub(super) fn languages(&self) -> Result<(Option<Language>, Language), Refusal> {
        let is_known = !self.source.eq_ignore_ascii_case(AUTO);
        let source = is_known.then(|| supported(self.source)).transpose()?;
        Ok((source, supported(self.target)?))
    }
}

fn supported(code: &str) -> Result<Language, Refusal> {
    let unsupported = || Refusal::Invalid(format!("{} is not supported", code.to_lowercase()));
    Language::from_code(code).ok_or_else(unsupported)
}

/// Returns the refusal for a request without a parameter.
pub(super) fn missing(name: &str) -> Refusal {
    Refusal::Invalid(format!("Invalid request: missing {name} parameter"))
}

/// Returns the response of a refusal. `LibreTranslate` has another status for a missing key than for
/// a wrong one.
pub(super) fn refuse(refusal: Refusal) -> Response {
    match refusal {
        Refusal::MissingKey => {
            let error = json!({"error": refusal.to_string()});
            refusal.respond(StatusCode::BAD_REQUEST, error)
        }
        _ => refusal.into_response(),
    }
}
