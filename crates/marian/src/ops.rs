//! The network's operations on tensors.
//!
//! Each has two bodies: on the CPU the [kernels](crate::kernel), anywhere else the same thing composed of candle's
//! operations. The composed bodies are also what the kernels are tested against.

mod composed;
mod output;
#[cfg(test)]
mod tests;

pub(crate) use output::{Embedding, Output};
pub use output::{Found, Normalise, Wanted};

use std::collections::HashMap;
use std::ops::{Deref, Range};

use candle_core::{Device, Error, Result, Storage, Tensor};
use rayon::prelude::*;

use crate::config::Activation;
use crate::kernel::int8::{self, Instructions};
use crate::kernel::{self, Columns, Interleaved, Memory, Packed};

/// How weights are kept, and the arithmetic of their products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    F32,
    /// 8-bit integers, on the CPU; elsewhere as `F32`.
    Int8(Instructions),
}

/// A weight matrix `[outputs, inputs]`.
#[derive(Debug)]
pub(crate) struct Matrix {
    inputs: usize,
    outputs: usize,
    weights: Weights,
}

#[derive(Debug)]
enum Weights {
    /// As they are, `[outputs, inputs]`: not on the CPU.
    Plain(Tensor),
    /// `[panels, inputs, PANEL]`
    F32(Vec<f32>),
    Int8(int8::Weights, Instructions),
}

/// Rows prepared for a product with a [`Matrix`].
enum Prepared {
    F32(Interleaved),
    Int8(int8::Rows),
}

/// Multiplications that one thread does in the time that it takes to wake another (about 10 µs).
const WORTH_SPLITTING: usize = 1 << 18;

impl Matrix {
    /// Takes a row-major matrix.
    pub(crate) fn new(
        weights: Vec<f32>,
        inputs: usize,
        arithmetic: Arithmetic,
        device: &Device,
    ) -> Result<Self> {
        let outputs = weights.len() / inputs;
        let weights = match arithmetic {
            _ if !device.is_cpu() => {
                Weights::Plain(Tensor::from_vec(weights, (outputs, inputs), device)?)
            }
            Arithmetic::F32 => Weights::F32(Packed::pack(&weights, inputs)),
            Arithmetic::Int8(instructions) => {
                let weights = int8::Weights::quantise(&weights, inputs);
                return Ok(Self::of_integers(weights, instructions));
            }
        };
        Ok(Self {
            inputs,
            outputs,
            weights,
        })
    }

    /// A matrix of integers, on the CPU.
    fn of_integers(weights: int8::Weights, instructions: Instructions) -> Self {
        Self {
            inputs: weights.inputs,
            outputs: weights.outputs,
            weights: Weights::Int8(weights, instructions),
        }
    }

    /// Copies the weights of one output; only of a matrix of floats on the CPU.
    fn row(&self, output: usize, out: &mut [f32]) {
        if let Weights::F32(panels) = &self.weights {
            for (out, weight) in out.iter_mut().zip(self.packed(panels).row(output)) {
                *out = weight;
            }
        }
    }

    fn packed<'a>(&self, panels: &'a [f32]) -> Packed<'a> {
        Packed {
            inputs: self.inputs,
            outputs: self.outputs,
            panels,
        }
    }

    fn prepare(&self, x: &[f32]) -> Prepared {
        match &self.weights {
            Weights::Int8(..) => Prepared::Int8(int8::Rows::quantise(x, self.inputs)),
            Weights::F32(_) | Weights::Plain(_) => Prepared::F32(Interleaved::new(x, self.inputs)),
        }
    }

    /// Some columns of a product, on one thread.
    fn columns(&self, x: &Prepared, bias: &[f32], columns: Range<usize>, out: &mut [&mut [f32]]) {
        match (&self.weights, x) {
            (Weights::Int8(weights, instructions), Prepared::Int8(x)) => {
                x.product(*instructions, weights, bias, columns, out);
            }
            (Weights::F32(panels), Prepared::F32(x)) => {
                x.product(self.packed(panels), bias, columns, out);
            }
            // Rows are prepared for the matrix that they meet.
            _ => {}
        }
    }
}

/// x · Wᵀ + b.
#[derive(Debug)]
pub(crate) struct Linear {
    matrix: Matrix,
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
        if let Weights::Plain(weights) = &self.matrix.weights {
            return composed::linear(x, weights, &self.bias, activation);
        }
        let (rows, matrix) = (x.dim(0)?, &self.matrix);
        let mut out = vec![0.0; rows * matrix.outputs];
        let (x, bias) = (matrix.prepare(&floats(x)?), floats(&self.bias)?);
        let tasks = (rows * matrix.inputs * matrix.outputs).div_ceil(WORTH_SPLITTING);
        let bias: &[f32] = &bias;
        kernel::by_columns(&mut out, matrix.outputs, tasks, |columns, out| {
            matrix.columns(&x, bias, columns, out);
            if let Some(activation) = activation {
                for row in out {
                    kernel::activate(activation, row);
                }
            }
        });
        Tensor::from_vec(out, (rows, matrix.outputs), &Device::Cpu)
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

/// Keys and values of sentences that lie one after the other, for queries that each see one of them whole.
#[derive(Debug)]
pub(crate) struct Source {
    /// `[tokens, 2 · width]`, keys and values side by side.
    rows: Tensor,
    /// On the CPU the keys once more in columns, sentence after sentence.
    keys: Vec<f32>,
    /// Where in `keys` the columns of the sentence are whose rows begin there.
    columns: HashMap<usize, Range<usize>>,
}

impl Source {
    /// Takes `rows` and which of them are a sentence each.
    pub(crate) fn new(rows: Tensor, sentences: &[Range<usize>]) -> Result<Self> {
        let mut source = Self {
            rows,
            keys: Vec::new(),
            columns: HashMap::new(),
        };
        if source.rows.device().is_cpu() {
            let width = source.rows.dim(1)? / 2;
            let rows = floats(&source.rows)?;
            let mut end = 0;
            for sentence in sentences {
                let start = end;
                end += Columns::size(width, sentence.len());
                source.columns.insert(sentence.start, start..end);
            }
            source.keys.resize(end, 0.0);
            for sentence in sentences {
                let keys = &mut source.keys[source.columns[&sentence.start].clone()];
                let rows = &rows[sentence.start * 2 * width..sentence.end * 2 * width];
                Columns::fill(rows, width, keys);
            }
        }
        Ok(source)
    }
}

/// What queries attend to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sight<'a> {
    /// Each a sentence: a range of the rows of a source.
    Spans(&'a Source, &'a [Range<usize>]),
    /// Each one row of every block `[any, 2 · width]`, keys and values side by side.
    Paths(&'a [Tensor], &'a [Vec<u32>]),
}

/// Attention of the queries `[rows, width]`: `[rows, width]`, and where asked for the place in its sight that each query
/// gave most weight to, as the mean over the heads.
pub(crate) fn attention(
    queries: &Tensor,
    sight: Sight,
    heads: usize,
    align: bool,
) -> Result<(Tensor, Vec<usize>)> {
    if !queries.device().is_cpu() {
        return composed::attention(queries, sight, heads, align);
    }
    let (rows, width) = queries.dims2()?;
    let queries = floats(queries)?;
    let blocks = match &sight {
        Sight::Spans(source, _) => std::slice::from_ref(&source.rows),
        Sight::Paths(blocks, _) => blocks,
    };
    let blocks: Vec<_> = blocks.iter().map(floats).collect::<Result<_>>()?;
    let row_of = |block: usize, row: usize| &blocks[block][row * 2 * width..(row + 1) * 2 * width];
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
            let (memory, positions) = match sight {
                Sight::Spans(source, spans) => {
                    let span = &spans[query];
                    let rows = &blocks[0][span.start * 2 * width..span.end * 2 * width];
                    let keys = &source.keys[source.columns[&span.start].clone()];
                    (Memory::Whole { rows, keys }, span.len())
                }
                Sight::Paths(_, paths) => {
                    let path = paths[query].iter().enumerate();
                    seen.clear();
                    seen.extend(path.map(|(block, row)| row_of(block, *row as usize)));
                    (Memory::Scattered(&seen), seen.len())
                }
            };
            mean.clear();
            mean.resize(if align { positions } else { 0 }, 0.0);
            let query = &queries[query * width..(query + 1) * width];
            kernel::attend(query, memory, heads, &mut weights, &mut mean, out);
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
