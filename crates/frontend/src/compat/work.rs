//! Units to translations, by jobs like those of the pages.

use std::iter::Peekable;
use std::mem;
use std::ops::Range;

use markup::{Link, Marked, Piece, Segment};

use super::blocking::blocking;
use super::keep_alive;
use super::refusal::Refusal;
use crate::jobs::{Job, Jobs, Patience, Reason, Translated};

/// Separator of the units of a text, each of which is a line.
const LINE_BREAK: &str = "\n";

/// Separator after a line that ends with a hyphen: no sentence goes on after a blank line.
const PARAGRAPH_BREAK: &str = "\n\n";

/// Separator of texts. Where it stands, nothing before affects what is after it: the name under the
/// closing of a letter, which is not translated, follows within six lines (`segment::verbatim`).
const TEXT_BREAK: &str = "\n\n\n\n\n\n\n";

/// Size from which on texts with marks are translated one after another, in bytes. The links between
/// the words of a text take up to 20 times as much as the text, while it is being translated.
const MARKED_BYTES: usize = 64 << 10;

/// Marks of fenced code, which reaches to the next such mark, whatever is between them.
const FENCES: [&str; 2] = ["```", "~~~"];

/// Translation for the APIs; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    jobs: Jobs,
    keeps_history: bool,
    max_text_bytes: usize,
}

impl Work {
    /// Creates it for texts of up to `max_text_bytes`. With `keeps_history`, the translations are
    /// stored in the history.
    pub(super) fn new(jobs: Jobs, keeps_history: bool, max_text_bytes: usize) -> Self {
        Self {
            jobs,
            keeps_history,
            max_text_bytes,
        }
    }

    /// Translates texts, each of which is a list of units: the lines of a document with markup, or a
    /// single unit for a plain text, which then may have line breaks. Returns as many units for each
    /// text. The texts do not affect each other. Dropping the future ends the work.
    ///
    /// # Errors
    /// The texts together are too long, or the backend does not translate now.
    pub(crate) async fn translate(
        &self,
        texts: Vec<Vec<Segment>>,
    ) -> Result<Vec<Vec<Marked>>, Refusal> {
        let limit = self.max_text_bytes;
        let bytes: usize = texts.iter().flatten().map(|unit| unit.text.len()).sum();
        if bytes > limit {
            return Err(Refusal::TooLong { limit });
        }
        let max_bytes = if texts.iter().flatten().any(has_marks) {
            MARKED_BYTES
        } else {
            usize::MAX
        };
        let patience = Patience::Client {
            begins: keep_alive::beginning(),
        };
        let mut translated = Vec::with_capacity(texts.len());
        for Batch {
            texts,
            is_continuation,
        } in batches(texts, max_bytes)
        {
            let mut units = self.batch(texts, patience).await?.into_iter();
            if is_continuation && let Some(last) = translated.last_mut() {
                Vec::extend(last, units.next().unwrap_or_default());
            }
            translated.extend(units);
        }
        Ok(translated)
    }

    /// Translates texts that one job may hold together.
    async fn batch(
        &self,
        texts: Vec<Vec<Segment>>,
        patience: Patience,
    ) -> Result<Vec<Vec<Marked>>, Refusal> {
        let links = texts.iter().flatten().any(has_marks);
        let joined = blocking(move || Joined::new(texts)).await?;
        let job = self.job(&joined.text, links, patience).await?;
        blocking(move || joined.translated(&job)).await
    }

    /// Translates a text, with the links between its words if they are wanted.
    ///
    /// # Errors
    /// The text is too long, or the backend does not translate now.
    pub(super) async fn job(
        &self,
        text: &str,
        links: bool,
        patience: Patience,
    ) -> Result<Job, Refusal> {
        let history = self.keeps_history;
        let job = self.jobs.translate(text, links, history, patience);
        job.await.map_err(|reason| match reason {
            Reason::TooLong => Refusal::TooLong {
                limit: self.max_text_bytes,
            },
            reason => Refusal::Unavailable(reason.to_string()),
        })
    }
}

/// Returns whether something has to be put into the translation of a unit.
fn has_marks(unit: &Segment) -> bool {
    !unit.marks.is_empty() || !unit.points.is_empty()
}

/// Texts that one job may hold together.
#[derive(Debug, Default, PartialEq)]
struct Batch {
    texts: Vec<Vec<Segment>>,
    /// Whether the first text is the rest of the last one of the batch before.
    is_continuation: bool,
}

/// Distributes texts over jobs of about `max_bytes`, except those with fenced code, which might end
/// in another text.
fn batches(texts: Vec<Vec<Segment>>, max_bytes: usize) -> Vec<Batch> {
    let mut batches = Vec::new();
    let mut batch = Batch::default();
    let mut bytes = 0;
    for text in texts {
        let has_fence = |unit: &Segment| FENCES.iter().any(|fence| unit.text.contains(fence));
        let is_alone = text.iter().any(has_fence);
        if !batch.texts.is_empty() && (is_alone || bytes >= max_bytes) {
            batches.push(mem::take(&mut batch));
            bytes = 0;
        }
        let mut units = Vec::new();
        for unit in text {
            if bytes >= max_bytes {
                batch.texts.push(mem::take(&mut units));
                batches.push(mem::take(&mut batch));
                batch.is_continuation = true;
                bytes = 0;
            }
            bytes += unit.text.len();
            units.push(unit);
        }
        batch.texts.push(units);
        if is_alone {
            batches.push(mem::take(&mut batch));
            bytes = 0;
        }
    }
    if !batch.texts.is_empty() {
        batches.push(batch);
    }
    batches
}

/// Texts as a single one, and the places of their units in it.
#[derive(Debug, Default)]
struct Joined {
    text: String,
    texts: Vec<Vec<(Segment, Range<usize>)>>,
}

impl Joined {
    fn new(texts: Vec<Vec<Segment>>) -> Self {
        let mut joined = Self::default();
        for text in texts {
            if !joined.text.is_empty() && !text.is_empty() {
                joined.text.push_str(TEXT_BREAK);
            }
            let mut units = Vec::with_capacity(text.len());
            for unit in text {
                if let Some((_, before)) = units.last() {
                    let line: &str = &joined.text[Range::clone(before)];
                    let is_hyphenated = line.trim_end().ends_with(['-', '\u{2010}', '\u{ad}']);
                    joined.text.push_str(if is_hyphenated {
                        PARAGRAPH_BREAK
                    } else {
                        LINE_BREAK
                    });
                }
                let start = joined.text.len();
                joined.text.push_str(&unit.text);
                units.push((unit, start..joined.text.len()));
            }
            joined.texts.push(units);
        }
        joined
    }

    /// Returns the translations of the units from a job that is done.
    fn translated(self, job: &Job) -> Vec<Vec<Marked>> {
        let Self { text, texts } = self;
        // A text without words has no sentences.
        let segments = job.segments().unwrap_or_default();
        let mut sentences = job.translated_of(segments, 0).peekable();
        let mut translate = |(unit, range): (Segment, Range<usize>)| {
            let line = Line::translated(&text, range, &mut sentences);
            if has_marks(&unit) {
                markup::project(&unit, &line.translation, &line.links)
            } else {
                Marked {
                    pieces: vec![Piece::Text(line.translation)],
                }
            }
        };
        let texts = texts.into_iter();
        texts
            .map(|units| units.into_iter().map(&mut translate).collect())
            .collect()
    }
}

/// The translation of a unit.
#[derive(Debug, Default)]
struct Line {
    translation: String,
    links: Vec<Link>,
}

impl Line {
    /// Puts the unit at `range` of `text` together from its sentences, which are the next ones, and
    /// the gaps between them.
    fn translated(
        text: &str,
        range: Range<usize>,
        sentences: &mut Peekable<impl Iterator<Item = Translated>>,
    ) -> Self {
        let mut line = Self::default();
        let mut copied = range.start;
        while let Some(sentence) = sentences.next_if(|next| next.start < range.end) {
            line.copy(text, copied..sentence.start, range.start);
            line.add(&sentence, range.start);
            copied = sentence.end;
        }
        line.copy(text, copied..range.end, range.start);
        line
    }

    /// Appends a gap, which is linked with itself.
    fn copy(&mut self, text: &str, gap: Range<usize>, start: usize) {
        let Some(copied) = text.get(gap.clone()).filter(|gap| !gap.is_empty()) else {
            return;
        };
        let at = self.translation.len();
        self.translation.push_str(copied);
        if !copied.trim().is_empty() {
            self.links.push(Link {
                target: at..self.translation.len(),
                source: gap.start - start..gap.end - start,
                weight: 100,
            });
        }
    }

    /// Appends the translation of a sentence of the unit that begins with byte `start`.
    fn add(&mut self, sentence: &Translated, start: usize) {
        let (target, source) = (self.translation.len(), sentence.start - start);
        self.translation.push_str(&sentence.translation);
        let shifted = |range: &Range<usize>, by: usize| range.start + by..range.end + by;
        let links = sentence.markup_links().map(|link| Link {
            target: shifted(&link.target, target),
            source: shifted(&link.source, source),
            ..link
        });
        self.links.extend(links);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(text: &str) -> Segment {
        Segment {
            text: text.to_owned(),
            ..Segment::default()
        }
    }

    fn sentence(text: &str, sentence: &str, translation: &str) -> Translated {
        let start = text.find(sentence).expect("a part of the text");
        Translated {
            index: 0,
            start,
            end: start + sentence.len(),
            translation: translation.to_owned(),
            flags: Vec::new(),
            atoms: api::AtomCheck::default(),
            links: vec![api::WordLink {
                target: 0..translation.len(),
                source: 0..sentence.len(),
                percent: 90,
            }],
        }
    }

    #[test]
    fn no_text_affects_another() {
        let texts = [
            "Viele Grüße",
            "Anna Bauer",
            "Am Markt 4a",
            "79098 Freiburg",
            "Die Kran-",
            "kenkasse zahlt.",
        ];
        let rules = segment::Rules {
            language: "de",
            wrapped: false,
        };
        let alone = |text: &str| segment::segments(text, rules).len();
        let joined = Joined::new(texts.iter().map(|text| vec![unit(text)]).collect());
        let together = segment::segments(&joined.text, rules);
        for (text, units) in texts.iter().zip(&joined.texts) {
            let (_, range) = &units[0];
            assert_eq!(&joined.text[range.clone()], *text);
            let inside = together
                .iter()
                .filter(|sentence| range.start <= sentence.start && sentence.end <= range.end);
            assert_eq!(inside.count(), alone(text), "{text}");
        }
    }

    #[test]
    fn the_lines_of_a_text_affect_each_other_but_share_no_sentence() {
        let lines = [
            "Anna Bauer",
            "79098 Freiburg",
            "Die Kran-",
            "kenkasse zahlt.",
        ];
        let joined = Joined::new(vec![lines.iter().map(|line| unit(line)).collect()]);
        assert_eq!(
            joined.text,
            "Anna Bauer\n79098 Freiburg\nDie Kran-\n\nkenkasse zahlt."
        );
        let rules = segment::Rules {
            language: "de",
            wrapped: false,
        };
        let sentences = segment::segments(&joined.text, rules);
        let sentences: Vec<_> = sentences.iter().map(|one| one.of(&joined.text)).collect();
        assert_eq!(
            sentences,
            ["Die Kran-", "kenkasse zahlt."],
            "not the address"
        );
    }

    #[test]
    fn texts_with_fences_are_translated_alone() {
        let texts = ["a", "b", "```\nc", "d", "~~~", "```", "e", "f"];
        let texts = texts.iter().map(|text| vec![unit(text)]).collect();
        let batches = batches(texts, usize::MAX);
        let sizes: Vec<_> = batches.iter().map(|batch| batch.texts.len()).collect();
        assert_eq!(sizes, [2, 1, 1, 1, 1, 2]);
        assert!(batches.iter().all(|batch| !batch.is_continuation));
    }

    #[test]
    fn long_texts_are_translated_in_several_batches() {
        let texts = [
            &["aaaa"][..],
            &["bb", "bb", "bb", "b"],
            &["cc"],
            &[],
            &["d"],
        ];
        let texts: Vec<Vec<_>> = texts
            .iter()
            .map(|units| units.iter().map(|text| unit(text)).collect())
            .collect();
        let batches = batches(texts, 4);
        let parts: Vec<Vec<String>> = batches
            .iter()
            .map(|batch| {
                let texts = batch.texts.iter();
                let text = |units: &Vec<Segment>| -> String {
                    units.iter().map(|unit| unit.text.as_str()).collect()
                };
                texts.map(text).collect()
            })
            .collect();
        assert_eq!(
            parts,
            [&["aaaa"][..], &["bbbb"], &["bbb", "cc"], &["", "d"],]
        );
        let continued: Vec<_> = batches.iter().map(|batch| batch.is_continuation).collect();
        assert_eq!(continued, [false, false, true, false]);
    }

    #[test]
    fn a_line_has_its_gaps_and_its_links_count_from_its_start() {
        let text = "Eins.\n- Ja. Nein!  \nDrei.";
        let sentences = [
            sentence(text, "Ja.", "Yes."),
            sentence(text, "Nein!", "No!"),
        ];
        let mut sentences = sentences.into_iter().peekable();
        let line = Line::translated(text, 6..19, &mut sentences);
        assert_eq!(line.translation, "- Yes. No!  ");
        let parts: Vec<_> = line
            .links
            .iter()
            .map(|link| {
                let source = &text[6..19][link.source.clone()];
                (source, &line.translation[link.target.clone()], link.weight)
            })
            .collect();
        assert_eq!(
            parts,
            [("- ", "- ", 100), ("Ja.", "Yes.", 90), ("Nein!", "No!", 90)]
        );
    }
}
