//! `/files`: several files that were sent together, and their translations in one archive.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};

use askama::Template;
use async_stream::stream;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::mpsc;
use uuid::Uuid;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::error::Error;
use crate::files::Files;
use crate::jobs::Phase;
use crate::pages::document::{self, attachment};
use crate::pages::upload::MAX_FILES;
use crate::state::AppState;

/// Size of the chunks in which an archive is sent, in bytes.
const CHUNK: usize = 64 * 1024;

/// Name of the archive.
const ARCHIVE: &str = "translations.zip";

/// The query of the address.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Parameters {
    /// Ids of translations, separated by commas.
    #[serde(default)]
    ids: String,
}

impl Parameters {
    fn ids(&self) -> Vec<Uuid> {
        let ids = self.ids.split(',').filter_map(|id| id.parse().ok());
        // And the text that was sent with them.
        ids.take(MAX_FILES + 1).collect()
    }
}

/// Returns the address of the page for these translations: that of the only one, or the list.
pub(crate) fn address(ids: &[Uuid]) -> String {
    match ids {
        [id] => format!("/translations/{id}"),
        _ => format!("/files?ids={}", joined(ids)),
    }
}

fn joined(ids: &[Uuid]) -> String {
    let ids: Vec<_> = ids.iter().map(Uuid::to_string).collect();
    ids.join(",")
}

#[derive(Template)]
#[template(path = "files.html")]
struct FilesPage {
    ids: String,
    items: Vec<Item>,
    running: usize,
    ready: usize,
}

/// A file in the list.
struct Item {
    id: Uuid,
    name: String,
    status: Status,
}

/// Status of a file in the list.
enum Status {
    /// In progress, as words, and the share that is done, in percent.
    Running {
        words: String,
        percent: Option<usize>,
    },
    /// Translated, with a file to download.
    Ready,
    /// Translated, without a file: it was a text, or the file was removed.
    Text,
    /// Ended without a translation.
    Ended { words: String },
    /// Deleted, or never there.
    Absent,
}

/// `GET /files?ids=…`: the list.
pub(crate) async fn show(
    State(state): State<AppState>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(parameters) = parameters.unwrap_or_default();
    let ids = parameters.ids();
    if ids.is_empty() {
        return Err(Error::NotFound);
    }
    let mut items = Vec::new();
    for id in &ids {
        items.push(item(&state, *id).await?);
    }
    let count = |is_counted: fn(&Status) -> bool| {
        items.iter().filter(|item| is_counted(&item.status)).count()
    };
    let page = FilesPage {
        ids: joined(&ids),
        running: count(|status| matches!(status, Status::Running { .. })),
        ready: count(|status| matches!(status, Status::Ready)),
        items,
    };
    let headers = [(header::CACHE_CONTROL, "no-store")];
    Ok((headers, Html(page.render()?)).into_response())
}

async fn item(state: &AppState, id: Uuid) -> Result<Item, Error> {
    let (name, phase, progress) = if let Some(job) = state.jobs.recall(id).await {
        let name = job.file_name().map(str::to_owned);
        let job = job.state();
        (name, Some(job.phase), (job.done, job.total))
    } else if let Some(stored) = state.history.find(id).await? {
        (stored.file_name, None, (0, None))
    } else {
        return Ok(Item {
            id,
            name: "A file that is no longer here".to_owned(),
            status: Status::Absent,
        });
    };
    let running = |words: &str| Status::Running {
        words: words.to_owned(),
        percent: None,
    };
    let status = match phase {
        None | Some(Phase::Done { .. }) => {
            let found = state
                .jobs
                .files()
                .look(move |files| files.has_translation(id));
            match found.await {
                Ok(true) => Status::Ready,
                _ => Status::Text,
            }
        }
        Some(Phase::Waiting { .. } | Phase::Reading { pages: 0, .. }) => {
            running("Waiting for its turn")
        }
        Some(Phase::Reading { read, pages }) => Status::Running {
            words: format!("Reading page {} of {pages}", pages.min(read + 1)),
            percent: Some(0),
        },
        Some(Phase::Retrying { .. }) => running("Waiting for the translation service"),
        Some(Phase::Running) => match progress {
            (done, Some(total)) if total > 0 => Status::Running {
                words: match total {
                    1 => "1 sentence".to_owned(),
                    _ => format!("{done} of {total} sentences"),
                },
                percent: Some(done * 100 / total),
            },
            _ => running("Being translated"),
        },
        Some(Phase::Cancelled) => Status::Ended {
            words: "Cancelled".to_owned(),
        },
        Some(Phase::Failed { reason }) => Status::Ended {
            words: reason.to_string(),
        },
    };
    Ok(Item {
        id,
        name: name.unwrap_or_else(|| "The text".to_owned()),
        status,
    })
}

/// `GET /files/translations.zip?ids=…`: the translated files in one archive.
pub(crate) async fn archive(
    State(state): State<AppState>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(parameters) = parameters.unwrap_or_default();
    let mut ids = Vec::new();
    for id in parameters.ids() {
        match document::check(&state, id).await {
            Ok(()) => ids.push(id),
            // Without it the archive is complete all the same.
            Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    let found = state.jobs.files().look(move |files| opened(files, &ids));
    let found = found.await.map_err(Error::UnreadFile)?;
    if found.is_empty() {
        return Err(Error::NotFound);
    }
    let (sender, mut chunks) = mpsc::channel(1);
    let packing = tokio::task::spawn_blocking(move || pack(found, &sender));
    let body = stream! {
        while let Some(chunk) = chunks.recv().await {
            yield Ok(chunk);
        }
        // An error breaks the connection, so that the archive is not taken for complete.
        match packing.await.map_err(io::Error::other).flatten() {
            Ok(()) => {}
            Err(error) => yield Err(error),
        }
    };
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/zip"),
        ),
        (header::CONTENT_DISPOSITION, attachment(ARCHIVE)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// Opens the translated files, with names that differ.
fn opened(files: &Files, ids: &[Uuid]) -> io::Result<Vec<(File, String)>> {
    let mut names = HashSet::new();
    let mut opened = Vec::new();
    for id in ids {
        if let Some((file, name, _)) = document::translated(files, *id)? {
            opened.push((file, unique(name, &mut names)));
        }
    }
    Ok(opened)
}

/// Returns a name that is not among `names`, which differ also without regard to case.
fn unique(name: String, names: &mut HashSet<String>) -> String {
    if names.insert(name.to_lowercase()) {
        return name;
    }
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
    for number in 2.. {
        let numbered = format!("{stem} ({number}).{extension}");
        if names.insert(numbered.to_lowercase()) {
            return numbered;
        }
    }
    name
}

/// Packs files and sends the archive in chunks.
fn pack(files: Vec<(File, String)>, sender: &mpsc::Sender<Bytes>) -> io::Result<()> {
    // Most of them are compressed already.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let output = BufWriter::with_capacity(CHUNK, Chunks(sender));
    let mut archive = ZipWriter::new_stream(output);
    for (mut file, name) in files {
        let options = options.large_file(file.metadata()?.len() >= u64::from(u32::MAX));
        archive.start_file(name, options)?;
        io::copy(&mut file, &mut archive)?;
    }
    archive.finish()?.into_inner().flush()
}

/// A writer into a channel.
struct Chunks<'a>(&'a mpsc::Sender<Bytes>);

impl Write for Chunks<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Bytes::copy_from_slice(bytes));
        // The client has gone.
        sent.map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_an_archive_differ() {
        let mut names = HashSet::new();
        let mut next = |name: &str| unique(name.to_owned(), &mut names);
        assert_eq!(next("Brief.en.docx"), "Brief.en.docx");
        assert_eq!(next("brief.en.docx"), "brief.en (2).docx");
        assert_eq!(next("Brief.en.docx"), "Brief.en (3).docx");
    }
}
