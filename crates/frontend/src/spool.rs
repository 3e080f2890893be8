//! Texts and results kept on disk until the database has them.
//!
//! One file a record in `DATA_DIR/spool`, named by the job's id and what it is:
//!
//! - `.text`: accepted and not finished; begins again after a restart
//! - `.cancelled`, `.failed`: the same, but stays as it is until somebody tries again
//! - `.result`: finished and not stored
//!
//! Every file is whole or not there: it is written under another name, flushed to the disk,
//! renamed, and the folder flushed too. Losing a power supply loses nothing that was answered.
//! These functions block; they are called on threads where that does no harm.

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

/// The folder in the data folder.
const FOLDER: &str = "spool";

/// The file in the data folder that is locked as long as a process uses it.
const LOCK: &str = "lock";

const TEXT: &str = "text";
const CANCELLED: &str = "cancelled";
const FAILED: &str = "failed";
const RESULT: &str = "result";
/// A file that is being written; worth nothing after a restart.
const NEW: &str = "new";
/// A file that cannot be read, kept for a person to look at.
const CORRUPT: &str = "corrupt";

/// An accepted text, owned or borrowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted<T> {
    /// Id of the job.
    pub id: Uuid,
    /// When it was submitted, in microseconds.
    pub created_at: Timestamp,
    /// The text.
    pub text: T,
}

/// What was left when the process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A text to translate.
    Unfinished(Accepted<String>),
    /// A text that somebody cancelled; only the first [`EXCERPT_CHARS`] of it.
    Cancelled(Accepted<String>),
    /// A text that cannot be translated; only as much of it.
    Failed(Accepted<String>),
    /// A translation to store.
    Finished(Translation),
}

impl Record {
    /// When its text was submitted.
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
    /// The spool in a data folder. Nothing is read or written yet.
    #[must_use]
    pub fn new(data_dir: &Path) -> Self {
        Self {
            folder: data_dir.join(FOLDER).into(),
        }
    }

    /// Takes the data folder for this process, until the file is dropped: two would both translate
    /// and store what waits here.
    ///
    /// # Errors
    /// Another process has it, or the folder cannot be written or knows no locks.
    pub fn lock(&self) -> Result<File, TryLockError> {
        let data_dir = self.folder.parent().unwrap_or(&self.folder);
        fs::create_dir_all(data_dir).map_err(TryLockError::Error)?;
        let file = File::create(data_dir.join(LOCK)).map_err(TryLockError::Error)?;
        file.try_lock()?;
        Ok(file)
    }

    /// Keeps an accepted text. It is safe on disk when this returns.
    ///
    /// # Errors
    /// The folder cannot be written; nothing is left behind.
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

    /// Takes back [`Self::cancel`] and [`Self::fail`].
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn resume(&self, id: Uuid) -> io::Result<()> {
        match self.kind_of(id) {
            // The mark could not be made.
            TEXT => Ok(()),
            kind => self.rename(id, kind, TEXT),
        }
    }

    /// Reads a text, whatever its mark.
    ///
    /// # Errors
    /// It is not there or cannot be read.
    pub fn text(&self, id: Uuid) -> io::Result<Accepted<String>> {
        read(&self.path(id, self.kind_of(id)))
    }

    /// The mark of a text.
    fn kind_of(&self, id: Uuid) -> &'static str {
        let marks = [CANCELLED, FAILED].into_iter();
        let mut marks = marks.filter(|kind| self.path(id, kind).exists());
        marks.next().unwrap_or(TEXT)
    }

    /// Keeps a translation, which replaces its text.
    ///
    /// # Errors
    /// The folder cannot be written; the text is still there.
    pub fn finish(&self, translation: &Translation) -> io::Result<()> {
        self.write(translation.public_id, RESULT, translation)?;
        // Not flushed: a text that comes back beside its result is recognised.
        remove(&self.path(translation.public_id, TEXT)).map(|_| ())
    }

    /// Forgets everything of a job. It is gone from the disk when this returns.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn remove(&self, id: Uuid) -> io::Result<()> {
        // The text last: with it, the job could begin again, and nothing would be lost.
        let mut removed = false;
        for kind in [RESULT, CANCELLED, FAILED, TEXT] {
            removed |= remove(&self.path(id, kind))?;
        }
        if removed { sync(&self.folder) } else { Ok(()) }
    }

    /// What was left when the process ended, in the order of arrival. What is damaged is put aside,
    /// what the system does not give now is left for the next start; both are said in the log.
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
                Some(CANCELLED) => excerpt(&path).map(Record::Cancelled),
                Some(FAILED) => excerpt(&path).map(Record::Failed),
                Some(RESULT) => read(&path).and_then(whole).map(Record::Finished),
                Some(NEW) => {
                    remove(&path)?;
                    continue;
                }
                _ => continue,
            };
            // A record under another name would never be removed.
            let named = |record: &Record| {
                path.file_stem().and_then(OsStr::to_str) == Some(&record.id().to_string())
            };
            match record {
                Ok(record) if named(&record) => records.push(record),
                Ok(_) => put_aside(&path, "its name is not that of the text"),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    put_aside(&path, &error.to_string());
                }
                Err(error) => tracing::error!(
                    file = %path.display(),
                    %error,
                    "a file of the spool cannot be read now; it is tried at the next start"
                ),
            }
        }
        records.sort_by_key(|record| (record.created_at(), record.id()));
        self.drop_texts_of_results(&mut records);
        Ok(records)
    }

    /// A process that was killed between the two steps of [`Self::finish`] leaves both files.
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
                tracing::warn!(%id, %error, "a text whose translation is there cannot be removed");
            }
            keep
        });
    }

    /// Names come from ids alone, never from what users write.
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

    fn rename(&self, id: Uuid, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(id, from), self.path(id, to))?;
        sync(&self.folder)
    }
}

/// Flushes a folder, which is what makes new names in it last.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Removes a file that may be gone; true where it was there.
fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        removed => Ok(removed.is_ok()),
    }
}

/// A text of which only the start is needed.
fn excerpt(path: &Path) -> io::Result<Accepted<String>> {
    let mut accepted: Accepted<String> = read(path)?;
    accepted.text = accepted.text.chars().take(EXCERPT_CHARS).collect();
    Ok(accepted)
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    serde_json::from_slice(&fs::read(path)?).map_err(|error| {
        // The message itself may quote the text.
        let (line, column) = (error.line(), error.column());
        invalid(&format!("not a record at line {line}, column {column}"))
    })
}

/// A translation whose sentences lie within it.
fn whole(translation: Translation) -> io::Result<Translation> {
    let (text_de, text_en) = (&translation.text_de, &translation.text_en);
    let spans = translation.spans.as_ref();
    if spans.is_some_and(|spans| spans.fit(text_de, text_en)) {
        Ok(translation)
    } else {
        Err(invalid("the places of its sentences are wrong"))
    }
}

fn invalid(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

fn put_aside(path: &Path, reason: &str) {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".");
    aside.push(CORRUPT);
    let renamed = fs::rename(path, &aside);
    tracing::error!(
        file = %path.display(),
        reason,
        put_aside = renamed.is_ok(),
        "a file of the spool cannot be read"
    );
}

#[cfg(test)]
mod tests;
