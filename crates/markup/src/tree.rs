//! The marks of a segment, nested.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;

use crate::segment::{MarkKind, Segment};

/// The marks of a segment as a tree.
///
/// Nodes are numbered in pre-order: a node comes after its parent and before whatever begins after
/// it. Node [`Tree::ROOT`] stands for the whole text and is no mark.
#[derive(Debug)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
    by_id: HashMap<u32, usize>,
}

/// A mark of the tree.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) id: u32,
    pub(crate) kind: MarkKind,
    /// Byte range of the source, in the parent's range, on character boundaries.
    pub(crate) range: Range<usize>,
    pub(crate) parent: usize,
    depth: usize,
}

impl Tree {
    pub(crate) const ROOT: usize = 0;

    /// Nests the marks. One that crosses another, or leaves the text, is cut where it does.
    pub(crate) fn new(segment: &Segment) -> Self {
        let text = &segment.text;
        let mut marks: Vec<_> = segment
            .marks
            .iter()
            .map(|mark| {
                let start = text.floor_char_boundary(mark.range.start);
                let end = text.floor_char_boundary(mark.range.end).max(start);
                (start..end, mark)
            })
            .collect();
        marks.sort_by_key(|(range, _)| (range.start, Reverse(range.end)));
        let mut nodes = vec![Node {
            id: 0,
            kind: MarkKind::Style,
            range: 0..text.len(),
            parent: Self::ROOT,
            depth: 0,
        }];
        let mut parent = Self::ROOT;
        for (range, mark) in marks {
            while parent != Self::ROOT && nodes[parent].range.end <= range.start {
                parent = nodes[parent].parent;
            }
            nodes.push(Node {
                id: mark.id,
                kind: mark.kind,
                range: range.start..range.end.min(nodes[parent].range.end),
                parent,
                depth: nodes[parent].depth + 1,
            });
            parent = nodes.len() - 1;
        }
        let by_id = (1..nodes.len())
            .map(|node| (nodes[node].id, node))
            .collect();
        Self { nodes, by_id }
    }

    /// Returns the number of nodes, with the root.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns a node.
    pub(crate) fn node(&self, node: usize) -> &Node {
        &self.nodes[node]
    }

    /// Returns the mark with this id, or the root.
    pub(crate) fn find(&self, id: Option<u32>) -> usize {
        id.and_then(|id| self.by_id.get(&id).copied())
            .unwrap_or(Self::ROOT)
    }

    /// Makes `node`, which is not in `parent`'s ancestry, a child of `parent`.
    pub(crate) fn adopt(&mut self, node: usize, parent: usize) {
        self.nodes[node].parent = parent;
        self.nodes[node].depth = self.nodes[parent].depth + 1;
    }

    /// Returns the innermost node around both `a` and `b`.
    pub(crate) fn common(&self, mut a: usize, mut b: usize) -> usize {
        while a != b {
            if self.nodes[a].depth >= self.nodes[b].depth {
                a = self.nodes[a].parent;
            } else {
                b = self.nodes[b].parent;
            }
        }
        a
    }

    /// Returns the nodes from `node` outwards to `outer`, without it.
    pub(crate) fn path(&self, node: usize, outer: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(node), |&node| Some(self.nodes[node].parent))
            .take_while(move |&node| node != outer)
    }
}
