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

/// Number of source positions that an [`Alignment`] keeps: the pieces of a long word.
const ALIGNED: usize = 4;

/// The source positions that a target token is aligned with: those to which
/// [`AlignmentHead`](crate::config::AlignmentHead) gives the greatest weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Alignment {
    /// The greatest weight first.
    positions: [u16; ALIGNED],
    /// Share of each in all weights, in percent.
    shares: [u8; ALIGNED],
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
    /// For each id, the source positions that it is aligned with; empty unless requested.
    pub alignment: Vec<Alignment>,
}

impl Alignment {
    /// Returns the alignment for the weights of all positions, which may have any common factor.
    pub(crate) fn of(weights: &[f32]) -> Self {
        let mut best = [(0.0_f32, 0); ALIGNED];
        for (position, &weight) in weights.iter().enumerate() {
            if weight > best[ALIGNED - 1].0 {
                // Of equal weights, the first position is the best.
                let rank = best.partition_point(|(other, _)| *other >= weight);
                best[rank..].rotate_right(1);
                best[rank] = (weight, position);
            }
        }
        let total: f32 = weights.iter().sum();
        Self {
            positions: best.map(|(_, position)| u16::try_from(position).unwrap_or(u16::MAX)),
            shares: best.map(|(weight, _)| percent(weight / total)),
        }
    }

    /// Returns the position with the greatest weight.
    #[must_use]
    pub fn best(&self) -> usize {
        usize::from(self.positions[0])
    }

    /// Returns the positions with the greatest weights, and the share of each in all weights, in
    /// percent.
    pub fn shares(&self) -> impl Iterator<Item = (usize, u8)> {
        let positions = self.positions.into_iter().map(usize::from);
        let shares = positions.zip(self.shares);
        shares.filter(|(_, share)| *share > 0)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share is between 0 and 1"
)]
fn percent(share: f32) -> u8 {
    (100.0 * share).round() as u8
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_weights_are_kept_with_their_shares() {
        let alignment = Alignment::of(&[0.5, 0.0, 1.0, 0.1, 1.0, 0.2, 0.2]);
        assert_eq!(alignment.best(), 2);
        let shares: Vec<_> = alignment.shares().collect();
        assert_eq!(shares, [(2, 33), (4, 33), (0, 17), (5, 7)]);
        let alone: Vec<_> = Alignment::of(&[3.0]).shares().collect();
        assert_eq!(alone, [(0, 100)]);
        assert_eq!(Alignment::of(&[f32::NAN, 0.0]), Alignment::default());
    }
}
