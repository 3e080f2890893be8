//! A file that is arriving.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tempfile::TempDir;
use tokio::runtime::Handle;

use super::name;

/// Name of the file as it was uploaded, in its folder.
pub(super) const SOURCE: &str = "source";

/// A file that is arriving, in a folder of its own that is removed if this is dropped.
#[derive(Debug)]
pub struct Upload {
    /// Absent only while this is kept or dropped.
    folder: Option<TempDir>,
    /// Absent only while a chunk is written.
    file: Option<File>,
    name: String,
}

impl Upload {
    /// Creates an empty file in a new folder in `folder`.
    pub(super) fn create(folder: &Path, prefix: &str, name: &str) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir_in(folder)?;
        let file = File::create(folder.path().join(SOURCE))?;
        Ok(Self {
            folder: Some(folder),
            file: Some(file),
            name: name::printable(name),
        })
    }

    /// Returns the name of the file, cleaned of what is hostile.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the path of the folder.
    pub(super) fn folder(&self) -> &Path {
        self.folder.as_ref().map_or(Path::new(""), TempDir::path)
    }

    /// Returns the path of the file.
    pub(super) fn source(&self) -> PathBuf {
        self.folder().join(SOURCE)
    }

    /// Appends a chunk.
    ///
    /// # Errors
    /// The disk is full, or the write was abandoned before.
    pub async fn write(&mut self, chunk: Bytes) -> io::Result<()> {
        let file = self.file.take();
        let mut file = file.ok_or_else(|| io::Error::other("an earlier chunk is missing"))?;
        let written = tokio::task::spawn_blocking(move || {
            file.write_all(&chunk)?;
            Ok::<_, io::Error>(file)
        });
        self.file = Some(written.await.map_err(io::Error::other)??);
        Ok(())
    }

    /// Flushes the file to the disk.
    pub(super) fn flush(&self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), File::sync_all)
    }

    /// Keeps the folder under another path.
    pub(super) fn keep_as(mut self, path: &Path) -> io::Result<()> {
        std::fs::rename(self.folder(), path)?;
        // It is no longer where it would be removed.
        let _ = self.folder.take().map(TempDir::keep);
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let folder = self.folder.take();
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn_blocking(move || drop(folder));
        }
    }
}
