//! Text, marks and points in writing order.

use std::collections::HashMap;
use std::mem;
use std::ops::Range;

use crate::segment::{Marked, Piece, Point, Segment};
use crate::tree::Tree;

/// A range of a text, and the innermost mark on it.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    pub(crate) range: Range<usize>,
    pub(crate) node: usize,
}

/// A place for a point: an offset, and the mark that should be around it.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pub(crate) point: &'a Point,
    pub(crate) at: usize,
    pub(crate) node: usize,
}

impl Marked {
    /// Returns the segment as it is, untranslated.
    #[must_use]
    pub fn untranslated(segment: &Segment) -> Self {
        let tree = Tree::new(segment);
        let marks = (1..tree.len()).map(|node| Slice {
            range: tree.node(node).range.clone(),
            node,
        });
        let whole = Slice {
            range: 0..segment.text.len(),
            node: Tree::ROOT,
        };
        let mut slices = Vec::new();
        cut(&mut slices, whole, marks);
        let places = segment.points.iter().map(|point| Place {
            point,
            at: segment.text.floor_char_boundary(point.at),
            node: tree.find(point.inside),
        });
        arrange(&segment.text, &tree, &slices, places.collect())
    }
}

/// Adds `whole` to `slices`, cut at the edges of `marks`, which are in pre-order and inside it.
pub(crate) fn cut(slices: &mut Vec<Slice>, whole: Slice, marks: impl IntoIterator<Item = Slice>) {
    let mut at = whole.range.start;
    let mut open = vec![whole];
    // An empty mark gets an empty slice.
    let mut push = |range: Range<usize>, mark: &Slice| {
        if !range.is_empty() || mark.range.is_empty() {
            let node = mark.node;
            slices.push(Slice { range, node });
        }
    };
    for mark in marks {
        while open.len() > 1
            && let Some(done) = open.pop_if(|innermost| innermost.range.end <= mark.range.start)
        {
            push(at..done.range.end, &done);
            at = done.range.end;
        }
        if let Some(around) = open.last() {
            push(at..mark.range.start, around);
        }
        at = mark.range.start;
        open.push(mark);
    }
    while let Some(done) = open.pop() {
        push(at..done.range.end, &done);
        at = done.range.end;
    }
}

/// Writes `slices`, which make up `text`, and the points as pieces.
///
/// A mark that is on consecutive slices is one run. A point does not cut it in two, even if it
/// wants to be elsewhere.
pub(crate) fn arrange(
    text: &str,
    tree: &Tree,
    slices: &[Slice],
    mut places: Vec<Place<'_>>,
) -> Marked {
    places.sort_by_key(|place| place.at);
    let mut places = &places[..];
    let mut writer = Writer::new(tree);
    let mut before = Tree::ROOT;
    for slice in slices {
        let (here, later) = split(places, |place| place.at <= slice.range.start);
        writer.points(here, before, slice.node);
        let (inside, later) = split(later, |place| place.at < slice.range.end);
        let mut at = slice.range.start;
        for place in inside {
            writer.go(slice.node);
            writer.text(&text[at..place.at]);
            writer.point(place.point);
            at = place.at;
        }
        writer.go(slice.node);
        writer.text(&text[at..slice.range.end]);
        places = later;
        before = slice.node;
    }
    writer.points(places, before, Tree::ROOT);
    writer.go(Tree::ROOT);
    Marked {
        pieces: writer.pieces,
    }
}

/// Splits sorted places after the last one that `is_before`.
fn split<'a, 'p>(
    places: &'a [Place<'p>],
    is_before: impl Fn(&Place<'p>) -> bool,
) -> (&'a [Place<'p>], &'a [Place<'p>]) {
    places.split_at(places.partition_point(is_before))
}

/// Pieces as they are written.
struct Writer<'a> {
    tree: &'a Tree,
    pieces: Vec<Piece>,
    /// Innermost open mark.
    node: usize,
    /// Whether white space, or nothing, comes last.
    is_spaced: bool,
    /// Whether white space has to follow.
    owes_space: bool,
}

impl<'a> Writer<'a> {
    fn new(tree: &'a Tree) -> Self {
        Self {
            tree,
            pieces: Vec::new(),
            node: Tree::ROOT,
            is_spaced: true,
            owes_space: false,
        }
    }

    /// Closes and opens marks until `node` is the innermost.
    fn go(&mut self, node: usize) {
        let tree = self.tree;
        let common = tree.common(self.node, node);
        let closed = tree.path(self.node, common);
        self.pieces
            .extend(closed.map(|node| Piece::Close(tree.node(node).id)));
        if node != common {
            self.space();
        }
        let start = self.pieces.len();
        let opened = tree.path(node, common);
        self.pieces
            .extend(opened.map(|node| Piece::Open(tree.node(node).id)));
        self.pieces[start..].reverse();
        self.node = node;
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if !text.starts_with(char::is_whitespace) {
            self.space();
        }
        self.owes_space = false;
        self.is_spaced = text.ends_with(char::is_whitespace);
        if let Some(Piece::Text(last)) = self.pieces.last_mut() {
            last.push_str(text);
        } else {
            self.pieces.push(Piece::Text(text.to_owned()));
        }
    }

    /// Writes the white space that has to follow.
    fn space(&mut self) {
        if mem::take(&mut self.owes_space) {
            self.pieces.push(Piece::Space);
            self.is_spaced = true;
        }
    }

    fn point(&mut self, point: &Point) {
        self.owes_space |= point.spaced.0 && !self.is_spaced;
        self.space();
        self.pieces.push(Piece::Point(point.id));
        self.is_spaced = false;
        self.owes_space = point.spaced.1;
    }

    /// Writes the points between a slice in mark `before` and one in mark `after`.
    ///
    /// The marks around `before` end one by one, then those around `after` begin. Each point is
    /// written at the stage at which its mark is the innermost, if that is still to come.
    fn points(&mut self, places: &[Place<'_>], before: usize, after: usize) {
        if places.is_empty() {
            return;
        }
        let common = self.tree.common(before, after);
        let mut stages: Vec<usize> = self.tree.path(before, common).collect();
        let turn = stages.len();
        stages.push(common);
        stages.extend(self.tree.path(after, common));
        stages[turn + 1..].reverse();
        let stage_of: HashMap<usize, usize> = stages.iter().copied().zip(0..).collect();
        let mut stage = 0;
        for place in places {
            stage = stage.max(stage_of.get(&place.node).copied().unwrap_or(turn));
            self.go(stages[stage]);
            self.point(place.point);
        }
    }
}
