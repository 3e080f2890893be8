//! Gaps between columns.

use super::rows::Row;
use crate::paper::page::Area;

/// Minimum width of the gap between two columns, in heights of the text. The lines on both sides
/// have been found to be different ones before.
const MIN_GUTTER: f32 = 0.6;

/// A gap between two columns, from left to right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Gutter {
    /// Its left edge.
    pub(crate) left: f32,
    /// Its right edge.
    pub(crate) right: f32,
}

impl Gutter {
    /// Returns the middle of the gap.
    pub(crate) fn middle(self) -> f32 {
        f32::midpoint(self.left, self.right)
    }

    /// Returns the width of the gap.
    pub(crate) fn width(self) -> f32 {
        self.right - self.left
    }
}

/// Returns the gaps between the lines of a row.
pub(crate) fn gaps(row: &Row) -> Vec<Gutter> {
    let pairs = row.lines.windows(2).map(|pair| Gutter {
        left: pair[0].area().right,
        right: pair[1].area().left,
    });
    let min = MIN_GUTTER * row.size();
    pairs.filter(|gap| gap.width() >= min).collect()
}

/// Returns the parts of `gutters` that are empty in `row` too.
pub(crate) fn narrowed(gutters: &[Gutter], row: &Row) -> Vec<Gutter> {
    let Area { left, right, .. } = row.area;
    let outside = [
        Gutter {
            left: f32::NEG_INFINITY,
            right: left,
        },
        Gutter {
            left: right,
            right: f32::INFINITY,
        },
    ];
    let min = MIN_GUTTER * row.size();
    let mut narrowed = Vec::new();
    for gutter in gutters {
        let common = gaps(row).into_iter().chain(outside).map(|gap| Gutter {
            left: gutter.left.max(gap.left),
            right: gutter.right.min(gap.right),
        });
        narrowed.extend(common.filter(|gap| gap.width() >= min));
    }
    narrowed
}
