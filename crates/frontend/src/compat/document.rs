//! A file to its translation.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use documents::{Error, Kind, Sentence, extract, paper, rewrite, walk};
use futures_util::{StreamExt as _, stream};
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::access::Client;
use super::apis::Apis;
use super::blocking::{blocking, in_turn};
use super::files::{Scratch, State, Ticket, Translated};
use super::language::{Detection, Language, MAX_SAMPLE_BYTES, detect};
use super::refusal::Refusal;
use crate::jobs::{Job, Patience};
use crate::metrics::API_CHARACTERS;

/// Size of the parts in which a long text is translated, in bytes. The links between the words of a
/// part take 20 times as much.
const PART_BYTES: usize = 64 << 10;

/// Number of parts of a text that are translated at the same time: while the last sentences of one
/// finish, the next one keeps the model busy.
const PARTS: usize = 2;

/// Maximum length of a name, in characters.
const MAX_NAME_CHARS: usize = 150;

/// A file to translate.
#[derive(Debug)]
pub(super) struct Document {
    /// The file.
    pub(super) scratch: Scratch,
    /// Its format.
    pub(super) kind: Kind,
    /// Its language; `None` if it has to be detected.
    pub(super) source: Option<Language>,
    /// The language of the translation.
    pub(super) target: Language,
}

/// Size, language and marks of the text of a file.
#[derive(Debug, Default)]
struct Survey {
    bytes: usize,
    characters: usize,
    has_marks: bool,
    /// Start of the text.
    sample: Vec<String>,
    sample_bytes: usize,
}

impl Document {
    /// Recognises the format of a file.
    ///
    /// # Errors
    /// The format is not supported, or the file is damaged or protected.
    pub(super) async fn recognise(
        scratch: Scratch,
        source: Option<Language>,
        target: Language,
    ) -> Result<Self, Refusal> {
        blocking(move || {
            let mut file = File::open(scratch.source())?;
            let kind = Kind::recognise(&mut file, &scratch.name)?;
            Ok(Self {
                scratch,
                kind,
                source,
                target,
            })
        })
        .await?
    }

    /// Translates the file for a client, whose use is counted, and shows the progress on its ticket.
    /// A file in the target language is returned as it is. Dropping the future ends the work.
    ///
    /// # Errors
    /// The file cannot be read, its text is too long or in a language that is not translated, the
    /// client has used up its share of the day, or the backend does not translate now.
    pub(super) async fn translate(
        self,
        apis: &Apis,
        client: &Client,
        ticket: &Ticket,
        patience: Patience,
    ) -> Result<Translated, Refusal> {
        let document = Arc::new(self);
        if document.is_paper() {
            document.read(apis).await?;
        }
        let survey = document.survey(apis).await?;
        let source = document.source.map_or_else(
            || detect(survey.sample.iter().map(String::as_str)),
            Detection::certain,
        );
        let is_translated = source.language.is_translated_to(document.target)?;
        apis.spend_characters(client, survey.characters).await?;
        let arrival = Instant::now();
        if is_translated {
            let rewritten = document.rewrite(apis, ticket, &survey, patience).await;
            if rewritten.is_err() {
                apis.access
                    .refund(client, survey.characters as u64, arrival);
            }
            rewritten?;
        } else {
            let document = Arc::clone(&document);
            let copy = move || fs::rename(document.readable(), document.scratch.translation());
            blocking(copy).await??;
        }
        metrics::counter!(API_CHARACTERS).increment(survey.characters as u64);
        // All others who shared it have returned.
        let document = Arc::into_inner(document).ok_or(Refusal::Internal)?;
        let translated = document.translated(survey.characters);
        let cleared = move || translated.scratch.clear().map(|()| translated);
        Ok(blocking(cleared).await??)
    }

    /// Reads a PDF or picture, and writes what it says as a document.
    async fn read(self: &Arc<Self>, apis: &Apis) -> Result<(), Refusal> {
        let (document, token) = (Arc::clone(self), CancellationToken::new());
        // The reading ends when the client goes away.
        let _guard = token.clone().drop_guard();
        let read = move || {
            let progress = &mut |_, _| {
                if token.is_cancelled() {
                    return Err(Error::Io(io::ErrorKind::Interrupted.into()));
                }
                Ok(())
            };
            let Self { scratch, kind, .. } = &*document;
            let mut output = BufWriter::new(File::create(scratch.document())?);
            paper::read(
                *kind,
                &scratch.source(),
                scratch.folder(),
                kind.result(),
                &mut output,
                progress,
            )?;
            flush(output)
        };
        Ok(in_turn(&apis.files.reading, read).await??)
    }

    /// Looks through the text, which is not kept.
    async fn survey(self: &Arc<Self>, apis: &Apis) -> Result<Survey, Refusal> {
        let document = Arc::clone(self);
        let survey = move || {
            let mut survey = Survey::default();
            let mut file = File::open(document.readable())?;
            walk(document.kind.result(), &mut file, None, &mut |unit| {
                survey.add(&unit);
                Ok(None)
            })?;
            Ok::<_, Error>(survey)
        };
        let survey = in_turn(&apis.files.cutting, survey).await??;
        let limit = apis.max_text_bytes;
        if survey.bytes > limit {
            return Err(Refusal::TooLong { limit });
        }
        Ok(survey)
    }

    /// Translates the text, and writes the file with the translation.
    async fn rewrite(
        self: &Arc<Self>,
        apis: &Apis,
        ticket: &Ticket,
        survey: &Survey,
        patience: Patience,
    ) -> Result<(), Refusal> {
        let is_short = survey.bytes <= PART_BYTES;
        let turns = if is_short {
            &apis.files.short
        } else {
            &apis.files.long
        };
        let _turn = turn(turns).await?;
        let document = Arc::clone(self);
        let text = blocking(move || {
            let mut file = File::open(document.readable())?;
            extract(document.kind.result(), &mut file)
        });
        let (text, _) = text.await??;
        let (since, total) = (Instant::now(), text.len());
        let show = |done| ticket.set(State::Translating { since, done, total });
        show(0);
        let (sender, receiver) = mpsc::channel(1);
        let document = Arc::clone(self);
        let written = blocking(move || document.write(receiver));
        let translated = async move {
            let text = text.as_str();
            let parts = stream::iter(parts(text)).map(|part| async move {
                let job = apis
                    .work
                    .job(&text[part.clone()], survey.has_marks, patience);
                let job = job.await?;
                Ok::<_, Refusal>((part, job))
            });
            let mut parts = parts.buffered(PARTS);
            while let Some(translated) = parts.next().await {
                let (part, job) = translated?;
                show(part.end);
                if sender.send(Some((part.start, job))).await.is_err() {
                    // The file cannot be written, which is reported there.
                    return Ok::<_, Refusal>(());
                }
            }
            // A failure here is also reported there.
            let _ = sender.send(None).await;
            Ok(())
        };
        let (translated, written) = tokio::join!(translated, written);
        translated?;
        Ok(written??)
    }

    /// Writes the translation, from the parts of the text as they arrive. Without the end, which is
    /// `None`, it fails.
    fn write(&self, mut parts: mpsc::Receiver<Option<(usize, Job)>>) -> Result<(), Error> {
        let mut input = File::open(self.readable())?;
        let mut output = BufWriter::new(File::create(self.scratch.translation())?);
        let mut part = Vec::new().into_iter();
        let next = &mut || loop {
            if let Some(sentence) = part.next() {
                return Ok(Some(sentence));
            }
            match parts.blocking_recv() {
                Some(Some((start, job))) => part = sentences(&job, start).into_iter(),
                Some(None) => return Ok(None),
                None => return Err(Error::Io(io::ErrorKind::Interrupted.into())),
            }
        };
        rewrite(self.kind.result(), &mut input, &mut output, next)?;
        flush(output)
    }

    /// Returns whether the file can only be read.
    fn is_paper(&self) -> bool {
        self.kind.result() != self.kind
    }

    /// Returns the path of the document that is translated.
    fn readable(&self) -> PathBuf {
        if self.is_paper() {
            self.scratch.document()
        } else {
            self.scratch.source()
        }
    }

    /// Returns the translated file.
    fn translated(self, characters: usize) -> Translated {
        let path = Path::new(&self.scratch.name);
        let own = path.extension().and_then(|extension| extension.to_str());
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let stem = stem.filter(|stem| !stem.is_empty()).unwrap_or("file");
        let stem: String = stem.chars().take(MAX_NAME_CHARS).collect();
        Translated {
            name: format!(
                "{stem}_{}.{}",
                self.target.code(),
                self.kind.extension_after(own.unwrap_or_default())
            ),
            media_type: self.kind.media_type(),
            characters,
            scratch: self.scratch,
        }
    }
}

impl Survey {
    fn add(&mut self, unit: &markup::Segment) {
        let text = &unit.text;
        // With the line break after it.
        self.bytes += text.len() + 1;
        self.characters += text.chars().count();
        self.has_marks |= !unit.marks.is_empty() || !unit.points.is_empty();
        if self.sample_bytes < MAX_SAMPLE_BYTES {
            self.sample_bytes += text.len();
            self.sample.push(text.clone());
        }
    }
}

/// Waits for a turn.
async fn turn(turns: &Semaphore) -> Result<SemaphorePermit<'_>, Refusal> {
    // It is never closed.
    turns.acquire().await.map_err(|_| Refusal::Internal)
}

/// Cuts a text into parts of about [`PART_BYTES`] that end with a line.
fn parts(text: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let full = (start + PART_BYTES).min(text.len());
        let end = text.as_bytes()[full..]
            .iter()
            .position(|byte| *byte == b'\n');
        let end = end.map_or(text.len(), |at| full + at + 1);
        parts.push(start..end);
        start = end;
    }
    parts
}

/// Returns the sentences of a part of a text that begins with byte `start`.
fn sentences(job: &Job, start: usize) -> Vec<Sentence> {
    // A text without words has no sentences.
    let segments = job.segments().unwrap_or_default();
    let sentences = job.translated_of(segments, 0);
    sentences.map(|one| one.into_sentence(start)).collect()
}

fn flush(output: BufWriter<File>) -> Result<(), Error> {
    let written = output.into_inner();
    written.map_err(|error| Error::Io(error.into_error()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_lines() {
        let line = "ü".repeat(999) + "\n";
        let text = line.repeat(100) + "Ende";
        let parts = parts(&text);
        assert_eq!(parts.len(), 4);
        let mut at = 0;
        for part in parts {
            assert_eq!(part.start, at);
            let lines = &text[part.clone()];
            assert!(lines.ends_with('\n') || part.end == text.len());
            assert!(lines.len() <= PART_BYTES + line.len());
            at = part.end;
        }
        assert_eq!(at, text.len());
        assert!(super::parts("").is_empty());
        let long = "a".repeat(3 * PART_BYTES);
        assert_eq!(super::parts(&long).len(), 1, "a line is not cut");
    }
}
