//! The network's operations.
//!
//! Their bodies are the [kernels](crate::kernel). They are tested against the same thing composed of candle's own
//! operations.

#[cfg(test)]
mod composed;
mod output;
mod states;
#[cfg(test)]
mod tests;

pub(crate) use output::{Embedding, Output};
pub use output::{Found, Normalise, Wanted};
pub(crate) use states::States;

use std::ops::Range;

use crate::config::Activation;
use crate::kernel::int8::{self, Instructions};
use crate::kernel::{self, Attend, Interleaved, Packed, Queries, Scratch};
use crate::team::Team;

/// How weights are kept, and the arithmetic of their products.
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
    weights: Weights,
}

#[derive(Debug)]
enum Weights {
    /// `[panels, inputs, PANEL]`
    F32(Vec<f32>),
    Int8(int8::Weights, Instructions),
}

/// Rows prepared for a product with a [`Matrix`].
enum Prepared {
    F32(Interleaved),
    Int8(int8::Rows),
}

/// Multiplications that are worth a second thread. With one row each is a weight that is read: 64 kB of them take some
/// 5 µs from memory, several times as long as handing over a task.
const WORTH_SPLITTING: usize = 1 << 16;

/// Pieces that the sentences of a batch are cut into per thread, so that one whose sentences are short helps another. For
/// one thread it is one piece: the first sentence of each is not asked for before it is needed.
const PIECES: usize = 4;

impl Matrix {
    /// Takes a row-major matrix.
    pub(crate) fn new(team: &Team, weights: &[f32], inputs: usize, arithmetic: Arithmetic) -> Self {
        match arithmetic {
            Arithmetic::F32 => Self {
                inputs,
                outputs: weights.len() / inputs,
                weights: Weights::F32(Packed::pack(team, weights, inputs)),
            },
            Arithmetic::Int8(instructions) => {
                Self::of_integers(int8::Weights::quantise(team, weights, inputs), instructions)
            }
        }
    }

    /// A matrix of integers.
    fn of_integers(weights: int8::Weights, instructions: Instructions) -> Self {
        Self {
            inputs: weights.inputs,
            outputs: weights.outputs,
            weights: Weights::Int8(weights, instructions),
        }
    }

    /// Copies the weights of one output; of integers only where they can be had in two bytes.
    fn row(&self, output: usize, out: &mut [f32]) {
        match &self.weights {
            Weights::F32(panels) => {
                for (out, weight) in out.iter_mut().zip(self.packed(panels).row(output)) {
                    *out = weight;
                }
            }
            Weights::Int8(weights, _) => weights.copy(output, out),
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
            Weights::Int8(..) => Prepared::Int8(int8::Rows::quantise(team, x, self.inputs)),
            Weights::F32(_) => Prepared::F32(Interleaved::new(x, self.inputs)),
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
            _ => unreachable!("rows are prepared for the matrix that they meet"),
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
    /// `bias` has as many values as the matrix has outputs.
    pub(crate) fn new(matrix: Matrix, bias: Vec<f32>) -> Self {
        Self { matrix, bias }
    }

    /// `[rows, inputs]` → `[rows, outputs]`.
    pub(crate) fn forward(&self, team: &Team, x: &[f32], activation: Option<Activation>) -> States {
        let matrix = &self.matrix;
        let rows = x.len() / matrix.inputs;
        let mut out = States::new(rows, matrix.outputs);
        let x = matrix.prepare(team, x);
        let tasks = (rows * matrix.inputs * matrix.outputs).div_ceil(WORTH_SPLITTING);
        kernel::by_columns(team, &mut out, matrix.outputs, tasks, |columns, out| {
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

/// Residual connection and layer normalisation in one.
#[derive(Debug)]
pub(crate) struct Norm {
    gain: Vec<f32>,
    shift: Vec<f32>,
}

impl Norm {
    pub(crate) fn new(gain: Vec<f32>, shift: Vec<f32>) -> Self {
        Self { gain, shift }
    }

    /// x = normalised(x + residual) · gain + shift, each row for itself.
    pub(crate) fn apply(&self, team: &Team, x: &mut [f32], residual: &[f32]) {
        kernel::add_and_normalise(team, x, residual, &self.gain, &self.shift);
    }
}

/// Keys and values of tokens: as they are, or beside 8-bit products in 8 bits too.
#[derive(Debug)]
pub(crate) enum Memory {
    F32(kernel::Memory<f32>),
    Int8(kernel::Memory<i8>),
}

/// How keys and values are kept, and how wide they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads {
    pub(crate) arithmetic: Arithmetic,
    pub(crate) count: usize,
    /// Of all heads together.
    pub(crate) width: usize,
}

impl Heads {
    /// Takes rows `[tokens, any]`, which end with the keys and the values; those of each sentence become a memory.
    pub(crate) fn sources(
        self,
        team: &Team,
        rows: &States,
        sentences: &[Range<usize>],
    ) -> Vec<Memory> {
        let stride = rows.width();
        team.map(sentences, |sentence| {
            let mut source = self.memory();
            source.reserve(sentence.len());
            source.push(
                &rows[sentence.start * stride..sentence.end * stride],
                stride,
            );
            source
        })
    }

    /// A memory of nothing yet.
    pub(crate) fn memory(self) -> Memory {
        match self.arithmetic {
            Arithmetic::F32 => Memory::F32(kernel::Memory::new(self.width, self.count)),
            Arithmetic::Int8(_) => Memory::Int8(kernel::Memory::new(self.width, self.count)),
        }
    }

    /// Attention of queries to what their sentences may look at. `projected` `[rows, any]` begins with the queries:
    /// first those of the first of `sights`, and so on; for a sight of steps it ends with their keys and values. Gives
    /// `[rows, width]`, and for each row the place that it gave most weight to, as the mean over the heads; 0 where its
    /// sight does not ask.
    pub(crate) fn attention<'a>(
        self,
        team: &Team,
        projected: &States,
        sights: impl Iterator<Item = (usize, Sight<'a>)>,
    ) -> (States, Vec<usize>) {
        let instructions = match self.arithmetic {
            Arithmetic::F32 => Instructions::Scalar,
            Arithmetic::Int8(instructions) => instructions,
        };
        let (rows, stride) = (projected.rows(), projected.width());
        let mut out = States::new(rows, self.width);
        let mut favourites = vec![0; rows];
        let mut tasks = Vec::new();
        let (mut queries, mut rest, mut marks): (&[f32], &mut [f32], &mut [usize]) =
            (projected, &mut out, &mut favourites);
        for (count, sight) in sights {
            let (rows, other_rows) = queries.split_at(count * stride);
            let (own, other_out) = rest.split_at_mut(count * self.width);
            let (own_marks, other_marks) = marks.split_at_mut(count);
            tasks.push((rows, sight, own, own_marks));
            (queries, rest, marks) = (other_rows, other_out, other_marks);
        }
        let pieces = if team.threads() > 1 { PIECES } else { 1 };
        let sentences = team.share(tasks.len(), 1).div_ceil(pieces);
        team.for_each(tasks.chunks_mut(sentences), |tasks| {
            let (mut scratch, mut means) = (Scratch::default(), Vec::new());
            let mut tasks = tasks.iter_mut().peekable();
            while let Some((rows, sight, out, marks)) = tasks.next() {
                if let Sight::Steps { steps, .. } = sight {
                    steps.push(rows, stride);
                }
                let next = tasks.peek().map(|(_, sight, ..)| sight.memory());
                let (memory, paths) = (sight.memory(), sight.paths());
                let aligned = if sight.aligns() { marks.len() } else { 0 };
                means.clear();
                means.resize(aligned * memory.rows(), 0.0);
                let queries = Queries {
                    rows,
                    stride,
                    paths,
                };
                memory.attend(instructions, queries, next, &mut scratch, &mut means, out);
                for (mark, means) in marks.iter_mut().zip(means.chunks_exact(memory.rows())) {
                    *mark = greatest(means);
                }
            }
        });
        (out, favourites)
    }
}

impl Memory {
    fn reserve(&mut self, rows: usize) {
        match self {
            Self::F32(memory) => memory.reserve(rows),
            Self::Int8(memory) => memory.reserve(rows),
        }
    }

    /// Adds rows `[any, stride]`, which end with the keys and the values.
    pub(crate) fn push(&mut self, rows: &[f32], stride: usize) {
        match self {
            Self::F32(memory) => Attend::push(memory, rows, stride),
            Self::Int8(memory) => Attend::push(memory, rows, stride),
        }
    }

    /// As [`Attend::attend`]; `next` is kept as this is.
    fn attend(
        &self,
        instructions: Instructions,
        queries: Queries,
        next: Option<&Self>,
        scratch: &mut Scratch,
        means: &mut [f32],
        out: &mut [f32],
    ) {
        match self {
            Self::F32(memory) => {
                let next = match next {
                    Some(Self::F32(next)) => Some(next),
                    _ => None,
                };
                Attend::attend(instructions, queries, memory, next, scratch, means, out);
            }
            Self::Int8(memory) => {
                let next = match next {
                    Some(Self::Int8(next)) => Some(next),
                    _ => None,
                };
                Attend::attend(instructions, queries, memory, next, scratch, means, out);
            }
        }
    }

    fn rows(&self) -> usize {
        match self {
            Self::F32(memory) => memory.rows(),
            Self::Int8(memory) => memory.rows(),
        }
    }
}

/// What the queries of a sentence attend to.
#[derive(Debug)]
pub(crate) enum Sight<'a> {
    /// All of a source; with `align` each query tells where it looked.
    Source { source: &'a Memory, align: bool },
    /// Each the rows of its path through all steps, of which this one's are added first: they are put where the queries
    /// look next.
    Steps {
        steps: &'a mut Memory,
        paths: &'a [Vec<u32>],
    },
}

impl Sight<'_> {
    fn memory(&self) -> &Memory {
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

    /// Whether it asks where queries looked.
    fn aligns(&self) -> bool {
        matches!(self, Self::Source { align: true, .. })
    }
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
