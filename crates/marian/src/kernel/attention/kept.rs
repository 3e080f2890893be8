//! How keys and values are kept, and the two sums over them that attention needs.

use pulp::Simd;
use pulp::bytemuck::cast;

use super::planes::{self, Planes};
use crate::kernel::int8::Instructions;
use crate::kernel::{LANES, Lines, MOST, map_lanes, rounded};

/// Values beside each other that are summed up in one pass over the rows: the size of a head in most models, in eight
/// registers of AVX2.
const WIDE: usize = 4 * LANES;

/// A number of a key or a value, as it is kept.
pub(crate) trait Kept: Copy + Default + Send + Sync + 'static {
    /// Values of a key, or rows of a value, that lie side by side.
    const TOGETHER: usize;

    /// What is kept of so many values: they are filled up with zeros.
    fn depth(size: usize) -> usize;

    /// Takes the part of a row that is a head's; returns what a unit is worth. What `out` is longer by stays as it is.
    fn keep(values: &[f32], out: &mut [Self]) -> f32;

    /// Puts a key `[depth]` into its lane of a block of a head's keys, `[depth / TOGETHER, LANES, TOGETHER]`, where zeros
    /// are.
    fn put_key<S: Simd>(simd: S, key: &[Self], lane: usize, block: &mut [Self]);

    /// Puts values `[any, depth]` of a head into their places, the first of which is `place`, among those of the rows that
    /// lie together, `[depth, TOGETHER]`, where zeros are.
    fn put_values(values: &[Self], depth: usize, place: usize, together: &mut [Self]);

    /// `out[t] = Σᵢ query[i] · keys[t, i]`, keys in units; a block of them every `stride` numbers.
    fn scores(
        instructions: Instructions,
        query: &[f32],
        keys: &[Self],
        stride: usize,
        sums: &mut Sums,
        out: &mut [[f32; LANES]],
    );

    /// `out[i] = factor · Σₜ weights[t] · values[t, i]`, values in units; [`TOGETHER`](Self::TOGETHER) rows every
    /// `stride` numbers.
    fn weighted_sum(
        instructions: Instructions,
        weights: &[f32],
        factor: f32,
        values: &[Self],
        stride: usize,
        sums: &mut Sums,
        out: &mut [f32],
    );
}

/// As it is.
impl Kept for f32 {
    const TOGETHER: usize = 1;

    fn depth(size: usize) -> usize {
        size
    }

    #[inline(always)]
    fn keep(values: &[f32], out: &mut [Self]) -> f32 {
        out.copy_from_slice(values);
        1.0
    }

    #[inline(always)]
    fn put_key<S: Simd>(_: S, key: &[Self], lane: usize, block: &mut [Self]) {
        for (lanes, key) in block.as_chunks_mut::<LANES>().0.iter_mut().zip(key) {
            lanes[lane] = *key;
        }
    }

    #[inline(always)]
    fn put_values(values: &[Self], _: usize, _: usize, together: &mut [Self]) {
        together.copy_from_slice(values);
    }

    /// In the order of i, the even and the odd ones for themselves: two chains of additions, of which a processor does
    /// one while the other waits.
    #[inline(always)]
    fn scores(
        _: Instructions,
        query: &[f32],
        keys: &[Self],
        stride: usize,
        _: &mut Sums,
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

    /// In the order of t.
    #[inline(always)]
    fn weighted_sum(
        _: Instructions,
        weights: &[f32],
        factor: f32,
        values: &[Self],
        stride: usize,
        _: &mut Sums,
        out: &mut [f32],
    ) {
        // Rows beside the path have no weight.
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

/// In 127 parts of the greatest of its head and row.
impl Kept for i8 {
    const TOGETHER: usize = planes::TOGETHER;

    fn depth(size: usize) -> usize {
        size.next_multiple_of(LANES)
    }

    #[inline(always)]
    fn keep(values: &[f32], out: &mut [Self]) -> f32 {
        let greatest = greatest(values);
        let factor = if greatest > 0.0 { MOST / greatest } else { 0.0 };
        for (out, value) in out.iter_mut().zip(values) {
            *out = rounded(value * factor);
        }
        greatest / MOST
    }

    /// As unsigned bytes, 128 more. A lane in which nothing is yet is zero: whole registers are read and written, for
    /// sixteen places in as many cache lines are slow to write one by one.
    #[inline(always)]
    fn put_key<S: Simd>(simd: S, key: &[Self], lane: usize, block: &mut [Self]) {
        let mut mask = [0; LANES];
        mask[lane] = u32::MAX;
        let (mask, _) = S::as_simd_u32s(&mask);
        let groups = block.as_chunks_mut::<{ LANES * planes::TOGETHER }>().0;
        for (lanes, key) in groups
            .iter_mut()
            .zip(key.as_chunks::<{ planes::TOGETHER }>().0)
        {
            let key = simd.splat_u32s(u32::from_ne_bytes(cast(*key)) ^ 0x8080_8080);
            let mut words: [u32; LANES] = cast(*lanes);
            for (words, mask) in S::as_mut_simd_u32s(&mut words).0.iter_mut().zip(mask) {
                *words = simd.or_u32s(*words, simd.and_u32s(key, *mask));
            }
            *lanes = cast(words);
        }
    }

    #[inline(always)]
    fn put_values(values: &[Self], depth: usize, place: usize, together: &mut [Self]) {
        let together = together.as_chunks_mut::<{ planes::TOGETHER }>().0;
        if values.len() == depth * planes::TOGETHER {
            // All at once, with no loop inside: registers are shuffled instead of bytes.
            let (ab, cd) = values.split_at(2 * depth);
            let ((a, b), (c, d)) = (ab.split_at(depth), cd.split_at(depth));
            let rows = a.iter().zip(b).zip(c).zip(d);
            for (out, (((a, b), c), d)) in together.iter_mut().zip(rows) {
                *out = [*a, *b, *c, *d];
            }
            return;
        }
        for (row, values) in values.chunks_exact(depth).enumerate() {
            let shift = 8 * (place + row);
            for (out, value) in together.iter_mut().zip(values) {
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
        sums: &mut Sums,
        out: &mut [[f32; LANES]],
    ) {
        let greatest = greatest(query);
        let (unit, total) = sums.query.fill(query, greatest);
        sums.of_keys.grow(out.len() * LANES);
        let of_keys = &mut sums.of_keys.as_chunks_mut().0[..out.len()];
        planes::key_sums(instructions, &sums.query, keys, stride, of_keys);
        let offset = planes::OFFSET * total;
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
        sums: &mut Sums,
        out: &mut [f32],
    ) {
        let greatest = greatest(weights);
        let unit = sums.weights.fill(weights, greatest) * factor;
        let depth = Self::depth(out.len());
        sums.of_values.grow(depth);
        let of_values = &mut sums.of_values.as_chunks_mut().0[..depth / LANES];
        planes::value_sums(instructions, &sums.weights, values, stride, of_values);
        for (out, sum) in out.iter_mut().zip(of_values.as_flattened()) {
            *out = sum * unit;
        }
    }
}

/// What sums of integers are made with; sums of floats need nothing.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    query: Planes<i8>,
    weights: Planes<u8>,
    of_keys: Lines<i32>,
    of_values: Lines<f32>,
}

/// The greatest magnitude.
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
