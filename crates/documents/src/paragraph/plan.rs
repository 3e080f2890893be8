//! A unit of a paragraph as a segment, and its translation written.

use std::collections::HashMap;
use std::ops;

use markup::{Builder, MarkKind, Marked, Piece, Segment};

use super::content::{Item, Paragraph, Range};

/// Maximum number of open ranges in which it is looked for the one that ends.
const MAX_OPEN: usize = 64;

/// White space of at most this length takes the style of the text before it: a space that is not
/// bold between two bold words is of no importance, but a long underlined one is a line to write on.
const MAX_PLAIN_BLANK: usize = 2;

/// Maximum number of characters of raised text that is not part of a word.
const MAX_NOTE_CHARS: usize = 8;

/// The same with letters.
const MAX_NOTE_LETTERS: usize = 2;

/// A unit, and for each id of its segment what it stands for.
pub(super) struct Plan<'p> {
    paragraph: &'p Paragraph,
    /// Style of the text that has no mark.
    base: usize,
    nodes: Vec<Node>,
}

struct Node {
    kind: NodeKind,
    /// Items that it stands for, by index.
    items: ops::Range<usize>,
}

#[derive(Clone, Copy)]
enum NodeKind {
    /// Text in this style.
    Style(usize),
    /// Something from an [`Item::Open`] to its [`Item::Close`], with the style of the text in it
    /// that has no mark.
    Link(usize),
    Point,
}

impl Paragraph {
    /// Returns the style and the text of an item of a unit, if it is text.
    fn text_at(&self, index: usize, unit: &ops::Range<usize>) -> Option<(usize, &str)> {
        match self.items.get(index) {
            Some(Item::Text { style, text }) if unit.contains(&index) => Some((*style, text)),
            _ => None,
        }
    }

    /// Returns the characters of the text before and after an item of a unit.
    fn beside(&self, index: usize, unit: &ops::Range<usize>) -> (Option<char>, Option<char>) {
        let before = index.checked_sub(1).and_then(|at| self.text_at(at, unit));
        let after = self.text_at(index + 1, unit);
        (
            before.and_then(|(_, text)| text.chars().next_back()),
            after.and_then(|(_, text)| text.chars().next()),
        )
    }

    /// Returns whether an item is raised or lowered text at the end of a word: the number of a
    /// footnote, the exponent of a unit. As text it would be part of the word.
    fn is_note(&self, index: usize, unit: &ops::Range<usize>) -> bool {
        let Some((style, note)) = self.text_at(index, unit) else {
            return false;
        };
        let (before, after) = self.beside(index, unit);
        let note = note.trim();
        let max = if note.contains(char::is_alphabetic) {
            MAX_NOTE_LETTERS
        } else {
            MAX_NOTE_CHARS
        };
        self.styles[style].is_raised
            && note.chars().nth(max).is_none()
            && before.is_some_and(|character| !character.is_whitespace())
            && !after.is_some_and(char::is_alphanumeric)
    }
}

impl<'p> Plan<'p> {
    /// Makes a segment of the items in `unit`.
    pub(super) fn new(paragraph: &'p Paragraph, unit: ops::Range<usize>) -> (Self, Segment) {
        let items = &paragraph.items;
        let pairs = pairs(items, unit.clone());
        let (base, bases) = bases(items, unit.clone(), &pairs);
        let mut planner = Planner {
            nodes: Vec::new(),
            builder: Builder::new(),
            style: None,
            links: Vec::new(),
        };
        for index in unit.clone() {
            match &items[index] {
                Item::Text { .. } if paragraph.is_note(index, &unit) => planner.point(index, false),
                Item::Text { style, text } => {
                    let plain = planner.links.last().map_or(base, |&(_, base)| base);
                    if text.len() > MAX_PLAIN_BLANK || !text.trim().is_empty() {
                        planner.set_style(*style, plain, index);
                    }
                    planner.builder.text(text);
                }
                Item::Break { .. } => {
                    planner.builder.text(" ");
                    planner.point(index, false);
                    planner.builder.text(" ");
                }
                Item::Point { is_word, .. } => {
                    // A page number between two words, without which they would be one.
                    let (before, after) = paragraph.beside(index, &unit);
                    let is_glued = [before, after]
                        .iter()
                        .all(|c| c.is_some_and(char::is_alphanumeric));
                    let space = if *is_word && is_glued { " " } else { "" };
                    planner.builder.text(space);
                    planner.point(index, *is_word);
                    planner.builder.text(space);
                }
                Item::Open { .. } | Item::Close { .. } => match pairs.get(&index) {
                    Some(&end) if end > index => {
                        let base = bases.get(&index).copied().unwrap_or(base);
                        planner.open(index..end + 1, base);
                    }
                    Some(_) => planner.close(index),
                    None => planner.point(index, false),
                },
            }
        }
        planner.end_style(unit.end);
        let plan = Self {
            paragraph,
            base,
            nodes: planner.nodes,
        };
        (plan, planner.builder.finish())
    }

    /// Appends a translation.
    pub(super) fn write(&self, marked: &Marked, out: &mut String) {
        let mut writer = Writer {
            plan: self,
            out,
            open: Vec::new(),
            text: String::new(),
            is_after_break: false,
        };
        for piece in &marked.pieces {
            writer.piece(piece);
        }
        writer.flush();
    }
}

/// Makes the segment of a unit, item by item.
struct Planner {
    nodes: Vec<Node>,
    builder: Builder,
    /// Style of the current text and the id of its mark, unless it has none.
    style: Option<(usize, u32)>,
    /// Ids of the open links, each with the style of the text in it that has no mark.
    links: Vec<(u32, usize)>,
}

impl Planner {
    fn node(&mut self, kind: NodeKind, items: ops::Range<usize>) -> u32 {
        self.nodes.push(Node { kind, items });
        u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX)
    }

    fn set_style(&mut self, style: usize, plain: usize, index: usize) {
        if self.style.is_some_and(|(current, _)| current == style) {
            return;
        }
        self.end_style(index);
        if style != plain {
            let id = self.node(NodeKind::Style(style), index..index + 1);
            self.builder.open(id, MarkKind::Style);
            self.style = Some((style, id));
        }
    }

    /// Ends the mark of the current style before the item at `index`.
    fn end_style(&mut self, index: usize) {
        if let Some((_, id)) = self.style.take() {
            self.nodes[id as usize].items.end = index;
            self.builder.close(id);
        }
    }

    fn point(&mut self, index: usize, is_word: bool) {
        let id = self.node(NodeKind::Point, index..index + 1);
        self.builder.point(id, is_word);
    }

    fn open(&mut self, items: ops::Range<usize>, base: usize) {
        self.end_style(items.start);
        let id = self.node(NodeKind::Link(base), items);
        self.builder.open(id, MarkKind::Link);
        self.links.push((id, base));
    }

    fn close(&mut self, index: usize) {
        self.end_style(index);
        if let Some((id, _)) = self.links.pop() {
            self.builder.close(id);
        }
    }
}

/// Writes the pieces of a translation.
struct Writer<'w, 'p> {
    plan: &'w Plan<'p>,
    out: &'w mut String,
    /// Ids of the open marks.
    open: Vec<u32>,
    /// Text that is not written yet.
    text: String,
    /// Whether white space that follows would be at the start of a line.
    is_after_break: bool,
}

impl Writer<'_, '_> {
    fn piece(&mut self, piece: &Piece) {
        match piece {
            Piece::Text(text) => self.push(text),
            Piece::Space => self.push(" "),
            Piece::Open(id) => {
                self.flush();
                self.open.push(*id);
                if let Some(Node {
                    kind: NodeKind::Link(_),
                    items,
                }) = self.node(*id)
                {
                    self.verbatim(items.start..items.start + 1);
                }
            }
            Piece::Close(id) => {
                self.flush();
                self.open.pop();
                if let Some(Node {
                    kind: NodeKind::Link(_),
                    items,
                }) = self.node(*id)
                {
                    self.verbatim(items.end - 1..items.end);
                }
            }
            Piece::Point(id) => {
                let Some(items) = self.node(*id).map(|node| node.items.clone()) else {
                    return;
                };
                let is_break = matches!(self.plan.paragraph.items[items.start], Item::Break { .. });
                if is_break {
                    self.text.truncate(self.text.trim_end().len());
                }
                self.flush();
                self.verbatim(items);
                self.is_after_break = is_break;
            }
        }
    }

    fn push(&mut self, text: &str) {
        let text = if self.is_after_break {
            text.trim_start()
        } else {
            text
        };
        self.is_after_break &= text.is_empty();
        self.text.push_str(text);
    }

    /// Writes the text in the style of the innermost mark.
    fn flush(&mut self) {
        let node = self.open.last().and_then(|id| self.node(*id));
        let style = match node.map(|node| node.kind) {
            Some(NodeKind::Style(style) | NodeKind::Link(style)) => style,
            Some(NodeKind::Point) | None => self.plan.base,
        };
        self.plan.paragraph.push_styled(style, &self.text, self.out);
        self.text.clear();
    }

    fn node(&self, id: u32) -> Option<&'_ Node> {
        self.plan.nodes.get(id as usize)
    }

    fn verbatim(&mut self, items: ops::Range<usize>) {
        let paragraph = self.plan.paragraph;
        paragraph.push_verbatim(&paragraph.items[items], self.out);
    }
}

/// Returns which [`Item::Open`] and [`Item::Close`] of a unit belong together: for each of them the
/// index of the other. What crosses an element, or ends in another unit, is not among them.
fn pairs(items: &[Item], unit: ops::Range<usize>) -> HashMap<usize, usize> {
    let mut pairs = HashMap::new();
    let mut open: Vec<(usize, &Range)> = Vec::new();
    for index in unit {
        match &items[index] {
            Item::Open { range, .. } => open.push((index, range)),
            Item::Close { range, .. } => {
                let depth = if *range == Range::Element {
                    usize::MAX
                } else {
                    MAX_OPEN
                };
                let found = open
                    .iter()
                    .enumerate()
                    .rev()
                    .take(depth)
                    .take_while(|(_, (_, other))| rank(other) <= rank(range))
                    .find(|(_, (_, other))| *other == range);
                if let Some((position, &(start, _))) = found {
                    pairs.insert(start, index);
                    pairs.insert(index, start);
                    open.truncate(position);
                }
            }
            _ => {}
        }
    }
    pairs
}

/// Of two ranges that cross, the one with the lower rank is not kept as a mark.
fn rank(range: &Range) -> u8 {
    match range {
        Range::Element => 2,
        Range::Field => 1,
        Range::Free(_) => 0,
    }
}

/// Returns the style of most text of a unit, and of most text of each link in it, by the index of
/// its start.
fn bases(
    items: &[Item],
    unit: ops::Range<usize>,
    pairs: &HashMap<usize, usize>,
) -> (usize, HashMap<usize, usize>) {
    let mut lengths: HashMap<(Option<usize>, usize), usize> = HashMap::new();
    let mut open = Vec::new();
    for index in unit {
        match (&items[index], pairs.get(&index)) {
            (Item::Text { style, text }, _) => {
                *lengths.entry((open.last().copied(), *style)).or_default() += text.trim().len();
            }
            (_, Some(&other)) if other > index => open.push(index),
            (_, Some(_)) => {
                open.pop();
            }
            (_, None) => {}
        }
    }
    let mut best: HashMap<Option<usize>, (usize, usize)> = HashMap::new();
    for ((link, style), length) in lengths {
        let (most, first) = best.entry(link).or_insert((length, style));
        if length > *most || (length == *most && style < *first) {
            (*most, *first) = (length, style);
        }
    }
    let base = best.remove(&None).map_or(0, |(_, style)| style);
    let links = best
        .into_iter()
        .filter_map(|(link, (_, style))| Some((link?, style)));
    (base, links.collect())
}
