//! Settings of a search, and the ids that they ban or force.

use crate::config::EarlyStopping;
use crate::{Config, Row};

/// Settings of a search: everything that does not depend on the row.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// Number of hypotheses kept per row; 1 is greedy search.
    pub beams: usize,
    /// Exponent of the length by which scores are divided.
    pub length_penalty: f64,
    /// Condition that ends a beam search.
    pub early_stopping: EarlyStopping,
    /// Set if scores are normalised again after the banned ids are removed.
    pub renormalize_logits: bool,
    /// Id that ends a hypothesis.
    pub eos: u32,
    /// Id that a hypothesis of maximum length is forced to end with.
    pub forced_eos: Option<u32>,
    /// Ids that are never produced; `<pad>` is always among them.
    pub banned: Vec<u32>,
    /// Sequences of two or more ids that are never completed.
    pub banned_sequences: Vec<Vec<u32>>,
    /// Size of the n-grams that may not appear twice, in tokens; 0 allows every repetition.
    pub no_repeat_ngram: usize,
    /// Aligns a token by the step after the one that produces it.
    pub alignment_shift: bool,
}

impl Search {
    /// Returns the search that the model asks for, with another number of beams if one is given.
    #[must_use]
    pub fn new(config: &Config, beams: Option<usize>) -> Self {
        // Transformers removes `</s>` from the bad words; without it, nothing would ever end.
        let singles = config
            .bad_words_ids
            .iter()
            .filter(|word| word.len() == 1)
            .map(|word| word[0]);
        let mut banned: Vec<u32> = singles
            .chain([config.pad_token_id])
            .filter(|id| *id != config.eos_token_id)
            .collect();
        banned.sort_unstable();
        banned.dedup();
        Self {
            beams: beams.unwrap_or(config.num_beams).max(1),
            length_penalty: config.length_penalty,
            early_stopping: config.early_stopping,
            renormalize_logits: config.renormalize_logits,
            eos: config.eos_token_id,
            forced_eos: config.forced_eos_token_id,
            banned,
            banned_sequences: config
                .bad_words_ids
                .iter()
                .filter(|word| word.len() > 1)
                .cloned()
                .collect(),
            no_repeat_ngram: config.no_repeat_ngram_size,
            alignment_shift: config.alignment.shift,
        }
    }

    /// Returns the ids that must not follow `ids` (start token included) in `row`, in no particular
    /// order and possibly with repetitions.
    pub fn banned<'a>(&'a self, row: &'a Row, ids: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
        let ngram = if row.no_repeat_ngram > 0 {
            row.no_repeat_ngram
        } else {
            self.no_repeat_ngram
        };
        let sequences = self.banned_sequences.iter().filter_map(|sequence| {
            let (last, prefix) = sequence.split_last()?;
            // Transformers ignores a sequence that is longer than the ids so far.
            (sequence.len() <= ids.len() && ids.ends_with(prefix)).then_some(*last)
        });
        self.banned
            .iter()
            .chain(&*row.banned)
            .copied()
            .chain(sequences)
            .chain(repeats(ids, ngram))
    }

    /// Returns the id that must follow `ids` (start token included) in `row` because the next id is
    /// its last.
    #[must_use]
    pub fn forced(&self, row: &Row, ids: &[u32]) -> Option<u32> {
        self.forced_eos.filter(|_| ids.len() + 1 == row.max_length)
    }
}

/// Returns the ids that would complete an n-gram for the second time; no ids for n = 0.
fn repeats(ids: &[u32], n: usize) -> impl Iterator<Item = u32> {
    let (ids, n) = if n > 0 && ids.len() >= n {
        (ids, n)
    } else {
        (&ids[..0], 1)
    };
    let prefix = &ids[ids.len() + 1 - n..];
    ids.windows(n)
        .filter(move |window| window[..n - 1] == *prefix)
        .map(move |window| window[n - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeated(ids: &[u32], n: usize) -> Vec<u32> {
        repeats(ids, n).collect()
    }

    #[test]
    fn an_ngram_is_banned_after_its_first_appearance() {
        assert_eq!(repeated(&[9, 1, 2, 3, 1, 2], 3), [3]);
        assert_eq!(repeated(&[9, 1, 2, 3, 1], 2), [2]);
        assert_eq!(repeated(&[9, 1, 2], 1), [9, 1, 2]);
        assert_eq!(repeated(&[9, 1, 2], 0), [0; 0]);
        assert_eq!(repeated(&[9, 1], 4), [0; 0]);
        assert_eq!(repeated(&[], 1), [0; 0]);
        assert_eq!(repeated(&[1, 1, 1], 3), [1]);
    }
}
