//! Arithmetic on plain slices: what the network spends its time in.
//!
//! Two rules hold for everything here. **One order of summation:** a sum runs over its terms in an order that depends
//! only on how many terms there are, never on the other rows of a batch, on the number of threads, or on how work was
//! cut up; so a row has the same bits in any company. **No `unsafe`** but in [`int8`], `planes`, `prefetch` and `pages`,
//! which say why. Sums of integers are written in the registers of [`Instructions`](int8::Instructions); every other
//! kernel is compiled once per instruction set and picked at run time by `pulp`, written in its registers or so that LLVM
//! vectorises it.
//!
//! Only the product of floats, eˣ and the reciprocal use fused multiply-adds, and say so: left to a compiler, some
//! processors would round where others do not. So all agree bit for bit, and the product of integers is exact everywhere.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into a kernel is compiled for its instruction set"
)]

use pulp::Simd;

mod attention;
mod columns;
pub(crate) mod int8;
mod lines;
mod pages;
mod prefetch;
mod product;
mod rows;
mod vocabulary;

pub(crate) use attention::{Attend, MOST_VALUES, Memory, Queries, Scratch, dot};
pub(crate) use columns::by_columns;
pub(crate) use lines::Lines;
pub(crate) use product::{Interleaved, Packed};
pub(crate) use rows::{activate, add_and_normalise};
pub use vocabulary::Candidate;
pub(crate) use vocabulary::{BLOCK, Mass, Top, mass, maxima, top};

/// Lanes that a sum is spread over. Sixteen floats are one register of AVX-512, two of AVX2, four of SSE2 and NEON.
const LANES: usize = 16;

/// Columns of a result that are computed together, and the width of a panel of packed weights: for floats two registers
/// of AVX-512 or four of AVX2; for integers, four bytes a column, the same, and two tiles of AMX.
pub(crate) const PANEL: usize = 32;

/// 1.5 · 2²³: adding it leaves a small float rounded to a whole number, halves to even, in the low bits of its mantissa.
const ROUND: f32 = 12_582_912.0;

/// The greatest number that a byte of weights, keys or values is.
const MOST: f32 = 127.0;

/// The whole number next to a small one, halves to even.
#[inline(always)]
fn rounded(value: f32) -> i8 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the low byte is the number"
    )]
    let byte = (value + ROUND).to_bits() as i8;
    byte
}

/// Adds up lanes pairwise: 8 + 8, 4 + 4, 2 + 2, 1 + 1.
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

/// A register into another. Not `array::map`, nor `array::from_fn`: LLVM makes calls of these, of functions that are
/// compiled for the common instructions.
#[inline(always)]
fn map_lanes<A: Copy, B: Copy + Default>(lanes: [A; LANES], of: impl Fn(A) -> B) -> [B; LANES] {
    let mut result = [B::default(); LANES];
    for lane in 0..LANES {
        result[lane] = of(lanes[lane]);
    }
    result
}

/// Two registers into one, likewise.
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

/// What registers come to, beginning with `start`; in any order. Four at a time, each of which waits only for itself.
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

/// The greatest value, −∞ for none; not-a-numbers do not count.
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

/// eˣ with a relative error of (2.5 + 0.75 · |x|) · 10⁻⁷: what counts in a sum with 1 is as exact as f32 has it. What
/// would be beyond 2⁻¹⁰⁰ or 2¹²⁷ is these: a part of the former is no subnormal number yet, which are slow.
///
/// eˣ = 2ⁿ · 2ᶠ with n whole and |f| ≤ ½. Of the polynomials of its degree that are 1 at 0 this one has the least
/// greatest relative error, 9 · 10⁻⁸. `f32::exp` is a call per value; this is what LLVM can do on whole
/// registers.
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

/// Defines functions that run, each time they are called, the copy of a kernel compiled for what the processor can do.
///
/// `fn name<'a>(arguments) = kernel;` makes `name` call `kernel(simd, arguments)`, where the type of `simd` stands for
/// the instruction set. Kernels are `inline(always)`, for only then are they compiled for it.
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
        // Compiled for what every processor has, without a fused multiply-add: the same bits.
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
