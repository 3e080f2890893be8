//! A translation as it is stored, and the spans that pair its sentences.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use segment::Segment;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AtomChecks, Flags};

/// A finished translation, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Translation {
    /// Public id, that of the job.
    pub public_id: Uuid,
    /// The source text, German with the default model.
    pub text_de: String,
    /// The translation.
    pub text_en: String,
    /// Whether the lines of the source were joined; false in rows and files of versions that did
    /// not join any.
    #[serde(default)]
    pub wrapped: bool,
    /// Name of the file that it is the text of, if it was not typed or pasted.
    #[serde(default)]
    pub file_name: Option<String>,
    /// Time of submission, in microseconds; unknown in rows of the original app.
    pub created_at: Option<Timestamp>,
    /// Name of the model.
    pub model: Option<String>,
    /// Duration of the translation, in milliseconds.
    pub duration_ms: Option<u64>,
    /// Number of sentences.
    pub sentences: Option<u32>,
    /// Positions of the sentences in both texts.
    pub spans: Option<Spans>,
    /// Flags of the sentences; empty in rows and files of versions that did not store them.
    #[serde(default)]
    pub flags: Flags,
    /// Checks of the numbers and references in the sentences; empty in rows and files of versions
    /// that did not store them.
    #[serde(default)]
    pub atoms: AtomChecks,
}

/// The sentences of a text and of its translation, in order.
///
/// Stored as text: four decimal numbers per sentence, separated by spaces. They are the gap before
/// the sentence and its length in the source, then the same in the translation, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Spans(pub Vec<Span>);

/// One sentence, in byte offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Position in the source.
    pub de: Segment,
    /// Position in the translation.
    pub en: Segment,
}

impl Spans {
    /// Replaces the sentences of `text` by `translations` and keeps the gaps between them. Stops at
    /// the shorter of the two lists. Returns the translation and its spans.
    pub fn join<'a>(
        text: &str,
        segments: &[Segment],
        translations: impl IntoIterator<Item = &'a str>,
    ) -> (String, Self) {
        let mut joined = String::with_capacity(text.len() + text.len() / 8);
        let mut spans = Vec::with_capacity(segments.len());
        for (index, (de, translation)) in segments.iter().zip(translations).enumerate() {
            joined.push_str(segment::gap(text, segments, index));
            let start = joined.len();
            joined.push_str(translation);
            let en = Segment {
                start,
                end: joined.len(),
            };
            spans.push(Span { de: *de, en });
        }
        let end = spans.last().map_or(0, |last| last.de.end);
        joined.push_str(&text[end..]);
        (joined, Self(spans))
    }

    /// Returns true if every sentence lies within both texts, on character boundaries, and within
    /// one paragraph of the source: pages show each paragraph as a row.
    #[must_use]
    pub fn fit(&self, text_de: &str, text_en: &str) -> bool {
        let paragraphs = segment::paragraphs(text_de);
        let mut at = 0;
        self.0.iter().all(|span| {
            let Segment { start, end } = span.de;
            while paragraphs.get(at).is_some_and(|one| one.end < end) {
                at += 1;
            }
            paragraphs.get(at).is_some_and(|one| one.start <= start)
                && text_de.get(start..end).is_some()
                && text_en.get(span.en.start..span.en.end).is_some()
        })
    }
}

impl fmt::Display for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut de, mut en) = (0, 0);
        for (index, span) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            let gap_de = span.de.start - de;
            let gap_en = span.en.start - en;
            (de, en) = (span.de.end, span.en.end);
            let (length_de, length_en) = (de - span.de.start, en - span.en.start);
            write!(f, "{space}{gap_de} {length_de} {gap_en} {length_en}")?;
        }
        Ok(())
    }
}

/// Error for spans that cannot be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the positions of the sentences cannot be read")]
pub struct SpansError;

impl FromStr for Spans {
    type Err = SpansError;

    fn from_str(text: &str) -> Result<Self, SpansError> {
        let numbers = text.split_ascii_whitespace().map(str::parse);
        let numbers: Vec<u32> = numbers.collect::<Result<_, _>>().map_err(|_| SpansError)?;
        let (sentences, rest) = numbers.as_chunks();
        if !rest.is_empty() {
            return Err(SpansError);
        }
        let (mut de, mut en) = (0, 0);
        let step = |end: &mut usize, gap: u32, length: u32| {
            let start = *end + gap as usize;
            *end = start + length as usize;
            Segment { start, end: *end }
        };
        let spans = sentences
            .iter()
            .map(|[gap_de, length_de, gap_en, length_en]| Span {
                de: step(&mut de, *gap_de, *length_de),
                en: step(&mut en, *gap_en, *length_en),
            });
        Ok(Self(spans.collect()))
    }
}

impl From<Spans> for String {
    fn from(spans: Spans) -> Self {
        spans.to_string()
    }
}

impl TryFrom<String> for Spans {
    type Error = SpansError;

    fn try_from(text: String) -> Result<Self, SpansError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(start: usize, end: usize) -> Segment {
        Segment { start, end }
    }

    #[test]
    fn sentences_are_joined_with_what_is_between_them() {
        let text = "  Ja. Nö!\n\n- Gut\n";
        let segments = [segment(2, 5), segment(6, 10), segment(14, 17)];
        let (joined, spans) = Spans::join(text, &segments, ["Yes.", "", "Good"]);
        assert_eq!(joined, "  Yes. \n\n- Good\n");
        assert_eq!(spans.0[2].en, segment(11, 15));
        assert!(spans.fit(text, &joined));
        assert_eq!(spans.to_string(), "2 3 2 4 1 4 1 0 4 3 4 4");
        assert_eq!(spans.to_string().parse(), Ok(spans));
    }

    #[test]
    fn what_does_not_fit_is_noticed() {
        let (joined, spans) = Spans::join("äb", &[segment(0, 3)], ["ab"]);
        assert!(!spans.fit("ab", &joined));
        let inside: Spans = "1 2 0 2".parse().expect("numbers");
        assert!(!inside.fit("äb", &joined));
        // From one paragraph into the next.
        let across: Spans = "0 4 0 1".parse().expect("numbers");
        assert!(across.fit("a\nbc", "x") && !across.fit("a\n\nb", "x"));
        for wrong in ["1", "1 2 3 x", "-1 2 3 4", "99999999999 1 1 1"] {
            assert_eq!(wrong.parse::<Spans>(), Err(SpansError), "{wrong}");
        }
        assert_eq!("".parse(), Ok(Spans::default()));
    }
}
