//! The product of integers as anybody would write it: for other processors, and what the other paths are tested
//! against.

use super::{GROUP, Panel};
use crate::kernel::PANEL;

/// As [`super::Kernel::sums`].
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
