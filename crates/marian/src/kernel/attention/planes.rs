//! Sums of integers over keys and values. All sets of instructions give the same.
//!
//! What meets the bytes of keys and values is a number of 14 bits, `128 · high + low`: each plane of it fits a byte, and
//! two of its products with a byte fit the 16 bits in which AVX2 adds them up.

#![expect(
    unsafe_code,
    reason = "a function compiled for more than the common instructions cannot be called otherwise"
)]

use crate::kernel::int8::{self, Instructions};
use crate::kernel::{LANES, ROUND, zip_lanes};

/// As many products as a 32-bit lane adds up at a time.
pub(super) const TOGETHER: usize = int8::GROUP;

/// What keys are more by than they stand for, so that they are unsigned.
pub(super) const OFFSET: i32 = int8::OFFSET;

/// The most values of a head: the sum of 1 024 products of 8 191 and 255 is below 2³¹.
pub(crate) const MOST_VALUES: usize = 1024;

/// The bits of the lower plane.
const LOW: u32 = 7;

/// Numbers in two planes, filled up with zeros.
#[derive(Debug, Default)]
pub(super) struct Planes<T> {
    high: Vec<[T; TOGETHER]>,
    low: Vec<[T; TOGETHER]>,
}

impl<T: Copy + Default> Planes<T> {
    /// Sets them to `split` of each value in units, of which the greatest magnitude is `most`; returns what a unit is
    /// worth, and how many units there are altogether. What is not a finite number, or too small to be divided by, counts
    /// as 0: sums stay within their bounds whatever comes.
    #[inline(always)]
    fn set(
        &mut self,
        values: &[f32],
        greatest: f32,
        most: f32,
        split: impl Fn(i32) -> (T, T),
    ) -> (f32, i32) {
        let factor = if greatest > 0.0 { most / greatest } else { 0.0 };
        let groups = values.len().next_multiple_of(LANES) / TOGETHER;
        // Mostly they are as long as they were; to set all to zero first would be two calls for a hundred bytes.
        for plane in [&mut self.high, &mut self.low] {
            plane.resize(groups, [T::default(); TOGETHER]);
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
            let scaled = if scaled.abs() <= most + 1.0 {
                scaled
            } else {
                0.0
            };
            // The whole number next to it is in the low bits.
            let units = (scaled + ROUND)
                .to_bits()
                .wrapping_sub(ROUND.to_bits())
                .cast_signed();
            total += units;
            (*high, *low) = split(units);
        }
        (greatest / most, total)
    }
}

impl Planes<i8> {
    /// Takes a query. Its planes are 64 at most in magnitude: 2 · 64 · 255 < 2¹⁵.
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

impl Planes<u8> {
    /// Takes weights, none of which is negative; returns what a unit is worth. Their planes are 127 at most:
    /// 2 · 127 · 127 < 2¹⁵.
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

/// `sums[t] = Σᵢ query[i] · (keys[t, i] + OFFSET)` for blocks of keys `[depth / 4, LANES, 4]`, one every `stride` bytes.
/// There are [`MOST_VALUES`] of a query at most.
pub(super) fn key_sums(
    instructions: Instructions,
    query: &Planes<i8>,
    keys: &[i8],
    stride: usize,
    sums: &mut [[i32; LANES]],
) {
    match instructions {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor has what the function is compiled for.
        Instructions::Avx512 | Instructions::Amx if instructions.is_available() => unsafe {
            x86::key_sums_avx512(query, keys, stride, sums);
        },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: likewise.
        Instructions::Avx2 if instructions.is_available() => unsafe {
            x86::key_sums_avx2(query, keys, stride, sums);
        },
        _ => {
            for (sums, keys) in sums.iter_mut().zip(keys.chunks(stride)) {
                *sums = [0; LANES];
                for (keys, units) in keys
                    .as_chunks::<{ LANES * TOGETHER }>()
                    .0
                    .iter()
                    .zip(units(query))
                {
                    for (sum, keys) in sums.iter_mut().zip(keys.as_chunks::<TOGETHER>().0) {
                        for (key, units) in keys.iter().zip(units) {
                            *sum += units * i32::from(key.cast_unsigned());
                        }
                    }
                }
            }
        }
    }
}

/// `sums[i] = Σₜ weights[t] · values[t, i]` for values `[depth, 4]` of four rows every `stride` bytes; both planes are
/// summed up for themselves, exactly, and make a float together.
pub(super) fn value_sums(
    instructions: Instructions,
    weights: &Planes<u8>,
    values: &[i8],
    stride: usize,
    sums: &mut [[f32; LANES]],
) {
    match instructions {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor has what the function is compiled for.
        Instructions::Avx512 | Instructions::Amx if instructions.is_available() => unsafe {
            x86::value_sums_avx512(weights, values, stride, sums);
        },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: likewise.
        Instructions::Avx2 if instructions.is_available() => unsafe {
            x86::value_sums_avx2(weights, values, stride, sums);
        },
        _ => {
            for (index, sums) in sums.iter_mut().enumerate() {
                let mut totals = [[0; LANES]; 2];
                let planes = weights.high.iter().zip(&weights.low);
                for (values, (high, low)) in values.chunks(stride).zip(planes) {
                    let values = values.as_chunks::<{ LANES * TOGETHER }>().0[index];
                    for (totals, plane) in totals.iter_mut().zip([high, low]) {
                        for (total, values) in
                            totals.iter_mut().zip(values.as_chunks::<TOGETHER>().0)
                        {
                            for (value, weight) in values.iter().zip(plane) {
                                *total += i32::from(*value) * i32::from(*weight);
                            }
                        }
                    }
                }
                let [high, low] = totals;
                *sums = zip_lanes(high, low, joined);
            }
        }
    }
}

/// The numbers themselves.
fn units(planes: &Planes<i8>) -> impl Iterator<Item = [i32; TOGETHER]> {
    let planes = planes.high.iter().zip(&planes.low);
    planes
        .map(|(high, low)| std::array::from_fn(|i| (i32::from(high[i]) << LOW) + i32::from(low[i])))
}

/// A sum of both planes.
#[inline(always)]
fn joined(high: i32, low: i32) -> f32 {
    high as f32 * (1 << LOW) as f32 + low as f32
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256i, __m512i, _mm256_add_epi32, _mm256_madd_epi16, _mm256_maddubs_epi16,
        _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setzero_si256, _mm512_add_epi32,
        _mm512_dpbusd_epi32, _mm512_set1_epi32, _mm512_setzero_si512, _mm512_slli_epi32,
    };

    use pulp::bytemuck::{self, Pod, cast};

    use super::{LANES, LOW, Planes, TOGETHER, joined, zip_lanes};

    /// Four bytes of a key of each lane, or four rows' bytes of as many values.
    type Group = [i8; LANES * TOGETHER];

    /// Four bytes for every lane.
    fn four<T: Pod>(bytes: [T; TOGETHER]) -> i32
    where
        [T; TOGETHER]: Pod,
    {
        bytemuck::cast(bytes)
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) fn key_sums_avx512(
        query: &Planes<i8>,
        keys: &[i8],
        stride: usize,
        sums: &mut [[i32; LANES]],
    ) {
        for (sums, keys) in sums.iter_mut().zip(keys.chunks(stride)) {
            let mut totals = [_mm512_setzero_si512(); 2];
            let planes = query.high.iter().zip(&query.low);
            for (keys, (high, low)) in keys.as_chunks().0.iter().zip(planes) {
                let keys = cast::<Group, __m512i>(*keys);
                totals[0] = _mm512_dpbusd_epi32(totals[0], keys, _mm512_set1_epi32(four(*high)));
                totals[1] = _mm512_dpbusd_epi32(totals[1], keys, _mm512_set1_epi32(four(*low)));
            }
            *sums = cast(_mm512_add_epi32(
                _mm512_slli_epi32::<LOW>(totals[0]),
                totals[1],
            ));
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) fn value_sums_avx512(
        weights: &Planes<u8>,
        values: &[i8],
        stride: usize,
        sums: &mut [[f32; LANES]],
    ) {
        let (fours, rest) = sums.as_chunks_mut();
        for (index, sums) in fours.iter_mut().enumerate() {
            *sums = registers_avx512::<4>(weights, values, stride, 4 * index);
        }
        for (index, sums) in rest.iter_mut().enumerate() {
            [*sums] = registers_avx512(weights, values, stride, 4 * fours.len() + index);
        }
    }

    /// The sums of some registers, from the one with this index.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn registers_avx512<const COUNT: usize>(
        weights: &Planes<u8>,
        values: &[i8],
        stride: usize,
        first: usize,
    ) -> [[f32; LANES]; COUNT] {
        let mut totals = [[_mm512_setzero_si512(); 2]; COUNT];
        let planes = weights.high.iter().zip(&weights.low);
        for (values, (high, low)) in values.chunks(stride).zip(planes) {
            let (high, low) = (
                _mm512_set1_epi32(four(*high)),
                _mm512_set1_epi32(four(*low)),
            );
            let values: &[Group] = &values.as_chunks().0[first..first + COUNT];
            for (totals, values) in totals.iter_mut().zip(values) {
                let values = cast::<Group, __m512i>(*values);
                totals[0] = _mm512_dpbusd_epi32(totals[0], high, values);
                totals[1] = _mm512_dpbusd_epi32(totals[1], low, values);
            }
        }
        // A loop: `map` hands these registers to a function that is compiled for the common ones.
        let mut sums = [[0.0; LANES]; COUNT];
        for (sums, totals) in sums.iter_mut().zip(totals) {
            *sums = both(totals);
        }
        sums
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn key_sums_avx2(
        query: &Planes<i8>,
        keys: &[i8],
        stride: usize,
        sums: &mut [[i32; LANES]],
    ) {
        for (sums, keys) in sums.iter_mut().zip(keys.chunks(stride)) {
            let mut totals = [[_mm256_setzero_si256(); 2]; 2];
            let planes = query.high.iter().zip(&query.low);
            for (keys, (high, low)) in keys.as_chunks().0.iter().zip(planes) {
                let keys = cast::<Group, [__m256i; 2]>(*keys);
                for (totals, plane) in totals.iter_mut().zip([high, low]) {
                    let plane = _mm256_set1_epi32(four(*plane));
                    for (total, keys) in totals.iter_mut().zip(keys) {
                        *total = add_products(*total, keys, plane);
                    }
                }
            }
            let [high, low] = totals.map(cast::<[__m256i; 2], [i32; LANES]>);
            *sums = zip_lanes(high, low, |high, low| (high << LOW) + low);
        }
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn value_sums_avx2(
        weights: &Planes<u8>,
        values: &[i8],
        stride: usize,
        sums: &mut [[f32; LANES]],
    ) {
        for (index, sums) in sums.iter_mut().enumerate() {
            let mut totals = [[_mm256_setzero_si256(); 2]; 2];
            let planes = weights.high.iter().zip(&weights.low);
            for (values, (high, low)) in values.chunks(stride).zip(planes) {
                let values = cast::<Group, [__m256i; 2]>(values.as_chunks().0[index]);
                for (totals, plane) in totals.iter_mut().zip([high, low]) {
                    let plane = _mm256_set1_epi32(four(*plane));
                    for (total, values) in totals.iter_mut().zip(values) {
                        *total = add_products(*total, plane, values);
                    }
                }
            }
            *sums = both(totals);
        }
    }

    /// Adds products of unsigned and signed bytes, four to a lane.
    #[target_feature(enable = "avx2")]
    fn add_products(total: __m256i, unsigned: __m256i, signed: __m256i) -> __m256i {
        let pairs = _mm256_maddubs_epi16(unsigned, signed);
        _mm256_add_epi32(total, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
    }

    /// Floats of the sums of two planes.
    #[inline(always)]
    fn both<T: Pod>(totals: [T; 2]) -> [f32; LANES] {
        let [high, low] = totals.map(cast::<T, [i32; LANES]>);
        zip_lanes(high, low, joined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At the extremes, and beside what belongs to other heads; sets that this processor lacks are not tried here.
    #[test]
    #[expect(clippy::cast_possible_truncation, reason = "units are small")]
    fn sums_are_exact() {
        for depth in [16, 64, 80] {
            let (blocks, stride) = (3, depth * LANES + 32);
            let byte = |i: usize| [127, -128, 0, 1, 126, -127, 55][i * 7919 / 13 % 7];
            let keys: Vec<i8> = (0..blocks * stride).map(byte).collect();
            let (mut query, mut weights) = (Planes::<i8>::default(), Planes::<u8>::default());
            let values: Vec<f32> = (0..depth)
                .map(|i| [1.0, -1.0, 0.3, -0.7, 0.0][i * 31 / 3 % 5])
                .collect();
            let (_, total) = query.fill(&values, 1.0);
            let positive: Vec<f32> = (0..blocks * LANES)
                .map(|i| [1.0, 0.0, 0.9, 0.4][i * 17 / 5 % 4])
                .collect();
            weights.fill(&positive, 1.0);
            let units = |value: &f32, most: f32| (value * most).round_ties_even() as i32;
            assert_eq!(
                total,
                values.iter().map(|value| units(value, 8191.0)).sum::<i32>()
            );
            for instructions in Instructions::ALL
                .into_iter()
                .filter(|set| set.is_available())
            {
                let mut sums = vec![[0; LANES]; blocks];
                key_sums(instructions, &query, &keys, stride, &mut sums);
                for (t, sum) in sums.as_flattened().iter().enumerate() {
                    let key = |i: usize| {
                        keys[t / LANES * stride + (i / 4 * LANES + t % LANES) * 4 + i % 4]
                            .cast_unsigned()
                    };
                    let expected: i32 = (0..depth)
                        .map(|i| units(&values[i], 8191.0) * i32::from(key(i)))
                        .sum();
                    assert_eq!(*sum, expected, "{instructions:?}");
                }
                let stride = depth * TOGETHER + 32;
                let kept: Vec<i8> = (0..blocks * LANES / TOGETHER * stride).map(byte).collect();
                let mut sums = vec![[0.0; LANES]; depth / LANES];
                value_sums(instructions, &weights, &kept, stride, &mut sums);
                for (i, sum) in sums.as_flattened().iter().enumerate() {
                    let value = |t: usize| i32::from(kept[t / 4 * stride + i * 4 + t % 4]);
                    let expected: i32 = (0..positive.len())
                        .map(|t| units(&positive[t], 16383.0) * value(t))
                        .sum();
                    assert_eq!(
                        sum.to_bits(),
                        (expected as f32).to_bits(),
                        "{instructions:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn numbers_that_are_none_count_as_nothing() {
        let values = [f32::NAN, f32::INFINITY, 1e-38, 0.0, -1.0, f32::NEG_INFINITY];
        for greatest in [f32::INFINITY, 1e-38, 0.0] {
            let mut query = Planes::<i8>::default();
            let (_, total) = query.fill(&[&values[..]; 8].concat(), greatest);
            assert!(total.abs() <= 8 * 8191, "{total}");
        }
        let mut query = Planes::<i8>::default();
        assert_eq!(query.fill(&values, 1.0).1, -8191);
        assert_eq!(units(&query).flatten().sum::<i32>(), -8191);
    }
}
