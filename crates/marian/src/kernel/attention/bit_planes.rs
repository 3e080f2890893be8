//! Numbers of 14 bits in two planes of seven, for products with the bytes of keys and values.
//!
//! A number is `128 · high + low`. Each plane fits a byte, and the sum of two of its products with
//! a byte fits the 16 bits in which AVX2 adds them.

use crate::kernel::int8::GROUP;
use crate::kernel::{LANES, ROUND};

/// Maximum number of values per head: the sum of 1 024 products of 8 191 and 255 is below 2³¹.
pub(crate) const MAX_HEAD_SIZE: usize = 1024;

/// Bits of the low plane.
pub(super) const LOW: u32 = 7;

/// Numbers in two planes, padded with zeros.
#[derive(Debug, Default)]
pub(super) struct BitPlanes<T> {
    pub(super) high: Vec<[T; GROUP]>,
    pub(super) low: Vec<[T; GROUP]>,
}

impl<T: Copy + Default> BitPlanes<T> {
    /// Stores `split` of each value, counted in units of which `max` make up the greatest
    /// magnitude. Returns the value of one unit, and the sum of all units. A value that is not
    /// finite counts as 0, as does everything if the greatest magnitude is too small to divide by:
    /// the sums stay within their bounds for any input.
    #[inline(always)]
    fn set(
        &mut self,
        values: &[f32],
        greatest: f32,
        max: f32,
        split: impl Fn(i32) -> (T, T),
    ) -> (f32, i32) {
        let factor = if greatest > 0.0 { max / greatest } else { 0.0 };
        let groups = values.len().next_multiple_of(LANES) / GROUP;
        // Mostly the length is unchanged; zeroing all of it first would be two calls for a hundred
        // bytes.
        for plane in [&mut self.high, &mut self.low] {
            plane.resize(groups, [T::default(); GROUP]);
            for beyond in &mut plane.as_flattened_mut()[values.len()..] {
                *beyond = T::default();
            }
        }
        let planes = self
            .high
            .as_flattened_mut()
            .iter_mut()
            .zip(self.low.as_flattened_mut());
        let mut total = 0;
        for (value, (high, low)) in values.iter().zip(planes) {
            let scaled = value * factor;
            let scaled = if scaled.abs() <= max + 1.0 {
                scaled
            } else {
                0.0
            };
            // The nearest whole number is in the low bits.
            let units = (scaled + ROUND)
                .to_bits()
                .wrapping_sub(ROUND.to_bits())
                .cast_signed();
            total += units;
            (*high, *low) = split(units);
        }
        (greatest / max, total)
    }
}

impl BitPlanes<i8> {
    /// Stores a query; returns the value of one unit, and the sum of all units. The planes are at
    /// most 64 in magnitude: 2 · 64 · 255 < 2¹⁵.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "both planes fit")]
    pub(super) fn fill(&mut self, query: &[f32], greatest: f32) -> (f32, i32) {
        const HALF: i32 = 1 << (LOW - 1);
        self.set(query, greatest, 8191.0, |units| {
            let high = (units + HALF) >> LOW;
            (high as i8, (units - (high << LOW)) as i8)
        })
    }
}

impl BitPlanes<u8> {
    /// Stores weights, which must not be negative; returns the value of one unit. The planes are at
    /// most 127: 2 · 127 · 127 < 2¹⁵.
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "both planes fit, and have no sign"
    )]
    pub(super) fn fill(&mut self, weights: &[f32], greatest: f32) -> f32 {
        const MASK: i32 = (1 << LOW) - 1;
        self.set(weights, greatest, 16383.0, |units| {
            ((units >> LOW) as u8, (units & MASK) as u8)
        })
        .0
    }
}

/// Returns the numbers that the planes hold.
pub(super) fn units(planes: &BitPlanes<i8>) -> impl Iterator<Item = [i32; GROUP]> {
    let planes = planes.high.iter().zip(&planes.low);
    planes
        .map(|(high, low)| std::array::from_fn(|i| (i32::from(high[i]) << LOW) + i32::from(low[i])))
}

/// Combines the sums of both planes.
#[inline(always)]
pub(super) fn joined(high: i32, low: i32) -> f32 {
    high as f32 * (1 << LOW) as f32 + low as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_not_finite_count_as_zero() {
        let values = [f32::NAN, f32::INFINITY, 1e-38, 0.0, -1.0, f32::NEG_INFINITY];
        for greatest in [f32::INFINITY, 1e-38, 0.0] {
            let mut query = BitPlanes::<i8>::default();
            let (_, total) = query.fill(&[&values[..]; 8].concat(), greatest);
            assert!(total.abs() <= 8 * 8191, "{total}");
        }
        let mut query = BitPlanes::<i8>::default();
        assert_eq!(query.fill(&values, 1.0).1, -8191);
        assert_eq!(units(&query).flatten().sum::<i32>(), -8191);
    }
}
