//! Downloading one file: resumed where it broke off, and checked.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use ureq::{Body, http::Response};

use super::{
    FetchError,
    hub::{Digest, Hub, RemoteFile},
    progress::Progress,
};
use crate::model_dir::SourceFile;

/// Bytes read at a time.
const BUFFER: usize = 128 * 1024;

/// Retry policy of downloads.
#[derive(Clone, Copy, Debug)]
pub struct Retries {
    /// Maximum number of consecutive attempts without progress.
    pub max_attempts: u32,
    /// Pause after the first failed attempt; doubled after each further one.
    pub first_pause: Duration,
}

impl Retries {
    /// Calls `attempt` until it succeeds, fails permanently, or the attempts are used up.
    ///
    /// # Errors
    /// The last failure.
    pub fn run<T>(
        &self,
        mut attempt: impl FnMut() -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        let mut failures = 0;
        loop {
            match attempt() {
                Err(error) if error.is_transient() => failures = self.pause(failures, error)?,
                settled => return settled,
            }
        }
    }

    /// Pauses after a failed attempt and returns the number of consecutive failures.
    fn pause(&self, failures: u32, error: FetchError) -> Result<u32, FetchError> {
        if failures + 1 >= self.max_attempts {
            return Err(error);
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "fetching runs on a blocking thread, and the hub asks for a pause"
        )]
        thread::sleep(self.first_pause * 2_u32.pow(failures));
        Ok(failures + 1)
    }
}

/// Downloads `file` into `folder`, resuming a partial download, and checks it. Any file of this
/// name that is already in `folder` must be correct, because wrong ones have been removed.
///
/// # Errors
/// The hub or the disk fails permanently, or the file is corrupt twice.
pub fn fetch(
    hub: &Hub,
    commit: &str,
    file: &RemoteFile,
    folder: &Path,
    retries: &Retries,
    progress: &Progress,
) -> Result<SourceFile, FetchError> {
    let target = folder.join(&file.name);
    if let Some(found) = check(&target, file)? {
        progress.add(file.size);
        return found;
    }
    let mut download = Download {
        hub,
        commit,
        file,
        part: folder.join(part_name(file)),
        progress,
        counted: 0,
    };
    download.complete(retries)?;
    let mut outcome = check(&download.part, file)?;
    if !matches!(outcome, Some(Ok(_))) {
        // The part left by an earlier run may have been wrong, so start over once.
        download.restart()?;
        download.complete(retries)?;
        outcome = check(&download.part, file)?;
    }
    let fetched = outcome.unwrap_or_else(|| Err(corrupt(file, "it has disappeared".to_owned())))?;
    fs::rename(&download.part, &target).map_err(FetchError::disk(&target))?;
    Ok(fetched)
}

/// Returns the name of a partial file. It contains the version, so that only that one is resumed.
pub(super) fn part_name(file: &RemoteFile) -> String {
    format!("{}.{}.part", file.name, file.digest.tag())
}

/// Outcome of a request for content.
enum TransferOutcome {
    /// The response ended; the part may or may not be complete.
    Ended,
    /// The server cannot resume from the requested byte.
    RangeRefused,
}

/// A file that is being downloaded.
struct Download<'a> {
    hub: &'a Hub,
    commit: &'a str,
    file: &'a RemoteFile,
    /// Path of the partial file.
    part: PathBuf,
    progress: &'a Progress,
    /// Bytes of the part that are counted in `progress`.
    counted: u64,
}

impl Download<'_> {
    /// Transfers until the partial file has its full size.
    fn complete(&mut self, retries: &Retries) -> Result<(), FetchError> {
        let size = self.file.size;
        let mut failures = 0;
        let mut furthest = length(&self.part)?;
        let mut can_restart = true;
        loop {
            let offset = length(&self.part)?;
            if offset > size {
                remove(&self.part)?;
                continue;
            }
            self.progress.add(offset.saturating_sub(self.counted));
            self.counted = offset;
            if offset == size && self.part.exists() {
                // Flushed to disk before it gets its final name.
                let part = File::options().append(true).open(&self.part);
                return part
                    .and_then(|part| part.sync_all())
                    .map_err(FetchError::disk(&self.part));
            }
            let mut outcome = self.transfer(offset);
            if matches!(outcome, Ok(TransferOutcome::RangeRefused)) && offset > 0 && can_restart {
                // The server may be unable to resume from this part, so start over once.
                can_restart = false;
                self.restart()?;
                outcome = self.transfer(0);
            }
            let now = length(&self.part)?;
            let error = match outcome {
                Err(error) if !error.is_transient() => return Err(error),
                Ok(TransferOutcome::RangeRefused) => {
                    remove(&self.part)?;
                    let reason = format!("the server cannot send bytes from {offset} of {size}");
                    return Err(corrupt(self.file, reason));
                }
                // An empty file has its full size before it exists.
                _ if now == size && self.part.exists() => continue,
                Err(error) => error,
                Ok(TransferOutcome::Ended) => FetchError::Unreachable {
                    url: self.file.name.clone(),
                    reason: format!("the transfer ended after {now} of {size} bytes"),
                },
            };
            // Progress counts from the furthest point ever reached: a server that starts over every
            // time would otherwise be retried for ever.
            if now > furthest {
                furthest = now;
                failures = 0;
            }
            self.progress.print(&format!("{error}; retrying"));
            failures = retries.pause(failures, error)?;
        }
    }

    /// Discards the partial file.
    fn restart(&mut self) -> Result<(), FetchError> {
        self.progress.subtract(self.counted);
        self.counted = 0;
        remove(&self.part)
    }

    /// Sends one request and appends the response to the part, or starts over if the server does
    /// not support ranges.
    fn transfer(&mut self, offset: u64) -> Result<TransferOutcome, FetchError> {
        let (file, part) = (self.file, &self.part);
        let response = self.hub.open(self.commit, &file.name, offset)?;
        match response.status().as_u16() {
            206 if starts_at(&response, offset) => {}
            200 => {
                File::create(part).map_err(FetchError::disk(part))?;
                self.progress.subtract(self.counted);
                self.counted = 0;
            }
            // There is no content after the part, although there should be, or the range is
            // another one.
            _ => return Ok(TransferOutcome::RangeRefused),
        }
        let mut out = File::options()
            .create(true)
            .append(true)
            .open(part)
            .map_err(FetchError::disk(part))?;
        // One extra byte reveals a file that is too long.
        let limit = file.size - self.counted + 1;
        let mut body = response.into_body().into_reader().take(limit);
        let mut buffer = vec![0; BUFFER];
        loop {
            let count = match body.read(&mut buffer) {
                Ok(0) => return Ok(TransferOutcome::Ended),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(FetchError::Unreachable {
                        url: format!("{}/{}", self.hub.repo(), file.name),
                        reason: error.to_string(),
                    });
                }
            };
            out.write_all(&buffer[..count])
                .map_err(FetchError::disk(part))?;
            self.counted += count as u64;
            self.progress.add(count as u64);
            if self.counted > file.size {
                remove(part)?;
                let reason = format!("it is longer than the listed {} bytes", file.size);
                return Err(corrupt(file, reason));
            }
        }
    }
}

fn corrupt(file: &RemoteFile, reason: String) -> FetchError {
    FetchError::Corrupt {
        file: file.name.clone(),
        reason,
    }
}

/// Removes a file that may not exist.
fn remove(path: &Path) -> Result<(), FetchError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FetchError::disk(path)(error)),
        _ => Ok(()),
    }
}

fn starts_at(response: &Response<Body>, offset: u64) -> bool {
    response
        .headers()
        .get("content-range")
        .and_then(|range| range.to_str().ok())
        .is_some_and(|range| range.starts_with(&format!("bytes {offset}-")))
}

fn length(path: &Path) -> Result<u64, FetchError> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(FetchError::disk(path)(error)),
    }
}

/// Compares a file with its size and hash on the hub. Returns `None` if there is no such file; the
/// inner error describes a mismatch.
///
/// # Errors
/// The file cannot be read.
pub fn check(
    path: &Path,
    file: &RemoteFile,
) -> Result<Option<Result<SourceFile, FetchError>>, FetchError> {
    let mut content = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        content => content.map_err(FetchError::disk(path))?,
    };
    let (mut sha256, mut git) = (Sha256::new(), Sha1::new());
    git.update(format!("blob {}\0", file.size));
    let mut size = 0;
    let mut buffer = vec![0; BUFFER];
    loop {
        match content.read(&mut buffer).map_err(FetchError::disk(path))? {
            0 => break,
            count => {
                size += count as u64;
                sha256.update(&buffer[..count]);
                if matches!(file.digest, Digest::Git(_)) {
                    git.update(&buffer[..count]);
                }
            }
        }
    }
    let sha256 = hex(&sha256.finalize());
    let git = hex(&git.finalize());
    let fault = match &file.digest {
        _ if size != file.size => Some(format!("{size} bytes instead of {}", file.size)),
        Digest::Sha256(wanted) if *wanted != sha256 => {
            Some(format!("SHA-256 {sha256} instead of {wanted}"))
        }
        Digest::Git(wanted) if *wanted != git => {
            Some(format!("git hash {git} instead of {wanted}"))
        }
        _ => None,
    };
    Ok(Some(match fault {
        None => Ok(SourceFile { size, sha256 }),
        Some(reason) => Err(corrupt(file, reason)),
    }))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_checked_by_either_hash() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("f");
        fs::write(&path, "hello\n").expect("written");
        let outcome = |size, digest| {
            let remote = RemoteFile {
                name: "f".to_owned(),
                size,
                digest,
            };
            check(&path, &remote).expect("readable").expect("there")
        };
        // `git hash-object` and `sha256sum` of `"hello\n"`.
        let git = "ce013625030ba8dba906f756967f9e9ca394464a";
        let sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        let fetched = outcome(6, Digest::Git(git.to_owned())).expect("right");
        assert_eq!(fetched.sha256, sha256);
        outcome(6, Digest::Sha256(sha256.to_owned())).expect("right");
        outcome(7, Digest::Git(git.to_owned())).expect_err("length");
        outcome(6, Digest::Git("0".repeat(40))).expect_err("hash");
        outcome(6, Digest::Sha256("0".repeat(64))).expect_err("hash");
    }
}
