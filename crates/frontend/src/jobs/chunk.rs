//! A long text in chunks, each a request of its own, cut so that the backend finds the same
//! sentences in them as in the whole text.

use std::ops::Range;

use segment::{Rules, Segment};

/// Sentences further on that are tried as the start of the next chunk when one does not do. In a
/// text with hard lines more than one is rare: a sentence in the middle of a line that begins with
/// what would be the mark of a list at the line's start ("3) Mai"). In a wrapped text two of three
/// do not do: the rest of the line in which the sentence starts is too short to continue.
const MAX_TRIES: usize = 8;

/// The end of the chunk that begins with sentence `from` and has about `target` bytes of text: one
/// sentence at least, and so that the next sentence is found where a chunk begins with it.
pub(super) fn chunk_end(
    text: &str,
    segments: &[Segment],
    from: usize,
    target: usize,
    rules: Rules<'_>,
) -> usize {
    let limit = segments[from].start + target;
    let first = from + segments[from..].partition_point(|segment| segment.end <= limit);
    let first = first.max(from + 1);
    let good = |end: &usize| can_start_chunk(text, segments, *end, rules);
    let mut tried = first..segments.len().min(first + MAX_TRIES);
    tried.find(good).unwrap_or(first.min(segments.len()))
}

/// Whether sentence `next` is the first that is found in a text that begins with it.
fn can_start_chunk(text: &str, segments: &[Segment], next: usize, rules: Rules<'_>) -> bool {
    if break_before(text, segments, next, rules).is_some() {
        return true;
    }
    // Where it ends depends on what follows, and no further than on the next sentence.
    let end = segments.get(next + 1).unwrap_or(&segments[next]).end;
    let start = segments[next].start;
    let found = segment::segments(&text[start..end], rules);
    found.first().is_some_and(|first| {
        first.start == 0 && first.end == segments[next].end - segments[next].start
    })
}

/// Text to send to get the sentences `wanted`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Passage {
    /// The bytes of the text.
    pub(super) bytes: Range<usize>,
    /// The sentences in them, by number; mostly those that are wanted.
    pub(super) sentences: Range<usize>,
}

impl Passage {
    /// Returns the bytes to send: from the first sentence that is wanted to the last. Where they
    /// would be cut otherwise than in the whole text, which hardly ever happens, it returns whole
    /// lines, or whole paragraphs of a wrapped text, whose sentences are always the same.
    pub(super) fn new(
        text: &str,
        segments: &[Segment],
        wanted: &Range<usize>,
        rules: Rules<'_>,
    ) -> Self {
        let begin = break_before(text, segments, wanted.start, rules);
        let end = break_before(text, segments, wanted.end, rules);
        let passage = Self {
            bytes: begin.map_or(segments[wanted.start].start, |gap| gap.end)
                ..end.map_or(segments[wanted.end - 1].end, |gap| gap.start),
            sentences: wanted.clone(),
        };
        let is_whole = begin.is_some() && end.is_some();
        if is_whole || passage.is_cut_alike(text, segments, rules) {
            return passage;
        }
        let has_break = |next: &usize| break_before(text, segments, *next, rules).is_some();
        let first = (0..=wanted.start).rev().find(has_break).unwrap_or(0);
        let last = (wanted.end..=segments.len()).find(has_break);
        let last = last.unwrap_or(segments.len());
        let gap = |next| break_before(text, segments, next, rules).unwrap_or_default();
        Self {
            bytes: gap(first).end..gap(last).start,
            sentences: first..last,
        }
    }

    fn is_cut_alike(&self, text: &str, segments: &[Segment], rules: Rules<'_>) -> bool {
        let found = segment::segments(&text[self.bytes.clone()], rules);
        let expected = &segments[self.sentences.clone()];
        found.len() == expected.len()
            && found.iter().zip(expected).all(|(found, expected)| {
                found.start + self.bytes.start == expected.start
                    && found.end + self.bytes.start == expected.end
            })
    }
}

/// Returns the gap before sentence `next` if the text can be cut in it: where a line break does not
/// affect what is before and after it. The ends of the text are such gaps.
///
/// A line break between two sentences is enough, because a sentence that spans a line break has it
/// inside. In a wrapped text it takes a blank line: the lines of a paragraph decide together which
/// of them continue.
fn break_before(
    text: &str,
    segments: &[Segment],
    next: usize,
    rules: Rules<'_>,
) -> Option<LineBreak> {
    let before = next.checked_sub(1).map(|last| segments[last].end);
    let (Some(before), Some(segment)) = (before, segments.get(next)) else {
        // Before the first sentence and after the last one.
        return Some(match before {
            None => LineBreak { start: 0, end: 0 },
            Some(_) => LineBreak {
                start: text.len(),
                end: text.len(),
            },
        });
    };
    let gap = &text[before..segment.start];
    let (start, end) = if rules.wrapped {
        let first = blank_lines(gap).next()?;
        (first.start, blank_lines(gap).last().unwrap_or(first).end)
    } else {
        (gap.find('\n')?, gap.rfind('\n')? + 1)
    };
    Some(LineBreak {
        start: before + start,
        end: before + end,
    })
}

/// Returns the blank lines between two lines of `gap`, each with the line breaks around it.
fn blank_lines(gap: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let breaks = gap.match_indices('\n').map(|(at, _)| at);
    breaks
        .clone()
        .zip(breaks.skip(1))
        .filter_map(|(one, next)| {
            let is_blank = gap[one..next].trim().is_empty();
            is_blank.then_some(one..next + 1)
        })
}

/// Where the line of one sentence ends and that of the next one starts.
#[derive(Clone, Copy, Debug, Default)]
struct LineBreak {
    start: usize,
    end: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: Rules<'_> = Rules {
        language: "de",
        wrapped: false,
    };
    const WRAPPED: Rules<'_> = Rules {
        wrapped: true,
        ..LINES
    };

    /// All sentences of `text`, chunk by chunk.
    fn chunks(text: &str, target: usize, rules: Rules<'_>) -> Vec<(Range<usize>, String)> {
        let segments = segment::segments(text, rules);
        let (mut chunks, mut from) = (Vec::new(), 0);
        while from < segments.len() {
            let end = chunk_end(text, &segments, from, target, rules);
            let passage = Passage::new(text, &segments, &(from..end), rules);
            assert!(passage.sentences.start <= from && end <= passage.sentences.end);
            assert!(passage.is_cut_alike(text, &segments, rules), "{passage:?}");
            chunks.push((passage.sentences, text[passage.bytes].to_owned()));
            from = end;
        }
        chunks
    }

    #[test]
    fn lines_keep_their_marks() {
        let text = "Eins. Zwei.\n\n  1. Drei drei. Vier.\n- Fünf.\n";
        assert_eq!(
            chunks(text, 12, LINES),
            [
                (0..2, "Eins. Zwei.".to_owned()),
                (2..3, "  1. Drei drei.".to_owned()),
                (3..4, "Vier.".to_owned()),
                (4..5, "- Fünf.\n".to_owned()),
            ]
        );
        assert_eq!(chunks(text, 1000, LINES), [(0..5, text.to_owned())]);
    }

    #[test]
    fn a_chunk_does_not_begin_with_what_would_be_a_mark() {
        let text = "Wie ist es? 3) Ja, so. Nein, nicht so. Ja.";
        let segments = segment::segments(text, LINES);
        assert_eq!(segments[1].of(text), "3) Ja, so.");
        // The first chunk takes it along.
        assert_eq!(chunk_end(text, &segments, 0, 12, LINES), 2);
        // Asked for all the same, as after a failure in the middle, it comes with its line.
        let passage = Passage::new(text, &segments, &(1..2), LINES);
        assert_eq!(passage.sentences, 0..4);
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
            "Die Kran-\nkenkasse\tzahlt  nicht. ",
            "Name;Preis;Datum\n| a || b | c ",
        ];
        // Every order of three pieces, again and again.
        let mut text = String::new();
        for number in 0..pieces.len().pow(3) {
            for power in 0..3 {
                text += pieces[number / pieces.len().pow(power) % pieces.len()];
            }
        }
        for target in [1, 40, 333, 2048] {
            let chunks = chunks(&text, target, LINES);
            assert!(chunks.len() > text.len() / (target + 400));
        }
    }

    #[test]
    fn a_wrapped_text_is_cut_alike_in_every_chunk() {
        let paragraph = "Der Verein hat in diesem Jahr rund neunzig neue Mitglieder aufge-\n\
                         nommen, und zwar am 3. Juni. Er dankt Herrn Dr. Meier und Frau\n\
                         Huber für ihre Arbeit. „Es war schön. Wir kommen wieder“, sagte\n\
                         sie am Abend.\n";
        let item =
            "- Ein Punkt der Liste, der so lang ist, dass er nicht in eine Zeile\n  passt.\n";
        let text = [paragraph, "\n", paragraph, item, item, " \n\n--------\n"]
            .concat()
            .repeat(20);
        for target in [1, 40, 333, 2048] {
            let chunks = chunks(&text, target, WRAPPED);
            assert!(chunks.len() > text.len() / (target + 1000));
        }
        // A long paragraph is not passage whole for each of its sentences.
        let long = paragraph.repeat(50);
        let passage: usize = chunks(&long, 1000, WRAPPED)
            .iter()
            .map(|(_, chunk)| chunk.len())
            .sum();
        assert!(passage < 3 * long.len(), "{passage} of {}", long.len());
    }
}
