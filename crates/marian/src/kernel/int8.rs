//! Products of 8-bit integers: weights quantised once, activations on the fly.
//!
//! The weights of an output are `scale · w` with w in −127..=127. A row of activations is `scale · q + zero` with q in
//! −128..=127, which spans exactly from its least to its greatest value: what comes out of an activation function lies
//! mostly on one side, and would leave half of a symmetric range unused (Jacob et al. 2018, arXiv:1712.05877). The sum
//! over q · w is exact in 32 bits on every path, so the result depends neither on the processor nor on the rows beside
//! it.

#[cfg(target_arch = "x86_64")]
mod amx;
mod scalar;
#[cfg(test)]
mod tests;
mod weights;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::cell::{Cell, RefCell};
use std::ops::Range;

use pulp::Simd;

use super::{Lines, PANEL, ROUND, combined, dispatch};
use crate::team::Team;
use weights::Panel;
pub(crate) use weights::Weights;

/// Inputs are filled up with zeros to a multiple of this: the bytes in a row of an AMX tile.
const DEPTH_STEP: usize = 64;

/// Inputs whose products a 32-bit lane adds up at a time.
pub(crate) const GROUP: usize = 4;

/// Values whose quantisation is worth a second thread: some 2 µs of work.
const WORTH_SPLITTING: usize = 1 << 13;

/// What is added to q so that it is an unsigned byte, as VNNI and AMX want it.
pub(crate) const OFFSET: i32 = 128;

/// The rows of a tile of AMX; rows of activations are filled up to a multiple of it where there are more.
const TILE_ROWS: usize = 16;

/// Panels and rows whose sums are computed before floats are made of any: a few cache lines of a row of the result, and
/// 16 kB of sums. The rows are as many as tiles multiply at once; with 512 inputs, which most products of most models
/// have, they are 16 kB and stay in a first-level cache, so that only the weights come from further away.
const PANELS: usize = 4;
const ROWS: usize = 2 * TILE_ROWS;

/// The most bytes of rows that a thread keeps: 512 rows of 2 048, more than a batch or a part of the encoder has.
const MOST_SPARE: usize = 1 << 20;

thread_local! {
    /// The bytes of the last rows, for the next: to zero fresh ones each time took 2 % of all time.
    static SPARE: Cell<Lines<u8>> = Cell::default();

    /// The sums of two blocks, which every product of this thread overwrites.
    static SUMS: RefCell<(Lines<i32>, Lines<i32>)> = {
        let sums = || Lines::new(PANELS * ROWS * PANEL);
        RefCell::new((sums(), sums()))
    };
}

/// A set of instructions that sums of integers are written in. All give the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instructions {
    /// What every processor has.
    Scalar,
    /// AVX2: 32 bytes at a time.
    Avx2,
    /// AVX-512 with VNNI: 64 bytes at a time, multiplied and added up in one instruction.
    Avx512,
    /// AMX: tiles of 16 × 64 bytes.
    Amx,
}

impl Instructions {
    /// All sets, the slowest first.
    pub const ALL: [Self; 4] = [Self::Scalar, Self::Avx2, Self::Avx512, Self::Amx];

    /// Whether this processor, and for AMX the operating system too, lets a program use them.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => x86::has_avx2(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => x86::has_avx512(),
            // Attention and the rest still use AVX-512 or AVX2 where they run; tiles alone help nobody.
            #[cfg(target_arch = "x86_64")]
            Self::Amx => x86::has_avx512() && amx::is_permitted(),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// The fastest that this processor has.
    #[must_use]
    pub fn best() -> Self {
        let mut fastest_first = Self::ALL.into_iter().rev();
        fastest_first
            .find(|instructions| instructions.is_available())
            .unwrap_or(Self::Scalar)
    }

    /// Its name, as flags and the names of tests have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Amx => "amx",
        }
    }
}

/// Rows that tiles hold: one that is not full, or full ones.
fn rows_of_tiles(count: usize) -> usize {
    if count <= TILE_ROWS {
        count
    } else {
        count.next_multiple_of(TILE_ROWS)
    }
}

/// Bytes of a quantised row of `inputs` values.
pub(crate) fn depth(inputs: usize) -> usize {
    inputs.next_multiple_of(DEPTH_STEP)
}

/// Rows of activations, quantised.
#[derive(Debug)]
pub(crate) struct Rows {
    count: usize,
    /// `[rows, depth]`, each q + 128; what is behind `count` rows is for tiles, or was of earlier rows, and means nothing.
    bytes: Lines<u8>,
    scales: Vec<Scale>,
}

/// What the bytes of a row stand for: `unit · q + zero`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Scale {
    unit: f32,
    zero: f32,
}

impl Scale {
    /// What the sum of a row with an output's weights stands for.
    #[inline(always)]
    fn float(self, sum: i32, total: f32, scale: f32, bias: f32) -> f32 {
        (sum as f32 * self.unit + total * self.zero) * scale + bias
    }
}

impl Rows {
    /// Quantises rows `[rows, inputs]`.
    pub(crate) fn quantise(team: &Team, x: &[f32], inputs: usize) -> Self {
        let (count, depth) = (x.len() / inputs, depth(inputs));
        let (mut bytes, size) = (SPARE.take(), rows_of_tiles(count) * depth);
        if bytes.len() < size {
            bytes = Lines::new(size);
        }
        let mut scales = vec![Scale::default(); count];
        let rows = team.share(count, WORTH_SPLITTING / inputs);
        let parts = x
            .chunks(rows * inputs)
            .zip(bytes.chunks_mut(rows * depth))
            .zip(scales.chunks_mut(rows));
        team.for_each(parts, |((x, bytes), scales)| {
            let rows = x.chunks_exact(inputs).zip(bytes.chunks_exact_mut(depth));
            for ((x, bytes), scale) in rows.zip(scales) {
                *scale = quantise_row(x, bytes);
            }
        });
        Self {
            count,
            bytes,
            scales,
        }
    }

    /// `out[r, o] = bias[o] + Σₖ x[r, k] · weights[o, k]` for some columns o, the first of which starts a panel; `out`
    /// has them, and no others, of every row.
    pub(crate) fn product(
        &self,
        instructions: Instructions,
        weights: &Weights,
        bias: &[f32],
        columns: Range<usize>,
        out: &mut [&mut [f32]],
    ) {
        debug_assert_eq!((columns.start % PANEL, out.len()), (0, self.count));
        let kernel = Kernel::new(instructions, self.count);
        let rows = kernel.rows(self.count);
        SUMS.with_borrow_mut(|(sums, next)| {
            // What tiles have just stored is slow to load: meanwhile the sums of the next block are begun.
            let mut before = None;
            for block in blocks(rows, columns.clone()) {
                self.sums(&kernel, weights, &block, next);
                if let Some(before) = before.replace(block) {
                    self.scale(weights, bias, &before, sums, columns.start, out);
                }
                std::mem::swap(sums, next);
            }
            if let Some(before) = before {
                self.scale(weights, bias, &before, sums, columns.start, out);
            }
        });
    }

    /// The sums of a block, panel after panel.
    fn sums(&self, kernel: &Kernel, weights: &Weights, block: &Block, sums: &mut [i32]) {
        let depth = depth(weights.inputs);
        let x = &self.bytes[block.rows.start * depth..block.rows.end * depth];
        let sums = sums.chunks_mut(block.rows.len() * PANEL);
        for (start, sums) in block.columns.clone().step_by(PANEL).zip(sums) {
            let mut panel = weights.panel(start);
            // The rows behind find all panels of the block in the cache.
            if block.rows.start > 0 {
                panel.ahead = &[];
            }
            kernel.sums(x, depth, panel, sums);
        }
    }

    /// Makes floats of a block's sums. The columns of `out` begin with `first`.
    fn scale(
        &self,
        weights: &Weights,
        bias: &[f32],
        block: &Block,
        sums: &[i32],
        first: usize,
        out: &mut [&mut [f32]],
    ) {
        let rows = block.rows.start..block.rows.end.min(self.count);
        let columns = block.columns.clone();
        let scaling = Scaling {
            totals: &weights.totals[columns.clone()],
            scales: &weights.scales[columns.clone()],
            bias: &bias[columns.clone()],
            height: block.rows.len(),
            start: columns.start - first,
        };
        scale_sums(sums, &self.scales[rows.clone()], scaling, &mut out[rows]);
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        if self.bytes.len() <= MOST_SPARE {
            // A thread that is ending keeps nothing.
            let _ = SPARE.try_with(|spare| spare.set(std::mem::take(&mut self.bytes)));
        }
    }
}

/// A part of a product whose sums are computed before floats are made of any.
struct Block {
    rows: Range<usize>,
    columns: Range<usize>,
}

/// Cuts a product into blocks: some panels with all rows before the next.
fn blocks(rows: usize, columns: Range<usize>) -> impl Iterator<Item = Block> {
    columns
        .clone()
        .step_by(PANELS * PANEL)
        .flat_map(move |start| {
            let columns = start..(start + PANELS * PANEL).min(columns.end);
            (0..rows).step_by(ROWS).map(move |row| Block {
                rows: row..(row + ROWS).min(rows),
                columns: columns.clone(),
            })
        })
}

/// What makes floats of a block's sums.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scaling<'a> {
    totals: &'a [f32],
    scales: &'a [f32],
    bias: &'a [f32],
    /// Rows of sums of each panel.
    height: usize,
    /// The block's first column.
    start: usize,
}

dispatch! {
    /// Quantises a row, and fills it up with bytes that meet weights of zero.
    fn quantise_row<'a>(x: &'a [f32], out: &'a mut [u8]) -> Scale = quantise_row_kernel;
    /// Takes the sums `[panels, height, PANEL]` of a block.
    fn scale_sums<'a, 'b>(sums: &'a [i32], rows: &'a [Scale], scaling: Scaling<'a>, out: &'a mut [&'b mut [f32]]) -> () = scale_sums_kernel;
}

#[inline(always)]
fn quantise_row_kernel<S: Simd>(simd: S, x: &[f32], out: &mut [u8]) -> Scale {
    /// The steps between the least and the greatest byte.
    const STEPS: f32 = 255.0;
    let (least, greatest) = extremes(simd, x);
    let range = greatest - least;
    let factor = if range > 0.0 { STEPS / range } else { 0.0 };
    let (values, rest) = out.split_at_mut(x.len());
    for (out, x) in values.iter_mut().zip(x) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the low byte is the number"
        )]
        let byte = ((x - least) * factor + ROUND).to_bits() as u8;
        *out = byte;
    }
    rest.fill(0);
    let unit = range / STEPS;
    Scale {
        unit,
        zero: least + OFFSET as f32 * unit,
    }
}

/// The least and the greatest value; not-a-numbers do not count.
#[inline(always)]
fn extremes<S: Simd>(simd: S, values: &[f32]) -> (f32, f32) {
    let (registers, rest) = S::as_simd_f32s(values);
    let (most, none) = (
        simd.splat_f32s(f32::INFINITY),
        simd.splat_f32s(f32::NEG_INFINITY),
    );
    let least = combined(registers, most, |value, least| simd.min_f32s(value, least));
    let greatest = combined(registers, none, |value, greatest| {
        simd.max_f32s(value, greatest)
    });
    let both = (simd.reduce_min_f32s(least), simd.reduce_max_f32s(greatest));
    rest.iter().fold(both, |(least, greatest), value| {
        (least.min(*value), greatest.max(*value))
    })
}

#[inline(always)]
fn scale_sums_kernel<S: Simd>(
    _: S,
    sums: &[i32],
    rows: &[Scale],
    scaling: Scaling,
    out: &mut [&mut [f32]],
) {
    let panels = sums.as_chunks::<PANEL>().0.chunks_exact(scaling.height);
    for (panel, first) in panels.zip((0..scaling.bias.len()).step_by(PANEL)) {
        let (totals, scales, bias) = (
            &scaling.totals[first..],
            &scaling.scales[first..],
            &scaling.bias[first..],
        );
        let rows = panel.iter().zip(rows).zip(&mut *out);
        let start = scaling.start + first;
        // A whole panel as arrays of its own, which stay in registers from row to row.
        if let (Some(totals), Some(scales), Some(bias)) = (
            totals.first_chunk::<PANEL>(),
            scales.first_chunk::<PANEL>(),
            bias.first_chunk::<PANEL>(),
        ) {
            let (totals, scales, bias) = (*totals, *scales, *bias);
            for ((sums, row), out) in rows {
                // Beside each other first: written where they belong at once, each row would first be asked whether it
                // lies among the sums.
                let mut floats = [0.0; PANEL];
                for column in 0..PANEL {
                    floats[column] =
                        row.float(sums[column], totals[column], scales[column], bias[column]);
                }
                out[start..start + PANEL].copy_from_slice(&floats);
            }
        } else {
            for ((sums, row), out) in rows {
                let out = &mut out[start..start + bias.len()];
                for (column, out) in out.iter_mut().enumerate() {
                    *out = row.float(sums[column], totals[column], scales[column], bias[column]);
                }
            }
        }
    }
}

/// How the sums of a panel are computed, on one thread.
enum Kernel {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Amx(amx::Tiles),
}

impl Kernel {
    /// For so many rows. Where this processor lacks the instructions: the plain loop.
    fn new(instructions: Instructions, rows: usize) -> Self {
        match instructions {
            #[cfg(target_arch = "x86_64")]
            Instructions::Amx if instructions.is_available() => Self::Amx(amx::Tiles::new(rows)),
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 if instructions.is_available() => Self::Avx512,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 if instructions.is_available() => Self::Avx2,
            _ => Self::Scalar,
        }
    }

    /// The rows that it computes for so many.
    fn rows(&self, count: usize) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Amx(_) => rows_of_tiles(count),
            _ => count,
        }
    }

    /// `sums[r, o] = Σₖ (x[r, k] − OFFSET) · weights[k, o]` for `x` `[rows, depth]` and `sums` `[rows, PANEL]`, with
    /// [`ROWS`] rows at most.
    fn sums(&self, x: &[u8], depth: usize, panel: Panel, sums: &mut [i32]) {
        match self {
            Self::Scalar => scalar::sums(x, depth, panel, sums),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => x86::sums_avx2(x, depth, panel, sums),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => x86::sums_avx512(x, depth, panel, sums),
            #[cfg(target_arch = "x86_64")]
            Self::Amx(tiles) => tiles.sums(x, depth, panel, sums),
        }
    }
}
