//! Rows of numbers that pass from one operation to the next, in recycled memory.
//!
//! An operation overwrites all of its result, and a step has sixty operations. When each result was
//! a tensor of its own, it was zeroed, copied and returned to the operating system, for a tenth of
//! all time.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use crate::kernel::AlignedVec;

/// Maximum number of spare buffers per thread: as many as are in use at a time, ten in a decoder
/// layer and one of the step that it belongs to. Beyond that, the smallest is freed first.
const MAX_SPARE_BUFFERS: usize = 11;

/// Maximum size of a spare buffer in floats, 4 MiB: 341 rows of 3 · 1 024 values, usually all that
/// a part of the encoder needs.
const MAX_SPARE_LEN: usize = 1 << 20;

thread_local! {
    /// Spare buffers, the smallest first.
    static SPARE: RefCell<Vec<AlignedVec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Numbers `[rows, width]` in row-major order.
#[derive(Debug)]
pub(crate) struct States {
    /// May be longer than the rows.
    buffer: AlignedVec<f32>,
    rows: usize,
    width: usize,
}

impl States {
    /// Returns rows with arbitrary contents.
    pub(crate) fn new(rows: usize, width: usize) -> Self {
        let count = rows * width;
        let spare = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            let place = spare.iter().position(|buffer| buffer.len() >= count)?;
            Some(spare.remove(place))
        });
        Self {
            buffer: spare.ok().flatten().unwrap_or_else(|| fresh(count)),
            rows,
            width,
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }
}

/// Returns a buffer for `count` numbers, or for up to twice as many if it can be kept as a spare:
/// the next use may have one more row.
fn fresh(count: usize) -> AlignedVec<f32> {
    let rounded = count.next_power_of_two();
    AlignedVec::new(if rounded <= MAX_SPARE_LEN {
        rounded
    } else {
        count
    })
}

impl Deref for States {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.buffer[..self.rows * self.width]
    }
}

impl DerefMut for States {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.buffer[..self.rows * self.width]
    }
}

impl Drop for States {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.buffer);
        if buffer.len() > MAX_SPARE_LEN {
            return;
        }
        // A thread that is ending keeps nothing.
        let _ = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            let place = spare.partition_point(|other| other.len() < buffer.len());
            spare.insert(place, buffer);
            if spare.len() > MAX_SPARE_BUFFERS {
                spare.remove(0);
            }
        });
    }
}
