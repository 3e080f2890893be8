//! The operations composed of candle's own, for any device.

use candle_core::{D, Result, Tensor};

use super::Sight;
use crate::config::Activation;

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

/// Gathers what each query sees into one padded tensor and masks the padding.
pub(super) fn attention(
    queries: &Tensor,
    sight: Sight,
    heads: usize,
    align: bool,
) -> Result<(Tensor, Vec<usize>)> {
    let device = queries.device();
    let (rows, width) = queries.dims2()?;
    let size = width / heads;
    let memory = match sight {
        Sight::Spans(source, _) => std::slice::from_ref(&source.rows),
        Sight::Paths(blocks, _) => blocks,
    };
    let starts: Vec<usize> = memory
        .iter()
        .scan(0, |start, block| {
            Some(std::mem::replace(start, *start + block.dims()[0]))
        })
        .collect();
    // The rows that each query sees, of all blocks one after the other.
    let seen: Vec<Vec<u32>> = (0..rows)
        .map(|query| {
            let places: Vec<usize> = match sight {
                Sight::Spans(_, spans) => spans[query].clone().collect(),
                Sight::Paths(_, paths) => {
                    let rows = paths[query].iter().zip(&starts);
                    rows.map(|(row, start)| start + *row as usize).collect()
                }
            };
            let places = places.into_iter().map(u32::try_from);
            places
                .collect::<std::result::Result<_, _>>()
                .map_err(candle_core::Error::wrap)
        })
        .collect::<Result<_>>()?;
    let longest = seen.iter().map(Vec::len).max().unwrap_or(0);
    let (mut index, mut mask) = (Vec::new(), Vec::new());
    for places in &seen {
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
    let gathered = Tensor::cat(memory, 0)?.index_select(&index, 0)?;
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
    let favourites = if align {
        let mean = weights.squeeze(2)?.mean(1)?;
        mean.argmax(D::Minus1)?
            .to_vec1::<u32>()?
            .into_iter()
            .map(|place| place as usize)
            .collect()
    } else {
        Vec::new()
    };
    Ok((out, favourites))
}
