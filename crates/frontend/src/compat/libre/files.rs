//! `/translate_file` and `/download_file`.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use uuid::Uuid;

use super::parameters::{Codes, missing, refuse};
use crate::address::address;
use crate::compat::apis::Apis;
use crate::compat::document::Document;
use crate::compat::download::download;
use crate::compat::files;
use crate::compat::keep_alive::{self, Late};
use crate::compat::refusal::Refusal;
use crate::compat::upload::Upload;
use crate::jobs::Patience;
use crate::pages::document::percent_encoded;

/// `POST /translate_file`. The client waits for the translation; the answer has its address.
pub(super) async fn translate(
    State(apis): State<Apis>,
    headers: HeaderMap,
    upload: Result<Upload, Refusal>,
) -> Response {
    let work = async move { translated(&apis, upload?, &address(&headers)).await };
    keep_alive::answer(work, refuse, Late::Told).await
}

async fn translated(apis: &Apis, upload: Upload, address: &str) -> Result<Value, Refusal> {
    let patience = Patience::Client {
        begins: keep_alive::beginning(),
    };
    let Upload {
        fields,
        file,
        caller,
    } = upload;
    let client = caller.client(&apis.access, fields.text("api_key"))?;
    let file = file.ok_or_else(|| missing("file"))?;
    let (source, target) = Codes::of(&fields)?.languages()?;
    apis.spend_request(&client)?;
    let document = Document::recognise(file, source, target).await?;
    let ticket = apis.files.enter(client, None, &document.scratch)?;
    let translated = document.translate(apis, &client, &ticket, patience).await?;
    let (id, name) = (ticket.id, percent_encoded(&translated.name));
    ticket.end(files::State::Done(Arc::new(translated)));
    Ok(json!({"translatedFileUrl": format!("{address}/download_file/{id}.{name}")}))
}

/// `GET /download_file/{name}`. The name begins with the id of the file.
pub(super) async fn fetch(
    State(apis): State<Apis>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let name = name.map_or_else(|_| String::new(), |Path(name)| name);
    let id = name.split('.').next().unwrap_or_default();
    let id = Uuid::parse_str(id);
    let id = id.map_err(|_| Refusal::Invalid("Invalid filename".to_owned()))?;
    match apis.files.state(id, None) {
        Some(files::State::Done(translated)) => {
            let files = apis.files.clone();
            download(translated, move || files.set_fetched(id, None)).await
        }
        _ => Err(Refusal::NotFound(
            "There is no such file: a translation is kept for an hour.".to_owned(),
        )),
    }
}
