//! DeepL's API, version 2, as its clients use it: texts, documents, languages and usage. There are no
//! glossaries.
//!
//! - [`authorized`]: requests with the right key, and refusals
//! - [`documents`]: files to translate
//! - [`options`]: the fields of a request to translate

mod authorized;
mod documents;
mod options;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Value, json};

use self::authorized::{Authorized, DeeplRefusal};
use self::options::{Options, choice};
use super::access::Client;
use super::apis::Apis;
use super::call::Call;
use super::keep_alive::{self, Late};
use super::language::Language;
use super::refusal::Refusal;
use super::texts::Texts;

/// Limit of the characters that means "unlimited" to DeepL's customers.
const UNLIMITED: u64 = 1_000_000_000_000;

/// Returns the routes of the API.
pub(super) fn routes() -> Router<Apis> {
    let glossaries = get(glossaries).post(create_glossary);
    Router::new()
        .route("/v2/translate", post(translate))
        .route("/v2/document", post(documents::translate))
        .route(
            "/v2/document/{id}",
            get(documents::status).post(documents::status),
        )
        .route(
            "/v2/document/{id}/result",
            get(documents::fetch).post(documents::fetch),
        )
        .route("/v2/languages", get(languages).post(languages))
        .route("/v2/usage", get(usage).post(usage))
        .route("/v2/glossary-language-pairs", get(glossary_language_pairs))
        .route("/v2/glossaries", glossaries.clone())
        .route("/v3/glossaries", glossaries)
        .route("/v2/{*path}", any(not_found))
        .route("/v3/{*path}", any(not_found))
        .method_not_allowed_fallback(method_not_allowed)
}

/// A translation in the answer.
#[derive(Debug, Serialize)]
struct Translation {
    detected_source_language: String,
    text: String,
    billed_characters: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_type_used: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag_handling_version: Option<&'static str>,
}

/// `POST /v2/translate`.
async fn translate(State(apis): State<Apis>, Authorized { call, client }: Authorized) -> Response {
    let work = async move { translated(&apis, &client, call).await };
    let refuse = |refusal| DeeplRefusal(refusal).into_response();
    // Its clients try again when the connection breaks, and would take an error for an answer.
    keep_alive::answer(work, refuse, Late::Broken).await
}

/// Translates the texts of `call`, which keeps its room in memory until then.
async fn translated(apis: &Apis, client: &Client, mut call: Call) -> Result<Value, Refusal> {
    let options = Options::take_from(&mut call.fields)?;
    let limit = apis.max_text_bytes;
    if options.texts.iter().map(String::len).sum::<usize>() > limit {
        return Err(Refusal::TooLong { limit });
    }
    let texts = Texts {
        texts: options.texts,
        format: options.format,
        source: options.source,
        target: Language::English,
    };
    let translations = apis.translate(client, texts).await?;
    let texts = translations.texts.into_iter();
    let translations = texts.zip(translations.sources).zip(options.characters);
    let translations = translations.map(|((text, source), billed_characters)| Translation {
        detected_source_language: code(source.language),
        text,
        billed_characters,
        model_type_used: options.model_type,
        tag_handling_version: options.tag_handling_version,
    });
    Ok(json!({ "translations": translations.collect::<Vec<_>>() }))
}

/// `GET /v2/languages`. The field `type` may be in a body even then: so DeepL's own client sends it.
async fn languages(Authorized { call, .. }: Authorized) -> Result<Json<Value>, DeeplRefusal> {
    let kind = choice(&call.fields, "type", &["source", "target"])?;
    Ok(Json(match kind {
        Some("target") => json!([
            {"language": "EN-GB", "name": "English (British)", "supports_formality": false},
            {"language": "EN-US", "name": "English (American)", "supports_formality": false},
        ]),
        _ => json!([{"language": code(Language::German), "name": Language::German.name()}]),
    }))
}

/// `GET /v2/usage`.
async fn usage(State(apis): State<Apis>, Authorized { client, .. }: Authorized) -> Json<Value> {
    let usage = apis.access.usage(&client);
    let limit = usage.limit.map_or(UNLIMITED, Into::into);
    Json(json!({"character_count": usage.characters, "character_limit": limit}))
}

/// `GET /v2/glossary-language-pairs`.
async fn glossary_language_pairs(_: Authorized) -> Json<Value> {
    Json(json!({"supported_languages": []}))
}

/// `GET /v2/glossaries` and `GET /v3/glossaries`.
async fn glossaries(_: Authorized) -> Json<Value> {
    Json(json!({"glossaries": []}))
}

/// `POST /v2/glossaries` and `POST /v3/glossaries`.
async fn create_glossary(_: Authorized) -> DeeplRefusal {
    DeeplRefusal(Refusal::Invalid(
        "This server has no glossaries.".to_owned(),
    ))
}

/// Answers all other paths of DeepL.
async fn not_found(request: Request) -> DeeplRefusal {
    service::body::drain(request).await;
    let message =
        "This server does not have that function of DeepL: its page /api lists those that it has.";
    DeeplRefusal(Refusal::NotFound(message.to_owned()))
}

async fn method_not_allowed(request: Request) -> DeeplRefusal {
    service::body::drain(request).await;
    DeeplRefusal(Refusal::Method)
}

/// Returns DeepL's code of a language.
fn code(language: Language) -> String {
    language.code().to_ascii_uppercase()
}
