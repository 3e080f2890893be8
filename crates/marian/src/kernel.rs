//! Arithmetic on plain slices, where the network spends its time.
//!
//! Two rules hold for everything here. **One order of summation:** the order of the terms of a sum
//! depends only on their number, never on the other rows of a batch, the number of threads or how
//! work was divided. So a row has the same bits in any batch. **No `unsafe`** except in [`int8`],
//! `attention::sums`, `prefetch` and `huge_pages`, which state why. Sums of integers use the vector
//! registers of [`Instructions`](int8::Instructions). Every other kernel is compiled once per
//! instruction set and selected at run time by `pulp`; it is written in pulp's registers, or so
//! that LLVM vectorises it.
//!
//! Only the product of floats, eˣ and the reciprocal use fused multiply-adds, and they do so
//! explicitly: if the compiler chose, some processors would round where others do not. So all
//! instruction sets agree bit for bit, and the product of integers is exact on every processor.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into a kernel is compiled for its instruction set"
)]

use pulp::Simd;

mod activation;
mod aligned;
mod attention;
mod f32_product;
mod huge_pages;
pub(crate) mod int8;
mod layer_norm;
mod logits;
mod prefetch;
mod split_columns;

pub use activation::Activation;
pub(crate) use activation::activate;
pub(crate) use aligned::AlignedVec;
pub(crate) use attention::{Attend, KvCache, MAX_HEAD_SIZE, Queries, Scratch, dot};
pub(crate) use f32_product::{Interleaved, Packed};
pub(crate) use layer_norm::add_and_normalise;
pub use logits::Candidate;
pub(crate) use logits::{BLOCK, LogSumExp, TopLogits, log_sum_exp, part_maxima, update_top};
pub(crate) use split_columns::split_columns;

/// Lanes that a sum is spread over. Sixteen floats are one register of AVX-512, two of AVX2, four
/// of SSE2 and NEON.
const LANES: usize = 16;

/// Columns of a result that are computed together, and the width of a panel of packed weights. For
/// floats they are two registers of AVX-512 or four of AVX2. For integers, at four bytes a column,
/// they are the same, and two tiles of AMX.
pub(crate) const PANEL: usize = 32;

/// 1.5 · 2²³. Adding it to a small float leaves that float, rounded to a whole number with ties to
/// even, in the low bits of the mantissa.
const ROUND: f32 = 12_582_912.0;

/// Maximum magnitude of a quantised weight, key or value.
const MAX_QUANTISED: f32 = 127.0;

/// Rounds a small float to a whole number, ties to even.
#[inline(always)]
fn rounded(value: f32) -> i8 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the low byte is the number"
    )]
    let byte = (value + ROUND).to_bits() as i8;
    byte
}

/// Reduces lanes pairwise: 8 + 8, 4 + 4, 2 + 2, 1 + 1.
#[inline(always)]
fn fold(lanes: [f32; LANES], combine: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = lanes;
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] = combine(lanes[lane], lanes[lane + half]);
        }
        half /= 2;
    }
    lanes[0]
}

/// Maps every lane of a register. Not by `array::map` or `array::from_fn`: LLVM turns those into
/// calls of functions that are compiled for the baseline instructions.
#[inline(always)]
fn map_lanes<A: Copy, B: Copy + Default>(lanes: [A; LANES], of: impl Fn(A) -> B) -> [B; LANES] {
    let mut result = [B::default(); LANES];
    for lane in 0..LANES {
        result[lane] = of(lanes[lane]);
    }
    result
}

/// Combines two registers lane by lane, likewise.
#[inline(always)]
fn zip_lanes<A: Copy, B: Copy + Default>(
    a: [A; LANES],
    b: [A; LANES],
    of: impl Fn(A, A) -> B,
) -> [B; LANES] {
    let mut result = [B::default(); LANES];
    for lane in 0..LANES {
        result[lane] = of(a[lane], b[lane]);
    }
    result
}

/// Reduces registers to one, starting from `start`, in no particular order. Four accumulators, each
/// of which depends only on itself.
#[inline(always)]
fn combined<R: Copy>(registers: &[R], start: R, combine: impl Fn(R, R) -> R) -> R {
    let (fours, few) = registers.as_chunks::<4>();
    let mut totals = [start; 4];
    for values in fours {
        for (total, value) in totals.iter_mut().zip(values) {
            *total = combine(*value, *total);
        }
    }
    for (total, value) in totals.iter_mut().zip(few) {
        *total = combine(*value, *total);
    }
    let [a, b, c, d] = totals;
    combine(combine(a, b), combine(c, d))
}

/// Returns the maximum of the values, or −∞ if there are no values; NaN is ignored.
#[inline(always)]
fn maximum<S: Simd>(simd: S, values: &[f32]) -> f32 {
    let (registers, rest) = S::as_simd_f32s(values);
    let none = simd.splat_f32s(f32::NEG_INFINITY);
    let greatest = combined(registers, none, |value, greatest| {
        simd.max_f32s(value, greatest)
    });
    rest.iter()
        .fold(simd.reduce_max_f32s(greatest), |greatest, value| {
            if *value > greatest { *value } else { greatest }
        })
}

/// Returns eˣ with a relative error of (2.5 + 0.75 · |x|) · 10⁻⁷: every term that matters in a sum
/// with 1 is as exact as f32 allows. Results are clamped to 2⁻¹⁰⁰ and 2¹²⁷: a fraction of the
/// former is not yet a subnormal number, which would be slow.
///
/// eˣ = 2ⁿ · 2ᶠ with n whole and |f| ≤ ½. Of the polynomials of its degree that are 1 at 0, this
/// one has the smallest maximum relative error, 9 · 10⁻⁸. `f32::exp` is a call per value, whereas
/// LLVM vectorises this function.
#[inline(always)]
fn exp(x: f32) -> f32 {
    #[expect(clippy::approx_constant, reason = "the best coefficient is not ln 2")]
    const POLYNOMIAL: [f32; 6] = [
        1.326_472_7e-3,
        9.671_513e-3,
        5.550_733_6e-2,
        2.402_224_2e-1,
        6.931_47e-1,
        1.0,
    ];
    let exponent = (x * std::f32::consts::LOG2_E).clamp(-100.0, 127.0);
    let rounded = exponent + ROUND;
    let f = exponent - (rounded - ROUND);
    let mut power = POLYNOMIAL[0];
    for coefficient in &POLYNOMIAL[1..] {
        power = power.mul_add(f, *coefficient);
    }
    // n is in the low bits of `rounded`: it is added to the exponent, and the rest is shifted out.
    f32::from_bits(power.to_bits().wrapping_add(rounded.to_bits() << 23))
}

/// Defines functions that dispatch to the copy of a kernel that is compiled for this processor, at
/// each call.
///
/// `fn name<'a>(arguments) = kernel;` makes `name` call `kernel(simd, arguments)`, where the type
/// of `simd` is the instruction set. Kernels are `inline(always)`, because only then are they
/// compiled for it.
macro_rules! dispatch {
    ($($(#[$note:meta])* fn $name:ident<$($life:lifetime),+>($($argument:ident: $type:ty),* $(,)?) -> $result:ty = $kernel:ident;)*) => {$(
        $(#[$note])*
        pub(crate) fn $name<$($life),+>($($argument: $type),*) -> $result {
            struct Call<$($life),+> {
                $($argument: $type),*
            }
            impl<$($life),+> pulp::WithSimd for Call<$($life),+> {
                type Output = $result;

                #[inline(always)]
                fn with_simd<S: pulp::Simd>(self, simd: S) -> $result {
                    $kernel(simd, $(self.$argument),*)
                }
            }
            pulp::Arch::new().dispatch(Call { $($argument),* })
        }
    )*};
}
use dispatch;

#[cfg(test)]
mod tests {
    use super::*;

    dispatch! {
        fn exponentials<'a>(values: &'a mut [f32]) -> () = exponentials_kernel;
    }

    #[inline(always)]
    fn exponentials_kernel<S: Simd>(_: S, values: &mut [f32]) {
        for value in values {
            *value = exp(*value);
        }
    }

    #[test]
    fn exp_is_accurate() {
        let xs: Vec<f32> = (-6900..=8700).map(|step| step as f32 * 0.01).collect();
        let (mut results, mut scalar) = (xs.clone(), xs.clone());
        exponentials(&mut results);
        // Compiled for the baseline instructions, without a fused multiply-add: the same bits.
        exponentials_kernel(pulp::Scalar::new(), &mut scalar);
        assert_eq!(results, scalar);
        for (x, result) in xs.iter().zip(results) {
            let exact = f64::from(*x).exp();
            assert!(
                (f64::from(result) / exact - 1.0).abs() < (2.5 + 0.75 * f64::from(x.abs())) * 1e-7,
                "exp({x}) = {result}, not {exact}"
            );
        }
        let mut special = [f32::NEG_INFINITY, -1e30, 0.0, 1e30];
        exponentials(&mut special);
        let powers = [-100, -100, 0, 127].map(|exponent| 2.0_f32.powi(exponent));
        assert_eq!(special.map(f32::to_bits), powers.map(f32::to_bits));
    }
}
