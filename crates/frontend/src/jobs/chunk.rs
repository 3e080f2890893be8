//! A long text in chunks, each a request of its own, cut so that the backend finds the same
//! sentences in them as in the whole text.

use std::ops::Range;

use segment::Segment;

/// Sentences further on that are tried as the start of the next chunk when one does not do. More
/// than one is rare: a sentence in the middle of a line that begins with what would be the mark of
/// a list at the line's start ("3) Mai").
const TRIES: usize = 8;

/// The end of the chunk that begins with sentence `from` and has about `target` bytes of text: one
/// sentence at least, and so that the next sentence is found where a chunk begins with it.
pub(super) fn end_of(
    text: &str,
    segments: &[Segment],
    from: usize,
    target: usize,
    language: &str,
) -> usize {
    let limit = segments[from].start + target;
    let first = from + segments[from..].partition_point(|segment| segment.end <= limit);
    let first = first.max(from + 1);
    let good = |end: &usize| begins_well(text, segments, *end, language);
    let mut tried = first..segments.len().min(first + TRIES);
    tried.find(good).unwrap_or(first.min(segments.len()))
}

/// Whether sentence `next` is the first that is found in a text that begins with it.
fn begins_well(text: &str, segments: &[Segment], next: usize, language: &str) -> bool {
    if breaks_before(text, segments, next).is_some() {
        return true;
    }
    // Where it ends depends on what follows, and no further than on the next sentence.
    let end = segments.get(next + 1).unwrap_or(&segments[next]).end;
    let start = segments[next].start;
    let found = segment::segments(&text[start..end], language);
    found.first().is_some_and(|first| {
        first.start == 0 && first.end == segments[next].end - segments[next].start
    })
}

/// What is sent to get the sentences `wanted`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    /// The bytes of the text.
    pub(super) bytes: Range<usize>,
    /// The sentences in them, by number; mostly those that are wanted.
    pub(super) sentences: Range<usize>,
}

impl Sent {
    /// The bytes to send: from the first sentence that is wanted to the last. Where they would be
    /// cut otherwise than in the whole text, which hardly ever happens, the whole lines: sentences
    /// do not cross lines, so those of whole lines are always the same.
    pub(super) fn new(
        text: &str,
        segments: &[Segment],
        wanted: &Range<usize>,
        language: &str,
    ) -> Self {
        let begin = breaks_before(text, segments, wanted.start);
        let end = breaks_before(text, segments, wanted.end);
        let sent = Self {
            bytes: begin.map_or(segments[wanted.start].start, |gap| gap.end)
                ..end.map_or(segments[wanted.end - 1].end, |gap| gap.start),
            sentences: wanted.clone(),
        };
        let whole_lines = begin.is_some() && end.is_some();
        if whole_lines || sent.is_cut_alike(text, segments, language) {
            return sent;
        }
        let has_break = |next: &usize| breaks_before(text, segments, *next).is_some();
        let first = (0..=wanted.start).rev().find(has_break).unwrap_or(0);
        let last = (wanted.end..=segments.len()).find(has_break);
        let last = last.unwrap_or(segments.len());
        let gap = |next| breaks_before(text, segments, next).unwrap_or_default();
        Self {
            bytes: gap(first).end..gap(last).start,
            sentences: first..last,
        }
    }

    fn is_cut_alike(&self, text: &str, segments: &[Segment], language: &str) -> bool {
        let found = segment::segments(&text[self.bytes.clone()], language);
        let expected = &segments[self.sentences.clone()];
        found.len() == expected.len()
            && found.iter().zip(expected).all(|(found, expected)| {
                found.start + self.bytes.start == expected.start
                    && found.end + self.bytes.start == expected.end
            })
    }
}

/// The line break before sentence `next`, if it is the first of its line: the end of the line
/// before and the start of its own. The ends of the text count as breaks.
fn breaks_before(text: &str, segments: &[Segment], next: usize) -> Option<Gap> {
    let before = next.checked_sub(1).map(|last| segments[last].end);
    let (Some(before), Some(segment)) = (before, segments.get(next)) else {
        // In front of the first sentence and behind the last one.
        return Some(match before {
            None => Gap { start: 0, end: 0 },
            Some(_) => Gap {
                start: text.len(),
                end: text.len(),
            },
        });
    };
    let gap = &text[before..segment.start];
    Some(Gap {
        start: before + gap.find('\n')?,
        end: before + gap.rfind('\n')? + 1,
    })
}

/// Where the line of one sentence ends and that of the next one starts.
#[derive(Clone, Copy, Debug, Default)]
struct Gap {
    start: usize,
    end: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All sentences of `text`, chunk by chunk.
    fn chunks(text: &str, target: usize) -> Vec<(Range<usize>, String)> {
        let segments = segment::segments(text, "de");
        let (mut chunks, mut from) = (Vec::new(), 0);
        while from < segments.len() {
            let end = end_of(text, &segments, from, target, "de");
            let sent = Sent::new(text, &segments, &(from..end), "de");
            assert!(sent.sentences.start <= from && end <= sent.sentences.end);
            assert!(sent.is_cut_alike(text, &segments, "de"), "{sent:?}");
            chunks.push((sent.sentences, text[sent.bytes].to_owned()));
            from = end;
        }
        chunks
    }

    #[test]
    fn lines_keep_their_marks() {
        let text = "Eins. Zwei.\n\n  1. Drei drei. Vier.\n- Fünf.\n";
        assert_eq!(
            chunks(text, 12),
            [
                (0..2, "Eins. Zwei.".to_owned()),
                (2..3, "  1. Drei drei.".to_owned()),
                (3..4, "Vier.".to_owned()),
                (4..5, "- Fünf.\n".to_owned()),
            ]
        );
        assert_eq!(chunks(text, 1000), [(0..5, text.to_owned())]);
    }

    #[test]
    fn a_chunk_does_not_begin_with_what_would_be_a_mark() {
        let text = "Wie ist es? 3) Ja, so. Nein, nicht so. Ja.";
        let segments = segment::segments(text, "de");
        assert_eq!(segments[1].of(text), "3) Ja, so.");
        // The first chunk takes it along.
        assert_eq!(end_of(text, &segments, 0, 12, "de"), 2);
        // Asked for all the same, as after a failure in the middle, it comes with its line.
        let sent = Sent::new(text, &segments, &(1..2), "de");
        assert_eq!(sent.sentences, 0..4);
    }

    #[test]
    fn every_cut_gives_the_sentences_of_the_whole() {
        let pieces = [
            "Am 3. Juni kam Dr. Meier, z. B. mit „Ja.“ zurück. ",
            "3) Mai! ",
            "(So ist es.) ",
            "a) Nein? - Doch. ",
            "\n",
            "\n\n  1. Punkt. ",
            "• Käse… ",
            "Das kostet 1'000.50 Fr. im Jahr. ",
        ];
        // Every order of three pieces, again and again.
        let mut text = String::new();
        for number in 0..pieces.len().pow(3) {
            for power in 0..3 {
                text += pieces[number / pieces.len().pow(power) % pieces.len()];
            }
        }
        for target in [1, 40, 333, 2048] {
            let chunks = chunks(&text, target);
            assert!(chunks.len() > text.len() / (target + 400));
        }
    }
}
