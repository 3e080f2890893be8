//! The product of integers as a plain loop: for other processors, and as the reference in the tests
//! of the other kernels.

use super::layout::{GROUP, Panel};
use crate::kernel::PANEL;

/// Implements `Kernel::sums`.
pub(super) fn sums(x: &[u8], depth: usize, panel: Panel, sums: &mut [i32]) {
    let rows = x.chunks_exact(depth);
    for (x, sums) in rows.zip(sums.as_chunks_mut::<PANEL>().0) {
        *sums = *panel.start;
        let groups = panel.weights.as_chunks::<{ PANEL * GROUP }>().0;
        for (x, weights) in x.as_chunks::<GROUP>().0.iter().zip(groups) {
            let x = x.map(i32::from);
            for (sum, weights) in sums.iter_mut().zip(weights.as_chunks::<GROUP>().0) {
                for (x, weight) in x.iter().zip(weights) {
                    *sum += x * i32::from(*weight);
                }
            }
        }
    }
}
