//! The operations, composed of candle's as a reference for tests.

use candle_core::{D, Result, Tensor};

use crate::kernel::Activation;

pub(super) fn embed(
    weights: &Tensor,
    ids: &[u32],
    scale: f64,
    positions: &Tensor,
    places: &[u32],
) -> Result<Tensor> {
    let ids = Tensor::new(ids, weights.device())?;
    let places = Tensor::new(places, weights.device())?;
    (weights.index_select(&ids, 0)? * scale)? + positions.index_select(&places, 0)?
}

pub(super) fn linear(
    x: &Tensor,
    weights: &Tensor,
    bias: &Tensor,
    activation: Option<Activation>,
) -> Result<Tensor> {
    let y = x.matmul(&weights.t()?)?.broadcast_add(bias)?;
    match activation {
        None => Ok(y),
        Some(Activation::Relu) => y.relu(),
        Some(Activation::Silu) => y.silu(),
        Some(Activation::Gelu) => y.gelu_erf(),
        Some(Activation::GeluTanh) => y.gelu(),
    }
}

pub(super) fn norm(x: &Tensor, residual: &Tensor, gain: &Tensor, shift: &Tensor) -> Result<Tensor> {
    candle_nn::ops::layer_norm(&(x + residual)?, gain, shift, 1e-5)
}

/// Attention of queries `[rows, width]`, each to some rows of `memory` `[any, 2 · width]`, which
/// holds keys and values side by side: gathers the rows that each query sees into one padded tensor
/// and masks the padding. Returns the result, and for each query the position to which the last head
/// gives the greatest weight.
pub(super) fn attention(
    queries: &Tensor,
    memory: &Tensor,
    seen: &[Vec<u32>],
    heads: usize,
) -> Result<(Tensor, Vec<usize>)> {
    let device = queries.device();
    let (rows, width) = queries.dims2()?;
    let size = width / heads;
    let longest = seen.iter().map(Vec::len).max().unwrap_or(0);
    let (mut index, mut mask) = (Vec::new(), Vec::new());
    for places in seen {
        index.extend(
            places
                .iter()
                .copied()
                .chain(std::iter::repeat(0))
                .take(longest),
        );
        mask.extend((0..longest).map(|place| {
            if place < places.len() {
                0.0
            } else {
                f32::NEG_INFINITY
            }
        }));
    }
    let index = Tensor::from_vec(index, rows * longest, device)?;
    let mask = Tensor::from_vec(mask, (rows, 1, 1, longest), device)?;
    let gathered = memory.index_select(&index, 0)?;
    // [rows, heads, longest, size]
    let part = |start| {
        gathered
            .narrow(1, start, width)?
            .reshape((rows, longest, heads, size))?
            .transpose(1, 2)?
            .contiguous()
    };
    let (keys, values) = (part(0)?, part(width)?);
    let queries = queries.reshape((rows, heads, 1, size))?;
    let scores = (queries.matmul(&keys.transpose(2, 3)?.contiguous()?)? / (size as f64).sqrt())?
        .broadcast_add(&mask)?;
    let weights = candle_nn::ops::softmax_last_dim(&scores)?;
    let out = weights.matmul(&values)?.reshape((rows, width))?;
    let aligned = weights.squeeze(2)?.narrow(1, heads - 1, 1)?.squeeze(1)?;
    let alignment = aligned.argmax(D::Minus1)?.to_vec1::<u32>()?;
    let alignment = alignment.into_iter().map(|place| place as usize).collect();
    Ok((out, alignment))
}
