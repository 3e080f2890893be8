//! Attention: each query sees rows of keys and values, never more than it may, so that nothing is padded and nothing
//! masked.
//!
//! Two kinds of memory are looked at. A [`Memory`] is a sentence, seen whole by many queries: it is laid out in the order
//! in which a query reads it. [`Steps`] grow by a few rows a step, and a query sees the rows on its path.
//!
//! A decoder's step does little arithmetic here and reads all of both, far more than the caches hold: what counts is
//! bytes. So beside 8-bit products keys and values are kept in 8 bits too, with a scale for each head of each row;
//! arithmetic is that of f32 either way.

use pulp::Simd;

use super::prefetch::prefetch_all;
use super::{LANES, MOST, dispatch, exp, fold, maximum, rounded};

/// Values beside each other that are summed up in one pass over a memory's positions: the size of a head in most
/// models, in eight registers of AVX2.
const WIDE: usize = 4 * LANES;

/// How a key or a value is kept.
pub(crate) trait Stored: Copy + Default + Send + Sync {
    /// Takes the part of a row that is a head's; returns what a unit is worth.
    fn store(values: &[f32], out: &mut [Self]) -> f32;
    /// In units.
    fn get(self) -> f32;
}

impl Stored for f32 {
    #[inline(always)]
    fn store(values: &[f32], out: &mut [Self]) -> f32 {
        out.copy_from_slice(values);
        1.0
    }

    #[inline(always)]
    fn get(self) -> f32 {
        self
    }
}

impl Stored for i8 {
    #[inline(always)]
    fn store(values: &[f32], out: &mut [Self]) -> f32 {
        let magnitude = |most: f32, value: &f32| {
            if value.abs() > most {
                value.abs()
            } else {
                most
            }
        };
        let greatest = values.iter().fold(0.0, magnitude);
        let factor = if greatest > 0.0 { MOST / greatest } else { 0.0 };
        for (out, value) in out.iter_mut().zip(values) {
            *out = rounded(value * factor);
        }
        greatest / MOST
    }

    #[inline(always)]
    fn get(self) -> f32 {
        f32::from(self)
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
    /// What a unit of a key is worth, `[heads, positions]`, positions filled up.
    key_units: Vec<f32>,
    /// What a unit of a value is worth, `[heads, positions]`.
    value_units: Vec<f32>,
}

impl<T: Stored> Memory<T> {
    /// Takes rows `[positions, stride]`, which end with the keys and the values, each `width` wide.
    pub(crate) fn new(rows: &[f32], stride: usize, width: usize, heads: usize) -> Self {
        let (positions, size) = (rows.len() / stride, width / heads);
        let filled = positions.next_multiple_of(LANES);
        let mut memory = Self {
            heads,
            positions,
            keys: vec![T::default(); filled * width],
            values: vec![T::default(); positions * width],
            key_units: vec![0.0; filled * heads],
            value_units: vec![0.0; positions * heads],
        };
        let mut key = vec![T::default(); size];
        for (position, row) in rows.chunks_exact(stride).enumerate() {
            let (row_keys, row_values) = row[stride - 2 * width..].split_at(width);
            let (block, lane) = (position / LANES, position % LANES);
            for (head, row) in row_keys.chunks_exact(size).enumerate() {
                memory.key_units[head * filled + position] = T::store(row, &mut key);
                let place = (head * filled + block * LANES) * size + lane;
                scatter(&key, &mut memory.keys[place..]);
            }
            for (head, row) in row_values.chunks_exact(size).enumerate() {
                let place = head * positions + position;
                let out = &mut memory.values[place * size..(place + 1) * size];
                memory.value_units[place] = T::store(row, out);
            }
        }
        memory
    }

    pub(crate) fn positions(&self) -> usize {
        self.positions
    }

    fn width(&self) -> usize {
        self.values.len() / self.positions
    }
}

/// Keys and values of the steps of a sentence's hypotheses, a row for each of them.
#[derive(Debug)]
pub(crate) struct Steps<T> {
    heads: usize,
    width: usize,
    rows: usize,
    /// `[rows / LANES, width, LANES]`, rows filled up.
    keys: Vec<T>,
    /// `[rows, width]`
    values: Vec<T>,
    /// What a unit of a key is worth, `[rows / LANES, heads, LANES]`.
    key_units: Vec<f32>,
    /// What a unit of a value is worth, `[rows, heads]`.
    value_units: Vec<f32>,
}

impl<T: Stored> Steps<T> {
    pub(crate) fn new(width: usize, heads: usize) -> Self {
        Self {
            heads,
            width,
            rows: 0,
            keys: Vec::new(),
            values: Vec::new(),
            key_units: Vec::new(),
            value_units: Vec::new(),
        }
    }

    /// Adds rows `[any, stride]`, which end with the keys and the values.
    pub(crate) fn push(&mut self, rows: &[f32], stride: usize) {
        let (width, heads) = (self.width, self.heads);
        let size = width / heads;
        let mut key = vec![T::default(); size];
        for row in rows.chunks_exact(stride) {
            let (keys, values) = row[stride - 2 * width..].split_at(width);
            let (block, lane) = (self.rows / LANES, self.rows % LANES);
            self.rows += 1;
            if lane == 0 {
                self.keys.resize((block + 1) * width * LANES, T::default());
                self.key_units.resize((block + 1) * heads * LANES, 0.0);
            }
            for (head, row) in keys.chunks_exact(size).enumerate() {
                let unit = (block * heads + head) * LANES + lane;
                self.key_units[unit] = T::store(row, &mut key);
                let place = (block * width + head * size) * LANES + lane;
                scatter(&key, &mut self.keys[place..]);
            }
            let start = self.values.len();
            self.values.resize(start + width, T::default());
            let heads = values.chunks_exact(size);
            let heads = heads.zip(self.values[start..].chunks_exact_mut(size));
            self.value_units
                .extend(heads.map(|(row, out)| T::store(row, out)));
        }
    }
}

/// Writes values a lane apart.
fn scatter<T: Copy>(values: &[T], out: &mut [T]) {
    for (out, value) in out.iter_mut().step_by(LANES).zip(values) {
        *out = *value;
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
    i8, attend_i8, attend_paths_i8;
}

dispatch! {
    /// Σ aᵢ·bᵢ in [`LANES`] lanes.
    fn dot<'a>(a: &'a [f32], b: &'a [f32]) -> f32 = dot_kernel;
}

/// Head by head, all queries one after the other: what one has read of a head is in the cache for the next.
#[inline(always)]
fn attend_kernel<S: Simd, T: Stored>(
    simd: S,
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
            prefetch_all(keys_of(head + 1));
            prefetch_all(values_of(head + 1));
        }
        let (keys, values) = (keys_of(head), values_of(head));
        let rows = queries
            .rows
            .chunks_exact(queries.stride)
            .zip(out.chunks_exact_mut(width));
        for (query, (row, out)) in rows.enumerate() {
            let span = head * size..(head + 1) * size;
            let blocks = keys.chunks_exact(size * LANES);
            for (weights, keys) in weights.as_chunks_mut::<LANES>().0.iter_mut().zip(blocks) {
                *weights = scores(&row[span.clone()], keys, scale);
            }
            multiply(weights, &memory.key_units[head * filled..]);
            let weights = &mut weights[..positions];
            softmax(simd, weights);
            if !means.is_empty() {
                let means = &mut means[query * positions..(query + 1) * positions];
                for (mean, weight) in means.iter_mut().zip(&*weights) {
                    *mean += *weight / heads as f32;
                }
            }
            multiply(weights, &memory.value_units[head * positions..]);
            weighted_sum(weights, values, size, &mut out[span]);
        }
    }
}

/// The scores of all rows, of which the path then takes its own: side by side they cost less than one by one.
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
    let filled = steps.rows.next_multiple_of(LANES);
    let rows = queries.rows.chunks_exact(queries.stride);
    for ((query, path), out) in rows.zip(paths).zip(out.chunks_exact_mut(width)) {
        let count = path.len();
        weights.clear();
        weights.resize(heads * count + filled, 0.0);
        let (weights, all) = weights.split_at_mut(heads * count);
        let of_heads = query
            .chunks_exact(size)
            .zip(weights.chunks_exact_mut(count));
        for (head, (query, weights)) in of_heads.enumerate() {
            for (block, all) in all.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
                let start = (block * width + head * size) * LANES;
                *all = scores(query, &steps.keys[start..start + size * LANES], scale);
                multiply(all, &steps.key_units[(block * heads + head) * LANES..]);
            }
            for (weight, row) in weights.iter_mut().zip(path) {
                *weight = all[*row as usize];
            }
            softmax(simd, weights);
        }
        out.fill(0.0);
        for (position, row) in path.iter().enumerate() {
            let row = *row as usize;
            let values = steps.values[row * width..(row + 1) * width].chunks_exact(size);
            let values = values.zip(&steps.value_units[row * heads..(row + 1) * heads]);
            for (head, (out, (values, unit))) in out.chunks_exact_mut(size).zip(values).enumerate()
            {
                add_scaled(weights[head * count + position] * unit, values, out);
            }
        }
    }
}

/// `out[t] = scale · Σᵢ query[i] · keys[i, t]` for `keys` `[size, LANES]`, in the order of i, the even and the odd ones for
/// themselves: two chains of additions, of which a processor does one while the other waits.
#[inline(always)]
fn scores<T: Stored>(query: &[f32], keys: &[T], scale: f32) -> [f32; LANES] {
    let (pairs, rest) = query.as_chunks::<2>();
    let (mut even, mut odd) = ([0.0; LANES], [0.0; LANES]);
    let (rows, last) = keys.as_chunks::<{ 2 * LANES }>();
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
    let mut out = [0.0; LANES];
    for lane in 0..LANES {
        out[lane] = (even[lane] + odd[lane]) * scale;
    }
    out
}

#[inline(always)]
fn multiply(values: &mut [f32], factors: &[f32]) {
    for (value, factor) in values.iter_mut().zip(factors) {
        *value *= factor;
    }
}

#[inline(always)]
fn add_scaled<T: Stored>(factor: f32, values: &[T], out: &mut [f32]) {
    for (out, value) in out.iter_mut().zip(values) {
        *out += factor * value.get();
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
fn softmax<S: Simd>(simd: S, scores: &mut [f32]) {
    let greatest = maximum(simd, scores);
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
