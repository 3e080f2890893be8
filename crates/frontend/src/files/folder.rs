//! Folders of files, by the id of their job.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use documents::Kind;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::about::About;
use super::upload::{SOURCE, Upload};

/// Name of the folder in the data folder.
const FOLDER: &str = "files";

/// Start of the names of folders whose files are arriving; worthless after a restart.
const ARRIVING: &str = "new-";

const ABOUT: &str = "about.json";
const DOCUMENT: &str = "document";
const TRANSLATION: &str = "translation";

/// Time for which a file and its translation are kept after the end of the job.
const KEPT: Duration = Duration::from_hours(24);

/// Number of files that are cut into text or written at the same time. Each may take the memory of
/// its largest paragraph.
const MAX_WORKERS: usize = 2;

/// A handle to the folders; cheap to clone.
#[derive(Clone, Debug)]
pub struct Files {
    folder: Arc<Path>,
    /// The turn of the one PDF or picture that is read.
    reading: Arc<Semaphore>,
    working: Arc<Semaphore>,
}

impl Files {
    /// Creates a handle to the files in a data folder, without any access to the disk.
    #[must_use]
    pub fn new(data_dir: &Path) -> Self {
        Self {
            folder: data_dir.join(FOLDER).into(),
            reading: Arc::new(Semaphore::new(1)),
            working: Arc::new(Semaphore::new(MAX_WORKERS)),
        }
    }

    /// Returns the turn to read a PDF or picture: one at a time in the process, because it takes
    /// 400 MB.
    pub(crate) fn reading(&self) -> Arc<Semaphore> {
        Arc::clone(&self.reading)
    }

    /// Runs `work` on a thread that may block, a few at a time.
    ///
    /// # Errors
    /// It panicked.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> io::Result<T> {
        let turn = Arc::clone(&self.working).acquire_owned().await;
        let files = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            // Held to the end, even if nobody waits for it any more.
            let _turn = turn;
            work(&files)
        });
        done.await.map_err(io::Error::other)
    }

    /// Runs `look`, which only reads or removes, on a thread that may block.
    ///
    /// # Errors
    /// That of `look`, or it panicked.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let files = self.clone();
        let done = tokio::task::spawn_blocking(move || look(&files)).await;
        done.map_err(io::Error::other).flatten()
    }

    /// Starts to take a file with this name.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn upload(&self, name: &str) -> io::Result<Upload> {
        fs::create_dir_all(&self.folder)?;
        Upload::create(&self.folder, ARRIVING, name)
    }

    /// Makes an upload the file of a job. It is flushed to the disk when this returns.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn keep(&self, id: Uuid, upload: Upload) -> io::Result<()> {
        upload.keep_as(&self.path(id))?;
        sync(&self.folder)?;
        // The folder of the files may be new as well.
        self.folder.parent().map_or(Ok(()), sync)
    }

    /// Returns whether an upload is the file of this job; `None` if the job has no file.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn is_file_of(&self, id: Uuid, upload: &Upload) -> io::Result<Option<bool>> {
        let Some(about) = self.about(id)? else {
            return Ok(None);
        };
        let is_same = about.name == upload.name() && is_equal(&self.source(id), &upload.source())?;
        Ok(Some(is_same))
    }

    /// Returns the note about a file; `None` if there is no file of this job, or no more.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn about(&self, id: Uuid) -> io::Result<Option<About>> {
        match fs::read(self.path(id).join(ABOUT)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Changes the note about a file.
    ///
    /// # Errors
    /// It is absent, or cannot be written.
    pub(crate) fn note(&self, id: Uuid, change: impl FnOnce(&mut About)) -> io::Result<()> {
        let about = self.about(id)?;
        let mut about = about.ok_or(io::ErrorKind::NotFound)?;
        change(&mut about);
        write_about(&self.path(id), &about)
    }

    /// Opens the translation of a file, and returns its format; `None` if there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn translation(&self, id: Uuid) -> io::Result<Option<(File, Kind)>> {
        let Some(translation) = open(&self.path(id).join(TRANSLATION))? else {
            return Ok(None);
        };
        let about = self.about(id)?.unwrap_or_default();
        let mut source = File::open(self.source(id))?;
        let kind = Kind::recognise(&mut source, &about.name).map_err(io::Error::other)?;
        Ok(Some((translation, kind)))
    }

    /// Returns whether there is a translation of this file.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn has_translation(&self, id: Uuid) -> io::Result<bool> {
        self.path(id).join(TRANSLATION).try_exists()
    }

    /// Opens the picture of a page, counted from 1; `None` if there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn picture(&self, id: Uuid, page: usize) -> io::Result<Option<File>> {
        open(&self.path(id).join(format!("page-{page}.jpg")))
    }

    /// Removes all files of a job.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn remove(&self, id: Uuid) -> io::Result<()> {
        match fs::remove_dir_all(self.path(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes what arrived incompletely before this process started.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(crate) fn remove_incomplete(&self) -> io::Result<()> {
        self.remove_where(|name, _| name.starts_with(ARRIVING))
    }

    /// Removes the folders that are not needed any more and have not changed for a day.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(crate) fn purge(&self, is_needed: impl Fn(Uuid) -> bool) -> io::Result<()> {
        let end = SystemTime::now() - KEPT;
        self.remove_where(|name, changed| {
            changed < end && Uuid::parse_str(name).is_ok_and(|id| !is_needed(id))
        })
    }

    fn remove_where(&self, is_removed: impl Fn(&str, SystemTime) -> bool) -> io::Result<()> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            // Each file in it is renamed when it is complete, which changes the folder.
            let changed = fs::metadata(&path).and_then(|folder| folder.modified());
            let removed = changed.and_then(|changed| {
                if is_removed(name, changed) {
                    fs::remove_dir_all(&path)?;
                }
                Ok(())
            });
            if let Err(error) = removed
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::error!(%error, folder = name, "old files cannot be removed from DATA_DIR");
            }
        }
        Ok(())
    }

    /// Returns the path of a folder. Names are made of ids alone, never of user input.
    pub(super) fn path(&self, id: Uuid) -> PathBuf {
        self.folder.join(id.to_string())
    }

    /// Returns the path of a file as it was uploaded.
    pub(super) fn source(&self, id: Uuid) -> PathBuf {
        self.path(id).join(SOURCE)
    }

    /// Returns the path of what was read from a PDF or picture.
    pub(super) fn document(&self, id: Uuid) -> PathBuf {
        self.path(id).join(DOCUMENT)
    }

    /// Writes the translation of a file.
    pub(super) fn write_translation<E: From<io::Error>>(
        &self,
        id: Uuid,
        write: impl FnOnce(&mut File) -> Result<(), E>,
    ) -> Result<(), E> {
        replace(&self.path(id), TRANSLATION, write)
    }

    /// Writes what was read from a PDF or picture.
    pub(super) fn write_document<E: From<io::Error>>(
        &self,
        id: Uuid,
        write: impl FnOnce(&mut File) -> Result<(), E>,
    ) -> Result<(), E> {
        replace(&self.path(id), DOCUMENT, write)
    }
}

/// Writes the note in a folder.
pub(super) fn write_about(folder: &Path, about: &About) -> io::Result<()> {
    replace(folder, ABOUT, |file| {
        file.write_all(&serde_json::to_vec(about)?)
    })
}

/// Writes a file under another name, flushes it, and renames it.
fn replace<E: From<io::Error>>(
    folder: &Path,
    name: &str,
    write: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    let new = folder.join(format!("{name}.new"));
    let mut file = File::create(&new)?;
    let written = write(&mut file).and_then(|()| {
        file.sync_all()?;
        fs::rename(&new, folder.join(name))?;
        Ok(sync(folder)?)
    });
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

fn open(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Flushes a folder, without which new names in it may be lost.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn is_equal(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = (File::open(one)?, File::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let mut other = BufReader::new(other).bytes();
    for byte in BufReader::new(one).bytes() {
        if other.next().transpose()? != Some(byte?) {
            return Ok(false);
        }
    }
    Ok(true)
}
