//! Passes over logits: what a search wants to know of a row as wide as the vocabulary.
//!
//! The columns come in blocks of [`BLOCK`], so that a block's logits are looked at while they are in the cache and the
//! whole row is never written anywhere.

use pulp::Simd;

use super::{LANES, dispatch, exp, fold};

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

/// Columns whose greatest logit is known before any of them is looked at: eight registers of AVX-512.
const PART: usize = 8 * LANES;

/// The greatest logits of the parts of a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Maxima([f32; BLOCK / PART]);

impl Maxima {
    fn greatest(&self) -> f32 {
        self.0.into_iter().fold(f32::NEG_INFINITY, f32::max)
    }
}

dispatch! {
    /// The greatest logits of the parts of a block.
    fn maxima<'a>(logits: &'a [f32]) -> Maxima = maxima_kernel;
    /// Σ e^logit of a block with these maxima.
    fn mass<'a>(logits: &'a [f32], maxima: &'a Maxima) -> Mass = mass_kernel;
    /// Adds a block's logits that are not −∞, whose ids begin with `first`, to the greatest so far.
    ///
    /// A part of the block is read only if its maximum is among the best so far; logits may be less than their maximum.
    fn top<'a>(logits: &'a [f32], maxima: &'a Maxima, first: u32, top: &'a mut Top) -> () = top_kernel;
}

#[inline(always)]
fn maxima_kernel<S: Simd>(simd: S, logits: &[f32]) -> Maxima {
    debug_assert!(logits.len() <= BLOCK);
    let mut maxima = [f32::NEG_INFINITY; BLOCK / PART];
    for (maximum, part) in maxima.iter_mut().zip(logits.chunks(PART)) {
        *maximum = super::maximum(simd, part);
    }
    Maxima(maxima)
}

#[inline(always)]
fn mass_kernel<S: Simd>(_: S, logits: &[f32], maxima: &Maxima) -> Mass {
    let greatest = maxima.greatest();
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
fn top_kernel<S: Simd>(_: S, logits: &[f32], maxima: &Maxima, first: u32, top: &mut Top) {
    let mut threshold = top.threshold();
    let parts = logits.chunks(PART).zip(maxima.0);
    for ((part, maximum), start) in parts.zip((first..).step_by(PART)) {
        if maximum <= threshold {
            continue;
        }
        for (logits, start) in part.chunks(LANES).zip((start..).step_by(LANES)) {
            // A register at a time, for few of a part's logits are above; `any` would compare one by one.
            let is_above = |logit: &&f32| **logit > threshold;
            if let Some(logits) = logits.as_array::<LANES>()
                && logits.iter().filter(is_above).count() == 0
            {
                continue;
            }
            for (&logit, id) in logits.iter().zip(start..) {
                if logit > threshold {
                    top.push(Candidate { id, logit });
                    threshold = top.threshold();
                }
            }
        }
    }
}
