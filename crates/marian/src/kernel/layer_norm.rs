//! The residual connection with layer normalisation.

use pulp::Simd;

use super::{LANES, dispatch, fold};
use crate::team::Team;

/// Constant added to a variance before the square root: the default of torch's `LayerNorm`, which
/// Marian models use.
const EPSILON: f32 = 1e-5;

/// Number of values that make a second thread worthwhile: some 2 µs of work.
const WORTH_SPLITTING: usize = 1 << 12;

/// Computes `x = normalised(x + residual) · gain + shift` for each row of `gain.len()` values.
pub(crate) fn add_and_normalise(
    team: &Team,
    x: &mut [f32],
    residual: &[f32],
    gain: &[f32],
    shift: &[f32],
) {
    let width = gain.len();
    let values = team.share(x.len() / width, WORTH_SPLITTING / width) * width;
    let parts = x.chunks_mut(values).zip(residual.chunks(values));
    team.for_each(parts, |(x, residual)| {
        for (x, residual) in x.chunks_exact_mut(width).zip(residual.chunks_exact(width)) {
            normalise_row(x, residual, gain, shift);
        }
    });
}

dispatch! {
    /// Computes one row of [`add_and_normalise`].
    fn normalise_row<'a>(x: &'a mut [f32], residual: &'a [f32], gain: &'a [f32], shift: &'a [f32]) -> () = normalise_kernel;
}

#[inline(always)]
fn normalise_kernel<S: Simd>(_: S, x: &mut [f32], residual: &[f32], gain: &[f32], shift: &[f32]) {
    for (x, residual) in x.iter_mut().zip(residual) {
        *x += residual;
    }
    let count = x.len() as f32;
    let mean = sum(x, |value, total| value + total) / count;
    let variance = sum(x, |value, total| (value - mean) * (value - mean) + total) / count;
    let scale = 1.0 / (variance + EPSILON).sqrt();
    for ((x, gain), shift) in x.iter_mut().zip(gain).zip(shift) {
        *x = (*x - mean) * scale * gain + shift;
    }
}

/// Returns a sum over a slice in [`LANES`] lanes; `add(value, total)` adds one value to its lane.
#[inline(always)]
fn sum(values: &[f32], add: impl Fn(f32, f32) -> f32) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] = add(chunk[lane], lanes[lane]);
        }
    }
    for (lane, value) in rest.iter().enumerate() {
        lanes[lane] = add(*value, lanes[lane]);
    }
    fold(lanes, |a, b| a + b)
}
