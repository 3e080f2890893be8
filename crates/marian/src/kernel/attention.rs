//! Attention of one query row over the rows that it may see: never more than those, so that nothing is ever padded
//! and nothing masked.

use pulp::Simd;

use super::{LANES, dispatch, exp, fold, maximum, multiply_add};

/// What a query attends to: for each position a row of keys and the row of values beside it, `[keys | values]`, each
/// `width` floats.
pub(crate) struct Memory<'a> {
    pub(crate) rows: &'a [&'a [f32]],
    pub(crate) heads: usize,
}

dispatch! {
    /// Scaled dot-product attention of one row: `out[h] = Σₜ softmaxₜ(query[h] · keyₜ[h] / √d) · valueₜ[h]` per head h.
    ///
    /// `query` and `out` are `[heads · d]`; `weights` is scratch, left with the last head's weights. Where `mean` is
    /// not empty it gets the mean over the heads of the weight of each position.
    fn attend<'a>(query: &'a [f32], memory: &'a Memory<'a>, weights: &'a mut Vec<f32>, mean: &'a mut [f32], out: &'a mut [f32]) -> () = attend_kernel;
}

#[inline(always)]
fn attend_kernel<S: Simd>(
    _: S,
    query: &[f32],
    memory: &Memory,
    weights: &mut Vec<f32>,
    mean: &mut [f32],
    out: &mut [f32],
) {
    let width = query.len();
    let size = width / memory.heads;
    let scale = (size as f32).sqrt().recip();
    weights.clear();
    weights.resize(memory.rows.len(), 0.0);
    for head in 0..memory.heads {
        let span = head * size..(head + 1) * size;
        let query = &query[span.clone()];
        for (weight, row) in weights.iter_mut().zip(memory.rows) {
            *weight = dot::<S>(query, &row[span.clone()]) * scale;
        }
        softmax::<S>(weights);
        weighted_sum::<S>(weights, memory.rows, width + span.start, &mut out[span]);
        for (mean, weight) in mean.iter_mut().zip(weights.iter()) {
            *mean += weight / memory.heads as f32;
        }
    }
}

/// Σ aᵢ·bᵢ in [`LANES`] lanes.
#[inline(always)]
fn dot<S: Simd>(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] = multiply_add::<S>(a[lane], b[lane], lanes[lane]);
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane = multiply_add::<S>(*a, *b, *lane);
    }
    fold(lanes, |a, b| a + b)
}

/// `out[i] = Σₜ weights[t] · rows[t][start + i]`, in the order of t.
#[inline(always)]
fn weighted_sum<S: Simd>(weights: &[f32], rows: &[&[f32]], start: usize, out: &mut [f32]) {
    let (chunks, rest) = out.as_chunks_mut::<LANES>();
    let mut place = start;
    for out in chunks {
        let mut lanes = [0.0; LANES];
        let values = rows
            .iter()
            .map_while(|row| row.get(place..)?.first_chunk::<LANES>());
        for (weight, values) in weights.iter().zip(values) {
            for lane in 0..LANES {
                lanes[lane] = multiply_add::<S>(*weight, values[lane], lanes[lane]);
            }
        }
        *out = lanes;
        place += LANES;
    }
    for (out, place) in rest.iter_mut().zip(place..) {
        *out = weights.iter().zip(rows).fold(0.0, |sum, (weight, row)| {
            multiply_add::<S>(*weight, row[place], sum)
        });
    }
}

/// Turns scores into weights that add up to 1.
#[inline(always)]
fn softmax<S: Simd>(scores: &mut [f32]) {
    let greatest = maximum(scores);
    let (chunks, rest) = scores.as_chunks_mut::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            chunk[lane] = exp::<S>(chunk[lane] - greatest);
            lanes[lane] += chunk[lane];
        }
    }
    for (lane, score) in lanes.iter_mut().zip(rest) {
        *score = exp::<S>(*score - greatest);
        *lane += *score;
    }
    let factor = fold(lanes, |a, b| a + b).recip();
    for weight in scores {
        *weight *= factor;
    }
}
