//! A text cut into rows, each a paragraph or a part of one.

use std::ops::Range;

use segment::Segment;

/// Size in bytes after which a row is cut at the next line break between sentences. About ten lines
/// of a column, so that both sides stay aligned and a row is cheap to lay out.
const LINE_CUT: usize = 600;

/// Size in bytes after which a row is cut between sentences of the same line: three quarters of a
/// screen.
const SENTENCE_CUT: usize = 1500;

/// A part of the text and the sentences in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its bytes in the text, without the line break at the end.
    pub(crate) bytes: Range<usize>,
    /// Numbers of its sentences; empty if there is nothing to translate.
    pub(crate) sentences: Range<usize>,
    /// True if it continues the paragraph of the previous row.
    pub(crate) more: bool,
}

/// Kind of the paragraphs of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paragraphs {
    /// Lines between blank lines.
    Blocks,
    /// Lines, as in the text of a file.
    Lines,
}

/// Returns the lines of a text that are not empty, each of which is a paragraph of the file.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    text.split('\n').filter_map(move |line| {
        let start = at;
        at += line.len() + 1;
        (!line.is_empty()).then_some(start..start + line.len())
    })
}

/// Cuts a text into rows. Blank lines between paragraphs belong to no row.
pub(crate) fn rows(text: &str, segments: &[Segment], paragraphs: Paragraphs) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut next = 0;
    let paragraphs = match paragraphs {
        Paragraphs::Blocks => segment::paragraphs(text),
        Paragraphs::Lines => lines(text).collect(),
    };
    for paragraph in paragraphs {
        let (mut start, mut first, mut more) = (paragraph.start, next, false);
        while let Some(segment) = segments.get(next).filter(|one| one.end <= paragraph.end) {
            next += 1;
            let following = segments.get(next).map_or(paragraph.end, |one| one.start);
            let gap = segment.end..following.min(paragraph.end);
            let Some((end, resume)) = cut(text, gap, segment.end - start) else {
                continue;
            };
            if resume < paragraph.end {
                rows.push(Row {
                    bytes: start..end,
                    sentences: first..next,
                    more,
                });
                (start, first, more) = (resume, next, true);
            }
        }
        rows.push(Row {
            bytes: start..paragraph.end,
            sentences: first..next,
            more,
        });
    }
    if rows.is_empty() {
        // Only control characters, but still a text that somebody submitted.
        rows.push(Row {
            bytes: 0..text.len(),
            sentences: 0..0,
            more: false,
        });
    }
    rows
}

/// Returns the end of a row of `length` bytes before `gap` and the start of the next row; `None` if
/// the row is not cut in this gap.
fn cut(text: &str, gap: Range<usize>, length: usize) -> Option<(usize, usize)> {
    let between = &text[gap.clone()];
    if let Some(line_break) = between.find('\n') {
        let end = gap.start + line_break;
        return (length >= LINE_CUT).then_some((end, end + 1));
    }
    let space = between.len() - between.trim_start().len();
    (length >= SENTENCE_CUT && space > 0).then_some((gap.start, gap.start + space))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_hold_every_sentence_and_every_line_once() {
        let long = "Ein Satz mit einigen Worten darin. ".repeat(200);
        let lines = "Eine Zeile ohne Ende\n".repeat(200);
        for text in [
            "Erster Satz. Zweiter Satz.\n- Dritter.\n\n---\n\nVierter\0Satz.",
            "",
            "\n\n",
            "…",
            &long,
            &lines,
            &format!("{long}\n\n{lines}"),
        ] {
            let segments = segment::segments(
                text,
                segment::Rules {
                    language: "de",
                    wrapped: false,
                },
            );
            for paragraphs in [Paragraphs::Blocks, Paragraphs::Lines] {
                check(text, &segments, paragraphs);
            }
        }
    }

    fn check(text: &str, segments: &[Segment], paragraphs: Paragraphs) {
        let rows = rows(text, segments, paragraphs);
        let numbers: Vec<usize> = rows.iter().flat_map(|row| row.sentences.clone()).collect();
        assert_eq!(numbers, (0..segments.len()).collect::<Vec<_>>());
        let shown: String = rows.iter().map(|row| &text[row.bytes.clone()]).collect();
        let letters = |text: &str| text.replace(['\n', ' '], "");
        assert_eq!(letters(&shown), letters(text));
        for row in &rows {
            assert!(row.bytes.len() < 2 * SENTENCE_CUT, "{row:?}");
            for segment in &segments[row.sentences.clone()] {
                assert!(row.bytes.start <= segment.start && segment.end <= row.bytes.end);
            }
        }
    }
}
