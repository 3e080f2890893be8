//! The body of a translation's page, as it is sent: rows, messages while nothing comes, the end.

use std::sync::Arc;
use std::time::Duration;

use async_stream::stream;
use bytes::Bytes;
use futures_util::Stream;
use segment::Segment;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::history::{Spans, Translation};
use crate::jobs::{Job, Phase};
use crate::pages::bitext::{self, Form, Writer};
use crate::pages::escaped;
use crate::pages::marks::Tally;
use crate::pages::translation::{End, Ending, Frame, count_words};

/// Size of the chunks in which much text is sent, in bytes: few system calls, little memory.
const CHUNK: usize = 32 * 1024;

/// How often something is sent while no sentence comes. Proxies close a connection on which nothing
/// happens, many after 60 seconds; and the script takes a page that is silent for three times this
/// for broken off, because browsers do not tell it.
const SIGN_OF_LIFE: Duration = Duration::from_secs(3);

/// How long something must last before it is worth a message.
const PATIENCE: Duration = Duration::from_millis(400);

/// How long the end waits for the database, so that "not stored yet" is only said when it is so.
const STORING: Duration = Duration::from_secs(1);

/// Where a page broke off that is to go on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Resumed {
    /// The sentence that comes next.
    pub(crate) sentence: usize,
    /// The edition that the sentences before are of, where the page knows it.
    pub(crate) edition: Option<u64>,
}

/// A job: what it has at once, the rest as it comes, and the end. It goes on where `from` says, or
/// from the start if another model has begun afresh since. It ends early on `shutdown`, and when
/// another model begins: no text is shown that two models translated.
pub(crate) fn at_work(
    job: Job,
    frame: Frame,
    form: Form,
    from: Resumed,
    shutdown: CancellationToken,
) -> impl Stream<Item = Bytes> {
    stream! {
        yield Bytes::from(frame.head);
        let mut changes = job.subscribe();
        let mut silence = Silence::new();
        if job.segments().is_none() {
            yield Bytes::from(bitext::preview(job.text(), "", form));
        }
        while job.segments().is_none() && !job.state().phase.is_final() {
            // Marked as seen before it is read, so that no change in between is missed.
            changes.borrow_and_update();
            match silence.due(message_of(&job)) {
                Some(Due::Message(html)) => {
                    yield Bytes::from(bitext::preview(job.text(), &html, form));
                }
                Some(Due::Sign) => yield sign_of_life(form),
                None => {}
            }
            let change = timeout(silence.wait(), changes.changed());
            if shutdown.run_until_cancelled(change).await.is_none() {
                return;
            }
        }
        // The phase first: what a job has when it has ended is all it will ever have.
        let whole = matches!(job.state().phase, Phase::Done { .. });
        // A text without a sentence is done without ever being cut into some.
        let known = job.segments().or_else(|| whole.then(Arc::default));
        let Some(segments) = known else {
            let html = bitext::preview(job.text(), "", form);
            if let Some(ending) = Ending::of(&job.state()) {
                let end = End::of(&job, ending, 0, &Tally::default()).html(form);
                yield Bytes::from(html + &frame.middle + &end + &frame.tail);
            }
            return;
        };
        let edition = job.edition();
        let same = from.edition.is_none_or(|from| edition.is_none_or(|edition| edition == from));
        let from = if same { from.sentence } else { 0 };
        if let Some(edition) = edition {
            yield stamp(edition, form);
        }
        // Where there is nothing to translate, the translation is the text itself.
        let mut words = if segments.is_empty() { count_words(job.text()) } else { 0 };
        let mut tally = Tally::default();
        let mut next = 0;
        let mut silence = Silence::new();
        let mut stored_by = None;
        let mut writer = Writer::new(job.text(), &segments, form, from);
        let ending = loop {
            changes.borrow_and_update();
            // The phase first: what a job has when it has ended is all it will ever have.
            let state = job.state();
            for one in job.translated_of(Arc::clone(&segments), next) {
                next += 1;
                words += count_words(&one.translation);
                tally.add(one.index, &one.flags);
                if one.index == writer.next() {
                    writer.sentence(&one.translation, &one.flags);
                    silence.answered();
                }
                if writer.pending() >= CHUNK {
                    yield Bytes::from(writer.take());
                }
            }
            if !segments.is_empty() && !job.is_cut_into(&segments) {
                // The script asks for it by itself.
                writer.message(&format!(
                    "<span class=\"live\">Another model has begun this text afresh. \
                     <a href=\"/translations/{}\">Load the page again</a>.</span>",
                    job.id(),
                ));
                yield Bytes::from(writer.take());
                return;
            }
            match Ending::of(&state) {
                Some(Ending::Kept { refused: None })
                    if Instant::now() < *stored_by.get_or_insert(Instant::now() + STORING) => {}
                Some(ending) => break ending,
                None => match silence.due(message_of(&job)) {
                    Some(Due::Message(html)) => writer.message(&html),
                    Some(Due::Sign) => yield sign_of_life(form),
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
            let change = timeout(wait, changes.changed());
            if shutdown.run_until_cancelled(change).await.is_none() {
                return;
            }
        };
        writer.finish();
        let end = End::of(&job, ending, words, &tally).html(form);
        yield Bytes::from(writer.take() + &frame.middle + &end + &frame.tail);
    }
}

/// A stored translation.
pub(crate) fn finished(
    stored: Translation,
    frame: Frame,
    form: Form,
    from: usize,
) -> impl Stream<Item = Bytes> {
    stream! {
        yield Bytes::from(frame.head);
        let mut out = String::new();
        let mut tally = Tally::default();
        if let Some(Spans(spans)) = &stored.spans {
            let segments: Vec<Segment> = spans.iter().map(|span| span.de).collect();
            let mut writer = Writer::new(&stored.text_de, &segments, form, from);
            for (index, span) in spans.iter().enumerate() {
                let flags = stored.flags.of(index);
                tally.add(index, flags);
                if index == writer.next() {
                    writer.sentence(&stored.text_en[span.en.start..span.en.end], flags);
                }
                if writer.pending() >= CHUNK {
                    yield Bytes::from(writer.take());
                }
            }
            writer.finish();
            out = writer.take();
        } else {
            for (row, (de, en)) in paragraph_pairs(&stored.text_de, &stored.text_en).iter().enumerate() {
                bitext::plain_row(row, de, en, form, &mut out);
                if out.len() >= CHUNK {
                    yield Bytes::from(std::mem::take(&mut out));
                }
            }
        }
        let end = End::of_stored(&stored, &tally);
        yield Bytes::from(out + &frame.middle + &end.html(form) + &frame.tail);
    }
}

/// What to say while no sentence comes.
#[derive(Debug)]
struct Silence {
    /// When something was sent last.
    since: Instant,
    /// The message that stands on the page.
    said: Option<String>,
    /// Since when another one would be right.
    wrong_since: Option<Instant>,
}

#[derive(Debug)]
enum Due {
    /// Another message is right.
    Message(String),
    /// It is long ago that anything was sent.
    Sign,
}

impl Silence {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            said: None,
            wrong_since: None,
        }
    }

    /// A sentence was sent; what stood there is gone.
    fn answered(&mut self) {
        *self = Self::new();
    }

    /// What has to be sent now, where `message` would be right.
    fn due(&mut self, message: Option<String>) -> Option<Due> {
        if message == self.said {
            self.wrong_since = None;
        } else if self.wrong_since.get_or_insert_with(Instant::now).elapsed() >= PATIENCE {
            *self = Self::new();
            self.said.clone_from(&message);
            // Nothing to say is something that follows, too: it hides what was said before.
            return Some(Due::Message(
                message.unwrap_or_else(|| "<span></span>".to_owned()),
            ));
        }
        if self.since.elapsed() < SIGN_OF_LIFE {
            return None;
        }
        self.since = Instant::now();
        Some(Due::Sign)
    }

    /// How long until something may be due.
    fn wait(&self) -> Duration {
        let patience = self
            .wrong_since
            .map(|since| PATIENCE.saturating_sub(since.elapsed()));
        let sign = SIGN_OF_LIFE.saturating_sub(self.since.elapsed());
        patience.map_or(sign, |patience| patience.min(sign))
    }
}

/// What stands in the way of the next sentence, as HTML.
fn message_of(job: &Job) -> Option<String> {
    match job.state().phase {
        Phase::Waiting { place } => {
            let before = match place {
                0 | 1 => "this text is next".to_owned(),
                2 => "one other text is before this one".to_owned(),
                _ => format!("{} other texts are before this one", place - 1),
            };
            let html = format!("<span class=\"live calm\">Waiting for its turn: {before}.</span>");
            Some(html)
        }
        Phase::Retrying { reason, .. } => Some(format!(
            "<span class=\"live\">{} Your text is kept, and the translation goes on by itself as \
             soon as it can. <button class=\"link\" form=\"retry\">Try again now</button> or \
             <a href=\"/?text_of={}\">edit the text</a>.</span>",
            escaped(&reason.to_string()),
            job.id(),
        )),
        _ => None,
    }
}

/// Which edition the rows are of, for the script.
fn stamp(edition: u64, form: Form) -> Bytes {
    Bytes::from(match form {
        Form::Page => format!("<template data-edition=\"{edition}\"></template>\n"),
        Form::Fragment => format!("edition {edition}\n"),
    })
}

/// A sign that the connection stands; shows nothing.
fn sign_of_life(form: Form) -> Bytes {
    Bytes::from_static(match form {
        Form::Page => b"<!-- -->\n",
        Form::Fragment => b"\n",
    })
}

/// Paragraph by paragraph where both sides have the same number, else the whole in one row: the
/// original app lost the line breaks of the translation.
fn paragraph_pairs<'a>(de: &'a str, en: &'a str) -> Vec<(&'a str, &'a str)> {
    let (left, right) = (segment::paragraphs(de), segment::paragraphs(en));
    if left.len() == right.len() {
        let pairs = left.into_iter().zip(right);
        pairs.map(|(left, right)| (&de[left], &en[right])).collect()
    } else {
        vec![(de.trim_end(), en.trim_end())]
    }
}
