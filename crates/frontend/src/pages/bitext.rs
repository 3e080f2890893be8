//! A text and its translation as rows of HTML: each paragraph of the source beside its translation,
//! sentence by sentence.
//!
//! The rows have two forms. In a page they are plain HTML, in which the last row stays open until
//! it has all its sentences. A fragment is fetched by the script to resume a page that broke off.
//! Each of its lines is an order: `row`, `block` or `cell`, a space, and the HTML to append to the
//! text, or, for `cell`, to the English side of the last row. Line breaks of the text are written
//! `&#10;`.

use std::collections::HashMap;
use std::fmt::Write as _;

use api::{Flag, LostAtom};
use segment::Segment;

use crate::pages::marks::open_sentence;
use crate::pages::rows::{Paragraphs, Row, rows};
use crate::pages::{Count, escape};

/// Number of source rows that are shown after the last sentence of a translation that ended early.
/// Two or three screens, so that the buttons below them are not a book away.
const UNTRANSLATED_ROWS: usize = 12;

/// Maximum size of the part of a text that is shown before its sentences are known, in bytes: about
/// a screen.
const PREVIEW_BYTES: usize = 2000;

/// Form of the HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Plain HTML for a page.
    Page,
    /// Orders for the script.
    Fragment,
}

/// A text that is shown.
#[derive(Clone, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    pub(crate) segments: &'a [Segment],
    pub(crate) paragraphs: Paragraphs,
    /// HTML to show over rows, by the byte of the text with which they start.
    pub(crate) leaves: HashMap<usize, String>,
}

/// Writes the rows of one text.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    text: &'a str,
    segments: &'a [Segment],
    leaves: HashMap<usize, String>,
    rows: Vec<Row>,
    form: Form,
    /// Number of the open row, or of the next one to open.
    row: usize,
    open: bool,
    /// Number of the next sentence.
    next: usize,
    percent: Option<usize>,
    out: String,
}

impl<'a> Writer<'a> {
    /// Creates a writer and opens the row that contains sentence `from`, starting with its first
    /// one.
    pub(crate) fn new(source: Source<'a>, form: Form, from: usize) -> Self {
        let Source {
            text,
            segments,
            paragraphs,
            leaves,
        } = source;
        let rows = rows(text, segments, paragraphs);
        let reached = rows.partition_point(|row| row.sentences.end <= from);
        // Rows without sentences at the end of the text are written again, which does no harm.
        let row = if from == 0 {
            0
        } else if reached == rows.len() {
            rows.iter()
                .rposition(|row| !row.sentences.is_empty())
                .unwrap_or(0)
        } else {
            reached
        };
        let next = rows.get(row).map_or(0, |row| row.sentences.start);
        let mut writer = Self {
            text,
            segments,
            leaves,
            rows,
            form,
            row,
            open: false,
            next,
            percent: None,
            out: String::new(),
        };
        writer.tick();
        writer.advance();
        writer
    }

    /// Returns the number of the sentence that [`Writer::sentence`] expects.
    pub(crate) fn next(&self) -> usize {
        self.next
    }

    /// Returns the size of the HTML that has not been taken yet, in bytes.
    pub(crate) fn pending(&self) -> usize {
        self.out.len()
    }

    /// Takes the HTML written so far.
    pub(crate) fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }

    /// Writes the translation of the next sentence. Closes a row after its last sentence and opens
    /// the next one, so that its German can already be read.
    pub(crate) fn sentence(&mut self, translation: &str, flags: &[Flag], lost: &[LostAtom]) {
        let Some(row) = self.rows.get(self.row).filter(|_| self.open).cloned() else {
            return;
        };
        let index = self.next;
        let segment = self.segments[index];
        let before = if index == row.sentences.start {
            row.bytes.start
        } else {
            self.segments[index - 1].end
        };
        self.next += 1;
        let is_last = self.next == row.sentences.end;
        self.order("cell");
        escape(&self.text[before..segment.start], &mut self.out);
        open_sentence(index, flags, lost, &mut self.out);
        escape(translation, &mut self.out);
        self.out.push_str("</span>");
        if is_last {
            escape(&self.text[segment.end..row.bytes.end], &mut self.out);
        }
        self.end_order();
        if is_last {
            self.close();
            self.row += 1;
            self.tick();
            self.advance();
        }
    }

    /// Writes a message in the place of the next sentence. It is hidden once something follows.
    pub(crate) fn message(&mut self, html: &str) {
        if self.open {
            self.order("cell");
            self.out.push_str(html);
            self.end_order();
        }
    }

    /// Closes the open row and hides a message in it. If sentences are missing, some more rows of
    /// the source follow.
    pub(crate) fn finish(&mut self) {
        if !self.open {
            return;
        }
        self.order("cell");
        self.out.push_str("<span></span>");
        self.end_order();
        self.close();
        for _ in 0..UNTRANSLATED_ROWS {
            self.row += 1;
            let Some(row) = self.rows.get(self.row).cloned() else {
                return;
            };
            self.order("row");
            self.open_with_source(&row);
            self.out.push_str("</p></div>");
            self.end_order();
        }
        if let Some(row) = self.rows.get(self.row + 1) {
            let sentences = self.segments.len() - row.sentences.start;
            self.order("block");
            let _ = write!(
                self.out,
                "<p class=\"rest\">… and {} more sentences of the German text</p>",
                Count::from(sentences)
            );
            self.end_order();
        }
    }

    /// Writes rows without sentences and opens the next one that has some.
    fn advance(&mut self) {
        while let Some(row) = self.rows.get(self.row).cloned() {
            self.order("row");
            self.open_with_source(&row);
            self.open = true;
            if !row.sentences.is_empty() {
                if self.form == Form::Fragment {
                    self.out.push_str("</p></div>");
                }
                self.end_order();
                return;
            }
            escape(&self.text[row.bytes.clone()], &mut self.out);
            if self.form == Form::Fragment {
                self.out.push_str("</p></div>");
            }
            self.end_order();
            self.close();
            self.row += 1;
        }
    }

    fn open_with_source(&mut self, row: &Row) {
        let leaf = self.leaves.get(&row.bytes.start);
        let leaf = leaf.map_or("", String::as_str);
        open_row(self.row, row.sentences.start, row.more, leaf, &mut self.out);
        let mut at = row.bytes.start;
        for index in row.sentences.clone() {
            let Segment { start, end } = self.segments[index];
            escape(&self.text[at..start], &mut self.out);
            open_sentence(index, &[], &[], &mut self.out);
            escape(&self.text[start..end], &mut self.out);
            self.out.push_str("</span>");
            at = end;
        }
        escape(&self.text[at..row.bytes.end], &mut self.out);
        self.out.push_str("</p><p lang=\"en\">");
    }

    fn close(&mut self) {
        self.open = false;
        if self.form == Form::Page {
            self.out.push_str("</p></div>\n");
        }
    }

    /// Writes the progress when it has grown by one per cent. The script reads it; without script
    /// it is displayed.
    fn tick(&mut self) {
        let (done, total) = (self.next, self.segments.len());
        let percent = (done * 100).checked_div(total).unwrap_or(100);
        if self.percent == Some(percent) {
            return;
        }
        self.percent = Some(percent);
        self.order("block");
        let _ = write!(
            self.out,
            "<p class=\"tick\" data-total=\"{total}\">{percent} % · {} of {} sentences</p>",
            Count::from(done),
            Count::from(total),
        );
        self.end_order();
    }

    fn order(&mut self, order: &str) {
        if self.form == Form::Fragment {
            self.out.push_str(order);
            self.out.push(' ');
        }
    }

    fn end_order(&mut self) {
        if self.form == Form::Fragment {
            self.out.push('\n');
        }
    }
}

/// Writes a complete row whose sentences are not known, as in rows of the original app.
pub(crate) fn plain_row(row: usize, de: &str, en: &str, form: Form, out: &mut String) {
    if form == Form::Fragment {
        out.push_str("row ");
    }
    open_row(row, 0, false, "", out);
    escape(de, out);
    out.push_str("</p><p lang=\"en\">");
    escape(en, out);
    out.push_str("</p></div>\n");
}

/// Returns the start of a text that has not been cut into sentences, with a message in the place of
/// its translation. It is hidden once something follows.
pub(crate) fn preview(text: &str, message: &str, form: Form) -> String {
    let mut out = String::new();
    if form == Form::Fragment {
        out.push_str("block ");
    }
    out.push_str("<div class=\"live preview\">");
    let mut message = Some(message);
    let start = &text[..text.floor_char_boundary(PREVIEW_BYTES)];
    let mut paragraphs = segment::paragraphs(start);
    if paragraphs.is_empty() {
        paragraphs.push(0..0);
    }
    for paragraph in paragraphs {
        let end = paragraph.end;
        open_row(0, 0, false, "", &mut out);
        escape(&start[paragraph], &mut out);
        if end == start.len() && end < text.len() {
            out.push('…');
        }
        out.push_str("</p><p lang=\"en\">");
        out.push_str(message.take().unwrap_or_default());
        out.push_str("</p></div>");
    }
    out.push_str("</div>\n");
    out
}

fn open_row(row: usize, first: usize, more: bool, leaf: &str, out: &mut String) {
    let class = if more { "row more" } else { "row" };
    let _ = write!(
        out,
        "<div class=\"{class}\" data-row=\"{row}\" data-first=\"{first}\">{leaf}<p lang=\"de\">"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Erster Satz. Zweiter Satz.\n- Dritter <Satz>.\n\n---\n\nVierter\0Satz.";

    fn segments(text: &str) -> Vec<Segment> {
        segment::segments(
            text,
            segment::Rules {
                language: "de",
                wrapped: false,
            },
        )
    }

    fn source<'a>(text: &'a str, segments: &'a [Segment]) -> Source<'a> {
        Source {
            text,
            segments,
            paragraphs: Paragraphs::Blocks,
            leaves: HashMap::new(),
        }
    }

    /// Writes a text, translated to capitals, from sentence `from` on.
    fn written(text: &str, form: Form, from: usize) -> String {
        let segments = segments(text);
        let mut writer = Writer::new(source(text, &segments), form, from);
        while let Some(segment) = segments.get(writer.next()) {
            writer.sentence(&text[segment.start..segment.end].to_uppercase(), &[], &[]);
        }
        writer.finish();
        writer.take()
    }

    #[test]
    fn a_page_holds_both_sides_with_gaps_and_without_markup() {
        let html = written(TEXT, Form::Page, 0);
        assert!(html.contains(
            "</span> <span data-i=\"1\" class=\"s\">ZWEITER SATZ.</span>&#10;- <span data-i=\"2\" class=\"s\">DRITTER &lt;SATZ&gt;.</span></p></div>"
        ), "{html}");
        assert!(
            html.contains("<p lang=\"de\">---</p><p lang=\"en\">---</p>"),
            "{html}"
        );
        assert!(html.contains("VIERTER␀SATZ."), "{html}");
        assert_eq!(html.matches("<div").count(), html.matches("</div>").count());
    }

    #[test]
    fn a_fragment_begins_with_a_complete_row_and_has_one_order_per_line() {
        let whole = written(TEXT, Form::Fragment, 0);
        let from_second = written(TEXT, Form::Fragment, 1);
        let rows = |text: &str| {
            text.lines()
                .filter(|line| !line.starts_with("block "))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(rows(&from_second), rows(&whole));
        let from_last = written(TEXT, Form::Fragment, 3);
        assert!(!from_last.contains("ERSTER") && from_last.contains("VIERTER"));
        let beyond = written(TEXT, Form::Fragment, 99);
        assert_eq!(rows(&beyond), rows(&from_last));
        for line in whole.lines() {
            assert!(
                ["row <", "cell ", "block <"]
                    .iter()
                    .any(|order| line.starts_with(order)),
                "{line}"
            );
        }
    }

    #[test]
    fn after_an_early_end_some_of_the_source_follows() {
        let text = "Ein Satz.\n\n".repeat(100);
        let segments = segments(&text);
        let mut writer = Writer::new(source(&text, &segments), Form::Page, 0);
        writer.sentence("A sentence.", &[], &[]);
        writer.finish();
        let html = writer.take();
        assert_eq!(html.matches("class=\"row\"").count(), 2 + UNTRANSLATED_ROWS);
        assert!(html.contains("… and 86 more sentences"), "{html}");
        assert_eq!(html.matches("<div").count(), html.matches("</div>").count());
    }
}
