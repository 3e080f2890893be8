//! Rows of numbers between two operations, in memory that is used again.
//!
//! An operation writes all of its result before anybody reads it, and there are sixty of them in a step. As tensors of
//! their own they were zeroed, copied and given back to the system each time, for a tenth of all time.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use crate::kernel::Lines;

/// Buffers that a thread keeps: as many as are in use at a time, ten in a layer of the decoder and one of the step that it
/// belongs to. What is beyond is given back, the smallest first.
const KEPT: usize = 11;

/// Floats of the largest buffer that is kept, 4 MiB: 341 rows of 3 · 1 024 values, mostly all that a part of the encoder
/// needs.
const MOST: usize = 1 << 20;

thread_local! {
    /// The smallest first.
    static SPARE: RefCell<Vec<Lines<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Numbers `[rows, width]`, one row after the other.
#[derive(Debug)]
pub(crate) struct States {
    /// Perhaps more than there are.
    buffer: Lines<f32>,
    rows: usize,
    width: usize,
}

impl States {
    /// Room for so many rows; what is in it means nothing.
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

/// A buffer for so many numbers, or where it will be kept for up to twice as many: the next time there may be a row
/// more.
fn fresh(count: usize) -> Lines<f32> {
    let kept = count.next_power_of_two();
    Lines::new(if kept <= MOST { kept } else { count })
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
        if buffer.len() > MOST {
            return;
        }
        // A thread that is ending keeps nothing.
        let _ = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            let place = spare.partition_point(|other| other.len() < buffer.len());
            spare.insert(place, buffer);
            if spare.len() > KEPT {
                spare.remove(0);
            }
        });
    }
}
