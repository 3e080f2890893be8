//! The marks of a source put into its translation.

use crate::alignment::Alignment;
use crate::pieces::arrange;
use crate::placement::Placement;
use crate::segment::{Link, Marked, Piece, Segment};
use crate::tree::Tree;
use crate::words::Words;

/// Puts the marks and points of `segment` into its translation, by the words that belong together.
///
/// The text stays as it is, byte for byte. Every mark and point is in the result: a mark of
/// [`MarkKind::Link`](crate::MarkKind::Link) and a point once, another mark at least once. Marks
/// are nested as in the source, except for one that lost its only word to another mark and is
/// inside that one then.
///
/// A word that is the same in both languages and stands once in the source needs no link. Without
/// any links, words are placed by their position.
///
/// The time is linear in the lengths of the texts and the numbers of marks, points and links.
#[must_use]
pub fn project(segment: &Segment, translation: &str, links: &[Link]) -> Marked {
    let source = Words::new(&segment.text);
    let target = Words::new(translation);
    let marked = if target.len() == 0 {
        without_words(segment, translation)
    } else {
        let alignment = Alignment::new(&source, &target, links);
        let placement = Placement::new(Tree::new(segment), &alignment);
        let places = segment.points.iter().map(|point| placement.place(point));
        let slices = placement.slices();
        arrange(translation, placement.tree(), &slices, places.collect())
    };
    if marked.is_faithful(segment, translation) {
        return marked;
    }
    // A defect, which must not cost anybody a footnote.
    debug_assert!(false, "{marked:?} is not {segment:?}");
    around(segment, translation)
}

/// Returns a translation with all marks around it and all points at its end.
fn around(segment: &Segment, translation: &str) -> Marked {
    let starts = segment.marks.iter().map(|mark| Piece::Open(mark.id));
    let ends = segment.marks.iter().rev().map(|mark| Piece::Close(mark.id));
    let points = segment.points.iter().map(|point| Piece::Point(point.id));
    let text = std::iter::once(Piece::Text(translation.to_owned()));
    Marked {
        pieces: starts.chain(text).chain(ends).chain(points).collect(),
    }
}

/// Returns all marks and points before a translation that has no words.
fn without_words(segment: &Segment, translation: &str) -> Marked {
    let mut marked = Marked::untranslated(segment);
    marked
        .pieces
        .retain(|piece| !matches!(piece, Piece::Text(_) | Piece::Space));
    if !translation.is_empty() {
        marked.pieces.push(Piece::Text(translation.to_owned()));
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::{Mark, MarkKind, Point};

    #[test]
    fn marks_around_the_whole_are_faithful() {
        let mark = |id, range| Mark {
            id,
            range,
            kind: MarkKind::Link,
        };
        let point = Point {
            id: 3,
            at: 4,
            inside: Some(2),
            spaced: (false, false),
            is_word: true,
        };
        let segment = Segment {
            text: "Ein rotes Haus".to_owned(),
            marks: vec![mark(1, 0..9), mark(2, 4..9)],
            points: vec![point],
        };
        assert!(around(&segment, "A red house").is_faithful(&segment, "A red house"));
    }
}
