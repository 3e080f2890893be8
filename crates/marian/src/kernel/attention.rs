//! Attention. Each query reads only the rows of keys and values that it may see, so nothing is
//! padded or masked.
//!
//! A [`KvCache`] holds what queries attend to: the source of a sentence, which they see whole, or
//! the steps of its hypotheses, of which each query sees those on its path. A decoder step does
//! little arithmetic here, but reads the whole of both, far more than the caches hold: the cost is
//! in bytes. So when the products with weights are 8-bit, keys and values are kept in 8 bits as
//! well. The numbers that they are multiplied with are rounded to 14 bits, in two planes of seven,
//! for sums of integers ([`bit_planes`], [`sums`]). Everything else is f32 in either case.

mod bit_planes;
mod element;
mod sums;

use std::slice::Chunks;

use pulp::Simd;

use super::aligned::CACHE_LINE;
use super::int8::Instructions;
use super::prefetch::prefetch_all;
use super::{AlignedVec, LANES, dispatch, exp, fold, map_lanes, maximum, zip_lanes};
pub(crate) use bit_planes::MAX_HEAD_SIZE;
pub(crate) use element::KvElement;
use element::SumBuffers;

/// Keys and values, one row per token.
///
/// Scores of [`LANES`] rows are computed side by side: a block of keys has that many rows, and the
/// last block is padded. Integers are summed [`KvElement::GROUP`] at a time: that many values of a
/// key are adjacent, and that many rows of a value.
#[derive(Debug)]
pub(crate) struct KvCache<T> {
    heads: usize,
    /// Values per head.
    size: usize,
    rows: usize,
    /// `[rows / LANES, heads, depth / GROUP, LANES, GROUP]`
    keys: AlignedVec<T>,
    /// `[rows / GROUP, heads, depth, GROUP]`
    values: AlignedVec<T>,
    /// Value of one unit of each key, `[rows / LANES, heads, LANES]`.
    key_units: AlignedVec<f32>,
    /// Value of one unit of each value, likewise.
    value_units: AlignedVec<f32>,
}

impl<T: KvElement> KvCache<T> {
    /// Returns an empty cache for rows of `width` values.
    pub(crate) fn new(width: usize, heads: usize) -> Self {
        Self {
            heads,
            size: width / heads,
            rows: 0,
            keys: AlignedVec::default(),
            values: AlignedVec::default(),
            key_units: AlignedVec::default(),
            value_units: AlignedVec::default(),
        }
    }

    /// Reserves capacity for exactly `rows` more rows.
    pub(crate) fn reserve(&mut self, rows: usize) {
        let rows = (self.rows + rows).next_multiple_of(LANES);
        let (numbers, units) = (rows * self.width(), rows * self.heads);
        self.keys.reserve_total(numbers);
        self.values.reserve_total(numbers);
        self.key_units.reserve_total(units);
        self.value_units.reserve_total(units);
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the values per row in all heads together, padding included.
    fn width(&self) -> usize {
        self.heads * T::depth(self.size)
    }

    /// Returns the units of one head among units `[rows / LANES, heads, LANES]`.
    #[inline(always)]
    fn units<'a>(
        &self,
        units: &'a [f32],
        head: usize,
    ) -> impl Iterator<Item = &'a [f32; LANES]> + use<'a, T> {
        let units = units.as_chunks().0.iter();
        units.skip(head).step_by(self.heads)
    }

    /// Returns the values to read: those of the existing rows, and the padding of their last group.
    fn values(&self) -> &[T] {
        &self.values[..self.rows.next_multiple_of(T::GROUP) * self.width()]
    }

    /// Returns a closure that prefetches the cache in `parts` parts, one per call.
    fn prefetcher(&self, parts: usize) -> impl FnMut() + use<'_, T> {
        let mut numbers =
            [&self.keys[..], self.values()].map(|numbers| cache_line_parts(numbers, parts));
        let mut units = [&self.key_units[..], &self.value_units[..]]
            .map(|units| cache_line_parts(units, parts));
        move || {
            numbers
                .iter_mut()
                .filter_map(Chunks::next)
                .for_each(prefetch_all);
            units
                .iter_mut()
                .filter_map(Chunks::next)
                .for_each(prefetch_all);
        }
    }

    /// Adds an empty block if the next row needs one.
    fn grow(&mut self) {
        let rows = (self.rows + 1).next_multiple_of(LANES);
        let (numbers, units) = (rows * self.width(), rows * self.heads);
        self.keys.grow(numbers);
        self.values.grow(numbers);
        self.key_units.grow(units);
        self.value_units.grow(units);
    }
}

/// Splits numbers into at most `parts` parts of whole cache lines.
fn cache_line_parts<N>(numbers: &[N], parts: usize) -> Chunks<'_, N> {
    let line = CACHE_LINE / size_of::<N>();
    numbers.chunks(
        numbers
            .len()
            .div_ceil(parts)
            .next_multiple_of(line)
            .max(line),
    )
}

/// Queries: rows `[any, stride]` that each start with the query itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Queries<'a> {
    pub(crate) rows: &'a [f32],
    pub(crate) stride: usize,
    /// For each query, the rows that it sees, in ascending order; without paths, every query sees
    /// all.
    pub(crate) paths: Option<&'a [Vec<u32>]>,
    /// The head whose weights are returned, where weights are returned.
    pub(crate) aligned_head: usize,
}

/// Buffers of an attention, reused by the next one.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// For all rows: first scores, then weights, `[SIDE_BY_SIDE, rows / LANES, LANES]`.
    all: AlignedVec<f32>,
    /// For the rows of a path.
    own: Vec<f32>,
    sums: SumBuffers,
}

/// Attention to a cache with elements of this type.
pub(crate) trait Attend: KvElement {
    /// Appends rows `[any, stride]` that each end with the keys and the values.
    fn push(cache: &mut KvCache<Self>, rows: &[f32], stride: usize);

    /// Computes scaled dot-product attention, `out[q, h] = Σₜ softmaxₜ(query[q, h] · keyₜ[h] / √d)
    /// · valueₜ[h]` per query q and head h: `[queries, heads · d]`. The cache must not be empty.
    /// `next` is the cache that the next call will read; it is prefetched in the meantime.
    ///
    /// `aligned`, if not empty, receives the weights of the head `queries.aligned_head`,
    /// `[queries, rows]`, up to a factor for each query.
    fn attend(
        instructions: Instructions,
        queries: Queries,
        cache: &KvCache<Self>,
        next: Option<&KvCache<Self>>,
        scratch: &mut Scratch,
        aligned: &mut [f32],
        out: &mut [f32],
    );
}

macro_rules! attend {
    ($($type:ty, $push:ident, $attend:ident;)*) => {$(
        impl Attend for $type {
            fn push(cache: &mut KvCache<Self>, rows: &[f32], stride: usize) {
                $push(cache, rows, stride);
            }

            fn attend(instructions: Instructions, queries: Queries, cache: &KvCache<Self>, next: Option<&KvCache<Self>>, scratch: &mut Scratch, aligned: &mut [f32], out: &mut [f32]) {
                $attend(instructions, queries, cache, next, scratch, aligned, out);
            }
        }

        dispatch! {
            fn $push<'a>(cache: &'a mut KvCache<$type>, rows: &'a [f32], stride: usize) -> () = push_kernel;
            fn $attend<'a>(instructions: Instructions, queries: Queries<'a>, cache: &'a KvCache<$type>, next: Option<&'a KvCache<$type>>, scratch: &'a mut Scratch, aligned: &'a mut [f32], out: &'a mut [f32]) -> () = attend_kernel;
        }
    )*};
}

attend! {
    f32, push_f32, attend_f32;
    i8, push_i8, attend_i8;
}

dispatch! {
    /// Returns Σ aᵢ·bᵢ, summed in [`LANES`] lanes.
    fn dot<'a>(a: &'a [f32], b: &'a [f32]) -> f32 = dot_kernel;
}

#[inline(always)]
fn push_kernel<S: Simd, T: KvElement>(
    simd: S,
    cache: &mut KvCache<T>,
    rows: &[f32],
    stride: usize,
) {
    let (size, heads) = (cache.size, cache.heads);
    let (width, depth) = (size * heads, T::depth(size));
    let mut stored = vec![T::default(); T::GROUP * depth];
    let mut rest = rows;
    while rest.len() >= stride {
        cache.grow();
        let (block, first) = (cache.rows / LANES, cache.rows % LANES);
        let (group, place) = (cache.rows / T::GROUP, cache.rows % T::GROUP);
        let count = (T::GROUP - place).min(rest.len() / stride);
        let rows;
        (rows, rest) = rest.split_at(count * stride);
        cache.rows += count;
        let stored = &mut stored[..count * depth];
        for head in 0..heads {
            // Index of the head within the block, which locates its units and its keys.
            let unit = block * heads + head;
            let rows = || rows.chunks_exact(stride).zip(first..);
            let of_head = |start| start + head * size..start + (head + 1) * size;
            let keys = &mut cache.keys[unit * depth * LANES..][..depth * LANES];
            for ((row, lane), stored) in rows().zip(stored.chunks_exact_mut(depth)) {
                cache.key_units[unit * LANES + lane] =
                    T::store(&row[of_head(stride - 2 * width)], stored);
                T::write_key(simd, stored, lane, keys);
            }
            for ((row, lane), stored) in rows().zip(stored.chunks_exact_mut(depth)) {
                cache.value_units[unit * LANES + lane] =
                    T::store(&row[of_head(stride - width)], stored);
            }
            let start = (group * heads + head) * depth * T::GROUP;
            let values = &mut cache.values[start..][..depth * T::GROUP];
            T::write_values(stored, depth, place, values);
        }
    }
}

/// Number of stages of an attention: scores, weights, sums.
const STAGES: usize = 3;

/// Number of (head, query) pairs that go through a stage of an attention together. Each is a chain
/// of operations that wait for one another; the processor runs other chains in the meantime if they
/// are close enough. A single query of a model with the usual eight heads is this many.
const SIDE_BY_SIDE: usize = 8;

/// Processes the heads in order, and the queries within each head: what one query has read of a
/// head is in the cache for the next. All rows get scores and weights, even those off a path, whose
/// weight is zero: computed side by side they cost less than one by one.
#[inline(always)]
#[expect(
    clippy::too_many_arguments,
    reason = "the arguments of `Attend::attend` and one more"
)]
fn attend_kernel<S: Simd, T: KvElement>(
    simd: S,
    instructions: Instructions,
    queries: Queries,
    cache: &KvCache<T>,
    next: Option<&KvCache<T>>,
    scratch: &mut Scratch,
    aligned: &mut [f32],
    out: &mut [f32],
) {
    let (heads, size, rows) = (cache.heads, cache.size, cache.rows);
    let (width, depth) = (size * heads, T::depth(size));
    let scale = (size as f32).sqrt().recip();
    let (key_stride, value_stride) = (cache.width() * LANES, cache.width() * T::GROUP);
    let values = cache.values();
    let Scratch { all, own, sums } = scratch;
    let blocks = rows.div_ceil(LANES);
    all.grow(SIDE_BY_SIDE * blocks * LANES);
    let all = all.as_chunks_mut::<LANES>().0;
    let mut totals = [0.0; SIDE_BY_SIDE];
    let count = out.len() / width;
    // One part per stage of each chain, because all at once would be more than can be in flight.
    let mut prefetcher = next.map(|next| next.prefetcher(STAGES * heads * count));
    let mut prefetch_part = || {
        if let Some(prefetch) = &mut prefetcher {
            prefetch();
        }
    };
    for start in (0..heads * count).step_by(SIDE_BY_SIDE) {
        let chains = start..(start + SIDE_BY_SIDE).min(heads * count);
        let chains = || chains.clone().map(|chain| (chain / count, chain % count));
        for ((head, query), scores) in chains().zip(all.chunks_exact_mut(blocks)) {
            let query = &queries.rows[query * queries.stride + head * size..][..size];
            let keys = &cache.keys[head * depth * LANES..];
            T::scores(instructions, query, keys, key_stride, sums, scores);
            for (scores, units) in scores.iter_mut().zip(cache.units(&cache.key_units, head)) {
                *scores = zip_lanes(*scores, *units, |score, unit| score * (unit * scale));
            }
            prefetch_part();
        }
        for (((head, query), weights), total) in
            chains().zip(all.chunks_exact_mut(blocks)).zip(&mut totals)
        {
            let path = queries.paths.map(|paths| &paths[query][..]);
            *total = path_softmax(simd, rows, path, weights, own);
            if head == queries.aligned_head && !aligned.is_empty() {
                let aligned = &mut aligned[query * rows..(query + 1) * rows];
                aligned.copy_from_slice(&weights.as_flattened()[..rows]);
            }
            for (weights, units) in weights
                .iter_mut()
                .zip(cache.units(&cache.value_units, head))
            {
                *weights = zip_lanes(*weights, *units, |weight, unit| weight * unit);
            }
            prefetch_part();
        }
        for (((head, query), weights), total) in chains().zip(all.chunks_exact(blocks)).zip(totals)
        {
            T::weighted_sum(
                instructions,
                weights.as_flattened(),
                total.recip(),
                &values[head * depth * T::GROUP..],
                value_stride,
                sums,
                &mut out[query * width + head * size..][..size],
            );
            prefetch_part();
        }
    }
}

/// Turns the scores of `rows` rows into weights that are not yet divided by their sum, and returns
/// that sum. Rows off the path get weight zero.
#[inline(always)]
fn path_softmax<S: Simd>(
    simd: S,
    rows: usize,
    path: Option<&[u32]>,
    scores: &mut [[f32; LANES]],
    own: &mut Vec<f32>,
) -> f32 {
    match path {
        // A path that skips no row, as with a single hypothesis, needs no gathering.
        Some(path) if path.len() < rows => {
            let weights = scores.as_flattened_mut();
            own.clear();
            own.extend(path.iter().map(|row| weights[*row as usize]));
            own.resize(path.len().next_multiple_of(LANES), f32::NEG_INFINITY);
            let total = softmax(simd, own.as_chunks_mut().0);
            weights.fill(0.0);
            for (row, weight) in path.iter().zip(&*own) {
                weights[*row as usize] = *weight;
            }
            total
        }
        _ => {
            scores.as_flattened_mut()[rows..].fill(f32::NEG_INFINITY);
            let total = softmax(simd, scores);
            scores.as_flattened_mut()[rows..].fill(0.0);
            total
        }
    }
}

#[inline(always)]
fn dot_kernel<S: Simd>(_: S, a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane += a * b;
    }
    fold(lanes, |a, b| a + b)
}

/// Turns scores into weights that are not yet divided by their sum, and returns that sum. The
/// scores are whole registers, because the remainder of one would take as long as several.
#[inline(always)]
fn softmax<S: Simd>(simd: S, scores: &mut [[f32; LANES]]) -> f32 {
    let greatest = maximum(simd, scores.as_flattened());
    let mut total = [0.0; LANES];
    for scores in scores {
        let weights = map_lanes(*scores, |score| exp(score - greatest));
        total = zip_lanes(total, weights, |total, weight| total + weight);
        *scores = weights;
    }
    fold(total, |a, b| a + b)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks that keys and values have the same layout however many rows are pushed at a time.
    fn pushed_in_parts<T: Attend + PartialEq + std::fmt::Debug>() {
        for (heads, size) in [(2, 64), (3, 12), (1, 5)] {
            let width = heads * size;
            let stride = 2 * width + 3;
            let rows: Vec<f32> = (0..37 * stride)
                .map(|i| (i as f32 * 0.618_034).fract() - 0.5)
                .collect();
            let pushed = |counts: &[usize]| {
                let mut cache = KvCache::<T>::new(width, heads);
                let mut rest = &rows[..];
                for count in counts.iter().cycle() {
                    let count = (count * stride).min(rest.len());
                    if count == 0 {
                        break;
                    }
                    T::push(&mut cache, &rest[..count], stride);
                    rest = &rest[count..];
                }
                assert_eq!(cache.rows, 37);
                cache
            };
            let one_by_one = pushed(&[1]);
            for counts in [&[37][..], &[4], &[3, 6, 1, 18]] {
                let cache = pushed(counts);
                assert_eq!(cache.keys[..], one_by_one.keys[..]);
                assert_eq!(cache.values[..], one_by_one.values[..]);
                assert_eq!(cache.key_units[..], one_by_one.key_units[..]);
                assert_eq!(cache.value_units[..], one_by_one.value_units[..]);
            }
        }
    }

    #[test]
    fn rows_come_one_by_one_or_many_at_a_time() {
        pushed_in_parts::<f32>();
        pushed_in_parts::<i8>();
    }
}
