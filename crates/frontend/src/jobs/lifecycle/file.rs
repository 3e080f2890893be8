//! Jobs whose text is from a file: read before they start, written when they have all sentences.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, sleep};
use uuid::Uuid;

use super::{Jobs, LOOKUP_TIMEOUT, SUBMIT_LOCKS, SubmitError, detached, now};
use crate::files::{Checked, Unreadable, Upload};
use crate::jobs::job::{Job, Run};
use crate::jobs::registry::Reservation;
use crate::jobs::state::{Phase, Reason};
use crate::spool::{Accepted, Spool, SpooledFile};

/// Interval at which the files of old jobs are removed.
const TIDY_INTERVAL: Duration = Duration::from_hours(1);

/// Pause before it is tried again to find room for a text that was read.
const ROOM_PAUSE: Duration = Duration::from_secs(1);

impl Jobs {
    /// Accepts a file and returns the id of its job once the file is safe on disk. `id` is that of
    /// [`Self::submit`], for a file: the same id with the same file is the same job.
    ///
    /// # Errors
    /// The file cannot be translated, there is no room for its text, or it cannot be written to
    /// disk.
    pub async fn submit_file(&self, id: Uuid, upload: Upload) -> Result<Uuid, SubmitError> {
        let jobs = self.clone();
        let submitted = detached(async move { jobs.submit_file_now(id, upload).await });
        submitted
            .await
            .unwrap_or_else(|error| Err(SubmitError::Unwritable(error)))
    }

    async fn submit_file_now(&self, id: Uuid, upload: Upload) -> Result<Uuid, SubmitError> {
        let limit = self.max_text_bytes;
        let checked = self.files.work(move |files| files.check(upload, limit));
        let checked = match checked.await.map_err(SubmitError::Unwritable)? {
            Err(Unreadable::Document(documents::Error::Io(error))) => {
                return Err(SubmitError::Unwritable(error));
            }
            checked => checked.map_err(SubmitError::Unreadable)?,
        };
        let lock = id.as_u128() % SUBMIT_LOCKS as u128;
        let lock = usize::try_from(lock).unwrap_or_default();
        let _submit = self.submits[lock].lock().await;
        let Checked {
            upload,
            text,
            has_markup,
        } = checked;
        let compared = self.files.look(move |files| {
            let is_same = files.is_file_of(id, &upload)?;
            Ok((is_same, upload))
        });
        let (is_same, upload) = compared.await.map_err(SubmitError::Unwritable)?;
        let id = match is_same {
            Some(true) if self.is_shown(id).await => return Ok(id),
            None if !self.is_known(id).await => id,
            _ => Uuid::now_v7(),
        };
        let accepted = Accepted {
            id,
            created_at: now(),
            file: Some(SpooledFile {
                name: upload.name().to_owned(),
                has_markup,
                is_read: text.is_some(),
            }),
            text: text.unwrap_or_default().into(),
            wrapped: false,
        };
        let kept = self.files.look(move |files| files.keep(id, upload));
        kept.await.map_err(SubmitError::Unwritable)?;
        let admitted = self.admit(accepted).await;
        if admitted.is_err() {
            self.remove_file(id).await;
        }
        admitted.map(|()| id)
    }

    /// Returns whether there is a text with this id, in progress or stored.
    async fn is_shown(&self, id: Uuid) -> bool {
        let found = tokio::time::timeout(LOOKUP_TIMEOUT, self.history.find(id));
        self.phase(id).is_some() || matches!(found.await, Ok(Ok(Some(_))))
    }

    /// Returns whether there is a text with this id, in progress, stored or deleted.
    async fn is_known(&self, id: Uuid) -> bool {
        self.phase(id).is_some() || self.lookup(id, "").await.is_some()
    }

    /// Reads the text of a job from its file, which was not done yet. Returns false if the job
    /// cannot go on.
    pub(super) async fn read(&self, run: &Run) -> bool {
        run.set(Phase::Reading { read: 0, pages: 0 });
        let read = tokio::select! {
            biased;
            () = run.stopped() => return false,
            read = self.read_text(run) => read,
        };
        // Counted until the job has the text.
        let (text, _room) = match read {
            Ok(read) => read,
            Err(reason) => {
                self.note_problem(run.job().id(), &reason).await;
                self.fail(run, reason).await;
                return false;
            }
        };
        let job = run.job();
        let _transition = job.transition().lock().await;
        if !run.is_current() {
            return false;
        }
        let (id, created_at) = (job.id(), job.created_at());
        let accepted = Accepted {
            id,
            created_at,
            text: Arc::clone(&text),
            wrapped: false,
            file: Some(SpooledFile {
                name: job.file_name().unwrap_or_default().to_owned(),
                has_markup: true,
                is_read: true,
            }),
        };
        let saved = move |spool: &Spool| spool.accept(&accepted.borrowed());
        self.spool.change(id, saved).await;
        run.set_text(text);
        true
    }

    /// Reads the text, when it is the turn of this file and there is room for its text.
    async fn read_text(&self, run: &Run) -> Result<(Arc<str>, Reservation), Reason> {
        // The semaphore is never closed.
        let turn = self.files.reading().acquire_owned().await.ok();
        let (files, limit, reader) = (self.files.clone(), self.max_text_bytes, run.clone());
        let read = tokio::task::spawn_blocking(move || {
            let text = files.read(reader.job().id(), limit, &mut |read, pages| {
                reader.set(Phase::Reading { read, pages });
                if reader.is_stopped() {
                    return Err(std::io::Error::other("the job was stopped").into());
                }
                Ok(())
            });
            // Held until the file is closed, even if the job was cancelled.
            drop(turn);
            text
        });
        let text: Arc<str> = match read.await {
            Ok(Ok(text)) => text.into(),
            Ok(Err(documents::Error::Io(error))) => {
                tracing::error!(%error, "a file cannot be read");
                let reason = "The file could not be read: the server’s disk may be full.";
                return Err(Reason::Unreadable(reason.to_owned()));
            }
            Ok(Err(error)) => return Err(Reason::Unreadable(error.to_string())),
            Err(error) => {
                tracing::error!(%error, "a file cannot be read");
                let reason = "The file cannot be read. The server’s log has the reason.";
                return Err(Reason::Unreadable(reason.to_owned()));
            }
        };
        loop {
            let bytes = run.job().bytes_with(&text);
            if let Some(room) = self.registry.reserve_text(bytes) {
                return Ok((text, room));
            }
            sleep(ROOM_PAUSE).await;
        }
    }

    /// Writes the translated file of a job, if it has one.
    ///
    /// # Errors
    /// The disk cannot be written.
    pub(super) async fn write_file(&self, job: &Job) -> Result<(), Reason> {
        if job.file_name().is_none() {
            return Ok(());
        }
        let (id, translated) = (job.id(), job.clone());
        let written = self.files.work(move |files| {
            let segments = translated.segments().unwrap_or_default();
            let sentences = translated.translated_of(segments, 0);
            files.write(id, sentences.map(|one| one.into_sentence(0)))
        });
        let reason = match written.await {
            Ok(Ok(())) => {
                job.forget_links();
                return Ok(());
            }
            Err(error) | Ok(Err(documents::Error::Io(error))) => {
                tracing::error!(%id, %error, "a translated file cannot be written");
                return Err(Reason::Unwritable);
            }
            Ok(Err(error)) => {
                tracing::error!(%id, %error, "a translated file cannot be written");
                Reason::Unreadable(error.to_string())
            }
        };
        // Its text is translated nevertheless.
        self.note_problem(id, &reason).await;
        Ok(())
    }

    async fn note_problem(&self, id: Uuid, reason: &Reason) {
        let problem = Some(reason.to_string());
        let noted = self
            .files
            .look(move |files| files.note(id, |about| about.problem = problem));
        if let Err(error) = noted.await {
            tracing::error!(%id, %error, "the note about a file cannot be written");
        }
    }

    /// Returns the reason for which a text of an earlier process failed.
    pub(super) async fn reason(&self, start: &Accepted<String>) -> Reason {
        let id = start.id;
        if start.file.is_some()
            && let Ok(Some(about)) = self.files.look(move |files| files.about(id)).await
            && let Some(problem) = about.problem
        {
            return Reason::Unreadable(problem);
        }
        // No other failures are final, and that of a file without a note was a full disk.
        if start.file.is_some() {
            Reason::Unwritable
        } else {
            Reason::TooLong
        }
    }

    pub(super) async fn remove_file(&self, id: Uuid) {
        let removed = self.files.look(move |files| files.remove(id));
        if let Err(error) = removed.await {
            tracing::error!(%id, %error, "a file cannot be removed from DATA_DIR");
        }
    }

    /// Removes the files of old jobs, once an hour.
    pub(super) async fn tidy_files(&self) {
        let mut ticks = interval(TIDY_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let jobs = self.clone();
            let is_needed = move |id| {
                let phase = jobs.phase(id);
                phase.is_some_and(|phase| phase != Phase::Done { stored: true })
            };
            let purged = self.files.look(move |files| files.purge(is_needed)).await;
            if let Err(error) = purged {
                tracing::error!(%error, "old files cannot be removed from DATA_DIR");
            }
        }
    }
}
