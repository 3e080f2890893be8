//! A place in the translation for every mark and point.
//!
//! Every word of the translation gets one owner, the innermost mark on it; the marks around that
//! one are on the word too. So the result is well nested whatever the alignment says. From the
//! outermost marks inwards, each mark shares its words among the marks in it.

use std::mem;
use std::ops::Range;

use crate::alignment::{Alignment, Claim};
use crate::pieces::{Place, Slice, cut};
use crate::segment::{MarkKind, Point};
use crate::tree::Tree;
use crate::unit::HYPHENS;
use crate::words::is_opening;

/// Maximum words between two runs of a mark that the mark takes over, if no other mark has them.
const MAX_GAP: usize = 2;
/// Maximum runs of a mark, so that the result is not much longer than the source.
const MAX_RUNS: usize = 4;
/// Maximum levels at which words are shared, so that the time is linear. Marks in deeper ones get
/// one word. A mark that alone has all words of the one around it is no level.
const MAX_LEVELS: usize = 64;
/// Maximum punctuation marks between a point and the word to which it belongs: `“).¹`.
const MAX_PUNCTUATION: usize = 4;

/// A place in the translation for every mark.
#[derive(Debug)]
pub(crate) struct Placement<'a> {
    tree: Tree,
    alignment: &'a Alignment<'a>,
    spots: Vec<Spot>,
    /// For each word of the translation: the innermost mark.
    owners: Vec<usize>,
}

/// Where a mark is.
#[derive(Clone, Debug)]
struct Spot {
    /// Words of the source.
    words: Range<usize>,
    /// Words of the translation.
    runs: Vec<Range<usize>>,
    /// Number of marks around it that have more words.
    level: usize,
    /// Marks in it.
    inner: Vec<usize>,
    fit: Fit,
}

/// How a mark fits into the translation.
#[derive(Clone, Debug)]
enum Fit {
    /// On words of its own.
    Words,
    /// Around one word that another mark has.
    Squeezed(usize),
    /// On a part of a word that is the same in both languages: the byte range of the translation.
    Part(Range<usize>),
}

/// A mark's claim on a word.
struct Bid {
    claim: Claim,
    mark: usize,
}

impl<'a> Placement<'a> {
    /// Places the marks of `tree`. The translation must have a word.
    pub(crate) fn new(tree: Tree, alignment: &'a Alignment<'a>) -> Self {
        let mut spots: Vec<Spot> = (0..tree.len())
            .map(|node| Spot {
                words: alignment.source.covered(&tree.node(node).range),
                runs: Vec::new(),
                level: 0,
                inner: Vec::new(),
                fit: Fit::Words,
            })
            .collect();
        spots[Tree::ROOT].words = 0..alignment.source.len();
        spots[Tree::ROOT].runs.push(0..alignment.target.len());
        for node in 1..tree.len() {
            spots[tree.node(node).parent].inner.push(node);
        }
        let mut placement = Self {
            owners: vec![Tree::ROOT; alignment.target.len()],
            tree,
            alignment,
            spots,
        };
        for node in 0..placement.tree.len() {
            placement.place_inner(node);
        }
        placement.squeeze();
        placement.attach_parts();
        placement
    }

    /// Returns the marks, nested as they are in the translation.
    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Returns the translation as slices. White space between two words has the marks that are on
    /// both.
    pub(crate) fn slices(&self) -> Vec<Slice> {
        let target = self.alignment.target;
        let mut parts: Vec<Slice> = (1..self.tree.len())
            .filter_map(|node| match &self.spots[node].fit {
                Fit::Part(range) => Some(Slice {
                    range: range.clone(),
                    node,
                }),
                _ => None,
            })
            .collect();
        parts.sort_by_key(|part| part.range.start);
        let mut parts = parts.into_iter().peekable();
        let mut slices = Vec::new();
        let (mut at, mut before) = (0, Tree::ROOT);
        for (word, &node) in self.owners.iter().enumerate() {
            let range = target.range(word);
            if at < range.start {
                let node = self.tree.common(before, node);
                let range = at..range.start;
                slices.push(Slice { range, node });
            }
            (at, before) = (range.end, node);
            let inner: Vec<Slice> =
                std::iter::from_fn(|| parts.next_if(|part| part.range.start < range.end)).collect();
            cut(&mut slices, Slice { range, node }, inner);
        }
        if at < target.whole().len() {
            slices.push(Slice {
                range: at..target.whole().len(),
                node: Tree::ROOT,
            });
        }
        slices
    }

    /// Returns the place of a point.
    pub(crate) fn place<'p>(&self, point: &'p Point) -> Place<'p> {
        let target = self.alignment.target;
        let node = self.tree.find(point.inside);
        let at = self.twin_offset(point).unwrap_or_else(|| {
            let (word, is_before) = self.beside(point, node);
            let range = target.range(word);
            if is_before { range.start } else { range.end }
        });
        Place { point, at, node }
    }

    /// Places the marks directly in `node`, whose own place is known.
    fn place_inner(&mut self, node: usize) {
        let mut inner = mem::take(&mut self.spots[node].inner);
        match self.spots[node].fit {
            Fit::Squeezed(word) => {
                for mark in inner {
                    self.spots[mark].fit = Fit::Squeezed(word);
                }
            }
            Fit::Part(_) => {
                inner.retain(|&mark| !self.place_part(mark, node));
                let word = self.spots[node].runs[0].start;
                for mark in inner {
                    self.spots[mark].fit = Fit::Squeezed(word);
                }
            }
            Fit::Words => {
                inner.retain(|&mark| !self.place_part(mark, node));
                match inner[..] {
                    [only] if self.takes_all(only, node) => {
                        let runs = self.spots[node].runs.clone();
                        self.spots[only].runs = runs;
                        self.spots[only].level = self.spots[node].level;
                    }
                    _ => self.share(node, &inner),
                }
            }
        }
    }

    /// Returns whether a mark, alone in `node`, is wherever that one is.
    fn takes_all(&self, mark: usize, node: usize) -> bool {
        let (spot, around) = (&self.spots[mark], &self.spots[node]);
        spot.words == around.words
            && (around.runs.len() == 1 || self.tree.node(mark).kind == MarkKind::Style)
    }

    /// Places a mark inside a word that is the same in both languages: `H<sub>2</sub>O`. Returns
    /// whether it is one.
    fn place_part(&mut self, mark: usize, around: usize) -> bool {
        let words = self.spots[mark].words.clone();
        if words.len() != 1 {
            return false;
        }
        let word = self.alignment.source.range(words.start);
        let range = self.tree.node(mark).range.clone();
        let is_part = word.start <= range.start && range.end <= word.end && range != word;
        if !is_part || range.is_empty() {
            return false;
        }
        let twin = self.alignment.twin(words.start);
        let end = range.end - word.start;
        let Some(twin) = twin.or_else(|| self.half_twin(words.start, end, around)) else {
            return false;
        };
        if !is_in(&self.spots[around].runs, twin) {
            return false;
        }
        let start = self.alignment.target.range(twin).start;
        let part = start + range.start - word.start..start + range.end - word.start;
        self.spots[mark].runs.push(twin..twin + 1);
        self.spots[mark].fit = Fit::Part(part);
        true
    }

    /// Returns the word of the translation that begins like a word of the source, of which a hyphen
    /// follows after `end` bytes: `B12` for `B12-Mangel`.
    fn half_twin(&self, word: usize, end: usize, around: usize) -> Option<usize> {
        let Alignment { source, target, .. } = self.alignment;
        let (part, rest) = source.text(word).split_at_checked(end)?;
        if !rest.starts_with(HYPHENS) {
            return None;
        }
        let claims = self
            .alignment
            .claims(&(word..word + 1), &self.spots[around].runs);
        let is_twin = |&word: &usize| {
            let rest = target.text(word).strip_prefix(part);
            rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        };
        claims.iter().map(|claim| claim.word).find(is_twin)
    }

    /// Shares the words of `node` among `inner`, the marks directly in it. A word that several
    /// claim goes to the one to which it attends most.
    fn share(&mut self, node: usize, inner: &[usize]) {
        for run in &self.spots[node].runs {
            self.owners[run.clone()].fill(node);
        }
        let first = self.spots[node].runs[0].start;
        if self.spots[node].level == MAX_LEVELS {
            for &mark in inner {
                self.spots[mark].fit = Fit::Squeezed(first);
            }
            return;
        }
        let mut bids = Vec::new();
        for &mark in inner {
            let claims = self.claims(mark, node);
            let best = claims.iter().copied().reduce(Claim::heavier);
            // Until it is known that the mark has a word.
            self.spots[mark].fit = Fit::Squeezed(best.map_or(first, |claim| claim.word));
            bids.extend(claims.into_iter().map(|claim| Bid { claim, mark }));
        }
        bids.sort_by(|a, b| {
            let by_word = a.claim.word.cmp(&b.claim.word);
            by_word.then(b.claim.mass.total_cmp(&a.claim.mass))
        });
        bids.dedup_by_key(|bid| bid.claim.word);
        for (mark, runs) in self.runs(node, &bids) {
            self.spots[mark].level = self.spots[node].level + 1;
            self.spots[mark].fit = Fit::Words;
            self.spots[mark].runs = runs;
        }
    }

    /// Returns the words of `node` that come from `mark` in it, or the one at its position.
    fn claims(&self, mark: usize, node: usize) -> Vec<Claim> {
        let (inner, outer) = (&self.spots[mark].words, &self.spots[node]);
        let claims = self.alignment.claims(inner, &outer.runs);
        if !claims.is_empty() {
            return claims;
        }
        let total: usize = outer.runs.iter().map(Range::len).sum();
        let position = inner.start.saturating_sub(outer.words.start);
        let rank = (position * total / outer.words.len().max(1)).min(total - 1);
        let word = nth_word(&outer.runs, rank);
        vec![Claim { word, mass: 0.0 }]
    }

    /// Returns the runs of each mark in `node` that has won a word, from the winning bids in order.
    fn runs(&self, node: usize, bids: &[Bid]) -> Vec<(usize, Vec<Range<usize>>)> {
        let outer = &self.spots[node].runs;
        let mut runs: Vec<(usize, Range<usize>, f32)> = Vec::new();
        for Bid { claim, mark } in bids {
            let word = claim.word;
            match runs.last_mut() {
                Some((last, words, mass))
                    if *last == *mark
                        && word - words.end <= MAX_GAP
                        && run_of(outer, word) == run_of(outer, words.start) =>
                {
                    words.end = word + 1;
                    *mass += claim.mass;
                }
                _ => runs.push((*mark, word..word + 1, claim.mass)),
            }
        }
        runs.sort_by_key(|&(mark, ..)| mark);
        runs.chunk_by_mut(|a, b| a.0 == b.0)
            .map(|runs| {
                let mark = runs[0].0;
                let max = match self.tree.node(mark).kind {
                    MarkKind::Style => MAX_RUNS.min(runs.len()),
                    MarkKind::Link => 1,
                };
                runs.sort_by(|a, b| b.2.total_cmp(&a.2));
                let heaviest = &mut runs[..max];
                heaviest.sort_by_key(|(_, words, _)| words.start);
                let words = heaviest.iter().map(|(_, words, _)| words.clone());
                (mark, words.collect())
            })
            .collect()
    }

    /// Puts each mark that has no word of its own around one word, inside all other marks on it.
    fn squeeze(&mut self) {
        for mark in 1..self.tree.len() {
            if let Fit::Squeezed(word) = self.spots[mark].fit {
                self.tree.adopt(mark, self.owners[word]);
                self.owners[word] = mark;
                self.spots[mark].runs.push(word..word + 1);
            }
        }
    }

    /// Puts each mark on a part of a word inside all other marks on the word.
    fn attach_parts(&mut self) {
        for mark in 1..self.tree.len() {
            if let Fit::Part(_) = self.spots[mark].fit {
                let around = self.tree.node(mark).parent;
                let parent = match self.spots[around].fit {
                    Fit::Part(_) => around,
                    _ => self.owners[self.spots[mark].runs[0].start],
                };
                self.tree.adopt(mark, parent);
            }
        }
    }

    /// Returns the offset of a point inside a word that is the same in both languages.
    fn twin_offset(&self, point: &Point) -> Option<usize> {
        let Alignment { source, target, .. } = self.alignment;
        let around = source.touching(&(point.at..point.at));
        let word = around.clone().next()?;
        let twin = self.alignment.twin(word)?;
        let offset = point.at - source.range(word).start;
        source
            .text(word)
            .is_char_boundary(offset)
            .then(|| target.range(twin).start + offset)
    }

    /// Returns the word of the translation beside which a point in mark `node` stands, and whether
    /// the point comes before it.
    fn beside(&self, point: &Point, node: usize) -> (usize, bool) {
        let (source, target) = (self.alignment.source, self.alignment.target);
        let touching = source.touching(&(point.at..point.at));
        let previous = touching.end.checked_sub(1);
        let next = (touching.end < source.len()).then_some(touching.end);
        let (word, is_before) = match self.neighbour(point, node, previous, next) {
            (Some(word), is_before) => (self.word_beside(word, is_before), is_before),
            (None, true) => (0, true),
            (None, false) => (target.len() - 1, false),
        };
        let runs = &self.spots[node].runs;
        if is_in(runs, word) {
            return (word, is_before);
        }
        // A mark keeps its points: the nearest edge of one of its runs.
        let edges = runs
            .iter()
            .flat_map(|run| [(run.start, true), (run.end - 1, false)]);
        edges
            .min_by_key(|(edge, _)| edge.abs_diff(word))
            .unwrap_or((word, is_before))
    }

    /// Returns the word of the source to which a point belongs, and whether the point comes before
    /// it: after a space the next word, else the previous one. `None` is an end of the text.
    fn neighbour(
        &self,
        point: &Point,
        node: usize,
        previous: Option<usize>,
        next: Option<usize>,
    ) -> (Option<usize>, bool) {
        let source = self.alignment.source;
        let (Some(before), Some(after)) = (previous, next) else {
            // Nothing to align at the ends, but a mark has words on one side only.
            let word = if node == Tree::ROOT {
                None
            } else {
                previous.or(next)
            };
            return (word, previous.is_none());
        };
        let words = &self.spots[node].words;
        let is_before = match (words.contains(&before), words.contains(&after)) {
            (true, false) => false,
            (false, true) => true,
            _ if is_opening(source.text(before)) => true,
            _ => {
                let text = source.whole();
                text[..text.floor_char_boundary(point.at)].ends_with(char::is_whitespace)
            }
        };
        (Some(if is_before { after } else { before }), is_before)
    }

    /// Returns the first or last word of the translation that comes from `word`. If `word` is a
    /// punctuation mark at a word, it is the same mark at the word that comes from that one.
    fn word_beside(&self, word: usize, is_before: bool) -> usize {
        let (source, target) = (self.alignment.source, self.alignment.target);
        let mut from = word;
        let mut marks = 0;
        while marks < MAX_PUNCTUATION
            && source.is_punctuation(from)
            && let Some(next) = source.adjacent(from, is_before)
        {
            from = next;
            marks += 1;
        }
        if source.is_punctuation(from) {
            (from, marks) = (word, 0);
        }
        let claims = self
            .alignment
            .claims(&(from..from + 1), &self.spots[Tree::ROOT].runs);
        let mut at = match claims.iter().copied().reduce(Claim::heavier) {
            Some(best) => edge_of(&claims, best.word, is_before),
            None => (from * target.len() / source.len()).min(target.len() - 1),
        };
        for _ in 0..marks {
            match target.adjacent(at, !is_before) {
                Some(next) if target.is_punctuation(next) => at = next,
                _ => break,
            }
        }
        at
    }
}

/// Returns the first or last word of the claims that are next to each other around `word`.
fn edge_of(claims: &[Claim], word: usize, is_first: bool) -> usize {
    let is_next = |a: &Claim, b: &Claim| b.word - a.word <= MAX_GAP + 1;
    claims
        .chunk_by(is_next)
        .find(|group| group.iter().any(|claim| claim.word == word))
        .and_then(|group| {
            if is_first {
                group.first()
            } else {
                group.last()
            }
        })
        .map_or(word, |claim| claim.word)
}

/// Returns the index of the run that contains `word`.
fn run_of(runs: &[Range<usize>], word: usize) -> Option<usize> {
    runs.iter().position(|run| run.contains(&word))
}

/// Returns whether a run contains `word`.
fn is_in(runs: &[Range<usize>], word: usize) -> bool {
    run_of(runs, word).is_some()
}

/// Returns the word with this number in the runs, or the last one.
fn nth_word(runs: &[Range<usize>], mut number: usize) -> usize {
    let mut last = 0;
    for run in runs {
        if number < run.len() {
            return run.start + number;
        }
        number -= run.len();
        last = run.end - 1;
    }
    last
}
