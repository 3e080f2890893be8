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
    // What is less comes to nothing, and of 1 + e⁻ˣ the reciprocal would be a subnormal number. (`max` would make a number
    // of what is none.)
    const LEAST: f32 = -69.0;
    for value in values {
        let x = if *value < LEAST { LEAST } else { *value };
        *value = x * reciprocal(1.0 + exp(-x));
    }
}

/// 1 / x with a relative error of 6 · 10⁻⁸, for x from 2⁻¹²⁵ to 2¹²⁵, with fused multiply-adds. A processor begins a
/// division of whole registers of AVX-512 every ten cycles or so; these seven operations take it half of that.
///
/// A constant less the bits of x is the reciprocal to a twentieth: the exponent is negated, and the rest nearly so. Each
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
            assert!(error.abs() < 6.1e-8, "1 / {x} is off by {error}");
            x *= 1.000_123;
        }
    }

    #[test]
    fn silu_is_accurate_and_the_same_in_all_instructions() {
        let xs: Vec<f32> = (-10_000..=10_001).map(|step| step as f32 * 0.01).collect();
        let (mut results, mut scalar) = (xs.clone(), xs.clone());
        silu(&mut results);
        silu_kernel(pulp::Scalar::new(), &mut scalar);
        assert_eq!(results, scalar);
        for (x, result) in xs.iter().zip(results) {
            let exact = f64::from(*x) / (1.0 + (-f64::from(*x)).exp());
            let error = (f64::from(result) - exact).abs();
            let allowed = (3.0 + f64::from(x.abs())) * 1e-7 * exact.abs();
            assert!(
                error <= allowed.max(1e-28),
                "silu({x}) = {result}, not {exact}"
            );
        }
        let mut special = [0.0, f32::INFINITY, f32::NEG_INFINITY, -1e30, f32::NAN];
        silu(&mut special);
        assert_eq!(special[..2], [0.0, f32::INFINITY]);
        assert!(special[2..4].iter().all(|result| result.abs() < 1e-27));
        assert!(special[4].is_nan());
    }
}
