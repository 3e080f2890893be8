//! Wire types shared by both sides of HTTP: what the backend answers and the frontend reads.
//!
//! - requests and answers of `POST /translate`: [`TranslateRequest`], [`TranslateResponse`]
//! - events of `POST /translate/stream`: [`SegmentEvent`] with its [`Flag`]s, [`DoneEvent`],
//!   [`ErrorEvent`]
//! - the model at work: [`ModelInfo`]
//! - errors in the shape of `FastAPI`: [`ErrorBody`]
//!
//! The two services may be of different versions, the backend being updated first. A reader ignores
//! fields, events and flags that it does not know, so new ones can be added at any time.

mod segment_event;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use segment_event::{Flag, SegmentEvent};

/// Name of the server-sent event that carries a [`SegmentEvent`].
pub const EVENT_SEGMENT: &str = "segment";
/// Name of the server-sent event that carries a [`DoneEvent`]; the last of a stream that succeeded.
pub const EVENT_DONE: &str = "done";
/// Name of the server-sent event that carries an [`ErrorEvent`]; the last of a stream that failed.
pub const EVENT_ERROR: &str = "error";

/// Body of `POST /translate` and `POST /translate/stream`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"text_de": "Guten Morgen! Wie geht es dir?"}))]
pub struct TranslateRequest {
    /// The text in the source language, German for the model we ship; of any length up to the
    /// server's limit in bytes.
    pub text_de: String,
}

/// Answer of `POST /translate`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TranslateResponse {
    /// The translation, with the line breaks, blank lines and list marks of the source.
    pub text_en: String,
}

/// The end of a stream that succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DoneEvent {
    /// Sentences in the whole text.
    pub sentences: usize,
    /// Time from the end of the text's arrival to the last sentence, in milliseconds.
    pub duration_ms: u64,
}

/// The end of a stream that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorEvent {
    /// What happened, in words for a person; no internals.
    pub message: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
}

/// Answer of `GET /model`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModelInfo {
    /// Name of the model, for example `opus-mt-de-en`.
    pub name: String,
    /// Commit of the repository it was fetched from, where known.
    pub commit: Option<String>,
    /// Language it translates from, as the model names it, for example `de`.
    pub source_language: String,
    /// Language it translates to.
    pub target_language: String,
    /// Arithmetic of the weights, for example `f32`.
    pub precision: String,
    /// Engine that runs it: `native` or `candle`.
    #[serde(default = "native")]
    pub engine: String,
    /// Device that it runs on, for example `cpu` or `cuda:0`.
    #[serde(default = "cpu")]
    pub device: String,
    /// Hypotheses kept by the beam search; 1 is greedy.
    pub beams: usize,
    /// Whether this is the small demo model that comes with the program.
    pub demo: bool,
}

/// Engine of a service from before there were two.
fn native() -> String {
    "native".to_owned()
}

/// Device of a service from before there were others.
fn cpu() -> String {
    "cpu".to_owned()
}

/// An error, in the shape of `FastAPI`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// What is wrong, one entry a fault.
    pub detail: Vec<ErrorDetail>,
}

/// One fault of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorDetail {
    /// Where it is, for example `["body", "text_de"]`.
    pub loc: Vec<ErrorLocation>,
    /// What it is and what to do, in words for a person.
    pub msg: String,
    /// What it is, in a word for a program, for example `missing`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A step of the way to the place of a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ErrorLocation {
    /// A field's name.
    Field(String),
    /// A position, in bytes or elements.
    Position(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_from_before_there_were_two_engines_is_understood() {
        let json = r#"{"name": "opus-mt-de-en", "commit": null, "source_language": "de",
            "target_language": "en", "precision": "int8", "beams": 4, "demo": false}"#;
        let model: ModelInfo = serde_json::from_str(json).expect("a model");
        assert_eq!((&*model.engine, &*model.device), ("native", "cpu"));
    }
}
