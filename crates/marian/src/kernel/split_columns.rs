//! Sharing a matrix product among threads.

use std::ops::Range;

use super::PANEL;
use crate::team::Team;

/// Computes the columns of `out` `[rows, outputs]` in at most `tasks` tasks. `body` receives a
/// range of columns, in whole panels, and that part of every row of `out`.
pub(crate) fn split_columns(
    team: &Team,
    out: &mut [f32],
    outputs: usize,
    tasks: usize,
    body: impl Fn(Range<usize>, &mut [&mut [f32]]) + Sync,
) {
    let panels = outputs.div_ceil(PANEL);
    let tasks = team.threads().min(tasks).min(panels).max(1);
    if tasks == 1 {
        let mut rows: Vec<&mut [f32]> = out.chunks_exact_mut(outputs).collect();
        return body(0..outputs, &mut rows);
    }
    // Each task gets the same columns of every row. These are disjoint parts of `out`, so nothing
    // is copied afterwards.
    let width = panels.div_ceil(tasks) * PANEL;
    let count = out.len() / outputs;
    let mut parts: Vec<Vec<&mut [f32]>> = (0..outputs.div_ceil(width))
        .map(|_| Vec::with_capacity(count))
        .collect();
    for row in out.chunks_exact_mut(outputs) {
        for (part, columns) in parts.iter_mut().zip(row.chunks_mut(width)) {
            part.push(columns);
        }
    }
    team.for_each(parts.into_iter().enumerate(), |(task, mut rows)| {
        let columns = task * width..((task + 1) * width).min(outputs);
        body(columns, &mut rows);
    });
}
