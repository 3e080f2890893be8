//! Element types of keys and values, and the two sums over them that attention needs.

use pulp::Simd;
use pulp::bytemuck::cast;

use super::bit_planes::BitPlanes;
use super::sums;
use crate::kernel::int8::{self, Instructions};
use crate::kernel::{AlignedVec, LANES, MAX_QUANTISED, map_lanes, rounded};

/// Number of adjacent values that are summed in one pass over the rows: the size of a head in most
/// models, in eight registers of AVX2.
const WIDE: usize = 4 * LANES;

/// Element type of the keys and values in a cache.
pub(crate) trait KvElement: Copy + Default + Send + Sync + 'static {
    /// Number of values of a key, or of rows of a value, that are adjacent.
    const GROUP: usize;

    /// Returns the stored size of `size` values, which are padded with zeros.
    fn depth(size: usize) -> usize;

    /// Stores one head's part of a row in `out` and returns the value of one unit. If `out` is
    /// longer than `values`, the rest of it stays unchanged.
    fn store(values: &[f32], out: &mut [Self]) -> f32;

    /// Writes a key `[depth]` into its lane, so far zero, of a block of a head's keys
    /// `[depth / GROUP, LANES, GROUP]`.
    fn write_key<S: Simd>(simd: S, key: &[Self], lane: usize, block: &mut [Self]);

    /// Writes values `[any, depth]` of a head into a group of rows `[depth, GROUP]`, from position
    /// `place` of the group on, where it is so far zero.
    fn write_values(values: &[Self], depth: usize, place: usize, group: &mut [Self]);

    /// Computes `out[t] = Σᵢ query[i] · keys[t, i]` with keys in units; a block of them starts
    /// every `stride` numbers.
    fn scores(
        instructions: Instructions,
        query: &[f32],
        keys: &[Self],
        stride: usize,
        buffers: &mut SumBuffers,
        out: &mut [[f32; LANES]],
    );

    /// Computes `out[i] = factor · Σₜ weights[t] · values[t, i]` with values in units;
    /// [`GROUP`](Self::GROUP) rows start every `stride` numbers.
    fn weighted_sum(
        instructions: Instructions,
        weights: &[f32],
        factor: f32,
        values: &[Self],
        stride: usize,
        buffers: &mut SumBuffers,
        out: &mut [f32],
    );
}

/// Stored unchanged.
impl KvElement for f32 {
    const GROUP: usize = 1;

    fn depth(size: usize) -> usize {
        size
    }

    #[inline(always)]
    fn store(values: &[f32], out: &mut [Self]) -> f32 {
        out.copy_from_slice(values);
        1.0
    }

    #[inline(always)]
    fn write_key<S: Simd>(_: S, key: &[Self], lane: usize, block: &mut [Self]) {
        for (lanes, key) in block.as_chunks_mut::<LANES>().0.iter_mut().zip(key) {
            lanes[lane] = *key;
        }
    }

    #[inline(always)]
    fn write_values(values: &[Self], _: usize, _: usize, group: &mut [Self]) {
        group.copy_from_slice(values);
    }

    /// Sums in the order of i, even and odd terms separately: two chains of additions, of which a
    /// processor runs one while the other waits.
    #[inline(always)]
    fn scores(
        _: Instructions,
        query: &[f32],
        keys: &[Self],
        stride: usize,
        _: &mut SumBuffers,
        out: &mut [[f32; LANES]],
    ) {
        let (pairs, last) = query.as_chunks::<2>();
        for (out, keys) in out.iter_mut().zip(keys.chunks(stride)) {
            let (mut even, mut odd) = ([0.0; LANES], [0.0; LANES]);
            let (keys, rest) = keys[..query.len() * LANES].as_chunks::<{ 2 * LANES }>();
            for (query, keys) in pairs.iter().zip(keys) {
                for lane in 0..LANES {
                    even[lane] += query[0] * keys[lane];
                    odd[lane] += query[1] * keys[LANES + lane];
                }
            }
            if let [query] = last {
                for (even, key) in even.iter_mut().zip(rest) {
                    *even += query * key;
                }
            }
            for lane in 0..LANES {
                out[lane] = even[lane] + odd[lane];
            }
        }
    }

    /// Sums in the order of t.
    #[inline(always)]
    fn weighted_sum(
        _: Instructions,
        weights: &[f32],
        factor: f32,
        values: &[Self],
        stride: usize,
        _: &mut SumBuffers,
        out: &mut [f32],
    ) {
        // Rows off the path have weight zero.
        let rows = || {
            let rows = weights.iter().zip(values.chunks(stride));
            rows.filter(|(weight, _)| **weight != 0.0)
        };
        let (wide, rest) = out.as_chunks_mut::<WIDE>();
        let mut place = 0;
        for out in wide {
            let mut sums = [0.0; WIDE];
            for (weight, row) in rows() {
                if let Some(row) = row[place..].first_chunk::<WIDE>() {
                    for index in 0..WIDE {
                        sums[index] += weight * row[index];
                    }
                }
            }
            for index in 0..WIDE {
                out[index] = sums[index] * factor;
            }
            place += WIDE;
        }
        rest.fill(0.0);
        for (weight, row) in rows() {
            for (out, value) in rest.iter_mut().zip(&row[place..]) {
                *out += weight * value;
            }
        }
        for out in rest {
            *out *= factor;
        }
    }
}

/// Stored in 127ths of the maximum magnitude of the row's head.
impl KvElement for i8 {
    const GROUP: usize = int8::GROUP;

    fn depth(size: usize) -> usize {
        size.next_multiple_of(LANES)
    }

    #[inline(always)]
    fn store(values: &[f32], out: &mut [Self]) -> f32 {
        let greatest = greatest(values);
        let factor = if greatest > 0.0 {
            MAX_QUANTISED / greatest
        } else {
            0.0
        };
        for (out, value) in out.iter_mut().zip(values) {
            *out = rounded(value * factor);
        }
        greatest / MAX_QUANTISED
    }

    /// Stores unsigned bytes, offset by 128. A lane that has not been written is zero: whole
    /// registers are read and written, because writing sixteen places in as many cache lines one by
    /// one is slow.
    #[inline(always)]
    fn write_key<S: Simd>(simd: S, key: &[Self], lane: usize, block: &mut [Self]) {
        let mut mask = [0; LANES];
        mask[lane] = u32::MAX;
        let (mask, _) = S::as_simd_u32s(&mask);
        let groups = block.as_chunks_mut::<{ LANES * int8::GROUP }>().0;
        for (lanes, key) in groups.iter_mut().zip(key.as_chunks::<{ int8::GROUP }>().0) {
            let key = simd.splat_u32s(u32::from_ne_bytes(cast(*key)) ^ 0x8080_8080);
            let mut words: [u32; LANES] = cast(*lanes);
            for (words, mask) in S::as_mut_simd_u32s(&mut words).0.iter_mut().zip(mask) {
                *words = simd.or_u32s(*words, simd.and_u32s(key, *mask));
            }
            *lanes = cast(words);
        }
    }

    #[inline(always)]
    fn write_values(values: &[Self], depth: usize, place: usize, group: &mut [Self]) {
        let group = group.as_chunks_mut::<{ int8::GROUP }>().0;
        if values.len() == depth * int8::GROUP {
            // All at once, without an inner loop: registers are shuffled instead of bytes.
            let (ab, cd) = values.split_at(2 * depth);
            let ((a, b), (c, d)) = (ab.split_at(depth), cd.split_at(depth));
            let rows = a.iter().zip(b).zip(c).zip(d);
            for (out, (((a, b), c), d)) in group.iter_mut().zip(rows) {
                *out = [*a, *b, *c, *d];
            }
            return;
        }
        for (row, values) in values.chunks_exact(depth).enumerate() {
            let shift = 8 * (place + row);
            for (out, value) in group.iter_mut().zip(values) {
                let byte = u32::from(value.cast_unsigned()) << shift;
                *out = cast((u32::from_le_bytes(cast(*out)) | byte).to_le_bytes());
            }
        }
    }

    #[inline(always)]
    fn scores(
        instructions: Instructions,
        query: &[f32],
        keys: &[Self],
        stride: usize,
        buffers: &mut SumBuffers,
        out: &mut [[f32; LANES]],
    ) {
        let greatest = greatest(query);
        let (unit, total) = buffers.query.fill(query, greatest);
        buffers.of_keys.grow(out.len() * LANES);
        let of_keys = &mut buffers.of_keys.as_chunks_mut().0[..out.len()];
        sums::key_sums(instructions, &buffers.query, keys, stride, of_keys);
        let offset = int8::OFFSET * total;
        for (out, sums) in out.iter_mut().zip(of_keys) {
            *out = map_lanes(*sums, |sum| (sum - offset) as f32 * unit);
        }
    }

    #[inline(always)]
    fn weighted_sum(
        instructions: Instructions,
        weights: &[f32],
        factor: f32,
        values: &[Self],
        stride: usize,
        buffers: &mut SumBuffers,
        out: &mut [f32],
    ) {
        let greatest = greatest(weights);
        let unit = buffers.weights.fill(weights, greatest) * factor;
        let depth = Self::depth(out.len());
        buffers.of_values.grow(depth);
        let of_values = &mut buffers.of_values.as_chunks_mut().0[..depth / LANES];
        sums::value_sums(instructions, &buffers.weights, values, stride, of_values);
        for (out, sum) in out.iter_mut().zip(of_values.as_flattened()) {
            *out = sum * unit;
        }
    }
}

/// Buffers for sums of integers; sums of floats need none.
#[derive(Debug, Default)]
pub(crate) struct SumBuffers {
    query: BitPlanes<i8>,
    weights: BitPlanes<u8>,
    of_keys: AlignedVec<i32>,
    of_values: AlignedVec<f32>,
}

/// Returns the maximum magnitude.
#[inline(always)]
fn greatest(values: &[f32]) -> f32 {
    let greater = |a: f32, b: f32| if b > a { b } else { a };
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0_f32; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] = greater(lanes[lane], chunk[lane].abs());
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane = greater(*lane, value.abs());
    }
    crate::kernel::fold(lanes, greater)
}
