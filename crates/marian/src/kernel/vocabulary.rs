//! Passes over one row of logits, as wide as the vocabulary.

use pulp::Simd;

use super::{LANES, dispatch, exp, fold, maximum};

/// A token that a hypothesis may go on with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) id: u32,
    pub(crate) logit: f32,
}

/// What turns logits into log-probabilities, in the two parts that lose least.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Normaliser {
    greatest: f32,
    /// ln Σ e^(logit − greatest)
    rest: f32,
}

impl Normaliser {
    pub(crate) fn log_probability(self, logit: f32) -> f32 {
        logit - self.greatest - self.rest
    }
}

dispatch! {
    /// The normaliser of a row of logits.
    fn normaliser<'a>(logits: &'a [f32]) -> Normaliser = normaliser_kernel;
    /// The `count` greatest logits that are not −∞, greatest first, the lower id first among equals.
    ///
    /// The row is read once: a block of it is looked at closely only if its maximum is among the best so far.
    fn top<'a>(logits: &'a [f32], count: usize) -> Vec<Candidate> = top_kernel;
}

#[inline(always)]
fn normaliser_kernel<S: Simd>(_: S, logits: &[f32]) -> Normaliser {
    let greatest = maximum(logits);
    let (chunks, rest) = logits.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] += exp::<S>(chunk[lane] - greatest);
        }
    }
    for (lane, logit) in lanes.iter_mut().zip(rest) {
        *lane += exp::<S>(*logit - greatest);
    }
    Normaliser {
        greatest,
        rest: fold(lanes, |a, b| a + b).ln(),
    }
}

#[inline(always)]
fn top_kernel<S: Simd>(_: S, logits: &[f32], count: usize) -> Vec<Candidate> {
    const BLOCK: usize = 8 * LANES;
    let mut best: Vec<Candidate> = Vec::with_capacity(count + 1);
    let mut threshold = f32::NEG_INFINITY;
    for (block, start) in logits.chunks(BLOCK).zip((0_u32..).step_by(BLOCK)) {
        if maximum(block) <= threshold {
            continue;
        }
        for (&logit, id) in block.iter().zip(start..) {
            if logit > threshold {
                let place = best.partition_point(|better| better.logit >= logit);
                best.insert(place, Candidate { id, logit });
                best.truncate(count);
                if best.len() == count {
                    threshold = best[count - 1].logit;
                }
            }
        }
    }
    best
}
