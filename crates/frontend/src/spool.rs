//! Texts and results on disk until the database has them.
//!
//! `DATA_DIR/spool` has one file for each record. Its name is the id of the job, and its extension
//! is the kind of the record:
//!
//! - `.text`: accepted and not finished; starts again after a restart
//! - `.cancelled`, `.failed`: a text that stays as it is until somebody retries it
//! - `.result`: finished and not stored in the database
//!
//! A file is complete or absent: it is written under another name, flushed to the disk and renamed,
//! and then the folder is flushed. A power cut loses nothing that was acknowledged.
//!
//! Functions that are not `async` block.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::history::{EXCERPT_CHARS, Translation};

/// Name of the spool's folder in the data folder.
const FOLDER: &str = "spool";

/// Name of the file in the data folder that the process keeps locked.
const LOCK: &str = "lock";

const TEXT: &str = "text";
const CANCELLED: &str = "cancelled";
const FAILED: &str = "failed";
const RESULT: &str = "result";
/// Extension of a file that is being written; worthless after a restart.
const NEW: &str = "new";
/// Extension of a file that cannot be read, which is kept for a person to look at.
const CORRUPT: &str = "corrupt";

/// The file of a text, as its record names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpooledFile {
    /// Name of the file.
    pub name: String,
    /// Whether the text has markup, which is put in place by the links between words.
    pub has_markup: bool,
    /// Whether the file was read. Until then, the text is empty.
    pub is_read: bool,
}

/// An accepted text, owned or borrowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted<T> {
    /// Id of the job.
    pub id: Uuid,
    /// Time of submission, in whole microseconds.
    pub created_at: Timestamp,
    /// The text.
    pub text: T,
    /// Whether its lines were wrapped at a fixed width; false in files of versions that did not
    /// join lines.
    #[serde(default)]
    pub wrapped: bool,
    /// The [file](crate::files) that it is the text of.
    #[serde(default)]
    pub file: Option<SpooledFile>,
}

impl<T: AsRef<str>> Accepted<T> {
    /// Returns it with a borrowed text.
    #[must_use]
    pub fn borrowed(&self) -> Accepted<&str> {
        Accepted {
            id: self.id,
            created_at: self.created_at,
            text: self.text.as_ref(),
            wrapped: self.wrapped,
            file: self.file.clone(),
        }
    }
}

/// A record of an earlier process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A text to translate.
    Unfinished(Accepted<String>),
    /// The first [`EXCERPT_CHARS`] of a text that was cancelled.
    Cancelled(Accepted<String>),
    /// The first [`EXCERPT_CHARS`] of a text that cannot be translated.
    Failed(Accepted<String>),
    /// A translation to store.
    Finished(Translation),
}

impl Record {
    /// Returns the time of submission.
    fn created_at(&self) -> Option<Timestamp> {
        match self {
            Self::Unfinished(accepted) | Self::Cancelled(accepted) | Self::Failed(accepted) => {
                Some(accepted.created_at)
            }
            Self::Finished(translation) => translation.created_at,
        }
    }

    fn id(&self) -> Uuid {
        match self {
            Self::Unfinished(accepted) | Self::Cancelled(accepted) | Self::Failed(accepted) => {
                accepted.id
            }
            Self::Finished(translation) => translation.public_id,
        }
    }
}

/// A handle to the folder; cheap to clone.
#[derive(Clone, Debug)]
pub struct Spool {
    folder: Arc<Path>,
}

impl Spool {
    /// Creates a handle to the spool in a data folder, without any access to the disk.
    #[must_use]
    pub fn new(data_dir: &Path) -> Self {
        Self {
            folder: data_dir.join(FOLDER).into(),
        }
    }

    /// Locks the data folder for this process until the file is dropped. Two processes would both
    /// translate and store the records of one spool.
    ///
    /// # Errors
    /// Another process has the lock, the folder cannot be written, or its file system has no locks.
    pub fn lock(&self) -> Result<File, TryLockError> {
        let data_dir = self.folder.parent().unwrap_or(&self.folder);
        fs::create_dir_all(data_dir).map_err(TryLockError::Error)?;
        let file = File::create(data_dir.join(LOCK)).map_err(TryLockError::Error)?;
        file.try_lock()?;
        Ok(file)
    }

    /// Saves an accepted text. It is flushed to the disk when this returns.
    ///
    /// # Errors
    /// The folder cannot be written; it contains nothing of the text.
    pub fn accept(&self, accepted: &Accepted<&str>) -> io::Result<()> {
        self.write(accepted.id, TEXT, accepted)
    }

    /// Marks a text as cancelled.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn cancel(&self, id: Uuid) -> io::Result<()> {
        self.rename(id, TEXT, CANCELLED)
    }

    /// Marks a text as one that cannot be translated.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn fail(&self, id: Uuid) -> io::Result<()> {
        self.rename(id, TEXT, FAILED)
    }

    /// Removes the mark of [`Self::cancel`] or [`Self::fail`].
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn resume(&self, id: Uuid) -> io::Result<()> {
        match self.kind_of(id) {
            // It could not be marked.
            TEXT => Ok(()),
            kind => self.rename(id, kind, TEXT),
        }
    }

    /// Reads a text, whatever its mark.
    ///
    /// # Errors
    /// It is absent or cannot be read.
    pub fn text(&self, id: Uuid) -> io::Result<Accepted<String>> {
        read(&self.path(id, self.kind_of(id)))
    }

    /// Returns the extension of a text.
    fn kind_of(&self, id: Uuid) -> &'static str {
        let mut marks = [CANCELLED, FAILED].into_iter();
        let mark = marks.find(|kind| self.path(id, kind).exists());
        mark.unwrap_or(TEXT)
    }

    /// Saves a translation, which replaces its text.
    ///
    /// # Errors
    /// The folder cannot be written; the text is still there.
    pub fn finish(&self, translation: &Translation) -> io::Result<()> {
        self.write(translation.public_id, RESULT, translation)?;
        // Not flushed: if a power cut restores the text, `read` drops it in favour of the result.
        remove(&self.path(translation.public_id, TEXT)).map(|_| ())
    }

    /// Removes all files of a job. They are gone from the disk when this returns.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn remove(&self, id: Uuid) -> io::Result<()> {
        // The text last: with it, the job could start again, and nothing would be lost.
        let mut removed = false;
        for kind in [RESULT, CANCELLED, FAILED, TEXT] {
            removed |= remove(&self.path(id, kind))?;
        }
        if removed { sync(&self.folder) } else { Ok(()) }
    }

    /// Reads all records, in order of submission. Damaged files are renamed, and files that the
    /// system cannot read now are left for the next start; both are logged.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn read(&self) -> io::Result<Vec<Record>> {
        let mut records = Vec::new();
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(records),
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            let record = match path.extension().and_then(OsStr::to_str) {
                Some(TEXT) => read(&path).map(Record::Unfinished),
                Some(CANCELLED) => read_excerpt(&path).map(Record::Cancelled),
                Some(FAILED) => read_excerpt(&path).map(Record::Failed),
                Some(RESULT) => read(&path).and_then(validated).map(Record::Finished),
                Some(NEW) => {
                    remove(&path)?;
                    continue;
                }
                _ => continue,
            };
            // A record with the name of another would never be removed.
            let named = |record: &Record| {
                path.file_stem().and_then(OsStr::to_str) == Some(&record.id().to_string())
            };
            match record {
                Ok(record) if named(&record) => records.push(record),
                Ok(_) => set_aside(&path, "its name is not the id of its record"),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    set_aside(&path, &error.to_string());
                }
                Err(error) => tracing::error!(
                    file = %path.display(),
                    %error,
                    "a file of the spool cannot be read now; the next start tries again"
                ),
            }
        }
        records.sort_by_key(|record| (record.created_at(), record.id()));
        self.drop_texts_of_results(&mut records);
        Ok(records)
    }

    /// Drops texts that have a result: a process that is killed between the two steps of
    /// [`Self::finish`] leaves both files.
    fn drop_texts_of_results(&self, records: &mut Vec<Record>) {
        let finished: std::collections::HashSet<_> = records
            .iter()
            .filter(|record| matches!(record, Record::Finished(_)))
            .map(Record::id)
            .collect();
        records.retain(|record| {
            let id = record.id();
            let keep = matches!(record, Record::Finished(_)) || !finished.contains(&id);
            if !keep && let Err(error) = remove(&self.path(id, TEXT)) {
                tracing::warn!(%id, %error, "a text that is translated cannot be removed");
            }
            keep
        });
    }

    /// Returns the path of a record. Names are made of ids alone, never of user input.
    fn path(&self, id: Uuid, kind: &str) -> PathBuf {
        self.folder.join(format!("{id}.{kind}"))
    }

    fn write(&self, id: Uuid, kind: &str, record: &impl Serialize) -> io::Result<()> {
        if !self.folder.is_dir() {
            fs::create_dir_all(&self.folder)?;
            if let Some(parent) = self.folder.parent() {
                sync(parent)?;
            }
        }
        let new = self.path(id, &format!("{kind}.{NEW}"));
        let written = (|| {
            let mut file = File::create(&new)?;
            file.write_all(&serde_json::to_vec(record)?)?;
            file.sync_all()?;
            fs::rename(&new, self.path(id, kind))?;
            sync(&self.folder)
        })();
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written
    }

    /// Runs `work` on a thread that may block.
    ///
    /// # Errors
    /// That of `work`, or it panicked.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let spool = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&spool)).await;
        done.map_err(io::Error::other).flatten()
    }

    /// Changes the files of a job with `work`, and only logs a failure: the state in memory is
    /// right, and after a restart the text is translated once more or is there again.
    pub(crate) async fn change(
        &self,
        id: Uuid,
        work: impl FnOnce(&Self) -> io::Result<()> + Send + 'static,
    ) {
        if let Err(error) = self.blocking(work).await {
            tracing::error!(%id, %error, "the spool in DATA_DIR cannot be changed");
        }
    }

    fn rename(&self, id: Uuid, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(id, from), self.path(id, to))?;
        sync(&self.folder)
    }
}

/// Flushes a folder, without which new names in it may be lost.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Removes a file if it is there; returns whether it was.
fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        removed => Ok(removed.is_ok()),
    }
}

/// Reads the start of a text.
fn read_excerpt(path: &Path) -> io::Result<Accepted<String>> {
    let mut accepted: Accepted<String> = read(path)?;
    accepted.text = accepted.text.chars().take(EXCERPT_CHARS).collect();
    Ok(accepted)
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    serde_json::from_slice(&fs::read(path)?).map_err(|error| {
        // The error's own message may quote the text.
        let (line, column) = (error.line(), error.column());
        invalid(&format!("not a record at line {line}, column {column}"))
    })
}

/// Returns the translation if its spans fit its texts.
fn validated(translation: Translation) -> io::Result<Translation> {
    let (text_de, text_en) = (&translation.text_de, &translation.text_en);
    let spans = translation.spans.as_ref();
    if spans.is_some_and(|spans| spans.fit(text_de, text_en)) {
        Ok(translation)
    } else {
        Err(invalid("the positions of its sentences are wrong"))
    }
}

fn invalid(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

/// Renames a damaged file, so that the next start does not read it again.
fn set_aside(path: &Path, reason: &str) {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".");
    aside.push(CORRUPT);
    let renamed = fs::rename(path, &aside);
    tracing::error!(
        file = %path.display(),
        reason,
        set_aside = renamed.is_ok(),
        "a file of the spool cannot be read"
    );
}

#[cfg(test)]
mod tests;
