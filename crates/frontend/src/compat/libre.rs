//! The API of LibreTranslate, version 1.9.6.
//! Source: <https://docs.libretranslate.com/api/operations>
//!
//! - [`files`]: files to translate
//! - [`parameters`]: parameters that several requests have, and refusals

mod files;
mod parameters;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use self::parameters::{AUTO, Codes, missing, refuse};
use super::apis::Apis;
use super::call::Call;
use super::format::Format;
use super::keep_alive::{self, Late};
use super::language::{self, Detection, Language};
use super::refusal::Refusal;
use super::texts::{Source, Texts, Translations};
use crate::metrics::API_CHARACTERS;

/// Pause after a key was pressed before the web page of LibreTranslate translates, in milliseconds.
const FRONTEND_TIMEOUT: u32 = 500;

/// Extensions of the files that can be translated.
const FILE_FORMATS: [&str; 20] = [
    ".txt", ".md", ".html", ".htm", ".docx", ".odt", ".pptx", ".xlsx", ".csv", ".tsv", ".epub",
    ".srt", ".vtt", ".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp",
];

/// Returns its routes.
pub(super) fn routes() -> axum::Router<Apis> {
    axum::Router::new()
        .route("/translate", post(translate))
        .route("/detect", post(detect))
        .route("/languages", get(languages))
        .route("/frontend/settings", get(settings))
        .route("/suggest", post(suggest))
        .route("/translate_file", post(files::translate))
        .route("/download_file/{name}", get(files::fetch))
        .route("/health", get(async || Json(json!({"status": "ok"}))))
        .route("/spec", get(spec))
}

/// `POST /translate`.
async fn translate(State(apis): State<Apis>, call: Result<Call, Refusal>) -> Response {
    let work = async move { translated(&apis, call?).await };
    // Its web page shows the error of an answer with any status.
    keep_alive::answer(work, refuse, Late::Told).await
}

async fn translated(apis: &Apis, mut call: Call) -> Result<Value, Refusal> {
    let client = call.client(apis, call.fields.text("api_key"))?;
    if call.fields.get("q").is_none()
        && let Some(Value::String(text)) = call.fields.take("text_de")
    {
        // The API of the original app, which had it on this path.
        let texts = Texts {
            texts: vec![text],
            format: Format::Text,
            source: Source::Known(Language::German),
            target: Language::English,
        };
        let translations = apis.translate(&client, texts).await?;
        return Ok(json!({"text_en": translations.texts.concat()}));
    }
    let query = Query::read(apis, &mut call)?;
    let translations = apis.translate(&client, query.texts).await?;
    Ok(query.shape.json(translations))
}

/// `POST /detect`.
async fn detect(State(apis): State<Apis>, call: Result<Call, Refusal>) -> Response {
    let detected = call.and_then(|call| {
        let client = call.client(&apis, call.fields.text("api_key"))?;
        let texts = match call.fields.get("q") {
            Some(Value::String(text)) if !text.is_empty() => vec![text.as_str()],
            Some(Value::Array(texts)) if !texts.is_empty() => {
                texts.iter().filter_map(Value::as_str).collect()
            }
            _ => return Err(missing("q")),
        };
        let characters = texts.iter().map(|text| text.chars().count()).sum();
        apis.spend(&client, characters)?;
        metrics::counter!(API_CHARACTERS).increment(characters as u64);
        let detection = language::detect(texts);
        Ok(Json(json!([detected_language(detection)])))
    });
    detected.map_or_else(refuse, Json::into_response)
}

/// `GET /languages`.
async fn languages() -> Json<Value> {
    let language = |language: Language, targets: &[&str]| json!({"code": language.code(), "name": language.name(), "targets": targets});
    Json(json!([
        language(Language::German, &["de", "en"]),
        language(Language::English, &["en"]),
    ]))
}

/// `GET /frontend/settings`, for the web page of LibreTranslate.
async fn settings(State(apis): State<Apis>) -> Json<Value> {
    let needs_key = apis.access.needs_key();
    Json(json!({
        "charLimit": -1,
        "frontendTimeout": FRONTEND_TIMEOUT,
        "apiKeys": needs_key,
        "keyRequired": needs_key,
        "suggestions": false,
        "filesTranslation": true,
        "supportedFilesFormat": FILE_FORMATS,
        "language": {
            "source": {"code": AUTO, "name": "Auto Detect"},
            "target": {"code": Language::English.code(), "name": Language::English.name()},
        },
    }))
}

/// `POST /suggest`.
async fn suggest(request: Request) -> Refusal {
    service::body::drain(request).await;
    Refusal::Disabled("Suggestions are disabled on this server.")
}

/// `GET /spec`: the description of this API in Swagger 2.
async fn spec() -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json")];
    (headers, include_str!("libre/spec.json")).into_response()
}

/// The parameters of `POST /translate`.
struct Query {
    texts: Texts,
    shape: Shape,
}

/// Shape of the answer.
struct Shape {
    /// Whether the texts came as an array.
    is_array: bool,
    /// Whether the language was detected.
    is_detected: bool,
    /// Whether alternatives are wanted, of which there are none.
    has_alternatives: bool,
}

impl Query {
    /// Reads the parameters, in the order in which LibreTranslate complains about them.
    fn read(apis: &Apis, call: &mut Call) -> Result<Self, Refusal> {
        let fields = &mut call.fields;
        let (texts, is_array) = match fields.take("q") {
            Some(Value::String(text)) if !text.is_empty() => (vec![text], false),
            Some(Value::Array(texts)) if !texts.is_empty() => {
                (texts.into_iter().map(text).collect::<Result<_, _>>()?, true)
            }
            _ => return Err(missing("q")),
        };
        let codes = Codes::of(fields)?;
        let alternatives = match fields.get("alternatives") {
            None => Some(0.0),
            Some(Value::String(number)) => number.trim().parse().ok(),
            Some(number) => number.as_f64(),
        };
        let Some(alternatives) = alternatives else {
            return Err(Refusal::Invalid(
                "Invalid request: alternatives parameter is not a number".to_owned(),
            ));
        };
        apis.check(&texts)?;
        let (source, target) = codes.languages()?;
        let format = match fields.text("format") {
            None | Some("text") => Format::Text,
            Some("html") => Format::Html,
            Some(other) => {
                return Err(Refusal::Invalid(format!("{other} format is not supported")));
            }
        };
        Ok(Self {
            shape: Shape {
                is_array,
                is_detected: source.is_none(),
                has_alternatives: alternatives >= 1.0,
            },
            texts: Texts {
                texts,
                format,
                source: source.map_or(Source::Common, Source::Known),
                target,
            },
        })
    }
}

impl Shape {
    fn json(&self, translations: Translations) -> Value {
        let detected = detected_language(translations.source());
        let texts = translations.texts;
        let repeated = |value: Value| Value::Array(vec![value; texts.len()]);
        let alternatives = json!([]);
        let (alternatives, detected) = if self.is_array {
            (repeated(alternatives), repeated(detected))
        } else {
            (alternatives, detected)
        };
        let mut answer = if self.is_array {
            json!({"translatedText": texts})
        } else {
            json!({"translatedText": texts.concat()})
        };
        if self.is_detected {
            answer["detectedLanguage"] = detected;
        }
        if self.has_alternatives {
            answer["alternatives"] = alternatives;
        }
        answer
    }
}

fn detected_language(detection: Detection) -> Value {
    json!({"confidence": detection.confidence, "language": detection.language.code()})
}

fn text(value: Value) -> Result<String, Refusal> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(Refusal::Invalid(
            "Invalid request: q parameter is not a text".to_owned(),
        )),
    }
}
