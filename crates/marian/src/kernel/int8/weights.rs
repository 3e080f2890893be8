//! Weights, quantised once.

use pulp::Simd;

use super::layout::{GROUP, OFFSET, Panel, depth};
use crate::kernel::huge_pages::advise_huge_pages;
use crate::kernel::{AlignedVec, MAX_QUANTISED, PANEL, dispatch, rounded};
use crate::team::Team;

/// Steps per unit in which the remainder of a weight is counted. The remainder is at most half a
/// unit, which is 127 steps.
const REMAINDER_STEPS: f32 = 254.0;

/// A weight matrix `[outputs, inputs]` in panels of [`PANEL`] outputs:
/// `[panels, depth / 4, PANEL, 4]`, padded with zeros. A product reads a panel front to back,
/// whether into registers or into tiles.
#[derive(Debug)]
pub(crate) struct QuantisedWeights {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    panels: AlignedVec<i8>,
    /// For each output, padded to whole panels: the value of one unit of its weights.
    pub(super) scales: Vec<f32>,
    /// For each output, padded likewise: Σ of its quantised weights, which the zero of a row is
    /// multiplied by.
    pub(super) totals: Vec<f32>,
    /// −`OFFSET` times the totals. A sum that starts from it is free of what the offset of the
    /// bytes adds.
    starts: AlignedVec<i32>,
    /// `[outputs, inputs]`: the remainder of each weight after quantisation, in
    /// [`REMAINDER_STEPS`]ths of a unit; empty where a byte per weight is enough. Both together are
    /// off by at most 1/64 516 of the maximum weight of the output.
    remainders: Vec<i8>,
    has_remainders: bool,
}

impl QuantisedWeights {
    /// Quantises a row-major matrix `[outputs, inputs]`.
    pub(crate) fn quantise(team: &Team, weights: &[f32], inputs: usize) -> Self {
        let mut matrix = Self::with_capacity(inputs, weights.len() / inputs, false);
        matrix.push(team, weights);
        matrix
    }

    /// Returns a matrix without outputs and with capacity for exactly `outputs`. If
    /// `has_remainders`, its weights can be read back with two bytes of precision.
    pub(crate) fn with_capacity(inputs: usize, outputs: usize, has_remainders: bool) -> Self {
        let filled = outputs.next_multiple_of(PANEL);
        let mut panels = AlignedVec::new(filled * depth(inputs));
        advise_huge_pages(&mut panels);
        Self {
            inputs,
            outputs: 0,
            panels,
            scales: Vec::with_capacity(filled),
            totals: Vec::with_capacity(filled),
            starts: AlignedVec::new(filled),
            remainders: Vec::with_capacity(if has_remainders { outputs * inputs } else { 0 }),
            has_remainders,
        }
    }

    /// Returns the panel that starts at this column.
    pub(super) fn panel(&self, column: usize) -> Panel<'_> {
        let size = PANEL * depth(self.inputs);
        let (weights, following) = self.panels[column / PANEL * size..].split_at(size);
        Panel {
            weights,
            start: &self.starts.as_chunks().0[column / PANEL],
            ahead: &following[..following.len().min(size)],
        }
    }

    /// Copies the weights of an output, with two bytes of precision. The matrix must have
    /// remainders.
    pub(crate) fn copy(&self, output: usize, out: &mut [f32]) {
        let panel = &self.panels[output / PANEL * PANEL * depth(self.inputs)..];
        let groups = panel.as_chunks::<GROUP>().0;
        let groups = groups.iter().skip(output % PANEL).step_by(PANEL);
        let mut weights = vec![[0; GROUP]; self.inputs.div_ceil(GROUP)];
        for (weights, group) in weights.iter_mut().zip(groups) {
            *weights = *group;
        }
        let remainders = &self.remainders[output * self.inputs..];
        dequantise(weights.as_flattened(), remainders, self.scales[output], out);
    }

    /// Quantises and appends outputs, row-major. All calls but the last must add whole panels.
    pub(crate) fn push(&mut self, team: &Team, rows: &[f32]) {
        debug_assert_eq!(
            self.outputs % PANEL,
            0,
            "only the last panel may be partial"
        );
        debug_assert!(
            (self.outputs + rows.len() / self.inputs) * depth(self.inputs) <= self.panels.len()
        );
        let (inputs, size) = (self.inputs, PANEL * depth(self.inputs));
        let outputs = rows.len() / inputs;
        let start = self.outputs.div_ceil(PANEL);
        let end = (self.outputs + outputs).div_ceil(PANEL);
        self.outputs += outputs;
        self.scales.resize(end * PANEL, 0.0);
        self.totals.resize(end * PANEL, 0.0);
        // Other matrices store no remainders, so each of their panels gets an empty slice.
        let added = if self.has_remainders { rows.len() } else { 0 };
        let remainders = self.remainders.len();
        self.remainders.resize(remainders + added, 0);
        let remainders = self.remainders[remainders..]
            .chunks_mut(PANEL * inputs)
            .chain(std::iter::repeat_with(|| &mut [][..]));
        let panels = self.panels[start * size..]
            .chunks_exact_mut(size)
            .zip(self.scales[start * PANEL..].chunks_exact_mut(PANEL))
            .zip(self.totals[start * PANEL..].chunks_exact_mut(PANEL))
            .zip(self.starts[start * PANEL..].chunks_exact_mut(PANEL))
            .zip(rows.chunks(PANEL * inputs))
            .zip(remainders);
        team.for_each(
            panels,
            |(((((panel, scales), totals), starts), rows), remainders)| {
                let mut remainders = remainders.chunks_mut(inputs);
                for (column, row) in rows.chunks_exact(inputs).enumerate() {
                    let remainders = remainders.next().unwrap_or_default();
                    let (scale, total) = quantise_weights(row, column, panel, remainders);
                    scales[column] = scale;
                    totals[column] = total as f32;
                    starts[column] = -OFFSET * total;
                }
            },
        );
    }
}

/// Quantises the weights of one output into a column of its panel, and their remainders if there is
/// room for them. Returns their scale and their sum.
fn quantise_weights(
    row: &[f32],
    column: usize,
    panel: &mut [i8],
    remainders: &mut [i8],
) -> (f32, i32) {
    let greatest = row
        .iter()
        .fold(0.0_f32, |greatest, weight| greatest.max(weight.abs()));
    let factor = if greatest > 0.0 {
        MAX_QUANTISED / greatest
    } else {
        0.0
    };
    let mut total = 0;
    for (group, weights) in row.chunks(GROUP).enumerate() {
        let place = (group * PANEL + column) * GROUP;
        for (packed, weight) in panel[place..].iter_mut().zip(weights) {
            *packed = rounded(weight * factor);
            total += i32::from(*packed);
        }
        for (index, (remainder, weight)) in remainders
            .iter_mut()
            .skip(group * GROUP)
            .zip(weights)
            .enumerate()
        {
            let left = weight * factor - f32::from(panel[place + index]);
            *remainder = rounded(left * REMAINDER_STEPS);
        }
    }
    (greatest / MAX_QUANTISED, total)
}

dispatch! {
    /// Computes weights from their units and remainders.
    fn dequantise<'a>(weights: &'a [i8], remainders: &'a [i8], scale: f32, out: &'a mut [f32]) -> () = dequantise_kernel;
}

#[inline(always)]
fn dequantise_kernel<S: Simd>(
    _: S,
    weights: &[i8],
    remainders: &[i8],
    scale: f32,
    out: &mut [f32],
) {
    for ((out, weight), remainder) in out.iter_mut().zip(weights).zip(remainders) {
        *out = scale * (f32::from(*weight) + f32::from(*remainder) * (1.0 / REMAINDER_STEPS));
    }
}
