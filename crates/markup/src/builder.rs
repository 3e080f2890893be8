//! A segment from a stream of text and tags.

use crate::segment::{Mark, MarkKind, Point, Segment};

/// Hyphen that is only seen at a line's end. Translations break elsewhere.
const SOFT_HYPHEN: char = '\u{ad}';

/// Makes a [`Segment`] from a stream of text and tags.
///
/// - Where a point leaves white space on both sides, one space remains in the text, and none before
///   a full stop: `Siehe <code>x</code>.` becomes `Siehe.`
/// - Line breaks become spaces. Soft hyphens are dropped.
/// - A mark begins and ends with a character that is not white space.
/// - A mark without such a character becomes a point with the mark's id, which stands for
///   everything in the mark.
#[derive(Debug, Default)]
pub struct Builder {
    collapses: bool,
    segment: Segment,
    /// White space after the text, which becomes part of it with the next character.
    blank: String,
    /// Open marks, outermost first.
    open: Vec<Open>,
    /// Index of the first mark that has no text yet.
    fresh: usize,
    /// Index of the first point after the last character.
    gap: usize,
    /// Index of the first point behind `blank`, whose offset is not known yet.
    loose: usize,
    last: Last,
}

/// What was added last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Character,
    WhiteSpace,
    Point,
}

/// An open mark.
#[derive(Debug)]
struct Open {
    /// Index of the mark.
    mark: usize,
    /// Index of the first point in it.
    points: usize,
    /// Whether there is white space directly before it.
    spaced: bool,
    /// Whether there is white space after the last character.
    behind_blank: bool,
}

impl Builder {
    /// Creates a builder that keeps white space as it is, except for line breaks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a builder that makes one space of any white space, and none at the ends: HTML.
    #[must_use]
    pub fn collapsing() -> Self {
        Self {
            collapses: true,
            ..Self::default()
        }
    }

    /// Adds text.
    pub fn text(&mut self, text: &str) {
        for character in text.chars() {
            if character.is_whitespace() {
                self.white_space(character);
            } else if character != SOFT_HYPHEN {
                self.character(character);
            }
        }
    }

    /// Starts a mark.
    pub fn open(&mut self, id: u32, kind: MarkKind) {
        self.open.push(Open {
            mark: self.segment.marks.len(),
            points: self.segment.points.len(),
            spaced: self.last == Last::WhiteSpace,
            behind_blank: !self.blank.is_empty(),
        });
        self.segment.marks.push(Mark {
            id,
            range: 0..0,
            kind,
        });
    }

    /// Ends the mark with this id, and those that were started in it. Does nothing if it is not
    /// open.
    pub fn close(&mut self, id: u32) {
        let marks = &self.segment.marks;
        if let Some(index) = self.open.iter().rposition(|open| marks[open.mark].id == id) {
            while self.open.len() > index {
                self.close_innermost();
            }
        }
    }

    /// Adds a point. `is_word` says whether it shows text of its own.
    pub fn point(&mut self, id: u32, is_word: bool) {
        if self.blank.is_empty() {
            self.loose += 1;
        }
        self.add_point(id, is_word, (self.last == Last::WhiteSpace, false));
    }

    /// Returns the segment. Open marks end with the text.
    #[must_use]
    pub fn finish(mut self) -> Segment {
        while !self.open.is_empty() {
            self.close_innermost();
        }
        if !self.collapses {
            self.segment.text.push_str(&self.blank);
        }
        self.settle();
        self.segment
    }

    fn add_point(&mut self, id: u32, is_word: bool, spaced: (bool, bool)) {
        self.segment.points.push(Point {
            id,
            at: self.segment.text.len(),
            inside: self
                .open
                .last()
                .map(|open| self.segment.marks[open.mark].id),
            spaced,
            is_word,
        });
        self.last = if spaced.1 {
            Last::WhiteSpace
        } else {
            Last::Point
        };
    }

    fn close_innermost(&mut self) {
        let Some(open) = self.open.pop() else {
            return;
        };
        if open.mark < self.fresh {
            self.segment.marks[open.mark].range.end = self.segment.text.len();
            return;
        }
        // Marks and points in it have no text either, and are part of it.
        let id = self.segment.marks[open.mark].id;
        self.segment.marks.truncate(open.mark);
        let inner = self.segment.points.split_off(open.points);
        let is_word = inner.iter().any(|point| point.is_word);
        // White space in it is taken for white space after it.
        let is_spaced_after = !open.behind_blank && !self.blank.is_empty();
        self.loose = self.loose.min(open.points) + usize::from(!open.behind_blank);
        self.add_point(id, is_word, (open.spaced, is_spaced_after));
    }

    fn white_space(&mut self, character: char) {
        if self.last == Last::Point
            && let Some(point) = self.segment.points.last_mut()
        {
            point.spaced.1 = true;
        }
        self.last = Last::WhiteSpace;
        if self.collapses {
            if !self.blank.is_empty() || character.is_ascii() {
                self.blank.clear();
                self.blank.push(' ');
            } else {
                // A single no-break space stays one.
                self.blank.push(without_break(character));
            }
        } else if self.blank.is_empty() || self.loose == self.segment.points.len() {
            self.blank.push(without_break(character));
        }
    }

    fn character(&mut self, character: char) {
        let at_start = self.collapses && self.segment.text.is_empty();
        if !at_start && !self.is_glued(character) {
            self.segment.text.push_str(&self.blank);
        }
        self.settle();
        let start = self.segment.text.len();
        for mark in &mut self.segment.marks[self.fresh..] {
            mark.range.start = start;
        }
        self.fresh = self.segment.marks.len();
        self.segment.text.push(character);
    }

    /// Gives the points after the last character their offset, the end of the text.
    fn settle(&mut self) {
        for point in &mut self.segment.points[self.loose..] {
            point.at = self.segment.text.len();
        }
        self.blank.clear();
        self.gap = self.segment.points.len();
        self.loose = self.gap;
        self.last = Last::Character;
    }

    /// Returns whether `character` follows without white space once the points before it are
    /// removed: a full stop after code, a word after a bracket and code.
    fn is_glued(&self, character: char) -> bool {
        let points = &self.segment.points[self.gap..];
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return false;
        };
        let is_closed = !last.spaced.1 && ".,;:!?)]}“".contains(character);
        let is_opened = !first.spaced.0 && self.segment.text.ends_with(['(', '[', '{', '„']);
        is_closed || is_opened
    }
}

/// Returns a space for a line break, and other white space as it is.
fn without_break(character: char) -> char {
    match character {
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        _ => character,
    }
}
