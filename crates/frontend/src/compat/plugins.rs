//! The shapes of smaller services, which browser extensions and other plug-ins can be pointed at:
//! `DeepLX`, and the "custom" services of Immersive Translate, kiss-translator and hcfy.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::{Value, json};

use super::apis::Apis;
use super::call::Call;
use super::fields::Fields;
use super::format::Format;
use super::keep_alive::{self, Late};
use super::language::{Detection, Language};
use super::refusal::Refusal;
use super::texts::{Source, Texts, Translations};

/// The languages in the words of hcfy.
const HCFY_NAMES: [(&str, Language); 2] = [("德语", Language::German), ("英语", Language::English)];

/// Returns the routes, one for each service.
pub(super) fn routes() -> Router<Apis> {
    Router::new()
        .route("/deeplx", post(deeplx))
        .route("/imme", post(immersive))
        .route("/kiss", post(kiss))
        .route("/hcfy", post(hcfy))
}

/// `POST /deeplx`: `{text, source_lang, target_lang}`, in the shape of `DeepLX`.
async fn deeplx(State(apis): State<Apis>, call: Result<Call, Refusal>) -> Response {
    let work = async move {
        let mut call = call?;
        let texts = vec![required(&mut call.fields, "text")?];
        let translations = translate(&apis, &call, texts, "source_lang", "target_lang").await?;
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        Ok(json!({
            "code": 200,
            // A number that differs from request to request.
            "id": since_epoch.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0)),
            "data": translations.texts.concat(),
            "alternatives": [],
            "source_lang": translations.source().language.code().to_uppercase(),
            "target_lang": "EN",
            "method": "Free",
        }))
    };
    let refuse = |refusal: Refusal| {
        let status = refusal.status();
        let body = json!({"code": status.as_u16(), "message": refusal.to_string()});
        refusal.respond(status, body)
    };
    keep_alive::answer(work, refuse, Late::Told).await
}

/// `POST /imme`: `{source_lang, target_lang, text_list}`, for Immersive Translate.
async fn immersive(State(apis): State<Apis>, call: Result<Call, Refusal>) -> Response {
    let work = async move {
        let mut call = call?;
        let texts = required_list(&mut call.fields, "text_list")?;
        let translations = translate(&apis, &call, texts, "source_lang", "target_lang").await?;
        let item = |(text, source): (String, Detection)| json!({"detected_source_lang": source.language.code(), "text": text});
        let items = translations.texts.into_iter().zip(translations.sources);
        let items: Vec<_> = items.map(item).collect();
        Ok(json!({ "translations": items }))
    };
    keep_alive::answer(work, Refusal::into_response, Late::Told).await
}

/// `POST /kiss`: `{text, from, to}` or `{texts, from, to}`, for both versions of kiss-translator.
async fn kiss(State(apis): State<Apis>, call: Result<Call, Refusal>) -> Response {
    let work = async move {
        let mut call = call?;
        let is_list = call.fields.get("texts").is_some();
        let texts = if is_list {
            required_list(&mut call.fields, "texts")?
        } else {
            vec![required(&mut call.fields, "text")?]
        };
        let translations = translate(&apis, &call, texts, "from", "to").await?;
        if !is_list {
            let source = translations.source().language.code();
            return Ok(json!({"text": translations.texts.concat(), "from": source, "to": "en"}));
        }
        let item = |(text, source): (String, Detection)| json!({"text": text, "src": source.language.code()});
        let items = translations.texts.into_iter().zip(translations.sources);
        let items: Vec<_> = items.map(item).collect();
        Ok(json!({ "translations": items }))
    };
    keep_alive::answer(work, Refusal::into_response, Late::Told).await
}

/// `POST /hcfy`: `{text, source, destination}`, for hcfy, which shows a result for each paragraph.
async fn hcfy(State(apis): State<Apis>, call: Result<Call, Refusal>) -> Response {
    let work = async move {
        let mut call = call?;
        let text = required(&mut call.fields, "text")?;
        let texts = vec![text.clone()];
        let translations = translate(&apis, &call, texts, "source", "destination").await?;
        let english = translations.texts.concat();
        Ok(json!({
            "text": text,
            "from": hcfy_name(translations.source().language),
            "to": hcfy_name(Language::English),
            "result": english.split('\n').collect::<Vec<_>>(),
        }))
    };
    keep_alive::answer(work, Refusal::into_response, Late::Told).await
}

/// Translates texts into English. `source` and `target` are the names of the fields with the
/// languages.
async fn translate(
    apis: &Apis,
    call: &Call,
    texts: Vec<String>,
    source: &str,
    target: &str,
) -> Result<Translations, Refusal> {
    let client = call.client(apis, call.fields.text("token"))?;
    let source = match call.fields.text(source) {
        None | Some("auto") => Source::OwnIfLong,
        Some(code) => Source::Known(language(code)?),
    };
    // hcfy sends a second choice for texts that are in the first language.
    let targets: Vec<_> = match call.fields.get(target) {
        Some(Value::String(code)) => vec![code.as_str()],
        Some(Value::Array(codes)) => codes.iter().filter_map(Value::as_str).collect(),
        _ => return Err(missing(target)),
    };
    for code in &targets {
        if language(code)? == Language::English {
            let texts = Texts {
                texts,
                format: Format::Text,
                source,
                target: Language::English,
            };
            return apis.translate(&client, texts).await;
        }
    }
    let targets = targets.join(", ");
    Err(Refusal::Invalid(format!(
        "{targets} is not available as a target language"
    )))
}

/// Returns the language with a code, or with a name in Chinese.
fn language(name: &str) -> Result<Language, Refusal> {
    let named = HCFY_NAMES.iter().find(|(known, _)| *known == name);
    let found = named.map(|(_, language)| *language);
    found
        .or_else(|| Language::from_code(name))
        .ok_or_else(|| Refusal::Invalid(format!("{name} is not supported")))
}

fn hcfy_name(language: Language) -> &'static str {
    let mut names = HCFY_NAMES.iter();
    names
        .find(|(_, known)| *known == language)
        .map_or(language.code(), |(name, _)| name)
}

fn required(fields: &mut Fields, name: &str) -> Result<String, Refusal> {
    match fields.take(name) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(missing(name)),
    }
}

fn required_list(fields: &mut Fields, name: &str) -> Result<Vec<String>, Refusal> {
    let Some(Value::Array(texts)) = fields.take(name) else {
        return Err(missing(name));
    };
    let text = |value| match value {
        Value::String(text) => Ok(text),
        _ => Err(Refusal::Invalid(format!("{name} is not a list of texts"))),
    };
    texts.into_iter().map(text).collect()
}

fn missing(name: &str) -> Refusal {
    Refusal::Invalid(format!("{name} is missing"))
}
