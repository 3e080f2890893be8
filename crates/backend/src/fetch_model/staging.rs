//! The folder that is filled, and the move to its final name.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::{
    FetchError,
    download::{check, part_name},
    hub::{Hub, RemoteFile},
};
use crate::model_dir::{SOURCE_FILE, Source};

/// Returns the origin and files of the model in `dir` if it is this commit of this repository,
/// complete and unchanged.
///
/// # Errors
/// The folder cannot be read, or contains anything but a version of this model.
pub fn installed(
    dir: &Path,
    hub: &Hub,
    commit: &str,
    files: &[RemoteFile],
) -> Result<Option<Source>, FetchError> {
    let is_there = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(FetchError::disk(dir)(error)),
    };
    if !is_there {
        return Ok(None);
    }
    let source = match Source::read(dir) {
        Ok(Some(source)) if !source.demo && source.repo == hub.repo() => source,
        // A different model may still be wanted.
        _ => {
            return Err(FetchError::Occupied {
                dir: dir.to_owned(),
            });
        }
    };
    if source.commit.as_deref() != Some(commit) {
        return Ok(None);
    }
    for file in files {
        if !matches!(check(&dir.join(&file.name), file)?, Some(Ok(_))) {
            return Ok(None);
        }
    }
    Ok(Some(source))
}

/// A folder beside the final one, so that the move is a single step. It stays after a failure, and
/// the next run resumes with its contents.
#[derive(Debug)]
pub struct Staging {
    folder: PathBuf,
    dir: PathBuf,
    // Holds the lock on the folder.
    _lock: File,
}

impl Staging {
    /// Opens the staging folder of `dir` for this process alone.
    ///
    /// # Errors
    /// Another process has it open, or the file system fails.
    pub fn open(dir: &Path) -> Result<Self, FetchError> {
        if dir.file_name().is_none() {
            return Err(FetchError::Occupied {
                dir: dir.to_owned(),
            });
        }
        let folder = sibling(dir, "fetch");
        fs::create_dir_all(&folder).map_err(FetchError::disk(&folder))?;
        let lock = File::open(&folder).map_err(FetchError::disk(&folder))?;
        match lock.try_lock() {
            // Not every network file system supports locks.
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(FetchError::Busy {
                    dir: dir.to_owned(),
                });
            }
        }
        Ok(Self {
            folder,
            dir: dir.to_owned(),
            _lock: lock,
        })
    }

    /// Returns the folder to fill.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes all files that do not belong to this version.
    ///
    /// # Errors
    /// The file system fails.
    pub fn retain(&self, files: &[RemoteFile]) -> Result<(), FetchError> {
        let wanted: BTreeSet<OsString> = files
            .iter()
            .flat_map(|file| [file.name.clone().into(), part_name(file).into()])
            .collect();
        let disk = || FetchError::disk(&self.folder);
        for entry in fs::read_dir(&self.folder).map_err(disk())? {
            let entry = entry.map_err(disk())?;
            if !wanted.contains(&entry.file_name()) {
                fs::remove_file(entry.path()).map_err(FetchError::disk(entry.path()))?;
            }
        }
        for file in files {
            let path = self.folder.join(&file.name);
            if let Some(Err(_)) = check(&path, file)? {
                fs::remove_file(&path).map_err(FetchError::disk(&path))?;
            }
        }
        Ok(())
    }

    /// Writes the origin of the model to `source.json`.
    ///
    /// # Errors
    /// The file system fails.
    pub fn write_source(&self, source: &Source) -> Result<(), FetchError> {
        let path = self.folder.join(SOURCE_FILE);
        let json = serde_json::to_vec_pretty(source).map_err(io::Error::from);
        json.and_then(|json| fs::write(&path, json))
            .map_err(FetchError::disk(&path))
    }

    /// Moves the folder to its final name, replacing an older version.
    ///
    /// # Errors
    /// The file system fails; the older version is still in place then.
    pub fn install(self) -> Result<(), FetchError> {
        let old = sibling(&self.dir, "old");
        if old.exists() {
            fs::remove_dir_all(&old).map_err(FetchError::disk(&old))?;
        }
        let had_older = self.dir.exists();
        if had_older {
            fs::rename(&self.dir, &old).map_err(FetchError::disk(&self.dir))?;
        }
        if let Err(error) = fs::rename(&self.folder, &self.dir) {
            if had_older {
                let _ = fs::rename(&old, &self.dir);
            }
            return Err(FetchError::disk(&self.dir)(error));
        }
        if had_older {
            fs::remove_dir_all(&old).map_err(FetchError::disk(&old))?;
        }
        Ok(())
    }
}

/// Returns the path of a hidden folder beside `dir`.
fn sibling(dir: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(dir.file_name().unwrap_or(dir.as_os_str()));
    name.push(".");
    name.push(suffix);
    dir.with_file_name(name)
}
