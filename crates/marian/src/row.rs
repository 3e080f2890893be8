//! Input and output of the search: rows, and the hypotheses found for them.

use std::sync::Arc;

use crate::Error;

/// A sentence, or a piece of one, to translate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Source ids, `</s>` included.
    pub ids: Vec<u32>,
    /// Maximum length of the output in tokens. The start token counts, as it does in transformers'
    /// `max_length`.
    pub max_length: usize,
    /// Size of the n-grams that may not appear twice in the output, in tokens; 0 leaves it to the
    /// model's configuration, which usually allows every repetition.
    pub no_repeat_ngram: usize,
    /// Ids that are not produced for this row, besides those of the model's configuration.
    pub banned: Arc<[u32]>,
    /// Set if the hypothesis is to have an alignment.
    pub align: bool,
}

/// Result of the search for one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    /// Target ids without the start token. The last is `</s>`, unless the maximum length was
    /// reached and the model does not force an end.
    pub ids: Vec<u32>,
    /// Sum of the log-probabilities, divided by the length to the power of the length penalty.
    /// Greedy search needs no probabilities and leaves this at 0.
    pub score: f32,
    /// For each id, the source position that [`AlignmentHead`](crate::config::AlignmentHead) aligns
    /// it with; empty unless requested.
    pub alignment: Vec<usize>,
}

impl Row {
    /// Checks the row against a model with this many positions and source ids.
    ///
    /// # Errors
    /// Returns [`Error::Input`] if the source is empty, too long or has an id outside the
    /// vocabulary, or if the output may be longer than the positions.
    pub fn check(&self, positions: usize, source_vocabulary: usize) -> Result<(), Error> {
        if !(2..=positions + 1).contains(&self.max_length) {
            let reason = format!(
                "a max_length of {}; this model has {positions} positions",
                self.max_length
            );
            return Err(Error::Input(reason));
        }
        check_source(&self.ids, positions, source_vocabulary)
    }
}

/// Checks source ids against a model with this many positions and source ids.
pub(crate) fn check_source(ids: &[u32], positions: usize, vocabulary: usize) -> Result<(), Error> {
    let reason = if ids.is_empty() {
        "a sentence without tokens".to_owned()
    } else if ids.len() > positions {
        format!(
            "a sentence of {} tokens; this model takes {positions}",
            ids.len()
        )
    } else if let Some(id) = ids.iter().find(|id| **id as usize >= vocabulary) {
        format!("id {id} in a vocabulary of {vocabulary}")
    } else {
        return Ok(());
    };
    Err(Error::Input(reason))
}
