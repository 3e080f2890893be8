//! State of a running batch.

use std::ops::Range;

use crate::ops::KvCache;
use crate::row::Alignment;

/// A batch of encoded sentences, one after the other without padding.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// `[tokens of all sentences, d_model]`
    pub(super) states: Vec<f32>,
    /// Token range of each sentence.
    pub(super) spans: Vec<Range<usize>>,
}

impl Encoded {
    /// Returns the number of sentences in the batch.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Returns whether the batch has no sentences.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Returns the encoder's output for a sentence, `[tokens, d_model]`.
    #[must_use]
    pub fn states(&self, sentence: usize) -> &[f32] {
        let width = self.states.len() / self.spans.last().map_or(1, |span| span.end);
        let span = &self.spans[sentence];
        &self.states[span.start * width..span.end * width]
    }
}

/// Sentences that are being decoded, with the unfinished hypotheses of each: the rows of a step.
///
/// Every sentence has its own caches, so sentences may join or leave at any step. Nothing in the
/// caches is ever moved or copied. Each step appends the keys and values of every hypothesis that
/// the sentence has at that step; a hypothesis is its path through them. Dropping, duplicating or
/// reordering hypotheses only edits the paths, and hypotheses with a common beginning share its
/// keys and values.
#[derive(Debug, Default)]
pub struct Decoding {
    pub(super) sentences: Vec<SentenceState>,
    /// For each row of the last step, its alignment.
    pub(super) alignment: Vec<Alignment>,
}

/// State of one sentence.
#[derive(Debug)]
pub(super) struct SentenceState {
    /// Caches of each decoder layer.
    pub(super) layers: Vec<LayerCaches>,
    /// For each hypothesis, its rows among those of all steps.
    pub(super) paths: Vec<Vec<u32>>,
    /// Number of rows of all steps.
    pub(super) rows: u32,
    /// Set if steps return alignments for this sentence.
    pub(super) align: bool,
}

/// Caches of one sentence in one decoder layer.
#[derive(Debug)]
pub(super) struct LayerCaches {
    /// Keys and values of the source.
    pub(super) source: KvCache,
    /// Keys and values of the steps.
    pub(super) steps: KvCache,
}

impl SentenceState {
    /// Returns the state of a sentence with one hypothesis that has not started.
    pub(super) fn new(layers: Vec<LayerCaches>, align: bool) -> Self {
        Self {
            layers,
            paths: vec![Vec::new()],
            rows: 0,
            align,
        }
    }

    /// Returns the number of steps that the hypotheses have taken.
    pub(super) fn steps(&self) -> usize {
        self.paths.first().map_or(0, Vec::len)
    }

    /// Extends each path by one step.
    pub(super) fn advance(&mut self) {
        for path in &mut self.paths {
            path.push(self.rows);
            self.rows += 1;
        }
    }
}

impl Decoding {
    /// Returns the number of rows of the next step.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.sentences
            .iter()
            .map(|sentence| sentence.paths.len())
            .sum()
    }

    /// Returns, for each row of the last step, its alignment; the default unless its sentence was
    /// started with `align`.
    #[must_use]
    pub fn alignment(&self) -> &[Alignment] {
        &self.alignment
    }

    /// Adds the sentences of another decoding, whose rows follow the existing ones.
    pub fn join(&mut self, other: Self) {
        self.sentences.extend(other.sentences);
    }

    /// Continues with the rows `parents`. Rows may be left out, and those of a sentence repeated
    /// and reordered; the order of the sentences must stay the same.
    ///
    /// # Panics
    /// Panics if the order of the sentences changes.
    pub fn select(&mut self, parents: &[usize]) {
        let mut first = 0;
        let mut left = parents;
        for sentence in &mut self.sentences {
            let own = first..first + sentence.paths.len();
            let count = left
                .iter()
                .take_while(|parent| own.contains(parent))
                .count();
            let (kept, others) = left.split_at(count);
            let is_unchanged = kept.iter().copied().eq(own.clone());
            if !is_unchanged {
                let path = |parent: &usize| sentence.paths[parent - own.start].clone();
                sentence.paths = kept.iter().map(path).collect();
            }
            left = others;
            first = own.end;
        }
        assert!(
            left.is_empty(),
            "the order of the sentences must not change"
        );
        self.sentences.retain(|sentence| !sentence.paths.is_empty());
    }
}
