//! Activation functions.

use pulp::Simd;

use super::{dispatch, exp};

/// Activation function between the two products of a feed-forward block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// max(x, 0).
    Relu,
    /// x · σ(x), also called swish.
    Silu,
    /// x · Φ(x), by the error function.
    Gelu,
    /// The approximation of GELU by a hyperbolic tangent.
    GeluTanh,
}

/// Applies an activation function to every value.
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

/// Returns x · Φ(x), as torch's `gelu`.
fn gelu(x: f32) -> f32 {
    x * 0.5 * (1.0 + candle_core::cpu::erf::erf_f32(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// Returns the approximation of Hendrycks and Gimpel (arXiv:1606.08415), as transformers'
/// `gelu_new`.
fn gelu_tanh(x: f32) -> f32 {
    let inner = std::f32::consts::FRAC_2_SQRT_PI
        * std::f32::consts::FRAC_1_SQRT_2
        * (x + 0.044_715 * x * x * x);
    0.5 * x * (1.0 + inner.tanh())
}

dispatch! {
    /// Replaces every value x by x · σ(x).
    fn silu<'a>(values: &'a mut [f32]) -> () = silu_kernel;
}

#[inline(always)]
fn silu_kernel<S: Simd>(_: S, values: &mut [f32]) {
    // Smaller inputs give practically zero, and the reciprocal of 1 + e⁻ˣ would be a subnormal
    // number. (`max` would turn NaN into a number.)
    const MIN_INPUT: f32 = -69.0;
    for value in values {
        let x = if *value < MIN_INPUT {
            MIN_INPUT
        } else {
            *value
        };
        *value = x * reciprocal(1.0 + exp(-x));
    }
}

/// Returns 1 / x with a relative error of 6 · 10⁻⁸, for x from 2⁻¹²⁵ to 2¹²⁵, using fused
/// multiply-adds. A processor starts a division of whole AVX-512 registers only every ten cycles or
/// so; these seven operations take half as long.
///
/// A constant minus the bits of x is the reciprocal to within a twentieth: the exponent is negated,
/// and the mantissa nearly so. Each step of Newton's method squares the relative error.
#[inline(always)]
fn reciprocal(x: f32) -> f32 {
    let mut y = f32::from_bits(0x7ef3_11c7_u32.wrapping_sub(x.to_bits()));
    for _ in 0..3 {
        y = y.mul_add((-x).mul_add(y, 1.0), y);
    }
    y
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
