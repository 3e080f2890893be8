//! Weights, quantised once.

use pulp::Simd;

use super::{GROUP, OFFSET, depth};
use crate::kernel::pages::ask_for_large;
use crate::kernel::{Lines, MOST, PANEL, dispatch, rounded};
use crate::team::Team;

/// Parts of a unit that what is left of a weight is counted in: half a unit at most is left, which is 127 of them.
const FINE: f32 = 254.0;

/// A weight matrix `[outputs, inputs]` in panels of [`PANEL`] outputs: `[panels, depth / 4, PANEL, 4]`, filled up with
/// zeros. What a product reads of a panel lies in the order that it reads it, for registers and for tiles alike.
#[derive(Debug)]
pub(crate) struct Weights {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    panels: Lines<i8>,
    /// Per output, filled up to whole panels: what a unit of its weights is worth.
    pub(super) scales: Vec<f32>,
    /// Per output, filled up: Σ of its quantised weights, which is what the zero of a row is multiplied by.
    pub(super) totals: Vec<f32>,
    /// −`OFFSET` times that: a sum that begins with it is rid of what the offset of the bytes adds.
    starts: Lines<i32>,
    /// `[outputs, inputs]`: what quantisation left of each weight, in [`FINE`]ths of a unit; empty where nobody asks for
    /// more than a byte. Both together miss a weight by a 64 516th of the greatest of its output at most.
    remainders: Vec<i8>,
    is_fine: bool,
}

/// A panel of weights, as a product reads it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Panel<'a> {
    /// `[depth / 4, PANEL, 4]`
    pub(super) weights: &'a [i8],
    /// What the sums begin with where the bytes are multiplied offset and all.
    pub(super) start: &'a [i32; PANEL],
    /// What will be read next and may be asked for: the panel that lies directly behind it; empty where none is to be.
    pub(super) ahead: &'a [i8],
}

impl Weights {
    /// Quantises a row-major matrix `[outputs, inputs]`.
    pub(crate) fn quantise(team: &Team, weights: &[f32], inputs: usize) -> Self {
        let mut matrix = Self::with_capacity(inputs, weights.len() / inputs, false);
        matrix.push(team, weights);
        matrix
    }

    /// A matrix without outputs, and room for so many and no more; `is_fine`: its weights can be had in two bytes.
    pub(crate) fn with_capacity(inputs: usize, outputs: usize, is_fine: bool) -> Self {
        let filled = outputs.next_multiple_of(PANEL);
        let mut panels = Lines::new(filled * depth(inputs));
        ask_for_large(&mut panels);
        Self {
            inputs,
            outputs: 0,
            panels,
            scales: Vec::with_capacity(filled),
            totals: Vec::with_capacity(filled),
            starts: Lines::new(filled),
            remainders: Vec::with_capacity(if is_fine { outputs * inputs } else { 0 }),
            is_fine,
        }
    }

    /// The panel that begins with this column.
    pub(super) fn panel(&self, column: usize) -> Panel<'_> {
        let size = PANEL * depth(self.inputs);
        let (weights, behind) = self.panels[column / PANEL * size..].split_at(size);
        Panel {
            weights,
            start: &self.starts.as_chunks().0[column / PANEL],
            ahead: &behind[..behind.len().min(size)],
        }
    }

    /// Copies the weights of an output, in two bytes; only where they can be had so.
    pub(crate) fn copy(&self, output: usize, out: &mut [f32]) {
        let panel = &self.panels[output / PANEL * PANEL * depth(self.inputs)..];
        let groups = panel.as_chunks::<GROUP>().0;
        let groups = groups.iter().skip(output % PANEL).step_by(PANEL);
        let mut weights = vec![[0; GROUP]; self.inputs.div_ceil(GROUP)];
        for (weights, group) in weights.iter_mut().zip(groups) {
            *weights = *group;
        }
        let remainders = &self.remainders[output * self.inputs..];
        fine(weights.as_flattened(), remainders, self.scales[output], out);
    }

    /// Quantises further outputs, row-major. All but the last time they are whole panels.
    pub(crate) fn push(&mut self, team: &Team, rows: &[f32]) {
        debug_assert_eq!(self.outputs % PANEL, 0, "only the last panel is filled up");
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
        // Of other matrices there are none, nor any to be looked at.
        let added = if self.is_fine { rows.len() } else { 0 };
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

/// Quantises the weights of one output into a column of its panel, and what is left of them if there is room for it;
/// returns their scale and their sum.
fn quantise_weights(
    row: &[f32],
    column: usize,
    panel: &mut [i8],
    remainders: &mut [i8],
) -> (f32, i32) {
    let greatest = row
        .iter()
        .fold(0.0_f32, |most, weight| most.max(weight.abs()));
    let factor = if greatest > 0.0 { MOST / greatest } else { 0.0 };
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
            *remainder = rounded(left * FINE);
        }
    }
    (greatest / MOST, total)
}

dispatch! {
    /// Weights of their units and what was left of them.
    fn fine<'a>(weights: &'a [i8], remainders: &'a [i8], scale: f32, out: &'a mut [f32]) -> () = fine_kernel;
}

#[inline(always)]
fn fine_kernel<S: Simd>(_: S, weights: &[i8], remainders: &[i8], scale: f32, out: &mut [f32]) {
    for ((out, weight), remainder) in out.iter_mut().zip(weights).zip(remainders) {
        *out = scale * (f32::from(*weight) + f32::from(*remainder) * (1.0 / FINE));
    }
}
