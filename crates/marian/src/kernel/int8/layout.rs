//! Layout of the bytes that a product of integers reads.

use crate::kernel::PANEL;

/// Multiple to which inputs are padded with zeros: the bytes in a row of an AMX tile.
const DEPTH_STEP: usize = 64;

/// Number of inputs whose products a 32-bit lane adds up at a time.
pub(crate) const GROUP: usize = 4;

/// Offset added to q to make it an unsigned byte, as VNNI and AMX require.
pub(crate) const OFFSET: i32 = 128;

/// Rows of an AMX tile. Larger numbers of rows of activations are padded to a multiple of this.
pub(super) const TILE_ROWS: usize = 16;

/// Returns the bytes of a quantised row of `inputs` values.
pub(crate) fn depth(inputs: usize) -> usize {
    inputs.next_multiple_of(DEPTH_STEP)
}

/// One panel of weights, as a product reads it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Panel<'a> {
    /// `[depth / 4, PANEL, 4]`
    pub(super) weights: &'a [i8],
    /// Initial sums, for kernels that multiply the bytes with their offset.
    pub(super) start: &'a [i32; PANEL],
    /// Weights that will be read next and may be prefetched: the panel that directly follows, or
    /// nothing.
    pub(super) ahead: &'a [i8],
}
