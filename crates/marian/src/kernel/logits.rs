//! Passes over logits: what a search needs from a row as wide as the vocabulary.
//!
//! Columns are processed in blocks of [`BLOCK`], so that the logits of a block are read while they
//! are in the cache, and a whole row is never stored.

use pulp::Simd;

use super::{LANES, dispatch, exp, fold};

/// Columns of a block. The logits of 64 rows are 256 kB, which a second-level cache holds beside
/// the weights that stream through it. Smaller blocks would only mean more of them to merge.
pub(crate) const BLOCK: usize = 1024;

/// A token that may extend a hypothesis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Token id.
    pub id: u32,
    /// Logit of the token.
    pub logit: f32,
}

/// Σ e^logit over some logits, stored as their maximum and Σ e^(logit − maximum).
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogSumExp {
    greatest: f32,
    sum: f32,
}

impl LogSumExp {
    /// The sum of no logits.
    pub(crate) const EMPTY: Self = Self {
        greatest: f32::NEG_INFINITY,
        sum: 0.0,
    };

    /// Returns the sum of both. Blocks are merged in order, so that this sum has one order too.
    pub(crate) fn merge(self, other: Self) -> Self {
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

    /// Returns the sum with the logit `old`, which is part of it, replaced by `new`.
    pub(crate) fn replaced(self, old: f32, new: f32) -> Self {
        let without = (self.sum - (old - self.greatest).exp()).max(0.0);
        Self {
            sum: without + (new - self.greatest).exp(),
            ..self
        }
    }

    /// Returns ln Σ e^logit, the difference between a logit and its log-probability.
    pub(crate) fn ln(self) -> f32 {
        self.greatest + self.sum.ln()
    }
}

/// The greatest logits of a row so far.
#[derive(Debug)]
pub(crate) struct TopLogits {
    count: usize,
    /// In descending order; among equal logits, the lower id first.
    best: Vec<Candidate>,
}

impl TopLogits {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            count,
            best: Vec::with_capacity(count),
        }
    }

    /// Returns the logit that a candidate must exceed to be added.
    fn threshold(&self) -> f32 {
        if self.best.len() < self.count {
            return f32::NEG_INFINITY;
        }
        self.best
            .last()
            .map_or(f32::INFINITY, |candidate| candidate.logit)
    }

    /// Inserts a logit whose id is greater than all ids so far.
    fn push(&mut self, candidate: Candidate) {
        if self.best.len() == self.count {
            self.best.pop();
        }
        // Searches from the end, because most candidates are little better than the last.
        let mut place = self.best.len();
        self.best.push(candidate);
        while place > 0 && self.best[place - 1].logit < candidate.logit {
            self.best[place] = self.best[place - 1];
            place -= 1;
        }
        self.best[place] = candidate;
    }

    /// Merges the logits of later columns.
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

/// Columns whose maximum is computed before any of them is examined: eight registers of AVX-512.
const PART: usize = 8 * LANES;

/// Maximum logit of each part of a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PartMaxima([f32; BLOCK / PART]);

impl PartMaxima {
    fn greatest(&self) -> f32 {
        self.0.into_iter().fold(f32::NEG_INFINITY, f32::max)
    }
}

dispatch! {
    /// Returns the maximum logit of each part of a block.
    fn part_maxima<'a>(logits: &'a [f32]) -> PartMaxima = part_maxima_kernel;
    /// Returns Σ e^logit of a block with these maxima.
    fn log_sum_exp<'a>(logits: &'a [f32], maxima: &'a PartMaxima) -> LogSumExp = log_sum_exp_kernel;
    /// Adds the logits of a block, except −∞, to the greatest so far. Their ids start at `first`.
    ///
    /// A part of the block is read only if its maximum is among the greatest so far; its logits may
    /// be less than that maximum.
    fn update_top<'a>(logits: &'a [f32], maxima: &'a PartMaxima, first: u32, top: &'a mut TopLogits) -> () = update_top_kernel;
}

#[inline(always)]
fn part_maxima_kernel<S: Simd>(simd: S, logits: &[f32]) -> PartMaxima {
    debug_assert!(logits.len() <= BLOCK);
    let mut maxima = [f32::NEG_INFINITY; BLOCK / PART];
    for (maximum, part) in maxima.iter_mut().zip(logits.chunks(PART)) {
        *maximum = super::maximum(simd, part);
    }
    PartMaxima(maxima)
}

#[inline(always)]
fn log_sum_exp_kernel<S: Simd>(_: S, logits: &[f32], maxima: &PartMaxima) -> LogSumExp {
    let greatest = maxima.greatest();
    if greatest == f32::NEG_INFINITY {
        return LogSumExp::EMPTY;
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
    LogSumExp {
        greatest,
        sum: fold(lanes, |a, b| a + b),
    }
}

#[inline(always)]
fn update_top_kernel<S: Simd>(
    simd: S,
    logits: &[f32],
    maxima: &PartMaxima,
    first: u32,
    top: &mut TopLogits,
) {
    let mut threshold = top.threshold();
    if threshold == f32::NEG_INFINITY {
        threshold = first_threshold(logits, top.count);
    }
    let parts = logits.chunks(PART).zip(maxima.0);
    for ((part, maximum), start) in parts.zip((first..).step_by(PART)) {
        if maximum <= threshold {
            continue;
        }
        for (logits, start) in part.chunks(LANES).zip((start..).step_by(LANES)) {
            // One register at a time, because few logits of a part exceed the threshold.
            // (Instruction sets differ in how they report the first one, but not in how they report
            // that there is none.)
            let (registers, rest) = S::as_simd_f32s(logits);
            let none_above = |register: &S::f32s| {
                let above = simd.greater_than_f32s(*register, simd.splat_f32s(threshold));
                simd.first_true_m32s(above) == S::F32_LANES
            };
            if rest.is_empty() && registers.iter().all(none_above) {
                continue;
            }
            // A branch per logit would be unpredictable, so the lanes above the threshold are
            // gathered without branches first.
            let (mut above, mut count) = ([0; LANES], 0);
            for (lane, logit) in (0..).zip(logits) {
                above[count] = lane;
                count += usize::from(*logit > threshold);
            }
            for lane in &above[..count] {
                let logit = logits[*lane as usize];
                if logit > threshold {
                    top.push(Candidate {
                        id: start + lane,
                        logit,
                    });
                    threshold = threshold.max(top.threshold());
                }
            }
        }
    }
}

/// Returns a threshold that the best `count` logits of a block exceed, mostly not by much: the
/// maxima of as many lanes, if there are enough lanes. Without it, a third to a half of all
/// candidates that are ever among the best so far would come from the first block.
#[inline(always)]
fn first_threshold(logits: &[f32], count: usize) -> f32 {
    if !(1..=LANES).contains(&count) {
        return f32::NEG_INFINITY;
    }
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for logits in logits.chunks(LANES) {
        for (lane, logit) in lanes.iter_mut().zip(logits) {
            *lane = lane.max(*logit);
        }
    }
    lanes.sort_unstable_by(|a, b| b.total_cmp(a));
    lanes[count - 1].next_down()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Also with equal logits, with no logits, with fewer than requested, and however they are
        /// divided.
        #[test]
        fn the_greatest_are_found_and_of_equals_the_first(
            logits in prop::collection::vec(
                prop_oneof![
                    Just(f32::NEG_INFINITY),
                    Just(f32::NAN),
                    (-9_i8..9).prop_map(f32::from),
                    -9.0_f32..9.0,
                ],
                1..3000,
            ),
            count in 0_usize..40,
            parts in 1_usize..4,
        ) {
            let mut expected: Vec<(usize, f32)> = logits.iter().copied().enumerate().collect();
            expected.retain(|(_, logit)| *logit > f32::NEG_INFINITY);
            expected.sort_by(|a, b| b.1.total_cmp(&a.1));
            expected.truncate(count);

            let mut best = TopLogits::new(count);
            let mut first = 0;
            for part in logits.chunks(logits.len().div_ceil(parts)) {
                let mut of_part = TopLogits::new(count);
                for block in part.chunks(BLOCK) {
                    update_top(block, &part_maxima(block), first, &mut of_part);
                    first += u32::try_from(block.len())?;
                }
                best.extend(of_part);
            }
            let found = best.into_candidates();
            let found = found.iter().map(|found| (found.id as usize, found.logit));
            prop_assert_eq!(found.collect::<Vec<_>>(), expected);
        }
    }
}
