//! The folder that is filled, and the move to its final name.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::{
    Error,
    download::{check, part_name},
    hub::{Hub, Remote},
};
use crate::model_dir::{SOURCE_FILE, Source};

/// What is in `dir` if it is this commit of this repository, whole and unchanged.
///
/// # Errors
/// It cannot be read, or holds something else than a version of this model.
pub fn installed(
    dir: &Path,
    hub: &Hub,
    commit: &str,
    files: &[Remote],
) -> Result<Option<Source>, Error> {
    let is_there = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(Error::disk(dir)(error)),
    };
    if !is_there {
        return Ok(None);
    }
    let Ok(Some(source)) = Source::read(dir) else {
        return Err(Error::Occupied {
            dir: dir.to_owned(),
        });
    };
    // Whoever fetches another model may want to keep this one.
    if source.demo || source.repo != hub.repo() {
        return Err(Error::Occupied {
            dir: dir.to_owned(),
        });
    }
    if source.commit.as_deref() != Some(commit) {
        return Ok(None);
    }
    for file in files {
        match check(&dir.join(&file.name), file)? {
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Ok(None),
        }
    }
    Ok(Some(source))
}

/// A folder beside the final one, so that the move is one step. It stays if something fails, and
/// the next run goes on with what is in it.
#[derive(Debug)]
pub struct Workshop {
    folder: PathBuf,
    dir: PathBuf,
    // Holds the lock on the folder.
    _lock: File,
}

impl Workshop {
    /// Opens the workshop for `dir`, for this process alone.
    ///
    /// # Errors
    /// Another process is at it, or the file system refuses.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        if dir.file_name().is_none() {
            return Err(Error::Occupied {
                dir: dir.to_owned(),
            });
        }
        let folder = sibling(dir, "fetch");
        fs::create_dir_all(&folder).map_err(Error::disk(&folder))?;
        let lock = File::open(&folder).map_err(Error::disk(&folder))?;
        match lock.try_lock() {
            // Not every network file system has locks.
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Busy {
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

    /// The folder to fill.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes what belongs to other versions.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn clear_but(&self, files: &[Remote]) -> Result<(), Error> {
        let wanted: BTreeSet<OsString> = files
            .iter()
            .flat_map(|file| [file.name.clone().into(), part_name(file).into()])
            .collect();
        let disk = || Error::disk(&self.folder);
        for entry in fs::read_dir(&self.folder).map_err(disk())? {
            let entry = entry.map_err(disk())?;
            if !wanted.contains(&entry.file_name()) {
                fs::remove_file(entry.path()).map_err(Error::disk(entry.path()))?;
            }
        }
        for file in files {
            let path = self.folder.join(&file.name);
            if let Some(Err(_)) = check(&path, file)? {
                fs::remove_file(&path).map_err(Error::disk(&path))?;
            }
        }
        Ok(())
    }

    /// Writes down where the model comes from.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn write_source(&self, source: &Source) -> Result<(), Error> {
        let path = self.folder.join(SOURCE_FILE);
        let json = serde_json::to_vec_pretty(source).map_err(io::Error::from);
        json.and_then(|json| fs::write(&path, json))
            .map_err(Error::disk(&path))
    }

    /// Moves the folder to its final name, in place of an older version.
    ///
    /// # Errors
    /// The file system refuses; then the older version is still there.
    pub fn install(self) -> Result<(), Error> {
        let old = sibling(&self.dir, "old");
        if old.exists() {
            fs::remove_dir_all(&old).map_err(Error::disk(&old))?;
        }
        let had_older = self.dir.exists();
        if had_older {
            fs::rename(&self.dir, &old).map_err(Error::disk(&self.dir))?;
        }
        if let Err(error) = fs::rename(&self.folder, &self.dir) {
            if had_older {
                let _ = fs::rename(&old, &self.dir);
            }
            return Err(Error::disk(&self.dir)(error));
        }
        if had_older {
            fs::remove_dir_all(&old).map_err(Error::disk(&old))?;
        }
        Ok(())
    }
}

/// A hidden folder beside `dir`.
fn sibling(dir: &Path, what: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(dir.file_name().unwrap_or(dir.as_os_str()));
    name.push(".");
    name.push(what);
    dir.with_file_name(name)
}
