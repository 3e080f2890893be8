//! What a running batch remembers.

use std::ops::Range;

use crate::ops::Memory;

/// A batch of encoded sentences, one after the other without padding.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// `[tokens of all sentences, d_model]`
    pub(super) states: Vec<f32>,
    /// Where each sentence's tokens are.
    pub(super) spans: Vec<Range<usize>>,
}

impl Encoded {
    /// Sentences in the batch.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is no sentence.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The encoder's output for a sentence, `[tokens, d_model]`.
    #[must_use]
    pub fn states(&self, sentence: usize) -> &[f32] {
        let width = self.states.len() / self.spans.last().map_or(1, |span| span.end);
        let span = &self.spans[sentence];
        &self.states[span.start * width..span.end * width]
    }
}

/// Sentences that are being decoded, each with its hypotheses in the making: the rows of a step.
///
/// What is remembered of a sentence is its own: sentences may join at any step and leave at any step. Nothing in the
/// caches is ever moved or copied. Each step leaves keys and values of every hypothesis that the sentence then has; a
/// hypothesis is the path that it took through them. To drop, double or reorder hypotheses is to edit the paths, and
/// those that share a beginning share its memory.
#[derive(Debug, Default)]
pub struct Decoding {
    pub(super) sentences: Vec<SentenceMemory>,
    /// Per row of the last step the source position that the last layer looked at most.
    pub(super) alignment: Vec<usize>,
}

/// What is remembered of a sentence.
#[derive(Debug)]
pub(super) struct SentenceMemory {
    /// Per layer of the decoder.
    pub(super) layers: Vec<LayerMemory>,
    /// Per hypothesis its rows among those of all steps.
    pub(super) paths: Vec<Vec<u32>>,
    /// Rows of all steps.
    pub(super) rows: u32,
    /// Whether steps shall tell its alignment.
    pub(super) align: bool,
}

/// What a layer of the decoder remembers of a sentence.
#[derive(Debug)]
pub(super) struct LayerMemory {
    /// Keys and values of the source.
    pub(super) source: Memory,
    /// Keys and values of the steps.
    pub(super) steps: Memory,
}

impl SentenceMemory {
    /// One hypothesis, which has not begun.
    pub(super) fn new(layers: Vec<LayerMemory>, align: bool) -> Self {
        Self {
            layers,
            paths: vec![Vec::new()],
            rows: 0,
            align,
        }
    }

    /// Steps that its hypotheses have taken.
    pub(super) fn steps(&self) -> usize {
        self.paths.first().map_or(0, Vec::len)
    }

    /// Goes one step on each path.
    pub(super) fn advance(&mut self) {
        for path in &mut self.paths {
            path.push(self.rows);
            self.rows += 1;
        }
    }
}

impl Decoding {
    /// Rows of the next step.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.sentences
            .iter()
            .map(|sentence| sentence.paths.len())
            .sum()
    }

    /// Per row of the last step the source position that the last layer looked at most, as the mean of its heads; 0
    /// unless its sentence was started so.
    #[must_use]
    pub fn alignment(&self) -> &[usize] {
        &self.alignment
    }

    /// Takes in the sentences of another decoding, whose rows come behind its own.
    pub fn join(&mut self, other: Self) {
        self.sentences.extend(other.sentences);
    }

    /// Goes on with the rows `parents`: rows may be left out, and those of a sentence repeated and reordered; sentences stay
    /// in their order.
    ///
    /// # Panics
    /// When they do not.
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
        assert!(left.is_empty(), "sentences in another order");
        self.sentences.retain(|sentence| !sentence.paths.is_empty());
    }
}
