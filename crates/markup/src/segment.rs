//! A text with its marks, before and after the translation.

use std::collections::HashMap;
use std::ops::Range;

/// One line of text to translate, with the marks on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// Plain text without line breaks: all that the model sees.
    pub text: String,
    /// Marks on the text. They may nest but do not cross; of two with the same range, the outer one
    /// comes first.
    pub marks: Vec<Mark>,
    /// Points in the text, in ascending order of their offsets.
    pub points: Vec<Point>,
}

/// A range of a text that is bold, a link, or in another language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Number by which the caller recognises the mark. Marks and points of a segment share their
    /// numbers: each is used once.
    pub id: u32,
    /// Byte range of the text.
    pub range: Range<usize>,
    /// Whether it may be cut in two.
    pub kind: MarkKind,
}

/// Whether a mark may be cut in two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// Formatting, which may be on several runs of the translation: `<b>`.
    Style,
    /// Something with a target or an identity, which must stay one run: `<a href>`, a comment range.
    Link,
}

/// Something without translatable text at an offset: an image, a footnote mark, a field, code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Number by which the caller recognises the point.
    pub id: u32,
    /// Byte offset in the text.
    pub at: usize,
    /// Id of the innermost mark around it, in which it stays: a linked image.
    pub inside: Option<u32>,
    /// Whether white space stood directly before and directly after it. The text itself holds only
    /// one space in its place, or none.
    pub spaced: (bool, bool),
    /// Whether it shows text of its own, such as code or a quotation that is not to be translated,
    /// and therefore takes the place of a word.
    pub is_word: bool,
}

/// Words of a translation that come from words of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Byte range of the translation.
    pub target: Range<usize>,
    /// Byte range of the source.
    pub source: Range<usize>,
    /// Share of the attention of the target word, in percent. A target word may have several links.
    pub weight: u8,
}

/// A translation with its marks, as pieces in the order in which they are to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    /// The pieces: the marks are well nested, and every id of the source occurs.
    pub pieces: Vec<Piece>,
}

/// A piece of a translation with marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Plain text, not escaped.
    Text(String),
    /// A space between a point and its neighbour, which is not part of the plain translation.
    Space,
    /// Start of a run of the mark with this id.
    Open(u32),
    /// End of a run of the mark with this id.
    Close(u32),
    /// The point with this id.
    Point(u32),
}

impl Marked {
    /// Returns the text without its marks and points.
    #[must_use]
    pub fn text(&self) -> String {
        self.pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Returns whether these are the pieces of `translation` with everything that `segment` has:
    /// the text byte for byte, every point once, every [`MarkKind::Style`] at least once, every
    /// [`MarkKind::Link`] once, all well nested.
    #[must_use]
    pub fn is_faithful(&self, segment: &Segment, translation: &str) -> bool {
        let mut opened = HashMap::<u32, usize>::new();
        let mut points = HashMap::<u32, usize>::new();
        let mut open = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Open(id) => {
                    *opened.entry(*id).or_default() += 1;
                    open.push(*id);
                }
                Piece::Close(id) if open.pop() != Some(*id) => return false,
                Piece::Close(_) | Piece::Text(_) | Piece::Space => {}
                Piece::Point(id) => *points.entry(*id).or_default() += 1,
            }
        }
        open.is_empty()
            && self.text() == translation
            && opened.len() == segment.marks.len()
            && points.len() == segment.points.len()
            && segment
                .points
                .iter()
                .all(|point| points.get(&point.id) == Some(&1))
            && segment.marks.iter().all(|mark| match mark.kind {
                MarkKind::Style => opened.contains_key(&mark.id),
                MarkKind::Link => opened.get(&mark.id) == Some(&1),
            })
    }
}
