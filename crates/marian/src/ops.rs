//! The network's operations on tensors.
//!
//! Each has two bodies: on the CPU the [kernels](crate::kernel), anywhere else the same thing composed of candle's
//! operations. The composed bodies are also what the kernels are tested against.

mod composed;
#[cfg(test)]
mod tests;

use std::ops::{Deref, Range};

use candle_core::{Device, Error, Result, Storage, Tensor};
use rayon::prelude::*;

use crate::config::Activation;
use crate::kernel::{self, PANEL, Packed};

/// A weight matrix `[outputs, inputs]`.
#[derive(Debug)]
pub(crate) struct Matrix {
    inputs: usize,
    outputs: usize,
    /// On the CPU packed `[panels, inputs, PANEL]`, elsewhere as it is.
    weights: Tensor,
}

impl Matrix {
    /// Takes a row-major matrix.
    pub(crate) fn new(weights: Vec<f32>, inputs: usize, device: &Device) -> Result<Self> {
        let outputs = weights.len() / inputs;
        let weights = if device.is_cpu() {
            let packed = Packed::pack(&weights, inputs);
            Tensor::from_vec(packed, (outputs.div_ceil(PANEL), inputs, PANEL), device)?
        } else {
            Tensor::from_vec(weights, (outputs, inputs), device)?
        };
        Ok(Self {
            inputs,
            outputs,
            weights,
        })
    }

    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// The rows `ids`, times `scale`, plus for each the row of `positions` `[longest, inputs]` that goes with it:
    /// `[ids, inputs]`.
    pub(crate) fn embed(
        &self,
        ids: &[u32],
        scale: f64,
        positions: &Tensor,
        places: &[u32],
    ) -> Result<Tensor> {
        if !positions.device().is_cpu() {
            return composed::embed(&self.weights, ids, scale, positions, places);
        }
        let (weights, positions) = (floats(&self.weights)?, floats(positions)?);
        let packed = self.packed(&weights);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "transformers too multiplies by the scale as an f32"
        )]
        let scale = scale as f32;
        let mut rows = Vec::with_capacity(ids.len() * self.inputs);
        for (id, place) in ids.iter().zip(places) {
            let position = &positions[*place as usize * self.inputs..][..self.inputs];
            rows.extend(
                packed
                    .row(*id as usize)
                    .zip(position)
                    .map(|(weight, position)| weight * scale + position),
            );
        }
        Tensor::from_vec(rows, (ids.len(), self.inputs), &Device::Cpu)
    }

    fn packed<'a>(&self, panels: &'a [f32]) -> Packed<'a> {
        Packed {
            inputs: self.inputs,
            outputs: self.outputs,
            panels,
        }
    }
}

/// x · Wᵀ + b.
#[derive(Debug)]
pub(crate) struct Linear {
    pub(crate) matrix: Matrix,
    bias: Tensor,
}

impl Linear {
    /// `bias` has as many values as the matrix has outputs.
    pub(crate) fn new(matrix: Matrix, bias: Vec<f32>, device: &Device) -> Result<Self> {
        let bias = Tensor::from_vec(bias, matrix.outputs, device)?;
        Ok(Self { matrix, bias })
    }

    /// `[rows, inputs]` → `[rows, outputs]`.
    pub(crate) fn forward(&self, x: &Tensor, activation: Option<Activation>) -> Result<Tensor> {
        if !x.device().is_cpu() {
            return composed::linear(x, &self.matrix.weights, &self.bias, activation);
        }
        let rows = x.dim(0)?;
        let mut out = vec![0.0; rows * self.matrix.outputs];
        self.forward_into(x, &mut out)?;
        if let Some(activation) = activation {
            kernel::activate(activation, &mut out);
        }
        Tensor::from_vec(out, (rows, self.matrix.outputs), &Device::Cpu)
    }

    /// `[rows, inputs]` → `out`, row after row: for results that are read on the CPU, in a buffer to be used again.
    pub(crate) fn forward_into(&self, x: &Tensor, out: &mut [f32]) -> Result<()> {
        if x.device().is_cpu() {
            let (weights, bias) = (floats(&self.matrix.weights)?, floats(&self.bias)?);
            kernel::product(&floats(x)?, self.matrix.packed(&weights), &bias, out);
        } else {
            out.copy_from_slice(&self.forward(x, None)?.flatten_all()?.to_vec1()?);
        }
        Ok(())
    }
}

/// Residual connection and layer normalisation in one.
#[derive(Debug)]
pub(crate) struct Norm {
    gain: Tensor,
    shift: Tensor,
}

impl Norm {
    pub(crate) fn new(gain: Vec<f32>, shift: Vec<f32>, device: &Device) -> Result<Self> {
        let width = gain.len();
        Ok(Self {
            gain: Tensor::from_vec(gain, width, device)?,
            shift: Tensor::from_vec(shift, width, device)?,
        })
    }

    /// normalised(x + residual) · gain + shift, each row for itself: `[rows, width]`.
    pub(crate) fn forward(&self, x: &Tensor, residual: &Tensor) -> Result<Tensor> {
        if !x.device().is_cpu() {
            return composed::norm(x, residual, &self.gain, &self.shift);
        }
        let mut out = floats(x)?.to_vec();
        kernel::add_and_normalise(
            &mut out,
            &floats(residual)?,
            &floats(&self.gain)?,
            &floats(&self.shift)?,
        );
        Tensor::from_vec(out, x.shape(), &Device::Cpu)
    }
}

/// Which rows of a memory each query sees. A memory is a list of blocks `[any, 2 · width]`, keys and values side by
/// side.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sight<'a> {
    /// For each query a range of rows of the first block.
    Spans(&'a [Range<usize>]),
    /// For each query one row of every block.
    Paths(&'a [Vec<u32>]),
}

impl Sight<'_> {
    /// The (block, row) pairs that a query sees.
    fn places(&self, query: usize) -> Box<dyn Iterator<Item = (usize, usize)> + '_> {
        match self {
            Self::Spans(spans) => Box::new(spans[query].clone().map(|row| (0, row))),
            Self::Paths(paths) => {
                Box::new(paths[query].iter().map(|row| *row as usize).enumerate())
            }
        }
    }
}

/// Attention of the queries `[rows, width]`: `[rows, width]`, and where asked for the place in its sight that each query
/// gave most weight to, as the mean over the heads.
pub(crate) fn attention(
    queries: &Tensor,
    memory: &[Tensor],
    sight: Sight,
    heads: usize,
    align: bool,
) -> Result<(Tensor, Vec<usize>)> {
    if !queries.device().is_cpu() {
        return composed::attention(queries, memory, sight, heads, align);
    }
    let (rows, width) = queries.dims2()?;
    let queries = floats(queries)?;
    let blocks: Vec<_> = memory.iter().map(floats).collect::<Result<_>>()?;
    let mut out = vec![0.0; rows * width];
    let mut favourites = vec![0; if align { rows } else { 0 }];
    // One query is too little work to hand to another thread; eight of them are about 20 µs.
    let chunk = rows.div_ceil(rayon::current_num_threads()).max(8);
    let marks = favourites
        .chunks_mut(chunk)
        .map(Some)
        .chain(std::iter::repeat_with(|| None));
    let tasks: Vec<_> = out
        .chunks_mut(chunk * width)
        .zip(marks)
        .enumerate()
        .collect();
    tasks.into_par_iter().for_each(|(task, (out, mut marks))| {
        let (mut seen, mut weights, mut mean) = (Vec::new(), Vec::new(), Vec::new());
        for (index, out) in out.chunks_exact_mut(width).enumerate() {
            let query = task * chunk + index;
            seen.clear();
            seen.extend(
                sight
                    .places(query)
                    .map(|(block, row)| &blocks[block][row * 2 * width..(row + 1) * 2 * width]),
            );
            mean.clear();
            mean.resize(if align { seen.len() } else { 0 }, 0.0);
            let memory = kernel::Memory { rows: &seen, heads };
            kernel::attend(
                &queries[query * width..(query + 1) * width],
                &memory,
                &mut weights,
                &mut mean,
                out,
            );
            if let Some(marks) = &mut marks {
                marks[index] = greatest(&mean);
            }
        }
    });
    Ok((
        Tensor::from_vec(out, (rows, width), &Device::Cpu)?,
        favourites,
    ))
}

/// The first place of the greatest value.
fn greatest(values: &[f32]) -> usize {
    let mut best = 0;
    for (place, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = place;
        }
    }
    best
}

/// The numbers of a contiguous tensor on the CPU, borrowed.
struct Floats<Guard> {
    storage: Guard,
    range: Range<usize>,
}

impl<Guard: Deref<Target = Storage>> Deref for Floats<Guard> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match &*self.storage {
            // `floats` has looked at the device and the type.
            Storage::Cpu(storage) => storage
                .as_slice()
                .map_or(&[], |slice| &slice[self.range.clone()]),
            _ => &[],
        }
    }
}

fn floats(tensor: &Tensor) -> Result<Floats<impl Deref<Target = Storage>>> {
    let (storage, layout) = tensor.storage_and_layout();
    let Some((start, end)) = layout.contiguous_offsets() else {
        return Err(Error::Msg("a kernel needs a contiguous tensor".to_owned()).bt());
    };
    match &*storage {
        Storage::Cpu(numbers) => numbers.as_slice::<f32>().map(|_| ())?,
        _ => return Err(Error::Msg("a kernel needs a tensor on the CPU".to_owned()).bt()),
    }
    Ok(Floats {
        storage,
        range: start..end,
    })
}
