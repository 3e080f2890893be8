//! Difference between two greedy translations, by the scores of the native engine.

use marian::network::{Normalise, Wanted};
use marian::{Error, Network, Row};

/// Difference of log-probabilities up to which either of two tokens may win.
pub(crate) const SAME_SCORE: f32 = 1e-4;

/// Number of best tokens that are searched for the two to be compared.
const CANDIDATES: usize = 8;

/// Returns the difference of the log-probabilities of the first two tokens in which the targets
/// differ: 0 for equal targets, and infinity if one target goes on after the other has ended.
pub(crate) fn difference(
    network: &Network,
    row: &Row,
    one: &[u32],
    other: &[u32],
) -> Result<f32, Error> {
    if one == other {
        return Ok(0.0);
    }
    let parting = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let prefix = &one[..parting];
    let (Some(one), Some(other)) = (one.get(parting), other.get(parting)) else {
        return Ok(f32::INFINITY);
    };
    let mut decoding = network.start(&network.encode(&[&row.ids])?, false);
    let mut fed = vec![network.start_id()];
    fed.extend(prefix);
    let mut logits = [f32::NEG_INFINITY; 2];
    for id in fed {
        let wanted = Wanted {
            count: CANDIDATES,
            banned: Vec::new(),
            normalise: Normalise::All,
        };
        let found = network.step(&mut decoding, &[id], &[wanted])?;
        let logit = |id| {
            let candidates = found[0].candidates.iter();
            let mut candidates = candidates.filter(|candidate| candidate.id == id);
            candidates
                .next()
                .map_or(f32::NEG_INFINITY, |candidate| candidate.logit)
        };
        logits = [logit(*one), logit(*other)];
    }
    Ok((logits[0] - logits[1]).abs())
}
