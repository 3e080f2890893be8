//! Reading a form with files (`multipart/form-data`), which go to the disk as they arrive.

use std::pin::pin;

use axum::extract::Request;
use axum::http::header;
use bytes::Bytes;
use multer::{Field, Multipart};
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use crate::error::Error;
use crate::files::{Upload, printable};
use crate::multipart::Held;
use crate::pages::body::{Fields, Forms, Text};
use crate::pages::sizes_in_words;
use crate::state::AppState;

/// Maximum number of files in a form. Their ids are in the address of the page that lists them.
pub(crate) const MAX_FILES: usize = 50;

/// Files that browsers offer. With a kind of picture among them phones offer the camera, and without
/// HEIC they convert its photos.
pub(crate) const ACCEPT: &str = ".docx,.pdf,.odt,.pptx,.xlsx,.epub,.txt,.md,.html,.htm,.csv,.srt,\
     .vtt,.jpg,.jpeg,.png,.webp,.tif,.tiff,image/jpeg,image/png,image/webp,image/tiff";

/// Maximum size of a form, in files of the maximum size.
const MAX_LARGE_FILES: u64 = 16;

/// Maximum length of the id of the form.
const MAX_NONCE_BYTES: usize = 64;

/// A form that has arrived.
#[derive(Debug, Default)]
pub(crate) struct Arrived {
    pub(crate) fields: Fields,
    /// The files that are complete and not too large.
    pub(crate) uploads: Vec<Upload>,
    /// The others.
    pub(crate) refused: Vec<Refused>,
    /// Room for the text, until the job counts its memory.
    pub(crate) room: Option<OwnedSemaphorePermit>,
}

/// A file that was not accepted.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) name: String,
    /// The reason, as sentences.
    pub(crate) reason: String,
}

/// Returns the boundary between the fields of a form with files; `None` for other bodies.
pub(crate) fn boundary(request: &Request) -> Option<String> {
    let content_type = request.headers().get(header::CONTENT_TYPE)?;
    multer::parse_boundary(content_type.to_str().ok()?).ok()
}

/// Reads a form with files. The text has to come before the files, as in ours.
///
/// # Errors
/// The text is too long or not UTF-8, or the body is incomplete, too slow or not a form.
pub(crate) async fn read(
    state: &AppState,
    request: Request,
    boundary: String,
) -> Result<Arrived, Error> {
    let size = service::body::size(&request);
    let held = Held::default();
    let mut body = pin!(service::body::stream(request));
    let chunks = held.counted(body.as_mut(), max_bytes(state), || Error::TooManyFiles);
    let form = Multipart::new(chunks, boundary);
    let mut reader = Reader {
        state,
        size,
        held: held.clone(),
        arrived: Arrived::default(),
    };
    let outcome = reader.read(form).await;
    if outcome.is_err() {
        service::body::discard(body).await;
    }
    outcome.map(|()| reader.arrived)
}

fn max_bytes(state: &AppState) -> u64 {
    let files = state.max_file_bytes.saturating_mul(MAX_LARGE_FILES);
    files.saturating_add(state.max_text_bytes as u64 * 2)
}

struct Reader<'a> {
    state: &'a AppState,
    /// Size of the body, if it is known.
    size: Option<usize>,
    held: Held,
    arrived: Arrived,
}

impl Reader<'_> {
    async fn read(&mut self, mut form: Multipart<'_>) -> Result<(), Error> {
        while let Some(field) = self.advance(form.next_field().await)? {
            match (field.name(), field.file_name()) {
                (Some("text"), None) if self.arrived.fields.text.is_none() => {
                    self.read_text(field).await?;
                }
                (Some("nonce"), None) => self.read_nonce(field).await?,
                // Without a file, browsers send an empty name.
                (Some("file"), Some(name)) if !name.is_empty() => {
                    let name = printable(name);
                    self.read_file(field, name).await?;
                }
                _ => self.skip(field).await?,
            }
        }
        Ok(())
    }

    async fn skip(&self, mut field: Field<'_>) -> Result<(), Error> {
        while self.next(&mut field).await?.is_some() {}
        Ok(())
    }

    async fn read_text(&mut self, mut field: Field<'_>) -> Result<(), Error> {
        let room = self.state.forms.room(self.size).await;
        let mut room = room.ok_or(Error::Crowded)?;
        let mut text = Text::new(self.state.max_text_bytes);
        while let Some(chunk) = self.next(&mut field).await? {
            chunk.iter().for_each(|byte| text.push(*byte));
        }
        let text = text.finish()?;
        Forms::shrink(&mut room, text.len());
        self.arrived.room = Some(room);
        self.arrived.fields.text = Some(text);
        Ok(())
    }

    async fn read_nonce(&mut self, mut field: Field<'_>) -> Result<(), Error> {
        let mut nonce = Vec::new();
        while let Some(chunk) = self.next(&mut field).await? {
            let left = MAX_NONCE_BYTES - nonce.len();
            nonce.extend_from_slice(&chunk[..chunk.len().min(left)]);
        }
        let nonce = str::from_utf8(&nonce).ok();
        self.arrived.fields.nonce = nonce.and_then(|nonce| Uuid::parse_str(nonce).ok());
        Ok(())
    }

    async fn read_file(&mut self, mut field: Field<'_>, name: String) -> Result<(), Error> {
        let count = self.arrived.uploads.len() + self.arrived.refused.len();
        let mut size = 0_u64;
        let limit = self.state.max_file_bytes;
        if count > MAX_FILES {
            return self.skip(field).await;
        }
        let mut refusal = (count == MAX_FILES).then(|| {
            format!(
                "At most {MAX_FILES} files can be sent at once: this and all after it are left out."
            )
        });
        let mut upload = None;
        if refusal.is_none() {
            let (files, name) = (self.state.jobs.files(), name.clone());
            let created = files.look(move |files| files.upload(&name)).await;
            upload = Some(created.map_err(Error::UnsavedFile)?);
        }
        while let Some(chunk) = self.next(&mut field).await? {
            size += chunk.len() as u64;
            if size > limit {
                // Removes what has arrived. The rest is read, because other fields follow.
                upload = None;
            } else if let Some(upload) = &mut upload {
                upload.write(chunk).await.map_err(Error::UnsavedFile)?;
            }
        }
        if size > limit {
            let (size, limit) = sizes_in_words(size, limit);
            refusal = Some(format!(
                "The file is too large: it has {size}, and at most {limit} are allowed."
            ));
        } else if size == 0 {
            refusal.get_or_insert_with(|| "The file is empty.".to_owned());
        }
        match (refusal, upload) {
            (None, Some(upload)) => self.arrived.uploads.push(upload),
            (reason, _) => self.arrived.refused.push(Refused {
                name,
                reason: reason.unwrap_or_default(),
            }),
        }
        Ok(())
    }

    async fn next(&self, field: &mut Field<'_>) -> Result<Option<Bytes>, Error> {
        self.advance(field.chunk().await)
    }

    /// Notes that a part of the body was taken, or why there is none.
    fn advance<T>(&self, taken: multer::Result<T>) -> Result<T, Error> {
        self.held.release();
        taken.map_err(|error| match error {
            multer::Error::StreamReadFailed(error) => match error.downcast::<Error>() {
                Ok(error) => *error,
                Err(_) => Error::BrokenBody,
            },
            multer::Error::IncompleteFieldData { .. }
            | multer::Error::IncompleteHeaders
            | multer::Error::IncompleteStream => Error::BrokenBody,
            _ => Error::NotAForm,
        })
    }
}
