//! The body of a translation's page as it is sent: rows, messages while there is no sentence, the
//! end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_stream::stream;
use bytes::Bytes;
use futures_util::Stream;
use segment::Segment;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::files::Files;
use crate::history::{Spans, Translation};
use crate::jobs::{Job, Phase};
use crate::pages::bitext::{self, Form, Source, Writer};
use crate::pages::document::Notes;
use crate::pages::end::{End, Ending, count_words};
use crate::pages::escaped;
use crate::pages::marks::Tally;
use crate::pages::rows::Paragraphs;

/// Size of the chunks in which long text is sent, in bytes: few system calls, little memory.
const CHUNK: usize = 32 * 1024;

/// Interval at which something is sent while there is no sentence. Proxies close idle connections,
/// many after 60 seconds, and the script assumes that a page broke off after three times this
/// interval, because browsers do not report it.
const KEEP_ALIVE: Duration = Duration::from_secs(3);

/// Minimum time that a state must last before the page shows a message about it.
const MESSAGE_DELAY: Duration = Duration::from_millis(400);

/// Maximum time that the end of a page waits for the database, so that "not in the history yet" is
/// shown only if it is true for longer.
const STORE_WAIT: Duration = Duration::from_secs(1);

/// The page around the rows, in the three parts in which it is sent. Empty for a fragment.
#[derive(Default)]
pub(crate) struct Frame {
    /// HTML before the first row.
    head: String,
    /// HTML between the last row and the end of the translation.
    middle: String,
    /// HTML after the end of the translation.
    tail: String,
}

impl Frame {
    /// Cuts a page at its two comments, which cannot occur in a text, because texts are escaped.
    pub(crate) fn new(html: &str) -> Self {
        let (head, rest) = html.split_once("<!--rows-->").unwrap_or_default();
        let (middle, tail) = rest.split_once("<!--end-->").unwrap_or_default();
        Self {
            head: head.to_owned(),
            middle: middle.to_owned(),
            tail: tail.to_owned(),
        }
    }
}

/// Position at which a page that broke off is resumed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Resumed {
    /// Number of the next sentence.
    pub(crate) sentence: usize,
    /// Edition of the sentences before it, if the page knows it.
    pub(crate) edition: Option<u64>,
}

/// Sends a job: the sentences that it has, the others as they are finished, and the end. Starts at
/// `from`, or at the beginning if another model has started the text again since. Stops early on
/// `shutdown`, and when another model starts, so that no page mixes the sentences of two models.
pub(crate) fn running(
    job: Job,
    files: Files,
    frame: Frame,
    form: Form,
    from: Resumed,
    shutdown: CancellationToken,
) -> impl Stream<Item = Bytes> {
    let live = Live {
        job,
        files,
        form,
        shutdown,
    };
    stream! {
        yield Bytes::from(frame.head);
        for await html in live.preview() {
            yield html;
        }
        let mut sent = Sent::default();
        for await html in live.sentences(from, &mut sent) {
            yield html;
        }
        if let Some(ending) = sent.ending {
            let notes = live.notes().await;
            let end = End::of(&live.job, ending, sent.words, &sent.tally, notes).html(form);
            yield Bytes::from(frame.middle + &end + &frame.tail);
        }
    }
}

/// A job whose page is open.
struct Live {
    job: Job,
    files: Files,
    form: Form,
    shutdown: CancellationToken,
}

/// Summary of the sentences that were sent.
#[derive(Default)]
struct Sent {
    words: usize,
    tally: Tally,
    /// Outcome of the job; `None` if the page stops early.
    ending: Option<Ending>,
}

impl Live {
    /// Returns the notes about the file of the job, if it has one.
    async fn notes(&self) -> Option<Notes> {
        self.job.file_name()?;
        Some(Notes::read(&self.files, self.job.id()).await)
    }

    /// Sends the start of the text, and messages, until the text is cut into sentences.
    fn preview(&self) -> impl Stream<Item = Bytes> {
        let (job, form) = (&self.job, self.form);
        stream! {
            let mut changes = job.subscribe();
            let mut silence = Silence::new();
            if job.segments().is_none() {
                yield Bytes::from(bitext::preview(job.text(), "", form));
            }
            while job.segments().is_none() && !job.state().phase.is_final() {
                // Marked as seen before the state is read, so that no change is missed.
                changes.borrow_and_update();
                match silence.due(message_of(job)) {
                    Some(Due::Message(html)) => {
                        yield Bytes::from(bitext::preview(job.text(), &html, form));
                    }
                    Some(Due::KeepAlive) => yield keep_alive(form),
                    None => {}
                }
                if !self.change(&mut changes, silence.wait()).await {
                    return;
                }
            }
        }
    }

    /// Sends the sentences as they are finished, and messages while there is no next one.
    fn sentences(&self, from: Resumed, sent: &mut Sent) -> impl Stream<Item = Bytes> {
        let (job, form) = (&self.job, self.form);
        stream! {
            // The phase is read first: once a job has ended, it gets no more sentences.
            let state = job.state();
            let is_done = matches!(state.phase, Phase::Done { .. });
            // A text without sentences is done without being cut.
            let Some(segments) = job.segments().or_else(|| is_done.then(Arc::default)) else {
                sent.ending = Ending::of(&state);
                if sent.ending.is_some() {
                    yield Bytes::from(bitext::preview(job.text(), "", form));
                }
                return;
            };
            let edition = job.edition();
            if let Some(edition) = edition {
                yield stamp(edition, form);
            }
            let is_new = from.edition.zip(edition).is_some_and(|(from, edition)| from != edition);
            let from = if is_new { 0 } else { from.sentence };
            let notes = self.notes().await;
            let source = source(job.text(), &segments, job.id(), notes.as_ref());
            let mut writer = Writer::new(source, form, from);
            if segments.is_empty() {
                // The translation is the text itself.
                sent.words = count_words(job.text());
            }
            let mut changes = job.subscribe();
            let mut silence = Silence::new();
            let mut next = 0;
            let mut stored_by = None;
            loop {
                changes.borrow_and_update();
                // The phase is read first, as above.
                let state = job.state();
                for one in job.translated_of(Arc::clone(&segments), next) {
                    next += 1;
                    sent.words += count_words(&one.translation);
                    sent.tally.add(one.index, &one.flags, &one.atoms);
                    if one.index == writer.next() {
                        writer.sentence(&one.translation, &one.flags, &one.atoms.lost);
                        silence = Silence::new();
                    }
                    if writer.pending() >= CHUNK {
                        yield Bytes::from(writer.take());
                    }
                }
                if !segments.is_empty() && !job.is_cut_into(&segments) {
                    // The script reloads on its own.
                    writer.message(&other_model(job));
                    yield Bytes::from(writer.take());
                    return;
                }
                match Ending::of(&state) {
                    Some(Ending::Kept { refused: None })
                        if Instant::now() < *stored_by.get_or_insert(Instant::now() + STORE_WAIT) => {}
                    Some(ending) => {
                        writer.finish();
                        sent.ending = Some(ending);
                        yield Bytes::from(writer.take());
                        return;
                    }
                    None => match silence.due(message_of(job)) {
                        Some(Due::Message(html)) => writer.message(&html),
                        Some(Due::KeepAlive) => yield keep_alive(form),
                        None => {}
                    },
                }
                if writer.pending() > 0 {
                    yield Bytes::from(writer.take());
                }
                let wait = stored_by.map_or_else(
                    || silence.wait(),
                    |by: Instant| by.saturating_duration_since(Instant::now()),
                );
                if !self.change(&mut changes, wait).await {
                    return;
                }
            }
        }
    }

    /// Waits up to `limit` for a change of the job. Returns false on shutdown.
    async fn change(&self, changes: &mut watch::Receiver<u64>, limit: Duration) -> bool {
        let change = timeout(limit, changes.changed());
        self.shutdown.run_until_cancelled(change).await.is_some()
    }
}

/// Sends a stored translation.
pub(crate) fn stored(
    stored: Translation,
    notes: Option<Notes>,
    frame: Frame,
    form: Form,
    from: usize,
) -> impl Stream<Item = Bytes> {
    stream! {
        yield Bytes::from(frame.head);
        let mut tally = Tally::default();
        if let Some(Spans(spans)) = &stored.spans {
            let segments: Vec<Segment> = spans.iter().map(|span| span.de).collect();
            let source = source(&stored.text_de, &segments, stored.public_id, notes.as_ref());
            let mut writer = Writer::new(source, form, from);
            for (index, span) in spans.iter().enumerate() {
                let flags = stored.flags.of(index);
                let atoms = stored.atoms.of(index).cloned().unwrap_or_default();
                tally.add(index, flags, &atoms);
                if index == writer.next() {
                    let translation = &stored.text_en[span.en.start..span.en.end];
                    writer.sentence(translation, flags, &atoms.lost);
                }
                if writer.pending() >= CHUNK {
                    yield Bytes::from(writer.take());
                }
            }
            writer.finish();
            yield Bytes::from(writer.take());
        } else {
            let mut out = String::new();
            for (row, (de, en)) in paragraph_pairs(&stored.text_de, &stored.text_en).iter().enumerate() {
                bitext::plain_row(row, de, en, form, &mut out);
                if out.len() >= CHUNK {
                    yield Bytes::from(std::mem::take(&mut out));
                }
            }
            yield Bytes::from(out);
        }
        let end = End::of_stored(&stored, &tally, notes).html(form);
        yield Bytes::from(frame.middle + &end + &frame.tail);
    }
}

/// Returns a text to show, with the notes about the file that it is from.
fn source<'a>(
    text: &'a str,
    segments: &'a [Segment],
    id: Uuid,
    notes: Option<&Notes>,
) -> Source<'a> {
    Source {
        text,
        segments,
        paragraphs: if notes.is_some() {
            Paragraphs::Lines
        } else {
            Paragraphs::Blocks
        },
        leaves: notes.map_or_else(HashMap::new, |notes| notes.leaves(id, text)),
    }
}

/// The messages of a page while there is no sentence.
#[derive(Debug)]
struct Silence {
    /// Time of the last message or sign of life.
    since: Instant,
    /// Message on the page.
    shown: Option<String>,
    /// Time since which that message is outdated.
    outdated_since: Option<Instant>,
}

#[derive(Debug)]
enum Due {
    /// A message has to be shown.
    Message(String),
    /// Nothing has been sent for a while.
    KeepAlive,
}

impl Silence {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            shown: None,
            outdated_since: None,
        }
    }

    /// Returns what has to be sent now if the page should show `message`.
    fn due(&mut self, message: Option<String>) -> Option<Due> {
        if message == self.shown {
            self.outdated_since = None;
        } else if self
            .outdated_since
            .get_or_insert_with(Instant::now)
            .elapsed()
            >= MESSAGE_DELAY
        {
            *self = Self::new();
            self.shown.clone_from(&message);
            // An empty element hides the previous message, like anything that follows it.
            return Some(Due::Message(
                message.unwrap_or_else(|| "<span></span>".to_owned()),
            ));
        }
        if self.since.elapsed() < KEEP_ALIVE {
            return None;
        }
        self.since = Instant::now();
        Some(Due::KeepAlive)
    }

    /// Returns the time until something may be due.
    fn wait(&self) -> Duration {
        let keep_alive = KEEP_ALIVE.saturating_sub(self.since.elapsed());
        self.outdated_since.map_or(keep_alive, |since| {
            keep_alive.min(MESSAGE_DELAY.saturating_sub(since.elapsed()))
        })
    }
}

/// Returns the reason why there is no next sentence yet, as HTML.
fn message_of(job: &Job) -> Option<String> {
    match job.state().phase {
        Phase::Waiting { place } => {
            let position = match place {
                0 | 1 => "this text is next".to_owned(),
                2 => "there is one other text before this one".to_owned(),
                _ => format!("there are {} other texts before this one", place - 1),
            };
            Some(format!(
                "<span class=\"live calm\">Waiting for its turn: {position}.</span>"
            ))
        }
        Phase::Reading { read, pages } => Some(match pages {
            0 => "<span class=\"live calm\">Waiting to be read: other files are read before it.</span>".to_owned(),
            _ => format!(
                "<span class=\"live calm\" data-page=\"{0}\" data-pages=\"{pages}\">Reading page {0} of {pages}…</span>",
                pages.min(read + 1),
            ),
        }),
        Phase::Retrying { reason, .. } => Some(format!(
            "<span class=\"live\">{} Your text is kept, and the translation continues as soon as \
             possible. <button class=\"link\" form=\"retry\">Try again now</button> or \
             <a href=\"/?text_of={}\">edit the text</a>.</span>",
            escaped(&reason.to_string()),
            job.id(),
        )),
        _ => None,
    }
}

/// Returns the message for a page whose sentences are those of a previous model.
fn other_model(job: &Job) -> String {
    format!(
        "<span class=\"live\">Another model has started this text again. \
         <a href=\"/translations/{}\">Load the page again</a>.</span>",
        job.id(),
    )
}

/// Returns the edition of the following rows, for the script.
fn stamp(edition: u64, form: Form) -> Bytes {
    Bytes::from(match form {
        Form::Page => format!("<template data-edition=\"{edition}\"></template>\n"),
        Form::Fragment => format!("edition {edition}\n"),
    })
}

/// Returns bytes that show nothing and keep the connection open.
fn keep_alive(form: Form) -> Bytes {
    Bytes::from_static(match form {
        Form::Page => b"<!-- -->\n",
        Form::Fragment => b"\n",
    })
}

/// Returns pairs of paragraphs if both sides have the same number, otherwise both texts as one
/// pair: the original app lost the line breaks of the translation.
fn paragraph_pairs<'a>(de: &'a str, en: &'a str) -> Vec<(&'a str, &'a str)> {
    let (left, right) = (segment::paragraphs(de), segment::paragraphs(en));
    if left.len() == right.len() {
        let pairs = left.into_iter().zip(right);
        pairs.map(|(left, right)| (&de[left], &en[right])).collect()
    } else {
        vec![(de.trim_end(), en.trim_end())]
    }
}
