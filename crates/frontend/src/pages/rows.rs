//! A text cut into rows, each a paragraph or a part of one.

use std::ops::Range;

use segment::Segment;

/// A paragraph is cut into rows at a line break once a row has this many bytes: some ten lines of
/// a column, so that lines of both sides stay close together and a row stays cheap to lay out.
const ROW_OF_LINES: usize = 600;

/// A row is cut between sentences of one line at this many bytes: three quarters of a screen.
const ROW_OF_SENTENCES: usize = 1500;

/// A piece of the text and the sentences in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its bytes in the text, without the line break at its end.
    pub(crate) bytes: Range<usize>,
    /// Numbers of its sentences; empty where there is nothing to translate.
    pub(crate) sentences: Range<usize>,
    /// Whether it goes on with the paragraph of the row before.
    pub(crate) more: bool,
}

/// Cuts a text into rows. Blank lines between paragraphs belong to none.
pub(crate) fn rows(text: &str, segments: &[Segment]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut next = 0;
    for paragraph in segment::paragraphs(text) {
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
        // Nothing but control characters: still what somebody wrote.
        rows.push(Row {
            bytes: 0..text.len(),
            sentences: 0..0,
            more: false,
        });
    }
    rows
}

/// Where a row of `length` bytes before `gap` ends and the next begins, if it is long enough.
fn cut(text: &str, gap: Range<usize>, length: usize) -> Option<(usize, usize)> {
    let between = &text[gap.clone()];
    if let Some(line_break) = between.find('\n') {
        let end = gap.start + line_break;
        return (length >= ROW_OF_LINES).then_some((end, end + 1));
    }
    let space = between.len() - between.trim_start().len();
    (length >= ROW_OF_SENTENCES && space > 0).then_some((gap.start, gap.start + space))
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
            let segments = segment::segments(text, "de");
            let rows = rows(text, &segments);
            let numbers: Vec<usize> = rows.iter().flat_map(|row| row.sentences.clone()).collect();
            assert_eq!(numbers, (0..segments.len()).collect::<Vec<_>>());
            let shown: String = rows.iter().map(|row| &text[row.bytes.clone()]).collect();
            let letters = |text: &str| text.replace(['\n', ' '], "");
            assert_eq!(letters(&shown), letters(text));
            for row in &rows {
                assert!(row.bytes.len() < 2 * ROW_OF_SENTENCES, "{row:?}");
                for segment in &segments[row.sentences.clone()] {
                    assert!(row.bytes.start <= segment.start && segment.end <= row.bytes.end);
                }
            }
        }
    }
}
