//! One file: fetched, resumed where it broke off, checked.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::Path,
    thread,
    time::Duration,
};

use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use ureq::{Body, http::Response};

use super::{
    Error,
    hub::{Digest, Hub, Remote},
    progress::Progress,
};
use crate::model_dir::SourceFile;

/// Bytes read at a time.
const BUFFER: usize = 128 * 1024;

/// How often and how soon something that failed is tried again.
#[derive(Clone, Copy, Debug)]
pub struct Retries {
    /// Tries in a row that bring nothing.
    pub tries: u32,
    /// Pause after the first; doubled after each further one.
    pub first_pause: Duration,
}

impl Retries {
    /// Does it until it works or fails for good.
    ///
    /// # Errors
    /// The last failure.
    pub fn run<T>(&self, mut attempt: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
        let mut failures = 0;
        loop {
            match attempt() {
                Err(error) if error.is_passing() => failures = self.pause(failures, error)?,
                settled => return settled,
            }
        }
    }

    /// Waits after one more failure in a row; answers how many there were.
    fn pause(&self, failures: u32, error: Error) -> Result<u32, Error> {
        if failures + 1 >= self.tries {
            return Err(error);
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "fetching has a thread of its own, and the hub wants a pause"
        )]
        thread::sleep(self.first_pause * 2_u32.pow(failures));
        Ok(failures + 1)
    }
}

/// Fetches `file` into `folder`, going on from what is there, and checks it. A file of this name is
/// right, or it is an error: wrong ones have been cleared away.
///
/// # Errors
/// The hub fails for good, the disk does, or the file comes out wrong twice.
pub fn fetch(
    hub: &Hub,
    commit: &str,
    file: &Remote,
    folder: &Path,
    retries: &Retries,
    progress: &Progress,
) -> Result<SourceFile, Error> {
    let whole = folder.join(&file.name);
    if let Some(found) = check(&whole, file)? {
        progress.add(file.size);
        return found;
    }
    let part = folder.join(part_name(file));
    let mut is_second_try = false;
    loop {
        complete(hub, commit, file, &part, retries, progress)?;
        match check(&part, file)? {
            Some(Ok(fetched)) => {
                fs::rename(&part, &whole).map_err(Error::disk(&whole))?;
                return Ok(fetched);
            }
            Some(Err(error)) if is_second_try => return Err(error),
            Some(Err(_)) | None => {
                // What was there from an earlier run may have been wrong: once more from the start.
                fs::remove_file(&part).map_err(Error::disk(&part))?;
                progress.take_back(file.size);
                is_second_try = true;
            }
        }
    }
}

/// Name of a file that is not complete: with the version, so that no other one is continued.
pub(super) fn part_name(file: &Remote) -> String {
    format!("{}.{}.part", file.name, file.digest.tag())
}

/// Transfers until the file has its length.
fn complete(
    hub: &Hub,
    commit: &str,
    file: &Remote,
    part: &Path,
    retries: &Retries,
    progress: &Progress,
) -> Result<(), Error> {
    let mut failures = 0;
    let mut counted = 0;
    let mut furthest = length(part)?;
    let mut may_restart = true;
    loop {
        let have = length(part)?;
        if have > file.size {
            fs::remove_file(part).map_err(Error::disk(part))?;
            continue;
        }
        progress.add(have.saturating_sub(counted));
        counted = have;
        if have == file.size && part.exists() {
            // On the disk, before it gets the name under which it is whole.
            let content = File::options().append(true).open(part);
            return content
                .and_then(|content| content.sync_all())
                .map_err(Error::disk(part));
        }
        let mut outcome = transfer(hub, commit, file, part, have, &mut counted, progress);
        if matches!(outcome, Ok(Transfer::NoSuchRange)) && have > 0 && may_restart {
            // What is there may be what the server cannot go on from: once more from the start.
            may_restart = false;
            fs::remove_file(part).map_err(Error::disk(part))?;
            progress.take_back(counted);
            counted = 0;
            outcome = transfer(hub, commit, file, part, 0, &mut counted, progress);
        }
        let now = length(part)?;
        let error = match outcome {
            Err(error) if !error.is_passing() => return Err(error),
            Ok(Transfer::NoSuchRange) => {
                if part.exists() {
                    fs::remove_file(part).map_err(Error::disk(part))?;
                }
                return Err(Error::Corrupt {
                    file: file.name.clone(),
                    reason: format!("the server has no byte {have} of {}", file.size),
                });
            }
            // An empty file has its length before it is there.
            _ if now == file.size && part.exists() => continue,
            Err(error) => error,
            Ok(Transfer::Ended) => Error::Unreachable {
                url: file.name.clone(),
                reason: format!("the transfer ended after {now} of {} bytes", file.size),
            },
        };
        // Not merely further than before this request: a server that begins again each time would
        // be asked for ever.
        if now > furthest {
            furthest = now;
            failures = 0;
        }
        progress.note(&format!("{error}; trying again"));
        failures = retries.pause(failures, error)?;
    }
}

/// How a request for content came out.
enum Transfer {
    /// What came is in the part, all or not.
    Ended,
    /// The server does not go on from what is there.
    NoSuchRange,
}

/// One request: appends what comes to the part that is there, or begins again where the server
/// knows no ranges.
fn transfer(
    hub: &Hub,
    commit: &str,
    file: &Remote,
    part: &Path,
    have: u64,
    counted: &mut u64,
    progress: &Progress,
) -> Result<Transfer, Error> {
    let answer = hub.open(commit, &file.name, have)?;
    let status = answer.status().as_u16();
    let url = format!("{}/{}", hub.repo(), file.name);
    match status {
        206 if starts_at(&answer, have) => {}
        200 => {
            File::create(part).map_err(Error::disk(part))?;
            progress.take_back(*counted);
            *counted = 0;
        }
        // There is nothing behind what is there, though there should be; or it is something else.
        416 | 206 => return Ok(Transfer::NoSuchRange),
        _ => return Err(Error::Status { url, status }),
    }
    let mut out = File::options()
        .create(true)
        .append(true)
        .open(part)
        .map_err(Error::disk(part))?;
    // One byte more than is wanted shows that there is too much.
    let mut body = answer
        .into_body()
        .into_reader()
        .take(file.size - *counted + 1);
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                return Err(Error::Unreachable {
                    url,
                    reason: error.to_string(),
                });
            }
        };
        out.write_all(&buffer[..count]).map_err(Error::disk(part))?;
        *counted += count as u64;
        progress.add(count as u64);
        if *counted > file.size {
            drop(out);
            fs::remove_file(part).map_err(Error::disk(part))?;
            return Err(Error::Corrupt {
                file: file.name.clone(),
                reason: format!("it is longer than the announced {} bytes", file.size),
            });
        }
    }
    Ok(Transfer::Ended)
}

fn starts_at(answer: &Response<Body>, have: u64) -> bool {
    answer
        .headers()
        .get("content-range")
        .and_then(|range| range.to_str().ok())
        .is_some_and(|range| range.starts_with(&format!("bytes {have}-")))
}

fn length(path: &Path) -> Result<u64, Error> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(Error::disk(path)(error)),
    }
}

/// Compares a file with what the hub says of it; `None` if there is none. The inner error says how
/// it differs.
///
/// # Errors
/// It cannot be read.
pub fn check(path: &Path, file: &Remote) -> Result<Option<Result<SourceFile, Error>>, Error> {
    let mut content = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        content => content.map_err(Error::disk(path))?,
    };
    let (mut sha256, mut git) = (Sha256::new(), Sha1::new());
    git.update(format!("blob {}\0", file.size));
    let mut size = 0;
    let mut buffer = vec![0; BUFFER];
    loop {
        match content.read(&mut buffer).map_err(Error::disk(path))? {
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
        Some(reason) => Err(Error::Corrupt {
            file: file.name.clone(),
            reason,
        }),
    }))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes any text");
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
            let remote = Remote {
                name: "f".to_owned(),
                size,
                digest,
            };
            check(&path, &remote).expect("readable").expect("there")
        };
        // `git hash-object` and `sha256sum` of "hello\n".
        let git = "ce013625030ba8dba906f756967f9e9ca394464a";
        let sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
        let fetched = outcome(6, Digest::Git(git.to_owned())).expect("right");
        assert_eq!(fetched.sha256, sha256);
        outcome(6, Digest::Sha256(sha256.to_owned())).expect("right");
        outcome(6, Digest::Opaque("x".to_owned())).expect("nothing to compare");
        outcome(7, Digest::Opaque("x".to_owned())).expect_err("length");
        outcome(6, Digest::Git("0".repeat(40))).expect_err("hash");
        outcome(6, Digest::Sha256("0".repeat(64))).expect_err("hash");
    }
}
