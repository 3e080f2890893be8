//! Lines of a column to paragraphs.

use std::collections::HashSet;
use std::ops::Range;

use super::order::Column;
use super::rows::{is_bullet, marks_item};
use crate::paper::page::{Line, Page};

/// A text, and which parts of it are uncertain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    /// The text, on one line.
    pub(crate) text: String,
    /// Byte ranges of words of which text recognition is not sure.
    pub(crate) doubtful: Vec<Range<usize>>,
}

/// A paragraph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Paragraph {
    /// Its text.
    pub(crate) text: Text,
    /// Height of its font.
    pub(crate) size: f32,
    /// Level of a heading, 1 or 2, or 0.
    pub(crate) level: u8,
    /// Whether the next paragraph follows without a gap, as the lines of an address do.
    pub(crate) is_tight: bool,
}

/// Measures of a document by which its lines are joined.
pub(crate) struct Measures {
    /// Words with a hyphen inside: where one of them is cut at its hyphen, the hyphen stays.
    hyphenated: HashSet<String>,
    /// Distance between the lines of a paragraph, in heights of their font.
    pitch: f32,
    /// Height of the font of most letters.
    body: f32,
}

/// Distance between lines, in heights of their font, where a document has too few to tell.
const DEFAULT_PITCH: f32 = 1.2;

/// Factor of the distance between lines from which on there is a new paragraph.
const PARAGRAPH_GAP: f32 = 1.3;

/// Factor between the font sizes of two paragraphs.
const SIZE_CHANGE: f32 = 1.12;

/// The same for recognised lines, whose height is estimated.
const RECOGNISED_SIZE_CHANGE: f32 = 1.3;

/// Factors between the font sizes of a heading of level 1, and of level 2, and the text.
const HEADINGS: [f32; 2] = [1.6, 1.2];

/// Maximum number of words of a heading.
const MAX_HEADING: usize = 25;

/// Share of a line that is empty only if somebody ended it, as after `Sehr geehrte Frau Meier,`.
const MAX_ROOM: f32 = 0.45;

/// Maximum number of words per line of an address or list, whose lines are not running text.
const MAX_ITEM: usize = 4;

impl Measures {
    /// Returns the measures of a document.
    pub(crate) fn of(pages: &[Page]) -> Self {
        let words = pages.iter().flat_map(Page::words);
        let hyphenated = words.filter_map(|word| {
            let word = word.text.trim_matches(|c: char| !c.is_alphanumeric());
            word.contains('-').then(|| word.to_owned())
        });
        let mut pitches: Vec<f32> = pages.iter().flat_map(pitches).collect();
        pitches.sort_by(f32::total_cmp);
        Self {
            hyphenated: hyphenated.collect(),
            pitch: pitches
                .get(pitches.len() / 2)
                .copied()
                .unwrap_or(DEFAULT_PITCH),
            body: body(pages),
        }
    }

    /// Returns the level of a heading of these lines, or 0.
    fn level(&self, lines: &[Line], size_change: f32) -> u8 {
        let words: usize = lines.iter().map(|line| line.words().len()).sum();
        let factor = lines[0].size() / self.body;
        if words > MAX_HEADING || factor < size_change {
            0
        } else if factor >= HEADINGS[0] {
            1
        } else {
            u8::from(factor >= HEADINGS[1]) * 2
        }
    }
}

/// Returns the height of the font of most letters.
fn body(pages: &[Page]) -> f32 {
    let lines = pages.iter().flat_map(|page| &page.lines);
    let mut sizes: Vec<(f32, usize)> = lines.map(|line| (line.size(), line.text().len())).collect();
    sizes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = sizes.iter().map(|(_, letters)| letters).sum::<usize>() / 2;
    let mut before = 0;
    let median = sizes.iter().find(|(_, letters)| {
        before += letters;
        before > half
    });
    median.map_or(1.0, |(size, _)| *size)
}

/// Returns the distances of lines from the lines right under them.
fn pitches(page: &Page) -> Vec<f32> {
    let mut lines: Vec<&Line> = page.lines.iter().collect();
    lines.sort_by(|a, b| a.area().top.total_cmp(&b.area().top));
    let distance = |(index, line): (usize, &&Line)| {
        // The next line of the same column is not far behind in this order.
        let under = lines[index + 1..].iter().take(8).find(|next| {
            next.area().top > line.area().middle() && next.area().overlaps_horizontally(line.area())
        })?;
        let pitch = (under.area().middle() - line.area().middle()) / line.size();
        (pitch < 2.0 * DEFAULT_PITCH).then_some(pitch)
    };
    lines.iter().enumerate().filter_map(distance).collect()
}

/// Returns the paragraphs of a column.
pub(crate) fn paragraphs(
    column: &Column,
    measures: &Measures,
    is_recognised: bool,
) -> Vec<Paragraph> {
    let size_change = if is_recognised {
        RECOGNISED_SIZE_CHANGE
    } else {
        SIZE_CHANGE
    };
    let mut paragraphs = Vec::new();
    let mut rest = &column.lines[..];
    while !rest.is_empty() {
        let (block, after) = rest.split_at(block(rest, measures));
        rest = after;
        let is_list = is_list(block) && measures.level(block, size_change) == 0;
        let right = right_edge(block, column.right);
        let mut start = 0;
        for end in 1..=block.len() {
            let paragraph = &block[start..end];
            let is_end = block
                .get(end)
                .is_none_or(|next| is_list || is_break(paragraph, next, right, size_change));
            if is_end {
                paragraphs.push(Paragraph {
                    text: text(paragraph, measures),
                    size: paragraph[0].size(),
                    level: measures.level(paragraph, size_change),
                    is_tight: end < block.len(),
                });
                start = end;
            }
        }
    }
    paragraphs
}

/// Returns the number of lines at the start of `lines` that have no gap between them.
fn block(lines: &[Line], measures: &Measures) -> usize {
    let is_gap = |pair: &[Line]| {
        let distance = pair[1].area().middle() - pair[0].area().middle();
        let size = pair[0].size().max(pair[1].size());
        distance > PARAGRAPH_GAP * measures.pitch * size
    };
    lines
        .windows(2)
        .position(is_gap)
        .map_or(lines.len(), |last| last + 1)
}

/// Returns the right edge up to which the lines of a block go. It is that of the column, unless the
/// block is running text, whose lines often start with a small letter, with a margin of its own.
fn right_edge(lines: &[Line], column: f32) -> f32 {
    let small = lines[1..]
        .iter()
        .filter(|line| line.words()[0].text.starts_with(char::is_lowercase))
        .count();
    if lines.len() >= 3 && 4 * small >= lines.len() {
        lines
            .iter()
            .map(|line| line.area().right)
            .fold(0.0, f32::max)
    } else {
        column
    }
}

/// Returns whether the lines of a block are those of an address or list: short, with a capital at the
/// start (but for `c/o`), and without the end of a sentence.
fn is_list(lines: &[Line]) -> bool {
    let words: usize = lines.iter().map(|line| line.words().len()).sum();
    let goes_on = |line: &&Line| line.words()[0].text.starts_with(char::is_lowercase);
    let ends = |pair: &[Line]| !last_word(&pair[0]).ends_with(['.', ',', '-', '\u{ad}']);
    let going_on = lines.iter().filter(goes_on).count();
    words <= MAX_ITEM * lines.len() && 4 * going_on <= lines.len() && lines.windows(2).all(ends)
}

/// Returns whether a new paragraph starts with `next`, the line after those of `paragraph`. Lines could
/// have gone up to `right`.
fn is_break(paragraph: &[Line], next: &Line, right: f32, size_change: f32) -> bool {
    let (first, last) = (&paragraph[0], &paragraph[paragraph.len() - 1]);
    let size = last.size().min(next.size());
    let is_beside = next.area().top < last.area().middle();
    if is_beside || last.size().max(next.size()) > size_change * size {
        return true;
    }
    let (last_word, next_word) = (last_word(last), &*next.words()[0].text);
    if is_bullet(next_word) {
        return true;
    }
    if last_word.ends_with(['-', '\u{ad}']) && last_word.len() > 1 {
        return false;
    }
    // Somebody ended the line where the first word of the next one would have fitted.
    let room = right - last.area().right;
    let is_short = room > next.words()[0].area.width() + 0.6 * size;
    let is_half_empty = room > MAX_ROOM * (right - last.area().left);
    let first_word = &*first.words()[0].text;
    let is_next_item = marks_item(first_word) && is_level(first, next);
    if marks_item(next_word) && (is_short || is_next_item) {
        return true;
    }
    let shift = next.area().left - last.area().left;
    let is_indented = !marks_item(first_word) && (0.5..4.0).contains(&(shift / size));
    let is_outdented = paragraph.len() > 1 && shift < -0.5 * size;
    let ends_sentence = last_word.ends_with(['.', '!', '?', ':', '…', '“', '"', ')']);
    ends_sentence && (is_indented || is_outdented)
        || is_short && (is_half_empty || !next_word.starts_with(char::is_lowercase))
}

/// Returns whether two lines start at the same distance from the left.
fn is_level(a: &Line, b: &Line) -> bool {
    (a.area().left - b.area().left).abs() < 0.5 * a.size()
}

fn last_word(line: &Line) -> &str {
    line.words().last().map_or("", |word| &word.text)
}

/// Returns the text of lines: words hyphenated at the end of a line are whole again.
pub(crate) fn text(lines: &[Line], measures: &Measures) -> Text {
    let mut text = Text::default();
    for line in lines {
        let mut words = line.words().iter();
        if let Some(first) = words.next() {
            text.append(&first.text, first.is_doubtful, measures);
        }
        for word in words {
            text.text.push(' ');
            text.push(&word.text, word.is_doubtful);
        }
    }
    text
}

impl Text {
    fn push(&mut self, word: &str, is_doubtful: bool) {
        let start = self.text.len();
        self.text.push_str(word);
        if is_doubtful {
            self.doubtful.push(start..self.text.len());
        }
    }

    /// Adds the first word of the next line.
    fn append(&mut self, word: &str, is_doubtful: bool, measures: &Measures) {
        let start = self.text.rfind(' ').map_or(0, |space| space + 1);
        let last = self.text.split_off(start);
        let was_doubtful = self.doubtful.pop_if(|range| range.start == start).is_some();
        let joined = joined(&last, word, measures);
        if let Some(last) = joined.strip_suffix(word).filter(|last| last.ends_with(' ')) {
            self.push(last.trim_end(), was_doubtful);
            self.text.push(' ');
            self.push(word, is_doubtful);
        } else {
            self.push(&joined, was_doubtful || is_doubtful);
        }
    }

    /// Adds another text, as if it were in the next line.
    pub(crate) fn extend(&mut self, other: &Self, measures: &Measures) {
        let (first, rest) = other.text.split_once(' ').unwrap_or((&other.text, ""));
        let is_doubtful = other.doubtful.first().is_some_and(|range| range.start == 0);
        self.append(first, is_doubtful, measures);
        if rest.is_empty() {
            return;
        }
        let (before, after) = (first.len(), self.text.len());
        self.text.push(' ');
        self.text.push_str(rest);
        let moved = other.doubtful.iter().filter(|range| range.start > before);
        self.doubtful
            .extend(moved.map(|range| range.start - before + after..range.end - before + after));
    }
}

/// Returns the last word of a line and the first of the next one, as one word if they are one.
fn joined(last: &str, next: &str, measures: &Measures) -> String {
    let whole = format!("{last}{next}");
    let bare = whole.trim_matches(|c: char| !c.is_alphanumeric());
    // The document has it with its hyphen in the middle of a line.
    if last.is_empty() || last.ends_with('-') && measures.hyphenated.contains(bare) {
        return whole;
    }
    segment::unwrapped(&format!("{last}\n{next}")).into_owned()
}
