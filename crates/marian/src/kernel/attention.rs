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

use std::slice::Chunks;

use pulp::Simd;

use super::int8::Instructions;
use super::lines::LINE;
use super::prefetch::prefetch_all;
use super::{LANES, Lines, dispatch, exp, fold, map_lanes, maximum, zip_lanes};
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
    keys: Lines<T>,
    /// `[rows / TOGETHER, heads, depth, TOGETHER]`
    values: Lines<T>,
    /// What a unit of a key is worth, `[rows / LANES, heads, LANES]`.
    key_units: Lines<f32>,
    /// What a unit of a value is worth, likewise.
    value_units: Lines<f32>,
}

impl<T: Kept> Memory<T> {
    /// Without rows, each of which is to be `width` wide.
    pub(crate) fn new(width: usize, heads: usize) -> Self {
        Self {
            heads,
            size: width / heads,
            rows: 0,
            keys: Lines::default(),
            values: Lines::default(),
            key_units: Lines::default(),
            value_units: Lines::default(),
        }
    }

    /// Makes room for so many rows and no more.
    pub(crate) fn reserve(&mut self, rows: usize) {
        let rows = (self.rows + rows).next_multiple_of(LANES);
        let (numbers, units) = (rows * self.width(), rows * self.heads);
        self.keys.make_room(numbers);
        self.values.make_room(numbers);
        self.key_units.make_room(units);
        self.value_units.make_room(units);
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Of all heads together, filled up.
    fn width(&self) -> usize {
        self.heads * T::depth(self.size)
    }

    /// Of units `[rows / LANES, heads, LANES]` a head's.
    #[inline(always)]
    fn units<'a>(
        &self,
        units: &'a [f32],
        head: usize,
    ) -> impl Iterator<Item = &'a [f32; LANES]> + use<'a, T> {
        let units = units.as_chunks().0.iter();
        units.skip(head).step_by(self.heads)
    }

    /// The values that are read: those of rows that there are, and what their fours are filled up with.
    fn values(&self) -> &[T] {
        &self.values[..self.rows.next_multiple_of(T::TOGETHER) * self.width()]
    }

    /// Asks for what is read of it, one of so many parts each time that it is called.
    fn asking(&self, parts: usize) -> impl FnMut() + use<'_, T> {
        let mut numbers = [&self.keys[..], self.values()].map(|numbers| lines(numbers, parts));
        let mut units =
            [&self.key_units[..], &self.value_units[..]].map(|units| lines(units, parts));
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

    /// Adds an empty block where the next row needs one.
    fn grow(&mut self) {
        let rows = (self.rows + 1).next_multiple_of(LANES);
        let (numbers, units) = (rows * self.width(), rows * self.heads);
        self.keys.grow(numbers);
        self.values.grow(numbers);
        self.key_units.grow(units);
        self.value_units.grow(units);
    }
}

/// Cuts numbers into so many parts or fewer, of whole cache lines.
fn lines<N>(numbers: &[N], parts: usize) -> Chunks<'_, N> {
    let line = LINE / size_of::<N>();
    numbers.chunks(
        numbers
            .len()
            .div_ceil(parts)
            .next_multiple_of(line)
            .max(line),
    )
}

/// Queries `[any, stride]`, which begin with the queries proper.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Queries<'a> {
    pub(crate) rows: &'a [f32],
    pub(crate) stride: usize,
    /// Of each the rows that it sees, in ascending order; without paths each sees all.
    pub(crate) paths: Option<&'a [Vec<u32>]>,
}

/// Numbers between the steps of an attention, used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// Of all rows: scores, then weights, `[SIDE_BY_SIDE, rows / LANES, LANES]`.
    all: Lines<f32>,
    /// Of the rows of a path.
    own: Vec<f32>,
    sums: Sums,
}

/// Attention to memories of this kind.
pub(crate) trait Attend: Kept {
    /// Adds rows `[any, stride]`, which end with the keys and the values.
    fn push(memory: &mut Memory<Self>, rows: &[f32], stride: usize);

    /// Scaled dot-product attention, `out[q, h] = Σₜ softmaxₜ(query[q, h] · keyₜ[h] / √d) · valueₜ[h]` per query q and
    /// head h: `[queries, heads · d]`. There is at least one row. What `next` remembers will be looked at next, and is
    /// asked for meanwhile.
    ///
    /// Where `means` is not empty it gets the mean over the heads of the weight of each row, `[queries, rows]`.
    fn attend(
        instructions: Instructions,
        queries: Queries,
        memory: &Memory<Self>,
        next: Option<&Memory<Self>>,
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

            fn attend(instructions: Instructions, queries: Queries, memory: &Memory<Self>, next: Option<&Memory<Self>>, scratch: &mut Scratch, means: &mut [f32], out: &mut [f32]) {
                $attend(instructions, queries, memory, next, scratch, means, out);
            }
        }

        dispatch! {
            fn $push<'a>(memory: &'a mut Memory<$type>, rows: &'a [f32], stride: usize) -> () = push_kernel;
            fn $attend<'a>(instructions: Instructions, queries: Queries<'a>, memory: &'a Memory<$type>, next: Option<&'a Memory<$type>>, scratch: &'a mut Scratch, means: &'a mut [f32], out: &'a mut [f32]) -> () = attend_kernel;
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
fn push_kernel<S: Simd, T: Kept>(simd: S, memory: &mut Memory<T>, rows: &[f32], stride: usize) {
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
                memory.key_units[unit * LANES + lane] =
                    T::keep(&row[of_head(stride - 2 * width)], kept);
                T::put_key(simd, kept, lane, keys);
            }
            for ((row, lane), kept) in rows().zip(kept.chunks_exact_mut(depth)) {
                memory.value_units[unit * LANES + lane] =
                    T::keep(&row[of_head(stride - width)], kept);
            }
            let start = (together * heads + head) * depth * T::TOGETHER;
            let values = &mut memory.values[start..][..depth * T::TOGETHER];
            T::put_values(kept, depth, place, values);
        }
    }
}

/// Stages of an attention: scores, weights, sums.
const STAGES: usize = 3;

/// Heads of queries that go through each stage of an attention before any goes through the next. Each is a chain of
/// operations that wait for one another; a processor does those of others meanwhile, if they are near enough. One query
/// of the usual eight heads is that many.
const SIDE_BY_SIDE: usize = 8;

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
    next: Option<&Memory<T>>,
    scratch: &mut Scratch,
    means: &mut [f32],
    out: &mut [f32],
) {
    let (heads, size, rows) = (memory.heads, memory.size, memory.rows);
    let (width, depth) = (size * heads, T::depth(size));
    let scale = (size as f32).sqrt().recip();
    let (key_stride, value_stride) = (memory.width() * LANES, memory.width() * T::TOGETHER);
    let values = memory.values();
    let Scratch { all, own, sums } = scratch;
    let blocks = rows.div_ceil(LANES);
    all.grow(SIDE_BY_SIDE * blocks * LANES);
    let all = all.as_chunks_mut::<LANES>().0;
    let mut totals = [0.0; SIDE_BY_SIDE];
    let count = out.len() / width;
    // A part at each stage of each chain: all at once would be more than can be under way.
    let mut asking = next.map(|next| next.asking(STAGES * heads * count));
    let mut ask = || {
        if let Some(ask) = &mut asking {
            ask();
        }
    };
    for start in (0..heads * count).step_by(SIDE_BY_SIDE) {
        let chains = start..(start + SIDE_BY_SIDE).min(heads * count);
        let chains = || chains.clone().map(|chain| (chain / count, chain % count));
        for ((head, query), scores) in chains().zip(all.chunks_exact_mut(blocks)) {
            let query = &queries.rows[query * queries.stride + head * size..][..size];
            let keys = &memory.keys[head * depth * LANES..];
            T::scores(instructions, query, keys, key_stride, sums, scores);
            for (scores, units) in scores.iter_mut().zip(memory.units(&memory.key_units, head)) {
                *scores = zip_lanes(*scores, *units, |score, unit| score * (unit * scale));
            }
            ask();
        }
        for (((head, query), weights), total) in
            chains().zip(all.chunks_exact_mut(blocks)).zip(&mut totals)
        {
            let path = queries.paths.map(|paths| &paths[query][..]);
            *total = weigh(simd, rows, path, weights, own);
            if !means.is_empty() {
                let factor = (*total * heads as f32).recip();
                let means = &mut means[query * rows..(query + 1) * rows];
                for (mean, weight) in means.iter_mut().zip(weights.as_flattened()) {
                    *mean += weight * factor;
                }
            }
            for (weights, units) in weights
                .iter_mut()
                .zip(memory.units(&memory.value_units, head))
            {
                *weights = zip_lanes(*weights, *units, |weight, unit| weight * unit);
            }
            ask();
        }
        for (((head, query), weights), total) in chains().zip(all.chunks_exact(blocks)).zip(totals)
        {
            T::weighted_sum(
                instructions,
                weights.as_flattened(),
                total.recip(),
                &values[head * depth * T::TOGETHER..],
                value_stride,
                sums,
                &mut out[query * width + head * size..][..size],
            );
            ask();
        }
    }
}

/// Turns the scores of so many rows into weights, which are yet to be divided by their sum: gives the sum. Rows beside
/// the path get none.
#[inline(always)]
fn weigh<S: Simd>(
    simd: S,
    rows: usize,
    path: Option<&[u32]>,
    scores: &mut [[f32; LANES]],
    own: &mut Vec<f32>,
) -> f32 {
    match path {
        // A path that leaves no row out, as with one hypothesis, is all of them.
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

/// Turns scores into weights, which are yet to be divided by their sum: gives the sum. Whole registers, for what is left
/// of one would take as long as several.
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
                assert_eq!(memory.keys[..], one_by_one.keys[..]);
                assert_eq!(memory.values[..], one_by_one.values[..]);
                assert_eq!(memory.key_units[..], one_by_one.key_units[..]);
                assert_eq!(memory.value_units[..], one_by_one.value_units[..]);
            }
        }
    }

    #[test]
    fn rows_come_one_by_one_or_many_at_a_time() {
        pushed_in_parts::<f32>();
        pushed_in_parts::<i8>();
    }
}
