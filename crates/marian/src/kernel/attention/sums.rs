//! Sums of integers over keys and values. All instruction sets give the same results.

#![expect(
    unsafe_code,
    reason = "a function compiled for more than the baseline instructions cannot be called otherwise"
)]

#[cfg(target_arch = "x86_64")]
mod x86;

use super::bit_planes::{BitPlanes, joined, units};
use crate::kernel::int8::{GROUP, Instructions};
use crate::kernel::{LANES, zip_lanes};

/// Computes `sums[t] = Σᵢ query[i] · (keys[t, i] + OFFSET)` for blocks of keys
/// `[depth / 4, LANES, 4]` that start every `stride` bytes. A query has at most `MAX_HEAD_SIZE`
/// values.
pub(super) fn key_sums(
    instructions: Instructions,
    query: &BitPlanes<i8>,
    keys: &[i8],
    stride: usize,
    sums: &mut [[i32; LANES]],
) {
    match instructions {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor supports the instructions that the function is compiled for.
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
                    .as_chunks::<{ LANES * GROUP }>()
                    .0
                    .iter()
                    .zip(units(query))
                {
                    for (sum, keys) in sums.iter_mut().zip(keys.as_chunks::<GROUP>().0) {
                        for (key, units) in keys.iter().zip(units) {
                            *sum += units * i32::from(key.cast_unsigned());
                        }
                    }
                }
            }
        }
    }
}

/// Computes `sums[i] = Σₜ weights[t] · values[t, i]` for groups of four rows of values `[depth, 4]`
/// that start every `stride` bytes. Each plane is summed separately and exactly; both are then
/// combined into a float.
pub(super) fn value_sums(
    instructions: Instructions,
    weights: &BitPlanes<u8>,
    values: &[i8],
    stride: usize,
    sums: &mut [[f32; LANES]],
) {
    match instructions {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the processor supports the instructions that the function is compiled for.
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
                    let values = values.as_chunks::<{ LANES * GROUP }>().0[index];
                    for (totals, plane) in totals.iter_mut().zip([high, low]) {
                        for (total, values) in totals.iter_mut().zip(values.as_chunks::<GROUP>().0)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// At the extremes, and next to the bytes of other heads. Instruction sets that this processor
    /// lacks are not tested.
    #[test]
    #[expect(clippy::cast_possible_truncation, reason = "units are small")]
    fn sums_are_exact() {
        for depth in [16, 64, 80] {
            let (blocks, stride) = (3, depth * LANES + 32);
            let byte = |i: usize| [127, -128, 0, 1, 126, -127, 55][i * 7919 / 13 % 7];
            let keys: Vec<i8> = (0..blocks * stride).map(byte).collect();
            let (mut query, mut weights) = (BitPlanes::<i8>::default(), BitPlanes::<u8>::default());
            let values: Vec<f32> = (0..depth)
                .map(|i| [1.0, -1.0, 0.3, -0.7, 0.0][i * 31 / 3 % 5])
                .collect();
            let (_, total) = query.fill(&values, 1.0);
            let positive: Vec<f32> = (0..blocks * LANES)
                .map(|i| [1.0, 0.0, 0.9, 0.4][i * 17 / 5 % 4])
                .collect();
            weights.fill(&positive, 1.0);
            let units = |value: &f32, max: f32| (value * max).round_ties_even() as i32;
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
                let stride = depth * GROUP + 32;
                let kept: Vec<i8> = (0..blocks * LANES / GROUP * stride).map(byte).collect();
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
}
