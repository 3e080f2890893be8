//! Products of floats with a weight matrix, which is packed once when the model is loaded.

use std::ops::Range;

use super::{PANEL, dispatch};
use crate::team::Team;
use pulp::Simd;

/// Rows that go through all panels before the next rows do: 96 rows of 2048 floats stay in a
/// second-level cache.
const ROWS_AT_A_TIME: usize = 96;

/// A weight matrix `[outputs, inputs]` in panels of [`PANEL`] outputs: `[panels, inputs, PANEL]`,
/// the last panel padded with zeros. A product then reads its weights front to back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packed<'a> {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) panels: &'a [f32],
}

impl Packed<'_> {
    /// Packs a row-major matrix `[outputs, inputs]`.
    pub(crate) fn pack(team: &Team, weights: &[f32], inputs: usize) -> Vec<f32> {
        let outputs = weights.len() / inputs;
        let mut packed = vec![0.0; outputs.div_ceil(PANEL) * PANEL * inputs];
        let panels = packed
            .chunks_exact_mut(PANEL * inputs)
            .zip(weights.chunks(PANEL * inputs));
        team.for_each(panels, |(panel, rows)| {
            for (column, row) in rows.chunks_exact(inputs).enumerate() {
                for (k, weight) in row.iter().enumerate() {
                    panel[k * PANEL + column] = *weight;
                }
            }
        });
        packed
    }

    /// Returns the weights of one output, in the order of the inputs.
    pub(crate) fn row(&self, output: usize) -> impl Iterator<Item = f32> {
        let start = output / PANEL * PANEL * self.inputs + output % PANEL;
        self.panels[start..]
            .iter()
            .step_by(PANEL)
            .take(self.inputs)
            .copied()
    }
}

/// Rows in the layout that a product reads: `[inputs, rows of the tile]`, tile after tile, in
/// groups of `ROWS_AT_A_TIME` rows.
#[derive(Debug)]
pub(crate) struct Interleaved {
    rows: usize,
    values: Vec<f32>,
}

impl Interleaved {
    /// Interleaves rows `[rows, inputs]`.
    pub(crate) fn new(x: &[f32], inputs: usize) -> Self {
        let mut values = vec![0.0; x.len()];
        let groups = x.chunks(ROWS_AT_A_TIME * inputs);
        for (x, out) in groups.zip(values.chunks_mut(ROWS_AT_A_TIME * inputs)) {
            interleave(x, inputs, sizes(), out);
        }
        Self {
            rows: x.len() / inputs,
            values,
        }
    }

    /// Computes `out[r, o] = bias[o] + Σₖ x[r, k] · weights[o, k]` for a range of columns o that
    /// starts at a panel; `out` holds just these columns of every row.
    ///
    /// The sum runs over k in order, with one accumulator per result.
    pub(crate) fn product(
        &self,
        weights: Packed,
        bias: &[f32],
        columns: Range<usize>,
        out: &mut [&mut [f32]],
    ) {
        debug_assert_eq!((columns.start % PANEL, out.len()), (0, self.rows));
        let part = Packed {
            outputs: columns.len(),
            panels: &weights.panels[columns.start * weights.inputs..],
            ..weights
        };
        columns_of_product(&self.values, part, &bias[columns], out);
    }
}

dispatch! {
    /// Computes the product on one thread. `x` is interleaved; `out` holds a slice of
    /// `weights.outputs` results per row.
    fn columns_of_product<'a, 'b>(x: &'a [f32], weights: Packed<'a>, bias: &'a [f32], out: &'a mut [&'b mut [f32]]) -> () = columns_kernel;
}

/// Returns the tile sizes of this processor's product.
fn sizes() -> &'static [usize] {
    struct Call;
    impl pulp::WithSimd for Call {
        type Output = &'static [usize];

        fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
            sizes_kernel(simd)
        }
    }
    pulp::Arch::new().dispatch(Call)
}

/// Returns tiles of as many rows as there are registers for, and smaller ones for the remaining
/// rows. The order of each sum is the same in all of them.
#[inline(always)]
fn sizes_kernel<S: Simd>(_: S) -> &'static [usize] {
    match S::F32_LANES {
        16 => &[8, 4, 2, 1],
        8 => &[3, 1],
        _ => &[1],
    }
}

#[inline(always)]
fn columns_kernel<S: Simd>(
    simd: S,
    x: &[f32],
    weights: Packed,
    bias: &[f32],
    out: &mut [&mut [f32]],
) {
    let sizes = sizes_kernel(simd);
    let inputs = weights.inputs;
    for (x, out) in x
        .chunks(ROWS_AT_A_TIME * inputs)
        .zip(out.chunks_mut(ROWS_AT_A_TIME))
    {
        let starts = (0..weights.outputs).step_by(PANEL);
        for (panel, start) in weights.panels.chunks_exact(PANEL * inputs).zip(starts) {
            let width = PANEL.min(weights.outputs - start);
            let tile = Tile {
                panel,
                bias: &bias[start..start + width],
                start,
            };
            let (mut x, mut out) = (x, &mut *out);
            for rows in sizes_of_tiles(out.len(), sizes) {
                let (this_x, rest_x) = x.split_at(rows * inputs);
                let (this_out, rest_out) = out.split_at_mut(rows);
                match (S::F32_LANES, rows) {
                    (16, 8) => tile.compute::<S, 8, 2>(simd, this_x, this_out),
                    (16, 4) => tile.compute::<S, 4, 2>(simd, this_x, this_out),
                    (16, 2) => tile.compute::<S, 2, 2>(simd, this_x, this_out),
                    (16, _) => tile.compute::<S, 1, 2>(simd, this_x, this_out),
                    (8, 3) => tile.compute::<S, 3, 4>(simd, this_x, this_out),
                    (8, _) => tile.compute::<S, 1, 4>(simd, this_x, this_out),
                    (4, _) => tile.compute::<S, 1, 8>(simd, this_x, this_out),
                    _ => tile.compute::<S, 1, 32>(simd, this_x, this_out),
                }
                (x, out) = (rest_x, rest_out);
            }
        }
    }
}

/// Returns how `rows` rows are divided into tiles of the given sizes, the last of which is 1.
fn sizes_of_tiles(rows: usize, sizes: &[usize]) -> impl Iterator<Item = usize> {
    let mut left = rows;
    sizes.iter().flat_map(move |&size| {
        let count = left / size;
        left %= size;
        std::iter::repeat_n(size, count)
    })
}

/// Arranges the rows of each tile in the layout that a product reads.
fn interleave(x: &[f32], inputs: usize, sizes: &[usize], out: &mut [f32]) {
    let (mut x, mut out) = (x, out);
    for rows in sizes_of_tiles(x.len() / inputs, sizes) {
        let (this_x, rest_x) = x.split_at(rows * inputs);
        let (this_out, rest_out) = out.split_at_mut(rows * inputs);
        for (row, x) in this_x.chunks_exact(inputs).enumerate() {
            for (out, x) in this_out[row..].iter_mut().step_by(rows).zip(x) {
                *out = *x;
            }
        }
        (x, out) = (rest_x, rest_out);
    }
}

/// The columns of one panel of the result.
#[derive(Clone, Copy)]
struct Tile<'a> {
    panel: &'a [f32],
    bias: &'a [f32],
    /// First column.
    start: usize,
}

impl Tile<'_> {
    /// Computes the columns of `ROWS` rows, held in registers over the whole sum; `REGISTERS` of
    /// them make up a row. `x` is interleaved: `[inputs, ROWS]`.
    #[inline(always)]
    fn compute<S: Simd, const ROWS: usize, const REGISTERS: usize>(
        self,
        simd: S,
        x: &[f32],
        out: &mut [&mut [f32]],
    ) {
        let mut sums = [[simd.splat_f32s(0.0); REGISTERS]; ROWS];
        let (weights, _) = S::as_simd_f32s(self.panel);
        for (factors, weights) in x
            .as_chunks::<ROWS>()
            .0
            .iter()
            .zip(weights.as_chunks::<REGISTERS>().0)
        {
            for row in 0..ROWS {
                let factor = simd.splat_f32s(factors[row]);
                for register in 0..REGISTERS {
                    sums[row][register] =
                        simd.mul_add_e_f32s(factor, weights[register], sums[row][register]);
                }
            }
        }
        for (out, sums) in out.iter_mut().zip(&sums) {
            let mut row = [0.0; PANEL];
            S::as_mut_simd_f32s(&mut row).0.copy_from_slice(sums);
            for ((out, sum), bias) in out[self.start..].iter_mut().zip(row).zip(self.bias) {
                *out = sum + bias;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the product computed with one instruction set.
    fn at<S: Simd>(simd: S, x: &[f32], weights: Packed, bias: &[f32]) -> Vec<f32> {
        let mut interleaved = vec![0.0; x.len()];
        interleave(x, weights.inputs, sizes_kernel(simd), &mut interleaved);
        let mut out = vec![0.0; x.len() / weights.inputs * weights.outputs];
        let mut rows: Vec<&mut [f32]> = out.chunks_exact_mut(weights.outputs).collect();
        columns_kernel(simd, &interleaved, weights, bias, &mut rows);
        out
    }

    #[test]
    fn every_level_of_instructions_gives_the_same() {
        let (rows, inputs, outputs) = (27, 70, 45);
        let number = |i: usize| (i as f32 * 0.618_034).fract() - 0.5;
        let weights: Vec<f32> = (0..outputs * inputs).map(number).collect();
        let (x, bias): (Vec<f32>, Vec<f32>) = (
            (0..rows * inputs).map(number).collect(),
            (0..outputs).map(number).collect(),
        );
        let team = Team::new(1).expect("no thread to start");
        let panels = Packed::pack(&team, &weights, inputs);
        let packed = Packed {
            inputs,
            outputs,
            panels: &panels,
        };

        let mut best = vec![0.0; rows * outputs];
        let mut slices: Vec<&mut [f32]> = best.chunks_exact_mut(outputs).collect();
        Interleaved::new(&x, inputs).product(packed, &bias, 0..outputs, &mut slices);
        for (got, expected) in at(pulp::Scalar::new(), &x, packed, &bias)
            .into_iter()
            .zip(&best)
        {
            assert!((got - expected).abs() < 1e-5, "{got}, not {expected}");
        }
        #[cfg(target_arch = "x86_64")]
        if let (Some(avx2), Some(avx512)) = (pulp::x86::V3::try_new(), pulp::x86::V4::try_new()) {
            // Both use fused multiply-adds: not merely close but identical.
            assert_eq!(at(avx2, &x, packed, &bias), best);
            assert_eq!(at(avx512, &x, packed, &bias), best);
        }
    }
}
