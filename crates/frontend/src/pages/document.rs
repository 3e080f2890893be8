//! The file of a translation: its download, the pictures of its pages, and what its page says about
//! it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use tokio_util::io::ReaderStream;
use uuid::Uuid;

use crate::error::Error;
use crate::files::{About, Files, PageNote, english};
use crate::pages::rows::lines;
use crate::pages::{Id, bytes_in_words, escape};
use crate::state::AppState;

/// Size of the chunks in which a file is sent, in bytes.
const CHUNK: usize = 64 * 1024;

/// Facts about the file of a translation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    /// Absent once the file was removed.
    about: Option<About>,
    /// The translated file, if it is written.
    translation: Option<Translated>,
}

#[derive(Clone, Debug)]
struct Translated {
    name: String,
    bytes: u64,
}

/// Returns the translated file of a job with its name and media type; `None` if there is none.
pub(crate) fn translated(
    files: &Files,
    id: Uuid,
) -> std::io::Result<Option<(File, String, &'static str)>> {
    let Some((file, kind)) = files.translation(id)? else {
        return Ok(None);
    };
    let about = files.about(id)?.unwrap_or_default();
    Ok(Some((file, english(&about.name, kind), kind.media_type())))
}

impl Notes {
    /// Reads the notes.
    pub(crate) async fn read(files: &Files, id: Uuid) -> Self {
        let read = files.look(move |files| {
            let translation = translated(files, id)?;
            let translation = translation.map(|(file, name, _)| {
                let bytes = file.metadata()?.len();
                Ok::<_, std::io::Error>(Translated { name, bytes })
            });
            Ok(Self {
                about: files.about(id)?,
                translation: translation.transpose()?,
            })
        });
        read.await.unwrap_or_else(|error| {
            tracing::error!(%id, %error, "the note about a file cannot be read");
            Self::default()
        })
    }

    /// Returns whether the file was removed.
    pub(crate) fn is_gone(&self) -> bool {
        self.about.is_none()
    }

    /// Returns the name of the translated file and its size, if it is written.
    pub(crate) fn download(&self) -> Option<(&str, String)> {
        let translation = self.translation.as_ref()?;
        Some((&translation.name, bytes_in_words(translation.bytes)))
    }

    /// Returns the extension of the translated file, in capitals.
    pub(crate) fn extension(&self) -> String {
        let name = self.translation.as_ref().map_or("", |it| &it.name);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        extension.to_uppercase()
    }

    /// Returns the reason for which there is no translated file although the text is translated.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.about.as_ref()?.problem.as_deref()
    }

    /// Returns what stayed as it is in the file, and what to look at, as sentences.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let Some(about) = &self.about else {
            return Vec::new();
        };
        let mut remarks = Vec::new();
        let mut count = |count: usize, one: &str, many: &str, done: &str| match count {
            0 => {}
            1 => remarks.push(format!("1 {one} was {done}.")),
            _ => remarks.push(format!("{count} {many} were {done}.")),
        };
        let left = "left as in the original, with the text in it";
        count(about.pictures, "picture", "pictures", left);
        let left = "left as in the original";
        count(about.objects, "embedded object", "embedded objects", left);
        count(
            about.revisions,
            "tracked change",
            "tracked changes",
            "accepted",
        );
        let warned = about
            .pages
            .iter()
            .filter(|page| page.warning.is_some())
            .count();
        match (warned, about.pages.len()) {
            (0, _) => {}
            (_, 1) => remarks.push(
                "The page could not be read completely: compare it with the original.".to_owned(),
            ),
            (1, _) => remarks.push(
                "1 page could not be read completely: compare it with the original.".to_owned(),
            ),
            (_, _) => remarks.push(format!(
                "{warned} pages could not be read completely: compare them with the original."
            )),
        }
        remarks
    }

    /// Returns the headings of pages that have a picture or a warning, as HTML without line breaks,
    /// by the byte of `text` with which the page starts.
    pub(crate) fn leaves(&self, id: Uuid, text: &str) -> HashMap<usize, String> {
        let mut leaves = HashMap::new();
        let Some(about) = &self.about else {
            return leaves;
        };
        let starts: Vec<usize> = lines(text).map(|line| line.start).collect();
        let mut line = 0;
        for (index, page) in about.pages.iter().enumerate() {
            // A page without text at the end is shown with the last line.
            let last = starts.len().saturating_sub(1);
            if let Some(start) = starts.get(line.min(last))
                && (page.has_picture || page.warning.is_some())
            {
                leaf(id, index + 1, page, leaves.entry(*start).or_default());
            }
            line += page.lines;
        }
        leaves
    }
}

/// Writes the heading of a page.
fn leaf(id: Uuid, number: usize, page: &PageNote, out: &mut String) {
    let _ = write!(out, "<div class=\"leaf\"><b>Page {number}</b>");
    if let Some(warning) = &page.warning {
        out.push_str("<span class=\"warning\">");
        escape(warning, out);
        out.push_str("</span>");
    }
    if page.doubtful > 0 {
        let words = if page.doubtful == 1 { "word" } else { "words" };
        let _ = write!(out, "<span>{} uncertain {words}</span>", page.doubtful);
    }
    if page.has_picture {
        let _ = write!(
            out,
            "<details name=\"leaf\"><summary><span>Show the page</span><span>Hide the page</span></summary>\
             <a href=\"/translations/{id}/pages/{number}\">\
             <img loading=\"lazy\" src=\"/translations/{id}/pages/{number}\" alt=\"Page {number} as it was scanned\"></a></details>"
        );
    }
    out.push_str("</div>");
}

/// Refuses files of translations that do not exist, or were deleted.
pub(crate) async fn check(state: &AppState, id: Uuid) -> Result<(), Error> {
    if state.jobs.phase(id).is_some() || state.history.find(id).await?.is_some() {
        return Ok(());
    }
    Err(Error::NotFound)
}

/// `GET /translations/{id}/file`: the translated file.
pub(crate) async fn download(State(state): State<AppState>, Id(id): Id) -> Result<Response, Error> {
    check(&state, id).await?;
    let found = state.jobs.files().look(move |files| translated(files, id));
    let (file, name, media_type) = found
        .await
        .map_err(Error::UnreadFile)?
        .ok_or(Error::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, attachment(&name)),
    ];
    Ok((headers, send(file).await?).into_response())
}

/// `GET /translations/{id}/pages/{number}`: the picture of a scanned page.
pub(crate) async fn picture(
    State(state): State<AppState>,
    path: Result<Path<(Uuid, usize)>, PathRejection>,
) -> Result<Response, Error> {
    let Path((id, number)) = path.map_err(|_| Error::NotFound)?;
    check(&state, id).await?;
    let found = state
        .jobs
        .files()
        .look(move |files| files.picture(id, number));
    let file = found
        .await
        .map_err(Error::UnreadFile)?
        .ok_or(Error::NotFound)?;
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"))];
    Ok((headers, send(file).await?).into_response())
}

/// Returns a response with a file, which is read as it is sent.
async fn send(file: File) -> Result<Response, Error> {
    let file = tokio::fs::File::from_std(file);
    let bytes = file.metadata().await.map_err(Error::UnreadFile)?.len();
    let headers = [
        (header::CONTENT_LENGTH, HeaderValue::from(bytes)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let body = Body::from_stream(ReaderStream::with_capacity(file, CHUNK));
    Ok((headers, body).into_response())
}

/// Returns a name for an address or a header: everything but letters, digits and a few marks of
/// ASCII as percent signs and digits.
pub(crate) fn percent_encoded(name: &str) -> String {
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Returns a header that makes a browser save a file under this name (RFC 6266): in ASCII for old
/// ones, and as it is.
pub(crate) fn attachment(name: &str) -> HeaderValue {
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ';
    let plain: String = name
        .chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .collect();
    let encoded = percent_encoded(name);
    let value = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_downloads_are_safe_in_a_header() {
        for (name, expected) in [
            (
                "Brief.en.docx",
                "attachment; filename=\"Brief.en.docx\"; filename*=UTF-8''Brief.en.docx",
            ),
            (
                "Kündigung \"1\".txt",
                "attachment; filename=\"K_ndigung _1_.txt\"; filename*=UTF-8''K%C3%BCndigung%20%221%22.txt",
            ),
        ] {
            assert_eq!(attachment(name), expected);
        }
    }

    #[test]
    fn pages_start_with_their_first_line() {
        let page = |lines, has_picture| PageNote {
            lines,
            has_picture,
            ..PageNote::default()
        };
        let about = About {
            pages: vec![
                page(2, true),
                page(0, true),
                page(1, false),
                page(1, true),
                page(0, true),
            ],
            ..About::default()
        };
        let notes = Notes {
            about: Some(about),
            translation: None,
        };
        let leaves = notes.leaves(Uuid::nil(), "ab-\n\ncd\nef\ngh");
        let mut starts: Vec<_> = leaves.keys().copied().collect();
        starts.sort_unstable();
        assert_eq!(starts, [0, 8, 11]);
        assert!(leaves[&8].contains("Page 2") && !leaves[&8].contains("Page 3"));
        assert!(leaves[&11].contains("Page 4") && leaves[&11].contains("Page 5"));
    }
}
