//! Attention: each query sees rows of keys and values, never more than it may, so that nothing is padded and nothing
//! masked.
//!
//! Two kinds of memory are looked at. A [`Memory`] is a sentence, seen whole by many queries: it is laid out in the order
//! in which a query reads it. [`Steps`] grow by a few rows a step, and a query sees the rows on its path.
//!
//! A decoder's step does little arithmetic here and reads all of both, far more than the caches hold: what counts is
//! bytes. So beside 8-bit products keys and values are kept in 16 bits; arithmetic is that of f32 either way.

use half::bf16;
use pulp::Simd;

use super::prefetch::prefetch;
use super::{LANES, dispatch, exp, fold, maximum};

/// Values beside each other that are summed up in one pass over a memory's positions: the size of a head in most
/// models, in eight registers of AVX2.
const WIDE: usize = 4 * LANES;

/// How a key or a value is kept.
pub(crate) trait Stored: Copy + Send + Sync {
    fn new(value: f32) -> Self;
    fn get(self) -> f32;
}

impl Stored for f32 {
    #[inline(always)]
    fn new(value: f32) -> Self {
        value
    }

    #[inline(always)]
    fn get(self) -> f32 {
        self
    }
}

/// The upper half of an f32. Its own conversions look for not-a-numbers in a way that LLVM does not vectorise.
impl Stored for bf16 {
    #[inline(always)]
    fn new(value: f32) -> Self {
        let bits = value.to_bits();
        // To the nearest, of two as near to the even one.
        let rounded = bits.wrapping_add(0x7fff + ((bits >> 16) & 1));
        Self::from_bits((rounded >> 16) as u16)
    }

    #[inline(always)]
    fn get(self) -> f32 {
        f32::from_bits(u32::from(self.to_bits()) << 16)
    }
}

/// Keys and values of a sentence.
#[derive(Debug)]
pub(crate) struct Memory<T> {
    heads: usize,
    positions: usize,
    /// `[heads, positions / LANES, size, LANES]`, positions filled up: the scores of as many positions as there are
    /// lanes are computed side by side.
    keys: Vec<T>,
    /// `[heads, positions, size]`
    values: Vec<T>,
}

impl<T: Stored> Memory<T> {
    /// Takes rows `[positions, stride]`, which end with the keys and the values, each `width` wide.
    pub(crate) fn new(rows: &[f32], stride: usize, width: usize, heads: usize) -> Self {
        let (positions, size) = (rows.len() / stride, width / heads);
        let filled = positions.next_multiple_of(LANES);
        let mut keys = vec![T::new(0.0); filled * width];
        let mut values = vec![T::new(0.0); positions * width];
        for (position, row) in rows.chunks_exact(stride).enumerate() {
            let (row_keys, row_values) = row[stride - 2 * width..].split_at(width);
            let (block, lane) = (position / LANES, position % LANES);
            for (head, row) in row_keys.chunks_exact(size).enumerate() {
                let place = (head * filled + block * LANES) * size + lane;
                for (key, value) in keys[place..].iter_mut().step_by(LANES).zip(row) {
                    *key = T::new(*value);
                }
            }
            for (head, row) in row_values.chunks_exact(size).enumerate() {
                let place = (head * positions + position) * size;
                store(row, &mut values[place..place + size]);
            }
        }
        Self {
            heads,
            positions,
            keys,
            values,
        }
    }

    pub(crate) fn positions(&self) -> usize {
        self.positions
    }

    fn width(&self) -> usize {
        self.values.len() / self.positions
    }
}

/// Keys and values of the steps of a sentence's hypotheses: rows `[any, 2 · width]`, keys and values side by side.
#[derive(Debug)]
pub(crate) struct Steps<T> {
    heads: usize,
    width: usize,
    rows: Vec<T>,
}

impl<T: Stored> Steps<T> {
    pub(crate) fn new(width: usize, heads: usize) -> Self {
        Self {
            heads,
            width,
            rows: Vec::new(),
        }
    }

    /// Adds rows `[any, stride]`, which end with the keys and the values.
    pub(crate) fn push(&mut self, rows: &[f32], stride: usize) {
        for row in rows.chunks_exact(stride) {
            let row = &row[stride - 2 * self.width..];
            let start = self.rows.len();
            self.rows.resize(start + row.len(), T::new(0.0));
            store(row, &mut self.rows[start..]);
        }
    }
}

#[inline(always)]
fn store<T: Stored>(values: &[f32], out: &mut [T]) {
    for (out, value) in out.iter_mut().zip(values) {
        *out = T::new(*value);
    }
}

/// Queries `[any, stride]`, which begin with the queries proper.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Queries<'a> {
    pub(crate) rows: &'a [f32],
    pub(crate) stride: usize,
}

/// Scaled dot-product attention, `out[q, h] = Σₜ softmaxₜ(query[q, h] · keyₜ[h] / √d) · valueₜ[h]` per query q and head h:
/// `[queries, heads · d]`.
///
/// `weights` is scratch. Where `means` is not empty it gets the mean over the heads of the weight of each position,
/// `[queries, positions]`.
pub(crate) trait Attend: Stored + Sized {
    /// Each query sees all of a sentence.
    fn attend(
        queries: Queries,
        memory: &Memory<Self>,
        weights: &mut Vec<f32>,
        means: &mut [f32],
        out: &mut [f32],
    );
    /// Each query sees the rows of its path.
    fn attend_paths(
        queries: Queries,
        steps: &Steps<Self>,
        paths: &[Vec<u32>],
        weights: &mut Vec<f32>,
        out: &mut [f32],
    );
}

macro_rules! attend {
    ($($type:ty, $whole:ident, $paths:ident;)*) => {$(
        impl Attend for $type {
            fn attend(queries: Queries, memory: &Memory<Self>, weights: &mut Vec<f32>, means: &mut [f32], out: &mut [f32]) {
                $whole(queries, memory, weights, means, out);
            }

            fn attend_paths(queries: Queries, steps: &Steps<Self>, paths: &[Vec<u32>], weights: &mut Vec<f32>, out: &mut [f32]) {
                $paths(queries, steps, paths, weights, out);
            }
        }

        dispatch! {
            fn $whole<'a>(queries: Queries<'a>, memory: &'a Memory<$type>, weights: &'a mut Vec<f32>, means: &'a mut [f32], out: &'a mut [f32]) -> () = attend_kernel;
            fn $paths<'a>(queries: Queries<'a>, steps: &'a Steps<$type>, paths: &'a [Vec<u32>], weights: &'a mut Vec<f32>, out: &'a mut [f32]) -> () = attend_paths_kernel;
        }
    )*};
}

attend! {
    f32, attend_f32, attend_paths_f32;
    bf16, attend_bf16, attend_paths_bf16;
}

dispatch! {
    /// Σ aᵢ·bᵢ in [`LANES`] lanes.
    fn dot<'a>(a: &'a [f32], b: &'a [f32]) -> f32 = dot_kernel;
}

/// Head by head, all queries one after the other: what one has read of a head is in the cache for the next.
#[inline(always)]
fn attend_kernel<S: Simd, T: Stored>(
    _: S,
    queries: Queries,
    memory: &Memory<T>,
    weights: &mut Vec<f32>,
    means: &mut [f32],
    out: &mut [f32],
) {
    let (heads, positions, width) = (memory.heads, memory.positions, memory.width());
    let size = width / heads;
    let scale = (size as f32).sqrt().recip();
    let filled = positions.next_multiple_of(LANES);
    weights.clear();
    weights.resize(filled, 0.0);
    let keys_of = |head| &memory.keys[head * filled * size..(head + 1) * filled * size];
    let values_of = |head| &memory.values[head * positions * size..(head + 1) * positions * size];
    for head in 0..heads {
        if head + 1 < heads {
            prefetch(keys_of(head + 1));
            prefetch(values_of(head + 1));
        }
        let (keys, values) = (keys_of(head), values_of(head));
        let rows = queries
            .rows
            .chunks_exact(queries.stride)
            .zip(out.chunks_exact_mut(width));
        for (query, (row, out)) in rows.enumerate() {
            let span = head * size..(head + 1) * size;
            scores(&row[span.clone()], keys, scale, weights);
            let weights = &mut weights[..positions];
            softmax(weights);
            weighted_sum(weights, values, size, &mut out[span]);
            if !means.is_empty() {
                let means = &mut means[query * positions..(query + 1) * positions];
                for (mean, weight) in means.iter_mut().zip(weights) {
                    *mean += *weight / heads as f32;
                }
            }
        }
    }
}

/// Row by row, all heads of one beside each other, as they lie in memory.
#[inline(always)]
fn attend_paths_kernel<S: Simd, T: Stored>(
    simd: S,
    queries: Queries,
    steps: &Steps<T>,
    paths: &[Vec<u32>],
    weights: &mut Vec<f32>,
    out: &mut [f32],
) {
    let (heads, width) = (steps.heads, steps.width);
    let size = width / heads;
    let scale = (size as f32).sqrt().recip();
    let rows = queries.rows.chunks_exact(queries.stride);
    for ((query, path), out) in rows.zip(paths).zip(out.chunks_exact_mut(width)) {
        let count = path.len();
        let row = |place: u32| &steps.rows[place as usize * 2 * width..][..2 * width];
        weights.clear();
        weights.resize(heads * count, 0.0);
        for (position, place) in path.iter().enumerate() {
            let keys = row(*place)[..width].chunks_exact(size);
            for (head, (query, keys)) in query.chunks_exact(size).zip(keys).enumerate() {
                weights[head * count + position] = dot_kernel(simd, query, keys) * scale;
            }
        }
        weights.chunks_exact_mut(count).for_each(softmax);
        out.fill(0.0);
        for (position, place) in path.iter().enumerate() {
            let values = row(*place)[width..].chunks_exact(size);
            for (head, (out, values)) in out.chunks_exact_mut(size).zip(values).enumerate() {
                add_scaled(weights[head * count + position], values, out);
            }
        }
    }
}

/// `out[t] = scale · Σᵢ query[i] · keys[i, t]`, in the order of i, the even and the odd ones for themselves: two chains
/// of additions, of which a processor does one while the other waits. `keys` `[positions / LANES, size, LANES]`.
#[inline(always)]
fn scores<T: Stored>(query: &[f32], keys: &[T], scale: f32, out: &mut [f32]) {
    let (pairs, rest) = query.as_chunks::<2>();
    let blocks = keys.chunks_exact(query.len() * LANES);
    for (out, block) in out.as_chunks_mut::<LANES>().0.iter_mut().zip(blocks) {
        let (mut even, mut odd) = ([0.0; LANES], [0.0; LANES]);
        let (rows, last) = block.as_chunks::<{ 2 * LANES }>();
        for (query, keys) in pairs.iter().zip(rows) {
            for lane in 0..LANES {
                even[lane] += query[0] * keys[lane].get();
                odd[lane] += query[1] * keys[LANES + lane].get();
            }
        }
        if let ([query], Some(keys)) = (rest, last.first_chunk::<LANES>()) {
            for lane in 0..LANES {
                even[lane] += query * keys[lane].get();
            }
        }
        for lane in 0..LANES {
            out[lane] = (even[lane] + odd[lane]) * scale;
        }
    }
}

#[inline(always)]
fn add_scaled<T: Stored>(factor: f32, values: &[T], out: &mut [f32]) {
    for (out, value) in out.iter_mut().zip(values) {
        *out += factor * value.get();
    }
}

#[inline(always)]
fn widen<T: Stored, const COUNT: usize>(values: &[T; COUNT]) -> [f32; COUNT] {
    let mut wide = [0.0; COUNT];
    for (wide, value) in wide.iter_mut().zip(values) {
        *wide = value.get();
    }
    wide
}

#[inline(always)]
fn dot_kernel<S: Simd, T: Stored>(_: S, a: &[f32], b: &[T]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        let b = widen(b);
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane += a * b.get();
    }
    fold(lanes, |a, b| a + b)
}

/// `out[i] = Σₜ weights[t] · values[t, i]`, in the order of t.
#[inline(always)]
fn weighted_sum<T: Stored>(weights: &[f32], values: &[T], size: usize, out: &mut [f32]) {
    let (wide, rest) = out.as_chunks_mut::<WIDE>();
    let mut place = 0;
    for out in wide {
        let mut sums = [0.0; WIDE];
        for (weight, row) in weights.iter().zip(values.chunks_exact(size)) {
            if let Some(row) = row[place..].first_chunk::<WIDE>() {
                for index in 0..WIDE {
                    sums[index] += weight * row[index].get();
                }
            }
        }
        *out = sums;
        place += WIDE;
    }
    rest.fill(0.0);
    for (weight, row) in weights.iter().zip(values.chunks_exact(size)) {
        add_scaled(*weight, &row[place..], rest);
    }
}

/// Turns scores into weights that add up to 1.
#[inline(always)]
fn softmax(scores: &mut [f32]) {
    let greatest = maximum(scores);
    let (chunks, rest) = scores.as_chunks_mut::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            chunk[lane] = exp(chunk[lane] - greatest);
            lanes[lane] += chunk[lane];
        }
    }
    for (lane, score) in lanes.iter_mut().zip(rest) {
        *score = exp(*score - greatest);
        *lane += *score;
    }
    let factor = fold(lanes, |a, b| a + b).recip();
    for weight in scores {
        *weight *= factor;
    }
}
