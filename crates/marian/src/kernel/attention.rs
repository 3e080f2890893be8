//! Attention: each query sees rows of keys and values, never more than it may, so that nothing is padded and nothing
//! masked.
//!
//! A [`Memory`] is what queries look at: the source of a sentence, which they see whole, or the steps of its hypotheses,
//! of which each sees those on its path. A decoder's step does little arithmetic here and reads all of both, far more
//! than the caches hold: what counts is bytes. So beside 8-bit products keys and values are kept in 8 bits too, and what
//! they are multiplied with is brought to 14 bits, in two planes of seven, for sums of integers ([`planes`]). The rest is
//! f32 either way.

mod kept;
mod planes;

use pulp::Simd;

use super::int8::Instructions;
use super::prefetch::prefetch_all;
use super::{LANES, dispatch, exp, fold, maximum};
pub(crate) use kept::Kept;
use kept::Sums;
pub(crate) use planes::MOST_VALUES;

/// Keys and values, a row for each token.
///
/// Scores of [`LANES`] rows are computed side by side: a block of keys has as many rows, and the last one is filled up.
/// Integers are added up [`Kept::TOGETHER`] at a time: as many values of a key lie together, and as many rows of a value.
#[derive(Debug)]
pub(crate) struct Memory<T> {
    heads: usize,
    /// Values of a head.
    size: usize,
    rows: usize,
    /// `[rows / LANES, heads, depth / TOGETHER, LANES, TOGETHER]`
    keys: Vec<T>,
    /// `[rows / TOGETHER, heads, depth, TOGETHER]`
    values: Vec<T>,
    /// What a unit of a key is worth, `[rows / LANES, heads, LANES]`.
    key_units: Vec<[f32; LANES]>,
    /// What a unit of a value is worth, likewise.
    value_units: Vec<[f32; LANES]>,
}

impl<T: Kept> Memory<T> {
    /// Without rows, each of which is to be `width` wide.
    pub(crate) fn new(width: usize, heads: usize) -> Self {
        Self {
            heads,
            size: width / heads,
            rows: 0,
            keys: Vec::new(),
            values: Vec::new(),
            key_units: Vec::new(),
            value_units: Vec::new(),
        }
    }

    /// Makes room for so many rows and no more.
    pub(crate) fn reserve(&mut self, rows: usize) {
        let rows = (self.rows + rows).next_multiple_of(LANES);
        let (numbers, units) = (rows * self.width(), rows / LANES * self.heads);
        self.keys.reserve_exact(numbers - self.keys.len());
        self.values.reserve_exact(numbers - self.values.len());
        self.key_units.reserve_exact(units - self.key_units.len());
        self.value_units
            .reserve_exact(units - self.value_units.len());
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Of all heads together, filled up.
    fn width(&self) -> usize {
        self.heads * T::depth(self.size)
    }

    /// Adds an empty block where the next row needs one.
    fn grow(&mut self) {
        let blocks = self.rows / LANES + 1;
        let (numbers, units) = (blocks * LANES * self.width(), blocks * self.heads);
        self.keys.resize(numbers, T::default());
        self.values.resize(numbers, T::default());
        self.key_units.resize(units, [0.0; LANES]);
        self.value_units.resize(units, [0.0; LANES]);
    }
}

/// Queries `[any, stride]`, which begin with the queries proper.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Queries<'a> {
    pub(crate) rows: &'a [f32],
    pub(crate) stride: usize,
}

/// What each query sees.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Seen<'a> {
    /// All rows.
    All,
    /// The rows of its path, in ascending order.
    Paths(&'a [Vec<u32>]),
}

/// Numbers between the steps of an attention, used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// Of all rows: scores, then weights.
    all: Vec<f32>,
    /// Of the rows of a path.
    own: Vec<f32>,
    sums: Sums,
}

/// Attention to memories of this kind.
pub(crate) trait Attend: Kept {
    /// Adds rows `[any, stride]`, which end with the keys and the values.
    fn push(memory: &mut Memory<Self>, rows: &[f32], stride: usize);

    /// Scaled dot-product attention, `out[q, h] = Σₜ softmaxₜ(query[q, h] · keyₜ[h] / √d) · valueₜ[h]` per query q and
    /// head h: `[queries, heads · d]`. There is at least one row.
    ///
    /// Where `means` is not empty it gets the mean over the heads of the weight of each row, `[queries, rows]`.
    fn attend(
        instructions: Instructions,
        queries: Queries,
        memory: &Memory<Self>,
        seen: Seen,
        scratch: &mut Scratch,
        means: &mut [f32],
        out: &mut [f32],
    );
}

macro_rules! attend {
    ($($type:ty, $push:ident, $attend:ident;)*) => {$(
        impl Attend for $type {
            fn push(memory: &mut Memory<Self>, rows: &[f32], stride: usize) {
                $push(memory, rows, stride);
            }

            fn attend(instructions: Instructions, queries: Queries, memory: &Memory<Self>, seen: Seen, scratch: &mut Scratch, means: &mut [f32], out: &mut [f32]) {
                $attend(instructions, queries, memory, seen, scratch, means, out);
            }
        }

        dispatch! {
            fn $push<'a>(memory: &'a mut Memory<$type>, rows: &'a [f32], stride: usize) -> () = push_kernel;
            fn $attend<'a>(instructions: Instructions, queries: Queries<'a>, memory: &'a Memory<$type>, seen: Seen<'a>, scratch: &'a mut Scratch, means: &'a mut [f32], out: &'a mut [f32]) -> () = attend_kernel;
        }
    )*};
}

attend! {
    f32, push_f32, attend_f32;
    i8, push_i8, attend_i8;
}

dispatch! {
    /// Σ aᵢ·bᵢ in [`LANES`] lanes.
    fn dot<'a>(a: &'a [f32], b: &'a [f32]) -> f32 = dot_kernel;
}

#[inline(always)]
fn push_kernel<S: Simd, T: Kept>(_: S, memory: &mut Memory<T>, rows: &[f32], stride: usize) {
    let (size, heads) = (memory.size, memory.heads);
    let (width, depth) = (size * heads, T::depth(size));
    let mut kept = vec![T::default(); T::TOGETHER * depth];
    let mut rest = rows;
    while rest.len() >= stride {
        memory.grow();
        let (block, first) = (memory.rows / LANES, memory.rows % LANES);
        let (together, place) = (memory.rows / T::TOGETHER, memory.rows % T::TOGETHER);
        let count = (T::TOGETHER - place).min(rest.len() / stride);
        let rows;
        (rows, rest) = rest.split_at(count * stride);
        memory.rows += count;
        let kept = &mut kept[..count * depth];
        for head in 0..heads {
            // Of the block and the head: where their units are, and their keys.
            let unit = block * heads + head;
            let rows = || rows.chunks_exact(stride).zip(first..);
            let of_head = |start| start + head * size..start + (head + 1) * size;
            let keys = &mut memory.keys[unit * depth * LANES..][..depth * LANES];
            for ((row, lane), kept) in rows().zip(kept.chunks_exact_mut(depth)) {
                memory.key_units[unit][lane] = T::keep(&row[of_head(stride - 2 * width)], kept);
                T::put_key(kept, lane, keys);
            }
            for ((row, lane), kept) in rows().zip(kept.chunks_exact_mut(depth)) {
                memory.value_units[unit][lane] = T::keep(&row[of_head(stride - width)], kept);
            }
            let start = (together * heads + head) * depth * T::TOGETHER;
            let values = &mut memory.values[start..][..depth * T::TOGETHER];
            T::put_values(kept, depth, place, values);
        }
    }
}

/// Head by head, all queries one after the other: what one has read of a head is in the cache for the next. All rows get
/// scores and weights, also those beside a path, whose weight is none: side by side they cost less than one by one.
#[inline(always)]
#[expect(
    clippy::too_many_arguments,
    reason = "those of `Attend::attend` and one"
)]
fn attend_kernel<S: Simd, T: Kept>(
    simd: S,
    instructions: Instructions,
    queries: Queries,
    memory: &Memory<T>,
    seen: Seen,
    scratch: &mut Scratch,
    means: &mut [f32],
    out: &mut [f32],
) {
    let (heads, size, rows) = (memory.heads, memory.size, memory.rows);
    let (width, depth) = (size * heads, T::depth(size));
    let scale = (size as f32).sqrt().recip();
    let Scratch { all, own, sums } = scratch;
    all.clear();
    all.resize(rows.next_multiple_of(LANES), 0.0);
    let (all, _) = all.as_chunks_mut::<LANES>();
    let keys_of = |head| &memory.keys[head * depth * LANES..];
    let values_of = |head| &memory.values[head * depth * T::TOGETHER..];
    let (key_stride, value_stride) = (memory.width() * LANES, memory.width() * T::TOGETHER);
    for head in 0..heads {
        if head + 1 < heads {
            for block in keys_of(head + 1).chunks(key_stride) {
                prefetch_all(&block[..depth * LANES]);
            }
            for units in [&memory.key_units, &memory.value_units] {
                of_head(units, head + 1, heads).for_each(|units| prefetch_all(units));
            }
            for rows in values_of(head + 1).chunks(value_stride) {
                prefetch_all(&rows[..depth * T::TOGETHER]);
            }
        }
        let queries = queries
            .rows
            .chunks_exact(queries.stride)
            .zip(out.chunks_exact_mut(width));
        for (query, (row, out)) in queries.enumerate() {
            let span = head * size..(head + 1) * size;
            let head_query = &row[span.clone()];
            T::scores(
                instructions,
                head_query,
                keys_of(head),
                key_stride,
                sums,
                all,
            );
            for (scores, units) in all.iter_mut().zip(of_head(&memory.key_units, head, heads)) {
                *scores = by_lane(*scores, *units, |score, unit| score * (unit * scale));
            }
            match seen {
                // A path that leaves no row out, as with one hypothesis, is all of them.
                Seen::Paths(paths) if paths[query].len() < rows => {
                    let path = &paths[query];
                    let weights = all.as_flattened_mut();
                    own.clear();
                    own.extend(path.iter().map(|row| weights[*row as usize]));
                    own.resize(path.len().next_multiple_of(LANES), f32::NEG_INFINITY);
                    softmax(simd, own.as_chunks_mut().0);
                    weights.fill(0.0);
                    for (row, weight) in path.iter().zip(&*own) {
                        weights[*row as usize] = *weight;
                    }
                }
                Seen::All | Seen::Paths(_) => {
                    all.as_flattened_mut()[rows..].fill(f32::NEG_INFINITY);
                    softmax(simd, all);
                    all.as_flattened_mut()[rows..].fill(0.0);
                }
            }
            let weights = all.as_flattened();
            if !means.is_empty() {
                let means = &mut means[query * rows..(query + 1) * rows];
                for (mean, weight) in means.iter_mut().zip(weights) {
                    *mean += *weight / heads as f32;
                }
            }
            for (weights, units) in all
                .iter_mut()
                .zip(of_head(&memory.value_units, head, heads))
            {
                *weights = by_lane(*weights, *units, |weight, unit| weight * unit);
            }
            let weights = all.as_flattened();
            T::weighted_sum(
                instructions,
                weights,
                values_of(head),
                value_stride,
                sums,
                &mut out[span],
            );
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

/// Of units `[blocks, heads]` a head's.
#[inline(always)]
fn of_head(
    units: &[[f32; LANES]],
    head: usize,
    heads: usize,
) -> impl Iterator<Item = &[f32; LANES]> {
    units.iter().skip(head).step_by(heads)
}

/// Two registers into one: taken and given by value LLVM keeps them in registers.
#[inline(always)]
fn by_lane(a: [f32; LANES], b: [f32; LANES], of: impl Fn(f32, f32) -> f32) -> [f32; LANES] {
    let mut result = [0.0; LANES];
    for lane in 0..LANES {
        result[lane] = of(a[lane], b[lane]);
    }
    result
}

/// Turns scores into weights that add up to 1. Whole registers, for what is left of one would take as long as several.
#[inline(always)]
fn softmax<S: Simd>(simd: S, scores: &mut [[f32; LANES]]) {
    let greatest = maximum(simd, scores.as_flattened());
    let mut total = [0.0; LANES];
    for scores in &mut *scores {
        let weights = scores.map(|score| exp(score - greatest));
        total = by_lane(total, weights, |total, weight| total + weight);
        *scores = weights;
    }
    let factor = fold(total, |a, b| a + b).recip();
    for weights in scores {
        *weights = weights.map(|weight| weight * factor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys and values lie where they do however many rows came at a time.
    fn pushed_in_parts<T: Attend + PartialEq + std::fmt::Debug>() {
        for (heads, size) in [(2, 64), (3, 12), (1, 5)] {
            let width = heads * size;
            let stride = 2 * width + 3;
            let rows: Vec<f32> = (0..37 * stride)
                .map(|i| (i as f32 * 0.618_034).fract() - 0.5)
                .collect();
            let pushed = |counts: &[usize]| {
                let mut memory = Memory::<T>::new(width, heads);
                let mut rest = &rows[..];
                for count in counts.iter().cycle() {
                    let count = (count * stride).min(rest.len());
                    if count == 0 {
                        break;
                    }
                    T::push(&mut memory, &rest[..count], stride);
                    rest = &rest[count..];
                }
                assert_eq!(memory.rows, 37);
                memory
            };
            let one_by_one = pushed(&[1]);
            for counts in [&[37][..], &[4], &[3, 6, 1, 18]] {
                let memory = pushed(counts);
                assert_eq!(memory.keys, one_by_one.keys);
                assert_eq!(memory.values, one_by_one.values);
                assert_eq!(memory.key_units, one_by_one.key_units);
                assert_eq!(memory.value_units, one_by_one.value_units);
            }
        }
    }

    #[test]
    fn rows_come_one_by_one_or_many_at_a_time() {
        pushed_in_parts::<f32>();
        pushed_in_parts::<i8>();
    }
}
