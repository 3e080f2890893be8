//! Lines beside each other, and the gaps between them.

use crate::paper::page::{Area, Line, Word};

/// Width of a gap inside a line that separates columns, in heights of the text. Spaces are a quarter
/// of the height, and in justified text rarely more than one.
const COLUMN_GAP: f32 = 1.2;

/// Maximum gap between a bullet or number and its text, in heights of the text.
const MARK_GAP: f32 = 4.0;

/// Share of the height of the lower of two lines by which both overlap if they are beside each other.
/// Two columns may be half a line apart; a line and the one under it overlap by an eighth.
const BESIDE: f32 = 0.25;

/// Lines beside each other.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// The lines, from left to right; at least one.
    pub(crate) lines: Vec<Line>,
    /// The box around all of them.
    pub(crate) area: Area,
}

impl Row {
    /// Returns a row of one line.
    pub(crate) fn new(line: Line) -> Self {
        Self {
            area: line.area(),
            lines: vec![line],
        }
    }

    fn push(&mut self, line: Line) {
        self.area = self.area.union(line.area());
        self.lines.push(line);
    }

    /// Returns the height of the text.
    pub(crate) fn size(&self) -> f32 {
        self.lines.iter().map(Line::size).fold(0.0, f32::max)
    }
}

/// Returns the lines as rows from top to bottom. A line with a wide gap inside becomes two, and a
/// bullet or number becomes the start of its line.
pub(crate) fn rows(lines: Vec<Line>) -> Vec<Row> {
    let mut lines: Vec<Line> = lines.into_iter().flat_map(cut_at_gaps).collect();
    lines.sort_by(|a, b| a.area().top.total_cmp(&b.area().top));
    let mut rows: Vec<Row> = Vec::new();
    for line in lines {
        match rows.last_mut() {
            Some(row) if is_beside(&line, row) => row.push(line),
            _ => rows.push(Row::new(line)),
        }
    }
    for row in &mut rows {
        row.lines
            .sort_by(|a, b| a.area().left.total_cmp(&b.area().left));
        attach_marks(&mut row.lines);
    }
    rows
}

/// Returns whether `line` is beside the first line of `row`, and not under any.
fn is_beside(line: &Line, row: &Row) -> bool {
    let (area, first) = (line.area(), row.lines[0].area());
    let overlap = area.bottom.min(first.bottom) - area.top.max(first.top);
    let is_under = |other: &Line| {
        let other = other.area();
        let shared = area.right.min(other.right) - area.left.max(other.left);
        shared > 0.3 * line.size()
    };
    overlap > BESIDE * area.height().min(first.height()) && !row.lines.iter().any(is_under)
}

/// Returns the parts of a line between gaps as wide as those of columns.
fn cut_at_gaps(line: Line) -> Vec<Line> {
    let wide = COLUMN_GAP * line.size();
    let mut parts: Vec<Vec<Word>> = Vec::new();
    for word in line.into_words() {
        match parts.last_mut() {
            Some(part)
                if part
                    .last()
                    .is_some_and(|last| word.area.left - last.area.right <= wide) =>
            {
                part.push(word);
            }
            _ => parts.push(vec![word]),
        }
    }
    parts.into_iter().filter_map(Line::new).collect()
}

/// Joins each bullet or number with the line at its right.
fn attach_marks(lines: &mut Vec<Line>) {
    let mut index = 0;
    while index + 1 < lines.len() {
        let (mark, line) = (&lines[index], &lines[index + 1]);
        let gap = line.area().left - mark.area().right;
        let is_mark = mark.words().len() == 1 && marks_item(&mark.words()[0].text);
        if is_mark && gap < MARK_GAP * line.size() {
            let line = lines.remove(index + 1);
            append(&mut lines[index], line);
        }
        index += 1;
    }
}

/// Adds the words of `other` at the end of `line`.
pub(crate) fn append(line: &mut Line, other: Line) {
    let mut words = line.words().to_vec();
    words.extend(other.into_words());
    if let Some(longer) = Line::new(words) {
        *line = longer;
    }
}

/// Returns whether a word is a bullet, or a number or letter of an item: `•`, `-`, `1.`, `a)`.
pub(crate) fn marks_item(word: &str) -> bool {
    is_bullet(word) || matches!(word, "-" | "–" | "—" | "*" | "o") || is_number_of_item(word)
}

/// Returns whether a word is a bullet and nothing else.
pub(crate) fn is_bullet(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(segment::is_bullet) && letters.next().is_none()
}

/// Returns whether a word is `1.`, `12)`, `a)` or `(b)`.
fn is_number_of_item(word: &str) -> bool {
    let (inner, is_closed) = match word.strip_suffix([')', '.']) {
        Some(inner) => (inner, word.ends_with(')')),
        None => return false,
    };
    let inner = inner.strip_prefix('(').unwrap_or(inner);
    let is_number = inner.len() <= 3 && inner.bytes().all(|byte| byte.is_ascii_digit());
    let is_letter = is_closed && inner.len() == 1 && inner.bytes().all(|b| b.is_ascii_lowercase());
    !inner.is_empty() && (is_number || is_letter)
}
