//! What happens to single rows between the products: activation, residual and layer normalisation.

use pulp::Simd;

use super::{LANES, dispatch, exp, fold};
use crate::config::Activation;
use crate::team::Team;

/// Added to a variance before its root is taken; the default of torch's `LayerNorm`, which Marian models use.
const EPSILON: f32 = 1e-5;

/// Values that are worth a second thread: some 2 µs of work.
const WORTH_SPLITTING: usize = 1 << 12;

/// Applies an activation to every value.
pub(crate) fn activate(activation: Activation, values: &mut [f32]) {
    match activation {
        Activation::Relu => values.iter_mut().for_each(|value| *value = value.max(0.0)),
        Activation::Silu => silu(values),
        Activation::Gelu => values.iter_mut().for_each(|value| *value = gelu(*value)),
        Activation::GeluTanh => values
            .iter_mut()
            .for_each(|value| *value = gelu_tanh(*value)),
    }
}

/// x · Φ(x), as torch's `gelu`.
fn gelu(x: f32) -> f32 {
    x * 0.5 * (1.0 + candle_core::cpu::erf::erf_f32(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// The approximation of Hendrycks and Gimpel (arXiv:1606.08415), as transformers' `gelu_new`.
fn gelu_tanh(x: f32) -> f32 {
    let inner = std::f32::consts::FRAC_2_SQRT_PI
        * std::f32::consts::FRAC_1_SQRT_2
        * (x + 0.044_715 * x * x * x);
    0.5 * x * (1.0 + inner.tanh())
}

/// `x = normalised(x + residual) · gain + shift`, for each row of `gain.len()` values.
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
    /// x · σ(x) for every value.
    fn silu<'a>(values: &'a mut [f32]) -> () = silu_kernel;
    /// One row of [`add_and_normalise`].
    fn normalise_row<'a>(x: &'a mut [f32], residual: &'a [f32], gain: &'a [f32], shift: &'a [f32]) -> () = normalise_kernel;
}

#[inline(always)]
fn silu_kernel<S: Simd>(_: S, values: &mut [f32]) {
    // What is further below 0 is as good as 0 already, and its reciprocal would be a subnormal number.
    const MOST: f32 = (1_u128 << 100) as f32;
    for value in values {
        *value *= reciprocal((1.0 + exp(-*value)).min(MOST));
    }
}

/// 1 / x with a relative error of 2 · 10⁻⁷, for x from 2⁻¹²⁵ to 2¹²⁵. Of divisions of whole registers of AVX-512 a
/// processor begins one every 10 to 16 cycles; this takes four.
///
/// A constant less the bits of x is the reciprocal to an eighth: the exponent is negated, and the rest nearly so. Each
/// step of Newton's method squares the relative error.
#[inline(always)]
fn reciprocal(x: f32) -> f32 {
    let mut y = f32::from_bits(0x7ef3_11c7_u32.wrapping_sub(x.to_bits()));
    for _ in 0..3 {
        y = y.mul_add((-x).mul_add(y, 1.0), y);
    }
    y
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

/// Sums over a slice in [`LANES`] lanes; `add(value, total)` adds one value to its lane.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reciprocals_are_accurate() {
        let mut x = 2.0_f32.powi(-125);
        while x < 2.0_f32.powi(125) {
            let error = f64::from(reciprocal(x)) * f64::from(x) - 1.0;
            assert!(error.abs() < 2e-7, "1 / {x} is off by {error}");
            x *= 1.000_123;
        }
    }
}
