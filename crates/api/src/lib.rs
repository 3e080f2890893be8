//! Wire types of the HTTP API, shared by the backend and its client in the frontend.
//!
//! - requests and responses of `POST /translate`: [`TranslateRequest`], [`TranslateResponse`]
//! - events of `POST /translate/stream`: [`SegmentEvent`] with its [`Flag`]s, [`AtomCheck`] and
//!   [`WordLink`]s, [`DoneEvent`], [`ErrorEvent`]
//! - the loaded model: [`ModelInfo`]
//! - errors in the shape of `FastAPI`: [`ErrorBody`]
//!
//! The two services may have different versions; the backend is updated first. A client ignores
//! fields, events and flags that it does not know, so new ones can be added at any time.

mod segment_event;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use segment_event::{AtomCheck, Flag, LostAtom, SegmentEvent, WordLink};

/// Name of the server-sent event that carries a [`SegmentEvent`].
pub const EVENT_SEGMENT: &str = "segment";
/// Name of the server-sent event that carries a [`DoneEvent`], the last of a successful stream.
pub const EVENT_DONE: &str = "done";
/// Name of the server-sent event that carries an [`ErrorEvent`], the last of a failed stream.
pub const EVENT_ERROR: &str = "error";

/// Body of `POST /translate` and `POST /translate/stream`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"text_de": "Guten Morgen! Wie geht es dir?"}))]
pub struct TranslateRequest {
    /// Text in the source language (German for the included model), up to the server's limit in
    /// bytes.
    pub text_de: String,
    /// True if the lines of each paragraph were wrapped at a fixed width, so that a sentence may
    /// span several of them. False if absent.
    #[serde(default)]
    #[schema(required = false)]
    pub wrapped: bool,
    /// True if the words of each translation are to be linked with those of its sentence; only for
    /// `POST /translate/stream`. False if absent.
    #[serde(default)]
    #[schema(required = false)]
    pub links: bool,
}

/// Response of `POST /translate`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TranslateResponse {
    /// Translation, with the line breaks, blank lines and list marks of the source.
    pub text_en: String,
}

/// The end of a successful stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DoneEvent {
    /// Sentences in the entire text.
    pub sentences: usize,
    /// Time from the complete receipt of the text to its last sentence, in milliseconds.
    pub duration_ms: u64,
}

/// The end of a failed stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorEvent {
    /// Description for people, without internals.
    pub message: String,
    /// True if the same request may succeed later.
    pub retryable: bool,
}

/// Response of `GET /model`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct ModelInfo {
    /// Name of the model, for example `opus-mt-de-en`.
    pub name: String,
    /// Commit of its repository, if known.
    pub commit: Option<String>,
    /// Source language as given by the model, for example `de`.
    pub source_language: String,
    /// Target language.
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
    /// True for the small demo model that is included with the program.
    pub demo: bool,
}

/// Returns the engine of a service that does not name it, from before there were two.
fn native() -> String {
    "native".to_owned()
}

/// Returns the device of a service that does not name it, from before there were several.
fn cpu() -> String {
    "cpu".to_owned()
}

/// An error, in the shape of `FastAPI`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// Faults of the request.
    pub detail: Vec<ErrorDetail>,
}

/// A fault of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorDetail {
    /// Location, for example `["body", "text_de"]`.
    pub loc: Vec<ErrorLocation>,
    /// Description for people, with a remedy if there is one.
    pub msg: String,
    /// Kind of the fault for programs, for example `missing`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// One step of a location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ErrorLocation {
    /// Name of a field.
    Field(String),
    /// A position, in bytes or elements.
    Position(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_without_engine_and_device_runs_natively_on_the_cpu() {
        let json = r#"{"name": "opus-mt-de-en", "commit": null, "source_language": "de",
            "target_language": "en", "precision": "int8", "beams": 4, "demo": false}"#;
        let model: ModelInfo = serde_json::from_str(json).expect("a model");
        assert_eq!((&*model.engine, &*model.device), ("native", "cpu"));
    }
}
