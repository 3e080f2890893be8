//! Passes over logits: what a search wants to know of a row as wide as the vocabulary.
//!
//! The columns come in blocks of [`BLOCK`], so that a block's logits are looked at while they are in the cache and the
//! whole row is never written anywhere.

use pulp::Simd;

use super::{LANES, dispatch, exp, fold, maximum};

/// Columns of a block. The logits of 64 rows are 256 kB, which a second-level cache holds beside the weights that
/// stream through it; shorter blocks would only mean more of them to add up.
pub(crate) const BLOCK: usize = 1024;

/// A token that a hypothesis may go on with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// The token's id.
    pub id: u32,
    /// Its logit.
    pub logit: f32,
}

/// Σ e^logit over some logits, as the greatest of them and Σ e^(logit − greatest).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mass {
    greatest: f32,
    sum: f32,
}

impl Mass {
    /// Nothing at all.
    pub(crate) const NONE: Self = Self {
        greatest: f32::NEG_INFINITY,
        sum: 0.0,
    };

    /// Both together. Blocks are added up in their order, so that the sum has one order too.
    pub(crate) fn and(self, other: Self) -> Self {
        if other.greatest == f32::NEG_INFINITY {
            return self;
        }
        let greatest = self.greatest.max(other.greatest);
        let scaled = |part: Self| part.sum * (part.greatest - greatest).exp();
        Self {
            greatest,
            sum: scaled(self) + scaled(other),
        }
    }

    /// With one logit that is part of it put in another's place.
    pub(crate) fn replaced(self, old: f32, new: f32) -> Self {
        let without = (self.sum - (old - self.greatest).exp()).max(0.0);
        Self {
            sum: without + (new - self.greatest).exp(),
            ..self
        }
    }

    /// ln Σ e^logit: what a logit is more than its log-probability.
    pub(crate) fn logarithm(self) -> f32 {
        self.greatest + self.sum.ln()
    }
}

/// The greatest logits of a row so far.
#[derive(Debug)]
pub(crate) struct Top {
    count: usize,
    /// Greatest first, the lower id first among equals.
    best: Vec<Candidate>,
}

impl Top {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            count,
            best: Vec::with_capacity(count + 1),
        }
    }

    /// What a logit must be above to be among them.
    fn threshold(&self) -> f32 {
        if self.best.len() < self.count {
            return f32::NEG_INFINITY;
        }
        self.best
            .last()
            .map_or(f32::INFINITY, |candidate| candidate.logit)
    }

    /// Adds a logit with an id above all before.
    fn push(&mut self, candidate: Candidate) {
        let place = self
            .best
            .partition_point(|better| better.logit >= candidate.logit);
        self.best.insert(place, candidate);
        self.best.truncate(self.count);
    }

    /// Adds those of columns further on.
    pub(crate) fn extend(&mut self, other: Self) {
        for candidate in other.best {
            if candidate.logit > self.threshold() {
                self.push(candidate);
            }
        }
    }

    pub(crate) fn into_candidates(self) -> Vec<Candidate> {
        self.best
    }
}

dispatch! {
    /// Σ e^logit of a block.
    fn mass<'a>(logits: &'a [f32]) -> Mass = mass_kernel;
    /// Adds a block's logits that are not −∞, whose ids begin with `first`, to the greatest so far.
    ///
    /// The block is read once: a part of it is looked at closely only if its maximum is among the best so far.
    fn top<'a>(logits: &'a [f32], first: u32, top: &'a mut Top) -> () = top_kernel;
}

#[inline(always)]
fn mass_kernel<S: Simd>(simd: S, logits: &[f32]) -> Mass {
    let greatest = maximum(simd, logits);
    if greatest == f32::NEG_INFINITY {
        return Mass::NONE;
    }
    let (chunks, rest) = logits.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] += exp(chunk[lane] - greatest);
        }
    }
    for (lane, logit) in lanes.iter_mut().zip(rest) {
        *lane += exp(*logit - greatest);
    }
    Mass {
        greatest,
        sum: fold(lanes, |a, b| a + b),
    }
}

#[inline(always)]
fn top_kernel<S: Simd>(simd: S, logits: &[f32], first: u32, top: &mut Top) {
    const PART: usize = 8 * LANES;
    let mut threshold = top.threshold();
    for (part, start) in logits.chunks(PART).zip((first..).step_by(PART)) {
        if maximum(simd, part) <= threshold {
            continue;
        }
        for (&logit, id) in part.iter().zip(start..) {
            if logit > threshold {
                top.push(Candidate { id, logit });
                threshold = top.threshold();
            }
        }
    }
}
