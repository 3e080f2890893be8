//! The network's operations.
//!
//! They are built from the [kernels](crate::kernel), and tested against the same operations
//! composed of candle's.

mod output;
#[cfg(test)]
mod reference;
mod states;
#[cfg(test)]
mod tests;

pub(crate) use output::{Embedding, Output};
pub use output::{Found, Normalise, Wanted};
pub(crate) use states::States;

use std::ops::Range;

use crate::kernel::int8::{self, Instructions};
use crate::kernel::{self, Activation, Attend, Interleaved, Packed, Queries, Scratch};
use crate::row::Alignment;
use crate::team::Team;

/// Number format of the weights, and the arithmetic of their products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    F32,
    /// 8-bit integers.
    Int8(Instructions),
}

/// A weight matrix `[outputs, inputs]`.
#[derive(Debug)]
pub(crate) struct Matrix {
    inputs: usize,
    outputs: usize,
    weights: MatrixWeights,
}

#[derive(Debug)]
enum MatrixWeights {
    /// `[panels, inputs, PANEL]`
    F32(Vec<f32>),
    Int8(int8::QuantisedWeights, Instructions),
}

/// Rows prepared for a product with a [`Matrix`].
enum Prepared {
    F32(Interleaved),
    Int8(int8::QuantisedRows),
}

/// Number of multiplications that make a second thread worthwhile. With a single row each of them
/// reads a weight; 64 kB of weights take some 5 µs from memory, several times as long as handing
/// over a task.
const WORTH_SPLITTING: usize = 1 << 16;

/// Pieces per thread into which the sentences of a batch are divided, so that a thread with short
/// sentences helps another. A single thread takes them as one piece, because the first sentence of
/// a piece is not prefetched.
const PIECES_PER_THREAD: usize = 4;

impl Matrix {
    /// Prepares a row-major matrix.
    pub(crate) fn new(team: &Team, weights: &[f32], inputs: usize, arithmetic: Arithmetic) -> Self {
        match arithmetic {
            Arithmetic::F32 => Self {
                inputs,
                outputs: weights.len() / inputs,
                weights: MatrixWeights::F32(Packed::pack(team, weights, inputs)),
            },
            Arithmetic::Int8(instructions) => Self::of_integers(
                int8::QuantisedWeights::quantise(team, weights, inputs),
                instructions,
            ),
        }
    }

    /// Returns a matrix of integers.
    fn of_integers(weights: int8::QuantisedWeights, instructions: Instructions) -> Self {
        Self {
            inputs: weights.inputs,
            outputs: weights.outputs,
            weights: MatrixWeights::Int8(weights, instructions),
        }
    }

    /// Copies the weights of one output. A matrix of integers must have remainders.
    fn row(&self, output: usize, out: &mut [f32]) {
        match &self.weights {
            MatrixWeights::F32(panels) => {
                for (out, weight) in out.iter_mut().zip(self.packed(panels).row(output)) {
                    *out = weight;
                }
            }
            MatrixWeights::Int8(weights, _) => weights.copy(output, out),
        }
    }

    fn packed<'a>(&self, panels: &'a [f32]) -> Packed<'a> {
        Packed {
            inputs: self.inputs,
            outputs: self.outputs,
            panels,
        }
    }

    fn prepare(&self, team: &Team, x: &[f32]) -> Prepared {
        match &self.weights {
            MatrixWeights::Int8(..) => {
                Prepared::Int8(int8::QuantisedRows::quantise(team, x, self.inputs))
            }
            MatrixWeights::F32(_) => Prepared::F32(Interleaved::new(x, self.inputs)),
        }
    }

    /// Computes a range of columns of a product, on one thread.
    fn columns(&self, x: &Prepared, bias: &[f32], columns: Range<usize>, out: &mut [&mut [f32]]) {
        match (&self.weights, x) {
            (MatrixWeights::Int8(weights, instructions), Prepared::Int8(x)) => {
                x.product(*instructions, weights, bias, columns, out);
            }
            (MatrixWeights::F32(panels), Prepared::F32(x)) => {
                x.product(self.packed(panels), bias, columns, out);
            }
            _ => unreachable!("rows are prepared for this kind of matrix"),
        }
    }
}

/// x · Wᵀ + b.
#[derive(Debug)]
pub(crate) struct Linear {
    matrix: Matrix,
    bias: Vec<f32>,
}

impl Linear {
    /// Returns the layer; `bias` has one value per output of the matrix.
    pub(crate) fn new(matrix: Matrix, bias: Vec<f32>) -> Self {
        Self { matrix, bias }
    }

    /// Returns x · Wᵀ + b, with the activation applied if there is one: `[rows, inputs]` →
    /// `[rows, outputs]`.
    pub(crate) fn forward(&self, team: &Team, x: &[f32], activation: Option<Activation>) -> States {
        let matrix = &self.matrix;
        let rows = x.len() / matrix.inputs;
        let mut out = States::new(rows, matrix.outputs);
        let x = matrix.prepare(team, x);
        let tasks = (rows * matrix.inputs * matrix.outputs).div_ceil(WORTH_SPLITTING);
        kernel::split_columns(team, &mut out, matrix.outputs, tasks, |columns, out| {
            matrix.columns(&x, &self.bias, columns, out);
            if let Some(activation) = activation {
                for row in out {
                    kernel::activate(activation, row);
                }
            }
        });
        out
    }
}

/// Residual connection followed by layer normalisation.
#[derive(Debug)]
pub(crate) struct Norm {
    gain: Vec<f32>,
    shift: Vec<f32>,
}

impl Norm {
    pub(crate) fn new(gain: Vec<f32>, shift: Vec<f32>) -> Self {
        Self { gain, shift }
    }

    /// Computes x = normalised(x + residual) · gain + shift, row by row.
    pub(crate) fn apply(&self, team: &Team, x: &mut [f32], residual: &[f32]) {
        kernel::add_and_normalise(team, x, residual, &self.gain, &self.shift);
    }
}

/// Keys and values of tokens: in f32, or in 8 bits if the products with weights are 8-bit.
#[derive(Debug)]
pub(crate) enum KvCache {
    F32(kernel::KvCache<f32>),
    Int8(kernel::KvCache<i8>),
}

/// Number format, number and width of the attention heads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads {
    pub(crate) arithmetic: Arithmetic,
    pub(crate) count: usize,
    /// Width of all heads together.
    pub(crate) width: usize,
}

impl Heads {
    /// Builds the caches of sentences from rows `[tokens, any]` that each end with the keys and the
    /// values.
    pub(crate) fn source_caches(
        self,
        team: &Team,
        rows: &States,
        sentences: &[Range<usize>],
    ) -> Vec<KvCache> {
        let stride = rows.width();
        team.map(sentences, |sentence| {
            let mut source = self.empty_cache();
            source.reserve(sentence.len());
            source.push(
                &rows[sentence.start * stride..sentence.end * stride],
                stride,
            );
            source
        })
    }

    /// Returns an empty cache.
    pub(crate) fn empty_cache(self) -> KvCache {
        match self.arithmetic {
            Arithmetic::F32 => KvCache::F32(kernel::KvCache::new(self.width, self.count)),
            Arithmetic::Int8(_) => KvCache::Int8(kernel::KvCache::new(self.width, self.count)),
        }
    }

    /// Computes the attention of queries to the contexts of their sentences. `projected`
    /// `[rows, any]` starts with the queries: first those of the first context, and so on; for a
    /// context of steps, it ends with their keys and values. Returns `[rows, width]`, and for each
    /// row its alignment by the aligned head; the default if its context does not align.
    pub(crate) fn attention<'a>(
        self,
        team: &Team,
        projected: &States,
        contexts: impl Iterator<Item = (usize, Context<'a>)>,
    ) -> (States, Vec<Alignment>) {
        let instructions = match self.arithmetic {
            Arithmetic::F32 => Instructions::Scalar,
            Arithmetic::Int8(instructions) => instructions,
        };
        let (rows, stride) = (projected.rows(), projected.width());
        let mut out = States::new(rows, self.width);
        let mut alignment = vec![Alignment::default(); rows];
        let mut tasks = Vec::new();
        let (mut queries, mut rest, mut alignments): (&[f32], &mut [f32], &mut [Alignment]) =
            (projected, &mut out, &mut alignment);
        for (count, context) in contexts {
            let (rows, other_rows) = queries.split_at(count * stride);
            let (own, other_out) = rest.split_at_mut(count * self.width);
            let (own_alignments, other_alignments) = alignments.split_at_mut(count);
            tasks.push((rows, context, own, own_alignments));
            (queries, rest, alignments) = (other_rows, other_out, other_alignments);
        }
        let pieces = if team.threads() > 1 {
            PIECES_PER_THREAD
        } else {
            1
        };
        let sentences = team.share(tasks.len(), 1).div_ceil(pieces);
        team.for_each(tasks.chunks_mut(sentences), |tasks| {
            let (mut scratch, mut aligned) = (Scratch::default(), Vec::new());
            let mut tasks = tasks.iter_mut().peekable();
            while let Some((rows, context, out, alignments)) = tasks.next() {
                if let Context::Steps { steps, .. } = context {
                    steps.push(rows, stride);
                }
                let next = tasks.peek().map(|(_, context, ..)| context.cache());
                let (cache, paths) = (context.cache(), context.paths());
                let head = context.aligned_head();
                let aligned_rows = if head.is_some() { alignments.len() } else { 0 };
                aligned.clear();
                aligned.resize(aligned_rows * cache.rows(), 0.0);
                let queries = Queries {
                    rows,
                    stride,
                    paths,
                    aligned_head: head.unwrap_or_default(),
                };
                cache.attend(instructions, queries, next, &mut scratch, &mut aligned, out);
                let weights = aligned.chunks_exact(cache.rows());
                for (alignment, weights) in alignments.iter_mut().zip(weights) {
                    *alignment = Alignment::of(weights);
                }
            }
        });
        (out, alignment)
    }
}

impl KvCache {
    fn reserve(&mut self, rows: usize) {
        match self {
            Self::F32(cache) => cache.reserve(rows),
            Self::Int8(cache) => cache.reserve(rows),
        }
    }

    /// Appends rows `[any, stride]` that each end with the keys and the values.
    pub(crate) fn push(&mut self, rows: &[f32], stride: usize) {
        match self {
            Self::F32(cache) => Attend::push(cache, rows, stride),
            Self::Int8(cache) => Attend::push(cache, rows, stride),
        }
    }

    /// Calls [`Attend::attend`]; `next` must have elements of the same type as this cache.
    fn attend(
        &self,
        instructions: Instructions,
        queries: Queries,
        next: Option<&Self>,
        scratch: &mut Scratch,
        aligned: &mut [f32],
        out: &mut [f32],
    ) {
        match self {
            Self::F32(cache) => {
                let next = match next {
                    Some(Self::F32(next)) => Some(next),
                    _ => None,
                };
                Attend::attend(instructions, queries, cache, next, scratch, aligned, out);
            }
            Self::Int8(cache) => {
                let next = match next {
                    Some(Self::Int8(next)) => Some(next),
                    _ => None,
                };
                Attend::attend(instructions, queries, cache, next, scratch, aligned, out);
            }
        }
    }

    fn rows(&self) -> usize {
        match self {
            Self::F32(cache) => cache.rows(),
            Self::Int8(cache) => cache.rows(),
        }
    }
}

/// The rows that the queries of a sentence attend to.
#[derive(Debug)]
pub(crate) enum Context<'a> {
    /// The whole source. With `aligned_head`, the alignment by that head is returned for each query.
    Source {
        source: &'a KvCache,
        aligned_head: Option<usize>,
    },
    /// For each query, the rows on its path through all steps. The keys and values of the current
    /// step are appended first, just before the queries read them.
    Steps {
        steps: &'a mut KvCache,
        paths: &'a [Vec<u32>],
    },
}

impl Context<'_> {
    fn cache(&self) -> &KvCache {
        match self {
            Self::Source { source, .. } => source,
            Self::Steps { steps, .. } => steps,
        }
    }

    fn paths(&self) -> Option<&[Vec<u32>]> {
        match self {
            Self::Source { .. } => None,
            Self::Steps { paths, .. } => Some(paths),
        }
    }

    /// Returns the head whose alignments are requested.
    fn aligned_head(&self) -> Option<usize> {
        match self {
            Self::Source { aligned_head, .. } => *aligned_head,
            Self::Steps { .. } => None,
        }
    }
}
