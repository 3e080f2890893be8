//! A run of text and inline tags as a segment, and back to bytes.

use std::borrow::Cow;
use std::mem;
use std::ops::Range;

use crate::builder::Builder;
use crate::entities::{decode, escape, reference};
use crate::segment::{MarkKind, Marked, Piece, Segment};
use crate::tokens::Dialect;

/// Maximum elements in each other that are told apart. Tags of deeper ones are points.
pub(crate) const MAX_DEPTH: usize = 512;
/// Maximum characters of a note: a footnote's number, the exponent of a unit.
const MAX_NOTE_CHARS: usize = 8;
/// Maximum characters of a note with letters, raised or lowered.
const MAX_NOTE_LETTERS: usize = 2;
/// Maximum tags between a note's text and the text around it.
pub(crate) const MAX_NOTE_TAGS: usize = 8;
/// Hyphens with which a word goes on.
pub(crate) const HYPHENS: [char; 3] = ['-', '\u{2010}', '\u{2011}'];

/// A part of a unit: bytes of the source, with translated attributes.
#[derive(Debug)]
pub(crate) struct Item<'s> {
    pub(crate) kind: Kind<'s>,
    pub(crate) bytes: Cow<'s, str>,
}

/// The meaning of a part of a unit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind<'s> {
    /// Text with character references.
    Text,
    /// A CDATA section.
    Cdata,
    /// Start of an inline element.
    Open(Cow<'s, str>, MarkKind),
    /// End of an inline element.
    Close(Cow<'s, str>),
    /// Something without text to translate, and whether it shows text.
    Point { is_word: bool },
    /// A line break.
    Break(Break),
}

/// A line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    /// An element, which ends a line unless the next line goes on with the sentence.
    Element,
    /// A new line in the source, to which the same applies.
    NewLine,
    /// A new line in preformatted text, which always ends a line.
    Preformatted,
}

/// One line of a unit, and the bytes of the break that ends it.
#[derive(Debug, Default)]
pub(crate) struct Line<'s> {
    pub(crate) items: Vec<Item<'s>>,
    pub(crate) end: Cow<'s, str>,
}

/// Splits a unit into lines.
///
/// A line break within a sentence, before a small letter and not after a full stop, ends no line.
pub(crate) fn lines(items: Vec<Item<'_>>) -> Vec<Line<'_>> {
    let mut starts_small = vec![false; items.len()];
    let mut is_small = false;
    for (item, starts_small) in items.iter().zip(&mut starts_small).rev() {
        match item.kind {
            Kind::Text | Kind::Cdata => {
                let first = item.text().trim_start().chars().next();
                is_small = first.map_or(is_small, char::is_lowercase);
            }
            Kind::Break(_) => *starts_small = mem::take(&mut is_small),
            Kind::Point { is_word: true } => is_small = false,
            _ => {}
        }
    }
    let mut lines = Vec::new();
    let mut line = Line::default();
    let mut is_open = false;
    for (mut item, starts_small) in items.into_iter().zip(starts_small) {
        match item.kind {
            Kind::Break(kind) => {
                if kind == Break::Preformatted || !is_open || !starts_small {
                    line.end = item.bytes;
                    lines.push(mem::take(&mut line));
                    is_open = false;
                    continue;
                }
                if kind == Break::NewLine {
                    item.kind = Kind::Text;
                }
            }
            Kind::Text | Kind::Cdata => {
                let last = item.text().trim_end().chars().next_back();
                is_open = last.map_or(is_open, |last| !".!?:;".contains(last));
            }
            _ => {}
        }
        line.items.push(item);
    }
    lines.push(line);
    lines
}

impl Item<'_> {
    /// Returns the text that a reader sees.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self.kind {
            Kind::Text => decode(&self.bytes),
            Kind::Cdata => {
                let start = self.bytes.strip_prefix("<![CDATA[").unwrap_or_default();
                Cow::Borrowed(start.strip_suffix("]]>").unwrap_or(start))
            }
            _ => Cow::Borrowed(""),
        }
    }

    fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Cdata)
    }
}

/// A line of text and inline tags.
#[derive(Debug)]
pub(crate) struct Unit<'s> {
    items: Vec<Item<'s>>,
    /// For each start tag its end tag and the other way round, if both are in the line.
    partners: Vec<Option<usize>>,
    /// Items of the segment. Those before and after it have no text and stay where they are.
    body: Range<usize>,
    /// Lengths of the white space at the ends of the body, which is no part of the segment.
    blank: (usize, usize),
    is_preformatted: bool,
}

impl<'s> Unit<'s> {
    pub(crate) fn new(items: Vec<Item<'s>>, is_preformatted: bool) -> Self {
        let partners = partners(&items);
        let has_body = |(item, partner): (&Item<'_>, &Option<usize>)| {
            partner.is_some() || !item.text().trim().is_empty()
        };
        let mut pairs = items.iter().zip(&partners);
        let start = pairs.clone().position(has_body).unwrap_or(items.len());
        let end = pairs.rposition(has_body).map_or(start, |last| last + 1);
        let blank_of = |item: Option<&Item<'_>>, length: fn(&str) -> usize| {
            item.filter(|item| item.kind == Kind::Text)
                .map_or(0, |item| length(&item.bytes))
        };
        let body = &items[start..end];
        Self {
            blank: (
                blank_of(body.first(), blank_start),
                blank_of(body.last(), blank_end),
            ),
            body: start..end,
            items,
            partners,
            is_preformatted,
        }
    }

    /// Returns the line as a segment. The ids are indices of items.
    pub(crate) fn segment(&self) -> Segment {
        let mut builder = if self.is_preformatted {
            Builder::new()
        } else {
            Builder::collapsing()
        };
        let mut note_end = 0;
        let mut last = ' ';
        for (id, (index, item)) in (0_u32..).zip(self.items.iter().enumerate()) {
            if index < note_end || !self.body.contains(&index) {
                continue;
            }
            match (&item.kind, self.partners[index]) {
                (Kind::Text | Kind::Cdata, _) => {
                    let text = self.text(index);
                    builder.text(&text);
                    last = text.chars().next_back().unwrap_or(last);
                }
                (Kind::Open(name, _), Some(end)) if self.is_note(name, index..end, last) => {
                    builder.point(id, false);
                    note_end = end + 1;
                }
                (Kind::Open(_, kind), Some(_)) => builder.open(id, *kind),
                (Kind::Close(_), Some(start)) => {
                    builder.close(u32::try_from(start).unwrap_or(u32::MAX));
                }
                (Kind::Break(_), _) => {
                    builder.text(" ");
                    builder.point(id, false);
                }
                (Kind::Point { is_word }, _) => builder.point(id, *is_word),
                (Kind::Open(..) | Kind::Close(_), None) => builder.point(id, false),
            }
        }
        builder.finish()
    }

    /// Adds the line as it was.
    pub(crate) fn write_source(&self, output: &mut String) {
        write_all(&self.items, output);
    }

    /// Adds the line with its translation.
    pub(crate) fn write(&self, translation: &Marked, dialect: Dialect, output: &mut String) {
        let (before, rest) = self.items.split_at(self.body.start);
        let (body, after) = rest.split_at(self.body.len());
        write_all(before, output);
        if let Some(first) = body.first() {
            output.push_str(&first.bytes[..self.blank.0]);
        }
        let mut tags = self.tags(translation).into_iter();
        for piece in &translation.pieces {
            match piece {
                Piece::Text(text) => escape(text, dialect, None, output),
                Piece::Space => output.push(' '),
                Piece::Open(id) => output.push_str(self.bytes(Some(*id as usize))),
                Piece::Close(id) => {
                    let end = self.partners.get(*id as usize).copied().flatten();
                    output.push_str(self.bytes(end));
                }
                Piece::Point(id) => {
                    let id = *id as usize;
                    let tag = if self.is_single_tag(id) {
                        tags.next()
                    } else {
                        None
                    };
                    self.write_point(tag.unwrap_or(id), output);
                }
            }
        }
        if let Some(last) = body.last() {
            output.push_str(&last.bytes[last.bytes.len() - self.blank.1..]);
        }
        write_all(after, output);
    }

    /// Returns the tags without a partner in a translation, in the order of the source. The alignment
    /// may swap them, and then an element would end before it starts.
    fn tags(&self, translation: &Marked) -> Vec<usize> {
        let points = translation.pieces.iter().filter_map(|piece| match piece {
            Piece::Point(id) => Some(*id as usize),
            _ => None,
        });
        let mut tags: Vec<_> = points.filter(|&id| self.is_single_tag(id)).collect();
        tags.sort_unstable();
        tags
    }

    /// Returns whether an item is a start or end tag without a partner.
    fn is_single_tag(&self, index: usize) -> bool {
        let is_tag = |item: &Item<'_>| matches!(item.kind, Kind::Open(..) | Kind::Close(_));
        self.items.get(index).is_some_and(is_tag) && self.partners[index].is_none()
    }

    fn bytes(&self, index: Option<usize>) -> &str {
        index
            .and_then(|index| self.items.get(index))
            .map_or("", |item| &item.bytes)
    }

    /// Adds what a point stands for: an item, or an element without text to translate.
    fn write_point(&self, index: usize, output: &mut String) {
        match self.partners.get(index).copied().flatten() {
            Some(end) if index < end => {
                for item in &self.items[index..=end] {
                    // White space in it is in the text beside it.
                    if !item.is_text() || !item.text().trim().is_empty() {
                        output.push_str(&item.bytes);
                    }
                }
            }
            _ => output.push_str(self.bytes(Some(index))),
        }
    }

    /// Returns the text of an item without the white space at the ends of the line.
    fn text(&self, index: usize) -> Cow<'_, str> {
        let item = &self.items[index];
        if item.kind != Kind::Text {
            return item.text();
        }
        let is_last = index + 1 == self.body.end;
        let start = if index == self.body.start {
            self.blank.0
        } else {
            0
        };
        let end = item.bytes.len() - if is_last { self.blank.1 } else { 0 };
        decode(item.bytes.get(start..end).unwrap_or_default())
    }

    /// Returns whether an element is a note at the end of a word, `last` being the character before
    /// it: a footnote's number, raised or a link, or the exponent in `m<sup>2</sup>`.
    fn is_note(&self, name: &str, element: Range<usize>, last: char) -> bool {
        let is_at_word = match name {
            "sub" | "sup" => !last.is_whitespace(),
            "a" => last.is_alphabetic() || ".,;:!?)“”".contains(last),
            _ => false,
        };
        if !is_at_word || element.len() > MAX_NOTE_TAGS {
            return false;
        }
        let mut after = String::new();
        for index in (element.end..self.items.len()).take(MAX_NOTE_TAGS) {
            if matches!(self.items[index].kind, Kind::Open(..)) || after.chars().nth(1).is_some() {
                break;
            }
            after.extend(self.text(index).chars().take(2));
        }
        // `Vitamin B<sub>12</sub>-Mangel` is a word.
        let rest = match after.strip_prefix(HYPHENS) {
            Some(rest) if name != "a" => rest,
            _ => &after,
        };
        let goes_on = rest.starts_with(char::is_alphanumeric);
        let text: String = element.map(|index| self.text(index)).collect();
        let text = text.trim();
        let max = match text.contains(char::is_alphabetic) {
            true if name == "a" => 0,
            true => MAX_NOTE_LETTERS,
            false => MAX_NOTE_CHARS,
        };
        !text.is_empty() && text.chars().nth(max).is_none() && !goes_on
    }
}

/// Adds the bytes of all items.
fn write_all(items: &[Item<'_>], output: &mut String) {
    for item in items {
        output.push_str(&item.bytes);
    }
}

/// Returns for each start tag its end tag, and the other way round. Elements that cross have none.
fn partners(items: &[Item<'_>]) -> Vec<Option<usize>> {
    let mut partners = vec![None; items.len()];
    let mut open: Vec<(usize, &str)> = Vec::new();
    let mut deeper = 0_usize;
    for (index, item) in items.iter().enumerate() {
        match &item.kind {
            Kind::Open(..) if open.len() == MAX_DEPTH => deeper += 1,
            Kind::Open(name, _) => open.push((index, name)),
            Kind::Close(_) if deeper > 0 => deeper -= 1,
            Kind::Close(name) => {
                if let Some(at) = open.iter().rposition(|&(_, open)| open == name) {
                    let (start, _) = open[at];
                    partners[start] = Some(index);
                    partners[index] = Some(start);
                    open.truncate(at);
                }
            }
            _ => {}
        }
    }
    partners
}

/// Returns the length of the white space that text begins with.
fn blank_start(text: &str) -> usize {
    let mut rest = text.trim_start();
    while let Some(blank) = rest.strip_prefix('&').and_then(|_| reference(rest))
        && is_blank(blank)
    {
        rest = rest[blank.len()..].trim_start();
    }
    text.len() - rest.len()
}

/// Returns the length of the white space that text ends with.
fn blank_end(text: &str) -> usize {
    let mut rest = text.trim_end();
    while rest.ends_with(';')
        && let Some(at) = rest.rfind('&')
        && reference(&rest[at..]).is_some_and(|blank| blank.len() == rest.len() - at)
        && is_blank(&rest[at..])
    {
        rest = rest[..at].trim_end();
    }
    text.len() - rest.len()
}

/// Returns whether a character reference is white space.
fn is_blank(reference: &str) -> bool {
    decode(reference).trim().is_empty()
}
