//! Attention of one query row over the rows that it may see: never more than those, so that nothing is ever padded
//! and nothing masked.

use pulp::Simd;

use super::{LANES, dispatch, exp, fold, maximum};

/// Values beside each other that are summed up in one pass over a memory's rows: eight registers of AVX2.
const CHUNKS: usize = 4;

/// What a query attends to: for each position a row `[keys | values]`, each as wide as the query.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Memory<'a> {
    /// Rows anywhere.
    Scattered(&'a [&'a [f32]]),
    /// Rows one after the other, and their keys once more in columns, see [`Columns`].
    Whole { rows: &'a [f32], keys: &'a [f32] },
}

/// How keys lie in columns: `[width, positions]`, positions filled up to whole [`LANES`], so that the scores of many
/// positions are computed side by side. Worth the copying where a memory is looked at more than a few times.
pub(crate) struct Columns;

impl Columns {
    /// Floats for the keys of so many positions.
    pub(crate) fn size(width: usize, positions: usize) -> usize {
        width * positions.next_multiple_of(LANES)
    }

    /// Copies the keys of rows `[positions, 2 · width]`.
    pub(crate) fn fill(rows: &[f32], width: usize, out: &mut [f32]) {
        let stride = out.len() / width;
        for (position, row) in rows.chunks_exact(2 * width).enumerate() {
            for (key, out) in row[..width]
                .iter()
                .zip(out[position..].iter_mut().step_by(stride))
            {
                *out = *key;
            }
        }
    }
}

dispatch! {
    /// Scaled dot-product attention of one row: `out[h] = Σₜ softmaxₜ(query[h] · keyₜ[h] / √d) · valueₜ[h]` per head h.
    ///
    /// `query` and `out` are `[heads · d]`; `weights` is scratch, left with the last head's weights. Where `mean` is
    /// not empty it gets the mean over the heads of the weight of each position.
    fn attend<'a>(query: &'a [f32], memory: Memory<'a>, heads: usize, weights: &'a mut Vec<f32>, mean: &'a mut [f32], out: &'a mut [f32]) -> () = attend_kernel;
    /// Σ aᵢ·bᵢ in [`LANES`] lanes.
    fn dot<'a>(a: &'a [f32], b: &'a [f32]) -> f32 = dot_kernel;
}

#[inline(always)]
fn attend_kernel<S: Simd>(
    simd: S,
    query: &[f32],
    memory: Memory,
    heads: usize,
    weights: &mut Vec<f32>,
    mean: &mut [f32],
    out: &mut [f32],
) {
    let width = query.len();
    let size = width / heads;
    let scale = (size as f32).sqrt().recip();
    for head in 0..heads {
        let span = head * size..(head + 1) * size;
        let (query, out) = (&query[span.clone()], &mut out[span.clone()]);
        let values = width + span.start;
        weights.clear();
        match memory {
            Memory::Scattered(rows) => {
                weights.resize(rows.len(), 0.0);
                for (weight, row) in weights.iter_mut().zip(rows) {
                    *weight = dot_kernel(simd, query, &row[span.clone()]) * scale;
                }
                softmax(weights);
                weighted_sum(weights, &rows.iter().copied(), values, out);
            }
            Memory::Whole { rows, keys } => {
                let rows = rows.chunks_exact(2 * width);
                let stride = keys.len() / width;
                weights.resize(stride, 0.0);
                let keys = &keys[span.start * stride..span.end * stride];
                scores(query, keys, scale, weights);
                weights.truncate(rows.len());
                softmax(weights);
                weighted_sum(weights, &rows, values, out);
            }
        }
        for (mean, weight) in mean.iter_mut().zip(weights.iter()) {
            *mean += weight / heads as f32;
        }
    }
}

/// `out[t] = scale · Σᵢ query[i] · keys[i, t]`, in the order of i, the even and the odd ones for themselves: two chains
/// of additions, of which a processor does one while the other waits.
#[inline(always)]
fn scores(query: &[f32], keys: &[f32], scale: f32, out: &mut [f32]) {
    let stride = out.len();
    let (pairs, rest) = query.as_chunks::<2>();
    for (out, place) in out
        .as_chunks_mut::<LANES>()
        .0
        .iter_mut()
        .zip((0..).step_by(LANES))
    {
        let (mut even, mut odd) = ([0.0; LANES], [0.0; LANES]);
        let mut rows = keys.chunks_exact(2 * stride);
        for (query, rows) in pairs.iter().zip(&mut rows) {
            add_scaled(query[0], &rows[place..], &mut even);
            add_scaled(query[1], &rows[stride + place..], &mut odd);
        }
        if let [query] = rest {
            add_scaled(*query, &rows.remainder()[place..], &mut even);
        }
        for lane in 0..LANES {
            out[lane] = (even[lane] + odd[lane]) * scale;
        }
    }
}

#[inline(always)]
fn add_scaled(factor: f32, values: &[f32], sums: &mut [f32; LANES]) {
    if let Some(values) = values.first_chunk::<LANES>() {
        for lane in 0..LANES {
            sums[lane] += factor * values[lane];
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

/// `out[i] = Σₜ weights[t] · rows[t][start + i]`, in the order of t.
#[inline(always)]
fn weighted_sum<'a>(
    weights: &[f32],
    rows: &(impl Iterator<Item = &'a [f32]> + Clone),
    start: usize,
    out: &mut [f32],
) {
    let mut place = start;
    let (wide, rest) = out.as_chunks_mut::<{ CHUNKS * LANES }>();
    for out in wide {
        *out = sum_of_values(weights, rows.clone(), place);
        place += CHUNKS * LANES;
    }
    let (chunks, rest) = rest.as_chunks_mut::<LANES>();
    for out in chunks {
        *out = sum_of_values(weights, rows.clone(), place);
        place += LANES;
    }
    for (out, place) in rest.iter_mut().zip(place..) {
        [*out] = sum_of_values(weights, rows.clone(), place);
    }
}

#[inline(always)]
fn sum_of_values<'a, const COUNT: usize>(
    weights: &[f32],
    rows: impl Iterator<Item = &'a [f32]>,
    place: usize,
) -> [f32; COUNT] {
    let mut sums = [0.0; COUNT];
    let values = rows.map_while(|row| row.get(place..)?.first_chunk::<COUNT>());
    for (weight, values) in weights.iter().zip(values) {
        for index in 0..COUNT {
            sums[index] += weight * values[index];
        }
    }
    sums
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
