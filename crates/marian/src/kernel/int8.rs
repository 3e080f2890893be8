//! Products of 8-bit integers: weights are quantised once, activations for each product.
//!
//! The weights of an output are `scale · w` with w in −127..=127. A row of activations is
//! `scale · q + zero` with q in −128..=127, which spans exactly the range from its minimum to its
//! maximum: the results of an activation function are mostly on one side of zero, and would leave
//! half of a symmetric range unused (Jacob et al. 2018, arXiv:1712.05877). The sum over q · w is
//! exact in 32 bits with every instruction set, so the result depends neither on the processor nor
//! on the other rows.

#[cfg(target_arch = "x86_64")]
mod amx;
mod layout;
mod scalar;
#[cfg(test)]
mod tests;
mod weights;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::cell::{Cell, RefCell};
use std::ops::Range;

use pulp::Simd;

use super::{AlignedVec, PANEL, ROUND, combined, dispatch};
use crate::team::Team;
pub(crate) use layout::{GROUP, OFFSET, depth};
use layout::{Panel, TILE_ROWS};
pub(crate) use weights::QuantisedWeights;

/// Number of values whose quantisation makes a second thread worthwhile: some 2 µs of work.
const WORTH_SPLITTING: usize = 1 << 13;

/// Panels and rows of a block, whose sums are all computed before any is converted to floats: a few
/// cache lines of each row of the result, and 16 kB of sums. The rows are as many as AMX tiles
/// multiply at once. With 512 inputs, which most products of most models have, they are 16 kB and
/// stay in a first-level cache, so that only the weights come from further away.
const BLOCK_PANELS: usize = 4;
const BLOCK_ROWS: usize = 2 * TILE_ROWS;

/// Maximum number of bytes of rows that a thread keeps: 512 rows of 2 048, more than a batch or a
/// part of the encoder has.
const MAX_SPARE_BYTES: usize = 1 << 20;

thread_local! {
    /// The bytes of the previous rows, for reuse: zeroing fresh ones every time took 2 % of all
    /// time.
    static SPARE: Cell<AlignedVec<u8>> = Cell::default();

    /// The sums of two blocks, which every product on this thread overwrites.
    static SUMS: RefCell<(AlignedVec<i32>, AlignedVec<i32>)> = {
        let sums = || AlignedVec::new(BLOCK_PANELS * BLOCK_ROWS * PANEL);
        RefCell::new((sums(), sums()))
    };
}

/// An instruction set for sums of integers. All give the same results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instructions {
    /// The baseline of every processor.
    Scalar,
    /// AVX2: 32 bytes at a time.
    Avx2,
    /// AVX-512 with VNNI: 64 bytes at a time, multiplied and summed in one instruction.
    Avx512,
    /// AMX: tiles of 16 × 64 bytes.
    Amx,
}

impl Instructions {
    /// All instruction sets, the slowest first.
    pub const ALL: [Self; 4] = [Self::Scalar, Self::Avx2, Self::Avx512, Self::Amx];

    /// Returns whether this processor supports the instruction set and, for AMX, the operating
    /// system permits it.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => x86::has_avx2(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => x86::has_avx512(),
            // Attention and the other kernels still use AVX-512 or AVX2 under AMX; tiles alone
            // would not help.
            #[cfg(target_arch = "x86_64")]
            Self::Amx => x86::has_avx512() && amx::is_permitted(),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// Returns the fastest instruction set of this processor.
    #[must_use]
    pub fn best() -> Self {
        let mut fastest_first = Self::ALL.into_iter().rev();
        fastest_first
            .find(|instructions| instructions.is_available())
            .unwrap_or(Self::Scalar)
    }

    /// Returns the name that flags and test names use.
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

/// Returns the number of rows that tiles hold: those of a single partial tile, or of full tiles.
fn padded_rows(count: usize) -> usize {
    if count <= TILE_ROWS {
        count
    } else {
        count.next_multiple_of(TILE_ROWS)
    }
}

/// Quantised rows of activations.
#[derive(Debug)]
pub(crate) struct QuantisedRows {
    count: usize,
    /// `[rows, depth]`, each q + 128. Bytes after the `count` rows fill the tiles or are left over
    /// from earlier rows; they have no meaning.
    bytes: AlignedVec<u8>,
    scales: Vec<RowScale>,
}

/// Scale of a quantised row, whose values are `unit · q + zero`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RowScale {
    unit: f32,
    zero: f32,
}

impl RowScale {
    /// Converts the sum of a row with an output's weights to a float.
    #[inline(always)]
    fn dequantise(self, sum: i32, total: f32, scale: f32, bias: f32) -> f32 {
        (sum as f32 * self.unit + total * self.zero) * scale + bias
    }
}

impl QuantisedRows {
    /// Quantises rows `[rows, inputs]`.
    pub(crate) fn quantise(team: &Team, x: &[f32], inputs: usize) -> Self {
        let (count, depth) = (x.len() / inputs, depth(inputs));
        let (mut bytes, size) = (SPARE.take(), padded_rows(count) * depth);
        if bytes.len() < size {
            bytes = AlignedVec::new(size);
        }
        let mut scales = vec![RowScale::default(); count];
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

    /// Computes `out[r, o] = bias[o] + Σₖ x[r, k] · weights[o, k]` for a range of columns o that
    /// starts at a panel; `out` holds just these columns of every row.
    pub(crate) fn product(
        &self,
        instructions: Instructions,
        weights: &QuantisedWeights,
        bias: &[f32],
        columns: Range<usize>,
        out: &mut [&mut [f32]],
    ) {
        debug_assert_eq!((columns.start % PANEL, out.len()), (0, self.count));
        let kernel = Kernel::new(instructions, self.count);
        let rows = kernel.rows(self.count);
        SUMS.with_borrow_mut(|(sums, next)| {
            // Loading what tiles have just stored is slow, so the sums of the next block are
            // started first.
            let mut previous = None;
            for block in blocks(rows, columns.clone()) {
                self.sums(&kernel, weights, &block, next);
                if let Some(previous) = previous.replace(block) {
                    self.scale(weights, bias, &previous, sums, columns.start, out);
                }
                std::mem::swap(sums, next);
            }
            if let Some(previous) = previous {
                self.scale(weights, bias, &previous, sums, columns.start, out);
            }
        });
    }

    /// Computes the sums of a block, panel after panel.
    fn sums(&self, kernel: &Kernel, weights: &QuantisedWeights, block: &Block, sums: &mut [i32]) {
        let depth = depth(weights.inputs);
        let x = &self.bytes[block.rows.start * depth..block.rows.end * depth];
        let sums = sums.chunks_mut(block.rows.len() * PANEL);
        for (start, sums) in block.columns.clone().step_by(PANEL).zip(sums) {
            let mut panel = weights.panel(start);
            // Later rows find all panels of the block in the cache.
            if block.rows.start > 0 {
                panel.ahead = &[];
            }
            kernel.sums(x, depth, panel, sums);
        }
    }

    /// Converts the sums of a block to floats. The columns of `out` start at `first`.
    fn scale(
        &self,
        weights: &QuantisedWeights,
        bias: &[f32],
        block: &Block,
        sums: &[i32],
        first: usize,
        out: &mut [&mut [f32]],
    ) {
        let rows = block.rows.start..block.rows.end.min(self.count);
        let columns = block.columns.clone();
        let factors = BlockFactors {
            totals: &weights.totals[columns.clone()],
            scales: &weights.scales[columns.clone()],
            bias: &bias[columns.clone()],
            height: block.rows.len(),
            start: columns.start - first,
        };
        scale_sums(sums, &self.scales[rows.clone()], factors, &mut out[rows]);
    }
}

impl Drop for QuantisedRows {
    fn drop(&mut self) {
        if self.bytes.len() <= MAX_SPARE_BYTES {
            // A thread that is ending keeps nothing.
            let _ = SPARE.try_with(|spare| spare.set(std::mem::take(&mut self.bytes)));
        }
    }
}

/// A part of a product whose sums are all computed before any is converted to floats.
struct Block {
    rows: Range<usize>,
    columns: Range<usize>,
}

/// Divides a product into blocks: a few panels with all rows, then the next panels.
fn blocks(rows: usize, columns: Range<usize>) -> impl Iterator<Item = Block> {
    columns
        .clone()
        .step_by(BLOCK_PANELS * PANEL)
        .flat_map(move |start| {
            let columns = start..(start + BLOCK_PANELS * PANEL).min(columns.end);
            (0..rows).step_by(BLOCK_ROWS).map(move |row| Block {
                rows: row..(row + BLOCK_ROWS).min(rows),
                columns: columns.clone(),
            })
        })
}

/// Factors and biases that convert the sums of a block to floats.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockFactors<'a> {
    totals: &'a [f32],
    scales: &'a [f32],
    bias: &'a [f32],
    /// Rows of sums per panel.
    height: usize,
    /// First column of the block.
    start: usize,
}

dispatch! {
    /// Quantises a row, and pads it with bytes that meet weights of zero.
    fn quantise_row<'a>(x: &'a [f32], out: &'a mut [u8]) -> RowScale = quantise_row_kernel;
    /// Converts the sums `[panels, height, PANEL]` of a block.
    fn scale_sums<'a, 'b>(sums: &'a [i32], rows: &'a [RowScale], factors: BlockFactors<'a>, out: &'a mut [&'b mut [f32]]) -> () = scale_sums_kernel;
}

#[inline(always)]
fn quantise_row_kernel<S: Simd>(simd: S, x: &[f32], out: &mut [u8]) -> RowScale {
    /// Steps between the minimum and the maximum byte.
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
    RowScale {
        unit,
        zero: least + OFFSET as f32 * unit,
    }
}

/// Returns the minimum and the maximum; NaN is ignored.
#[inline(always)]
fn extremes<S: Simd>(simd: S, values: &[f32]) -> (f32, f32) {
    let (registers, rest) = S::as_simd_f32s(values);
    let (highest, lowest) = (
        simd.splat_f32s(f32::INFINITY),
        simd.splat_f32s(f32::NEG_INFINITY),
    );
    let least = combined(registers, highest, |value, least| {
        simd.min_f32s(value, least)
    });
    let greatest = combined(registers, lowest, |value, greatest| {
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
    rows: &[RowScale],
    factors: BlockFactors,
    out: &mut [&mut [f32]],
) {
    let panels = sums.as_chunks::<PANEL>().0.chunks_exact(factors.height);
    for (panel, first) in panels.zip((0..factors.bias.len()).step_by(PANEL)) {
        let (totals, scales, bias) = (
            &factors.totals[first..],
            &factors.scales[first..],
            &factors.bias[first..],
        );
        let rows = panel.iter().zip(rows).zip(&mut *out);
        let start = factors.start + first;
        // A whole panel as separate arrays, which stay in registers from row to row.
        if let (Some(totals), Some(scales), Some(bias)) = (
            totals.first_chunk::<PANEL>(),
            scales.first_chunk::<PANEL>(),
            bias.first_chunk::<PANEL>(),
        ) {
            let (totals, scales, bias) = (*totals, *scales, *bias);
            for ((sums, row), out) in rows {
                // Gathered here first: stored straight into `out`, each row would first be checked
                // for overlap with the sums.
                let mut floats = [0.0; PANEL];
                for column in 0..PANEL {
                    floats[column] =
                        row.dequantise(sums[column], totals[column], scales[column], bias[column]);
                }
                out[start..start + PANEL].copy_from_slice(&floats);
            }
        } else {
            for ((sums, row), out) in rows {
                let out = &mut out[start..start + bias.len()];
                for (column, out) in out.iter_mut().enumerate() {
                    *out =
                        row.dequantise(sums[column], totals[column], scales[column], bias[column]);
                }
            }
        }
    }
}

/// Implementation of the sums of a panel, on one thread.
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
    /// Returns the kernel for `rows` rows, which is the plain loop where this processor lacks the
    /// instructions.
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

    /// Returns the number of rows that the kernel computes for `count` rows.
    fn rows(&self, count: usize) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Amx(_) => padded_rows(count),
            _ => count,
        }
    }

    /// Computes `sums[r, o] = Σₖ (x[r, k] − OFFSET) · weights[k, o]` for `x` `[rows, depth]` and
    /// `sums` `[rows, PANEL]`, with at most [`BLOCK_ROWS`] rows.
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
