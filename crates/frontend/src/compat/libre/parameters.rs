//! Parameters that several requests have, and refusals in the words of `LibreTranslate`.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::compat::fields::Fields;
use crate::compat::language::Language;
use crate::compat::refusal::Refusal;

/// Source language that has to be detected.
pub(super) const AUTO: &str = "auto";

/// Returns the languages of a request: the source, `None` if it has to be detected, and the target.
///
/// # Errors
/// One of them is missing or unknown.
pub(super) fn languages(fields: &Fields) -> Result<(Option<Language>, Language), Refusal> {
    let source = fields.text("source").ok_or_else(|| missing("source"))?;
    let target = fields.text("target").ok_or_else(|| missing("target"))?;
    let source = if source.eq_ignore_ascii_case(AUTO) {
        None
    } else {
        Some(supported(source)?)
    };
    Ok((source, supported(target)?))
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
