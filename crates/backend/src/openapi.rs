//! Description of the API, generated from the handlers and the wire types.

use api::{
    DoneEvent, ErrorBody, ErrorEvent, ModelInfo, SegmentEvent, TranslateRequest, TranslateResponse,
};
use utoipa::OpenApi;

use crate::handlers::{model, probes, root, stream, translate};

/// Document of `GET /openapi.json`.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Unlimited translation",
        description = "Translates German to English: texts of any length, whole or sentence by sentence."
    ),
    paths(
        root::how_to,
        translate::translate,
        stream::translate_stream,
        model::model,
        probes::livez,
        probes::readyz,
        probes::metrics
    ),
    components(schemas(
        TranslateRequest,
        TranslateResponse,
        SegmentEvent,
        DoneEvent,
        ErrorEvent,
        ModelInfo,
        ErrorBody
    )),
    tags(
        (name = "translate", description = "Translation"),
        (name = "service", description = "The service itself")
    )
)]
pub struct Document;
