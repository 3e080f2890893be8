//! Sums of integers over keys and values with the vector instructions of x86.

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_add_epi32, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_setzero_si256, _mm512_add_epi32, _mm512_dpbusd_epi32,
    _mm512_set1_epi32, _mm512_setzero_si512, _mm512_slli_epi32,
};

use pulp::bytemuck::{self, Pod, cast};

use crate::kernel::attention::bit_planes::{BitPlanes, LOW, joined};
use crate::kernel::int8::GROUP;
use crate::kernel::{LANES, zip_lanes};

/// Four bytes of a key per lane, or the bytes of four rows for each of sixteen values.
type Group = [i8; LANES * GROUP];

/// Returns four bytes as one lane.
fn four<T: Pod>(bytes: [T; GROUP]) -> i32
where
    [T; GROUP]: Pod,
{
    bytemuck::cast(bytes)
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) fn key_sums_avx512(
    query: &BitPlanes<i8>,
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
    weights: &BitPlanes<u8>,
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

/// Returns the sums of `COUNT` registers, starting at register `first`.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn registers_avx512<const COUNT: usize>(
    weights: &BitPlanes<u8>,
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
    // A loop, because `map` would pass these registers to a function compiled for the baseline.
    let mut sums = [[0.0; LANES]; COUNT];
    for (sums, totals) in sums.iter_mut().zip(totals) {
        *sums = both(totals);
    }
    sums
}

#[target_feature(enable = "avx2")]
pub(super) fn key_sums_avx2(
    query: &BitPlanes<i8>,
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
    weights: &BitPlanes<u8>,
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

/// Adds products of unsigned and signed bytes, four per lane.
#[target_feature(enable = "avx2")]
fn add_products(total: __m256i, unsigned: __m256i, signed: __m256i) -> __m256i {
    let pairs = _mm256_maddubs_epi16(unsigned, signed);
    _mm256_add_epi32(total, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
}

/// Combines the sums of both planes into floats.
#[inline(always)]
fn both<T: Pod>(totals: [T; 2]) -> [f32; LANES] {
    let [high, low] = totals.map(cast::<T, [i32; LANES]>);
    zip_lanes(high, low, joined)
}
