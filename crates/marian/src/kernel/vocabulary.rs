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
            best: Vec::with_capacity(count),
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
        if self.best.len() == self.count {
            self.best.pop();
        }
        // From behind: most are little better than the last.
        let mut place = self.best.len();
        self.best.push(candidate);
        while place > 0 && self.best[place - 1].logit < candidate.logit {
            self.best[place] = self.best[place - 1];
            place -= 1;
        }
        self.best[place] = candidate;
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
fn top_kernel<S: Simd>(simd: S, logits: &[f32], maxima: &Maxima, first: u32, top: &mut Top) {
    let mut threshold = top.threshold();
    if threshold == f32::NEG_INFINITY {
        threshold = below_the_best(logits, top.count);
    }
    let parts = logits.chunks(PART).zip(maxima.0);
    for ((part, maximum), start) in parts.zip((first..).step_by(PART)) {
        if maximum <= threshold {
            continue;
        }
        for (logits, start) in part.chunks(LANES).zip((start..).step_by(LANES)) {
            // A register at a time, for few of a part's logits are above. (Which is the first is not told alike for all
            // sets of instructions, but that there is none is.)
            let (registers, rest) = S::as_simd_f32s(logits);
            let none_above = |register: &S::f32s| {
                let above = simd.greater_than_f32s(*register, simd.splat_f32s(threshold));
                simd.first_true_m32s(above) == S::F32_LANES
            };
            if rest.is_empty() && registers.iter().all(none_above) {
                continue;
            }
            // Which are above nobody can foresee: so none is jumped over, and those that are come together first.
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

/// Something that the best `count` of a block's logits are above, mostly not far below them: the greatest of each lane
/// are that many logits, if there are lanes enough. Without it a third to a half of all that are ever among the best so
/// far would be of the first block.
#[inline(always)]
fn below_the_best(logits: &[f32], count: usize) -> f32 {
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

        /// Also where many are equal, or nothing, or fewer than are wanted, and however they are shared out.
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

            let mut best = Top::new(count);
            let mut first = 0;
            for part in logits.chunks(logits.len().div_ceil(parts)) {
                let mut of_part = Top::new(count);
                for block in part.chunks(BLOCK) {
                    top(block, &maxima(block), first, &mut of_part);
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
