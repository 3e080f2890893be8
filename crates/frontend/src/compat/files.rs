//! Files of the APIs, on disk from their arrival until an hour after their translation.
//!
//! `DATA_DIR/api-files` has a folder with a random name for each. Nothing in it outlives the process.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::Request;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use uuid::Uuid;

use super::access::{Client, ROOM_TIMEOUT};
use super::blocking::blocking;
use super::refusal::Refusal;
use crate::files::Files;
use crate::pages::body::Forms;

/// Name of the folder in the data folder.
const FOLDER: &str = "api-files";

/// Time after which a translation, or the reason of a failure, is removed.
const KEPT: Duration = Duration::from_hours(1);

/// Maximum number of files of one client.
const MAX_FILES: usize = 20;

/// Maximum size of the files of one client, and of those of all, as multiples of the maximum size of
/// a file. A file is removed once it is translated.
const MAX_OF_CLIENT: usize = 4;
const MAX_OF_ALL: usize = 16;

/// Maximum size of all small files, in bytes: they have room of their own.
const SMALL_FILES_BYTES: usize = 64 << 20;

/// Number of files that are cut into text at the same time: each may take the memory of its largest
/// paragraph.
const MAX_CUT: usize = 2;

/// Number of files with short texts, and of those with long ones, that are translated at the same
/// time.
const MAX_SHORT: usize = 8;
const MAX_LONG: usize = 4;

/// The files of the APIs; clones refer to the same files.
#[derive(Clone, Debug)]
pub struct ApiFiles {
    folder: Arc<Path>,
    /// Maximum size of a file, in bytes.
    pub(crate) max_bytes: usize,
    room: Forms,
    /// The turn of the one PDF or picture that is read, here or by a job of the pages.
    pub(crate) reading: Arc<Semaphore>,
    pub(crate) cutting: Arc<Semaphore>,
    pub(crate) short: Arc<Semaphore>,
    pub(crate) long: Arc<Semaphore>,
    entries: Arc<Mutex<HashMap<Uuid, Entry>>>,
}

/// A file that has arrived.
#[derive(Debug)]
pub(crate) struct Scratch {
    /// Absent only while this is dropped.
    folder: Option<TempDir>,
    /// Name of the file, without folders.
    pub(crate) name: String,
    /// Room for it on disk.
    room: OwnedSemaphorePermit,
}

/// Progress of a translation.
#[derive(Clone, Debug)]
pub(crate) enum State {
    /// It waits for its turn.
    Queued,
    /// It is being translated.
    Translating {
        /// Start of the translation.
        since: Instant,
        /// Bytes of the text that are translated.
        done: usize,
        /// Bytes of the text.
        total: usize,
    },
    /// The translation is there.
    Done(Arc<Translated>),
    /// There will be none, for this reason.
    Failed(String),
}

/// A translated file.
#[derive(Debug)]
pub(crate) struct Translated {
    /// The folder that contains it.
    pub(crate) scratch: Scratch,
    /// Name of the translation.
    pub(crate) name: String,
    /// Media type of the translation.
    pub(crate) media_type: &'static str,
    /// Number of characters of the text.
    pub(crate) characters: usize,
}

/// A file of a client, in any state.
#[derive(Debug)]
struct Entry {
    client: Client,
    /// Second name, without which it is not found.
    key: Option<SecretString>,
    bytes: usize,
    arrival: Instant,
    /// Set once the translation was fetched. It may make room for other files.
    is_fetched: bool,
    state: State,
}

/// An entry whose translation is not there yet. Dropping it removes the entry.
#[derive(Debug)]
pub(crate) struct Ticket {
    files: ApiFiles,
    /// Id of the entry.
    pub(crate) id: Uuid,
    is_ended: bool,
}

impl ApiFiles {
    /// Opens the folder in `data_dir` for files of up to `max_bytes`, and removes those of an earlier
    /// process. PDFs and pictures take turns with those of the pages.
    pub async fn open(data_dir: &Path, max_bytes: usize, pages: &Files) -> Self {
        let folder: Arc<Path> = data_dir.join(FOLDER).into();
        let old = Arc::clone(&folder);
        let removed = tokio::task::spawn_blocking(move || fs::remove_dir_all(&old)).await;
        match removed.unwrap_or_else(|error| Err(io::Error::other(error))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "old files in DATA_DIR cannot be removed");
            }
            _ => {}
        }
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        Self {
            folder,
            max_bytes,
            room: Forms::with_room(
                max_bytes.saturating_mul(MAX_OF_ALL),
                SMALL_FILES_BYTES,
                max_bytes,
                ROOM_TIMEOUT,
            ),
            reading: pages.reading(),
            cutting: semaphore(MAX_CUT),
            short: semaphore(MAX_SHORT),
            long: semaphore(MAX_LONG),
            entries: Arc::default(),
        }
    }

    /// Waits for room for the file in a request. Returns `None` if there is none in time.
    pub(crate) fn room_for(
        &self,
        request: &Request,
    ) -> impl Future<Output = Option<OwnedSemaphorePermit>> + use<> {
        self.room.room_for(request)
    }

    /// Creates a folder for a file with this name.
    ///
    /// # Errors
    /// The data folder cannot be written.
    pub(crate) async fn create(
        &self,
        name: &str,
        room: OwnedSemaphorePermit,
    ) -> Result<Scratch, Refusal> {
        let parent = Arc::clone(&self.folder);
        let folder = blocking(move || {
            fs::create_dir_all(&parent)?;
            TempDir::new_in(&parent)
        });
        let folder = folder.await??;
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        Ok(Scratch {
            folder: Some(folder),
            name: name.to_owned(),
            room,
        })
    }

    /// Adds a file of a client. It is found only with the `key`, if there is one.
    ///
    /// # Errors
    /// The client has too many files.
    pub(crate) fn enter(
        &self,
        client: Client,
        key: Option<SecretString>,
        file: &Scratch,
    ) -> Result<Ticket, Refusal> {
        let id = Uuid::new_v4();
        let bytes = file.bytes();
        let mut entries = self.lock();
        while !has_room(&entries, client, bytes, self.max_bytes) {
            let spare = entries
                .iter()
                .filter(|(_, entry)| entry.client == client && entry.makes_room())
                .min_by_key(|(_, entry)| entry.arrival);
            let id = spare.map(|(id, _)| *id).ok_or(Refusal::TooManyFiles)?;
            entries.remove(&id);
        }
        entries.insert(
            id,
            Entry {
                client,
                key,
                bytes,
                arrival: Instant::now(),
                is_fetched: false,
                state: State::Queued,
            },
        );
        Ok(Ticket {
            files: self.clone(),
            id,
            is_ended: false,
        })
    }

    /// Returns the state of a file; `None` if there is none with this id and key.
    pub(crate) fn state(&self, id: Uuid, key: Option<&str>) -> Option<State> {
        let entries = self.lock();
        let entry = entries.get(&id)?;
        let is_known = match (&entry.key, key) {
            (None, None) => true,
            (Some(own), Some(key)) => {
                let own = own.expose_secret().as_bytes();
                own.ct_eq(key.as_bytes()).into()
            }
            _ => false,
        };
        is_known.then(|| entry.state.clone())
    }

    /// Marks a translation as fetched. It is removed after `kept`, if that is before its hour ends.
    pub(crate) fn set_fetched(&self, id: Uuid, kept: Option<Duration>) {
        let mut is_first = false;
        self.change(id, |entry| {
            is_first = !entry.is_fetched;
            entry.is_fetched = true;
        });
        if let Some(kept) = kept.filter(|_| is_first) {
            self.remove_after(id, kept);
        }
    }

    fn remove_after(&self, id: Uuid, kept: Duration) {
        let files = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(kept).await;
            files.remove(id);
        });
    }

    /// Removes a file.
    pub(crate) fn remove(&self, id: Uuid) {
        // Its folder is removed after the lock is released.
        let _entry = self.lock().remove(&id);
    }

    fn change(&self, id: Uuid, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.lock().get_mut(&id) {
            change(entry);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns whether a client may have another file of that size; one of any size if it has no other.
fn has_room(
    entries: &HashMap<Uuid, Entry>,
    client: Client,
    bytes: usize,
    max_bytes: usize,
) -> bool {
    let own = entries.values().filter(|entry| entry.client == client);
    let (count, total) = own.fold((0, 0), |(count, total), entry| {
        (count + 1, total + entry.bytes)
    });
    count < MAX_FILES && (count == 0 || total + bytes <= max_bytes.saturating_mul(MAX_OF_CLIENT))
}

impl Entry {
    /// Returns whether it may be removed for another file: nobody waits for it any more.
    fn makes_room(&self) -> bool {
        self.is_fetched || matches!(self.state, State::Failed(_))
    }
}

impl Ticket {
    /// Sets the state of the translation.
    pub(crate) fn set(&self, state: State) {
        self.files.change(self.id, |entry| entry.state = state);
    }

    /// Sets the last state, which is kept for an hour.
    pub(crate) fn end(mut self, state: State) {
        self.set(state);
        self.is_ended = true;
        self.files.remove_after(self.id, KEPT);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.is_ended {
            self.files.remove(self.id);
        }
    }
}

impl Scratch {
    /// Returns the path of the file as it arrived.
    pub(crate) fn source(&self) -> PathBuf {
        self.path("source")
    }

    /// Returns the path of the document made of a PDF or picture.
    pub(crate) fn document(&self) -> PathBuf {
        self.path("document")
    }

    /// Returns the path of the translation.
    pub(crate) fn translation(&self) -> PathBuf {
        self.path("translation")
    }

    /// Returns the path of the folder.
    pub(crate) fn folder(&self) -> &Path {
        // It is absent only while this is dropped.
        self.folder.as_ref().map_or(Path::new(""), TempDir::path)
    }

    /// Removes all files but the translation.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn clear(&self) -> io::Result<()> {
        let translation = self.translation();
        for entry in fs::read_dir(self.folder())? {
            let path = entry?.path();
            if path != translation {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Frees the room on disk that the file does not need after all.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        Forms::shrink(&mut self.room, bytes);
    }

    fn bytes(&self) -> usize {
        Forms::bytes(&self.room)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let folder = self.folder.take();
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn_blocking(move || drop(folder));
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    const CLIENT: Client = Client::Key(0);

    /// Opens the files in a folder of their own, each of up to a KiB.
    async fn open() -> (TempDir, ApiFiles) {
        let folder = TempDir::new().expect("a folder");
        let files = ApiFiles::open(folder.path(), 1 << 10, &Files::new(folder.path())).await;
        (folder, files)
    }

    async fn arrived(files: &ApiFiles) -> Scratch {
        let room = files.room_for(&Request::new(Body::from("Ja."))).await;
        let room = room.expect("room");
        files.create("a.txt", room).await.expect("a folder")
    }

    fn done(scratch: Scratch) -> State {
        State::Done(Arc::new(Translated {
            scratch,
            name: "a_en.txt".to_owned(),
            media_type: "text/plain",
            characters: 3,
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_translation_is_kept_for_an_hour() {
        let (_folder, files) = open().await;
        let scratch = arrived(&files).await;
        let path = scratch.folder().to_owned();
        let ticket = files.enter(CLIENT, None, &scratch).expect("room");
        let id = ticket.id;
        ticket.end(done(scratch));
        tokio::time::sleep(KEPT.checked_sub(Duration::from_secs(1)).expect("long")).await;
        assert!(matches!(files.state(id, None), Some(State::Done(_))));
        assert!(path.exists());
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(files.state(id, None).is_none());
        while path.exists() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_translation_is_kept_for_minutes_after_it_was_fetched() {
        let (_folder, files) = open().await;
        let scratch = arrived(&files).await;
        let ticket = files.enter(CLIENT, None, &scratch).expect("room");
        let id = ticket.id;
        ticket.end(done(scratch));
        files.set_fetched(id, Some(Duration::from_mins(5)));
        tokio::time::sleep(Duration::from_secs(299)).await;
        assert!(files.state(id, None).is_some());
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(files.state(id, None).is_none());
    }

    #[tokio::test]
    async fn failures_make_room() {
        let (_folder, files) = open().await;
        let mut ids = Vec::new();
        for _ in 0..3 * MAX_FILES {
            let scratch = arrived(&files).await;
            let ticket = files.enter(CLIENT, None, &scratch).expect("room");
            ids.push(ticket.id);
            ticket.end(State::Failed("damaged".to_owned()));
        }
        let last = files.state(ids[3 * MAX_FILES - 1], None);
        assert!(matches!(last, Some(State::Failed(_))));
        assert!(files.lock().len() <= MAX_FILES);
    }

    #[tokio::test]
    async fn only_fetched_files_of_the_same_client_make_room() {
        let (_folder, files) = open().await;
        let another = async |client| {
            let scratch = arrived(&files).await;
            let ticket = files.enter(client, None, &scratch)?;
            let id = ticket.id;
            ticket.end(done(scratch));
            Ok::<_, Refusal>(id)
        };
        let mut ids = Vec::new();
        // Four times the maximum size of a file.
        for _ in 0..MAX_OF_CLIENT {
            ids.push(another(CLIENT).await.expect("room"));
        }
        assert_eq!(another(CLIENT).await, Err(Refusal::TooManyFiles));
        another(Client::Key(1)).await.expect("another client");
        files.set_fetched(ids[1], None);
        another(CLIENT).await.expect("room");
        assert!(files.state(ids[0], None).is_some());
        assert!(files.state(ids[1], None).is_none());
        assert_eq!(another(CLIENT).await, Err(Refusal::TooManyFiles));
    }
}
