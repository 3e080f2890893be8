//! What a running batch remembers.

use std::ops::Range;

use candle_core::Tensor;

use crate::ops::Source;

/// A batch of encoded sentences, one after the other without padding.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// `[tokens of all sentences, d_model]`
    pub(super) tokens: Tensor,
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

    /// The encoder's output, `[tokens of all sentences, d_model]`.
    #[must_use]
    pub fn tokens(&self) -> &Tensor {
        &self.tokens
    }

    /// The rows of [`Encoded::tokens`] that are a sentence's.
    #[must_use]
    pub fn span(&self, sentence: usize) -> Range<usize> {
        self.spans[sentence].clone()
    }
}

/// The decoder's rows, each a hypothesis in the making, and the keys and values they look back at.
///
/// Nothing in the caches is ever moved or copied. Each step leaves one block of keys and values per layer, a row for
/// every row of the batch at that time; a hypothesis is the path of rows that it took through the blocks. To drop,
/// double or reorder rows is to edit the paths, and beams that share a beginning share its memory.
#[derive(Debug)]
pub struct Decoding {
    /// Per layer the source's keys and values, shared by all beams of a sentence.
    pub(super) cross: Vec<Source>,
    /// Per layer and step the keys and values of the rows at that step, `[rows then, 2 · d_model]`.
    pub(super) own: Vec<Vec<Tensor>>,
    /// Per row its rows in the blocks of `own`.
    pub(super) paths: Vec<Vec<u32>>,
    /// Per row its source's rows in `cross`.
    pub(super) spans: Vec<Range<usize>>,
    /// Whether steps shall tell alignments.
    pub(super) align: bool,
    /// Per row of the last step the source position that the last layer looked at most.
    pub(super) alignment: Vec<usize>,
}

impl Decoding {
    /// Rows of the next step.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.paths.len()
    }

    /// Steps done.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.own.first().map_or(0, Vec::len)
    }

    /// Per row of the last step the source position that the last layer looked at most, as the mean of its heads;
    /// empty unless the decoding was started so.
    #[must_use]
    pub fn alignment(&self) -> &[usize] {
        &self.alignment
    }

    /// Goes on with the rows `parents`: rows may be left out, repeated and reordered.
    pub fn select(&mut self, parents: &[usize]) {
        if parents.len() == self.rows()
            && parents
                .iter()
                .enumerate()
                .all(|(row, parent)| row == *parent)
        {
            return;
        }
        self.paths = parents
            .iter()
            .map(|&parent| self.paths[parent].clone())
            .collect();
        self.spans = parents
            .iter()
            .map(|&parent| self.spans[parent].clone())
            .collect();
    }
}
