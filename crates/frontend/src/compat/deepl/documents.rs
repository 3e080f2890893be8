//! `/v2/document`: a file is sent, asked about, and fetched.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use documents::Kind;
use serde_json::{Value, json};
use uuid::Uuid;

use super::authorized::{Authorized, DeeplRefusal};
use super::options::source_language;
use crate::compat::apis::Apis;
use crate::compat::document::Document;
use crate::compat::download::download;
use crate::compat::fields::Fields;
use crate::compat::files;
use crate::compat::language::Language;
use crate::compat::refusal::Refusal;
use crate::compat::upload::Upload;
use crate::jobs::Patience;

/// Bytes of text a second before any of it is translated: a guess, so that clients have an estimate.
const TYPICAL_SPEED: usize = 10_000;

/// Time for which a translation is kept after it was fetched.
const AFTER_FETCH: Option<Duration> = Some(Duration::from_mins(5));

/// `POST /v2/document`: accepts a file, which is translated while the client asks about it.
pub(super) async fn translate(
    State(apis): State<Apis>,
    upload: Result<Upload, Refusal>,
) -> Result<Json<Value>, DeeplRefusal> {
    let Upload {
        fields,
        file,
        caller,
    } = upload?;
    let client = caller.client(&apis.access, fields.text("auth_key"))?;
    let source = source_language(&fields)?;
    let mut file = file.ok_or_else(|| invalid("Invalid file data."))?;
    if let Some(name) = fields.text("filename") {
        name.clone_into(&mut file.name);
    }
    apis.spend_request(&client)?;
    let document = Document::recognise(file, source, Language::English).await?;
    check_output_format(&fields, document.kind, &document.scratch.name)?;
    let key = [(); 2].map(|()| Uuid::new_v4().simple().to_string());
    let key = key.concat().to_uppercase();
    let ticket = apis
        .files
        .enter(client, Some(key.as_str().into()), &document.scratch)?;
    let id = code(ticket.id);
    tokio::spawn(async move {
        let translated = document
            .translate(&apis, &client, &ticket, Patience::File)
            .await;
        ticket.end(match translated {
            Ok(translated) => files::State::Done(Arc::new(translated)),
            Err(refusal) => files::State::Failed(refusal.to_string()),
        });
    });
    Ok(Json(json!({"document_id": id, "document_key": key})))
}

/// `POST /v2/document/{id}`: the progress of a translation.
pub(super) async fn status(
    State(apis): State<Apis>,
    id: Result<Path<String>, PathRejection>,
    Authorized { call, .. }: Authorized,
) -> Result<Json<Value>, DeeplRefusal> {
    let (id, state) = find(&apis, id, &call.fields)?;
    let mut status = match state {
        files::State::Queued => json!({"status": "queued"}),
        files::State::Translating { since, done, total } => {
            let left = total - done;
            let elapsed = usize::try_from(since.elapsed().as_secs()).unwrap_or_default();
            let seconds = (elapsed * left).checked_div(done);
            let seconds = seconds.unwrap_or(left / TYPICAL_SPEED);
            json!({"status": "translating", "seconds_remaining": seconds + 1})
        }
        files::State::Done(translated) => {
            json!({"status": "done", "billed_characters": translated.characters})
        }
        files::State::Failed(reason) => json!({"status": "error", "error_message": reason}),
    };
    status["document_id"] = json!(code(id));
    Ok(Json(status))
}

/// `POST /v2/document/{id}/result`: the translation, which is removed some minutes after it was
/// fetched: the connection may have broken before its end.
pub(super) async fn fetch(
    State(apis): State<Apis>,
    id: Result<Path<String>, PathRejection>,
    Authorized { call, .. }: Authorized,
) -> Result<Response, DeeplRefusal> {
    let (id, state) = find(&apis, id, &call.fields)?;
    match state {
        files::State::Done(translated) => {
            let files = apis.files.clone();
            Ok(download(translated, move || files.set_fetched(id, AFTER_FETCH)).await?)
        }
        files::State::Failed(reason) => Err(Refusal::Invalid(reason).into()),
        _ => Err(Refusal::Unavailable("Document translation is not done".to_owned()).into()),
    }
}

/// Returns the id and the state of the document that a request names and has the key of.
fn find(
    apis: &Apis,
    id: Result<Path<String>, PathRejection>,
    fields: &Fields,
) -> Result<(Uuid, files::State), Refusal> {
    let id = id.ok().and_then(|Path(id)| Uuid::parse_str(&id).ok());
    let key = fields.text("document_key").unwrap_or_default();
    let found = id.and_then(|id| Some((id, apis.files.state(id, Some(key))?)));
    found.ok_or_else(|| Refusal::NotFound("Document not found".to_owned()))
}

/// Checks that the translation will be in the format that a request demands, or in that of the file.
fn check_output_format(fields: &Fields, kind: Kind, name: &str) -> Result<(), Refusal> {
    let own = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let result = kind.extension();
    let Some(wanted) = fields.text("output_format") else {
        return if kind.result() == kind {
            Ok(())
        } else {
            Err(invalid(
                "The translation of a PDF or a picture is a Word document: set output_format to docx.",
            ))
        };
    };
    let wanted = wanted.trim_start_matches('.').to_ascii_lowercase();
    let is_own = kind.result() == kind && wanted == own.to_ascii_lowercase();
    if is_own || wanted == result {
        Ok(())
    } else {
        Err(invalid(&format!(
            "Value for 'output_format' not supported: the translation of this file is .{result}."
        )))
    }
}

/// Returns an id as `DeepL` writes it.
fn code(id: Uuid) -> String {
    id.simple().to_string().to_uppercase()
}

fn invalid(message: &str) -> Refusal {
    Refusal::Invalid(message.to_owned())
}
