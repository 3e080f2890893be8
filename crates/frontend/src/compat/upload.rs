//! A request with a file, which goes to the disk as it arrives.

use std::pin::pin;

use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use multer::{Constraints, Multipart, SizeLimit};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::OwnedSemaphorePermit;

use super::apis::Apis;
use super::call::Caller;
use super::fields::Fields;
use super::files::{ApiFiles, Scratch};
use super::refusal::Refusal;
use crate::multipart::Held;

/// Name of the field with the file.
const FILE: &str = "file";

/// Maximum size of any other field, in bytes.
const MAX_FIELD_BYTES: u64 = 64 << 10;

/// Maximum bytes of a form besides the file.
const OVERHEAD_BYTES: usize = 1 << 20;

/// Bytes of memory for a field besides its name and its value.
const FIELD_BYTES: usize = 128;

/// A request with a file.
#[derive(Debug)]
pub(crate) struct Upload {
    /// Fields of the address and the form, except for the file.
    pub(crate) fields: Fields,
    /// The file; `None` if there is none in the form.
    pub(crate) file: Option<Scratch>,
    /// The sender.
    pub(crate) caller: Caller,
}

impl FromRequest<Apis> for Upload {
    type Rejection = Refusal;

    async fn from_request(request: Request, apis: &Apis) -> Result<Self, Refusal> {
        let caller = Caller::of(&request, &apis.access);
        let uri = request.uri().clone();
        if let Err(refusal) = caller.check(&apis.access) {
            service::body::drain(request).await;
            return Err(refusal);
        }
        let mut fields = Fields::default();
        let content_type = request.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let boundary = multer::parse_boundary(content_type.unwrap_or_default());
        let Ok(boundary) = boundary else {
            service::body::drain(request).await;
            fields.add_query(uri.query())?;
            // Without a form there is no file in it.
            return Ok(Self {
                fields,
                file: None,
                caller,
            });
        };
        let Some(room) = apis.files.room_for(&request).await else {
            service::body::drain(request).await;
            return Err(Refusal::Crowded);
        };
        let mut body = pin!(service::body::stream(request));
        let held = Held::default();
        let limit = apis.files.max_bytes;
        let max_bytes = limit.saturating_add(OVERHEAD_BYTES) as u64;
        let chunks = held.counted(body.as_mut(), max_bytes, || Refusal::FileTooLarge { limit });
        let limits = SizeLimit::new()
            .per_field(MAX_FIELD_BYTES)
            .for_field(FILE, limit as u64);
        let limits = Constraints::new().size_limit(limits);
        let form = Multipart::with_constraints(chunks, boundary, limits);
        let received = receive(form, &held, &apis.files, room, &mut fields).await;
        match received.and_then(|file| fields.add_query(uri.query()).map(|()| file)) {
            Ok(file) => Ok(Self {
                fields,
                file,
                caller,
            }),
            Err(refusal) => {
                service::body::discard(body).await;
                Err(refusal)
            }
        }
    }
}

/// Reads a form. Returns its file, and adds the other fields to `fields`.
async fn receive(
    mut form: Multipart<'_>,
    held: &Held,
    files: &ApiFiles,
    room: OwnedSemaphorePermit,
    fields: &mut Fields,
) -> Result<Option<Scratch>, Refusal> {
    let mut room = Some(room);
    let mut file = None;
    let mut left = OVERHEAD_BYTES;
    let refuse = |error| refusal(error, files.max_bytes);
    while let Some(mut field) = form.next_field().await.map_err(refuse)? {
        held.release();
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().unwrap_or_default().to_owned();
        if name != FILE {
            let value = field.text().await.map_err(refuse)?;
            held.release();
            let bytes = name.len() + value.len() + FIELD_BYTES;
            left = left.checked_sub(bytes).ok_or_else(invalid)?;
            fields.add(name, &value);
            continue;
        }
        // The first file counts.
        let Some(room) = room.take() else {
            while field.chunk().await.map_err(refuse)?.is_some() {
                held.release();
            }
            continue;
        };
        let mut scratch = files.create(&file_name, room).await?;
        let mut output = File::create(scratch.source()).await?;
        let mut bytes = 0;
        while let Some(chunk) = field.chunk().await.map_err(refuse)? {
            held.release();
            bytes += chunk.len();
            output.write_all(&chunk).await?;
        }
        output.flush().await?;
        scratch.shrink(bytes);
        file = Some(scratch).filter(|_| bytes > 0);
    }
    Ok(file)
}

/// Returns the refusal for a form that cannot be read.
fn refusal(error: multer::Error, max_bytes: usize) -> Refusal {
    match error {
        multer::Error::FieldSizeExceeded {
            field_name: Some(name),
            ..
        } if name == FILE => Refusal::FileTooLarge { limit: max_bytes },
        multer::Error::StreamReadFailed(cause) => match cause.downcast::<Refusal>() {
            Ok(refusal) => *refusal,
            Err(_) => Refusal::Incomplete,
        },
        _ => invalid(),
    }
}

fn invalid() -> Refusal {
    Refusal::Invalid("Invalid multipart form".to_owned())
}
