//! Numbers that begin with a cache line.

use std::ops::{Deref, DerefMut};

/// Bytes of a cache line, of a register of AVX-512 and of a row of a tile of AMX.
pub(super) const LINE: usize = 64;

/// Numbers whose first lies at the beginning of a cache line. An allocator puts large ones 16 bytes behind one: each
/// register and each row of a tile would lie across two lines, and take two reads.
#[derive(Debug, Default)]
pub(crate) struct Lines<T> {
    /// Zeros before `start` and behind the last.
    buffer: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Copy + Default> Lines<T> {
    /// So many zeros.
    pub(crate) fn new(len: usize) -> Self {
        let mut lines = Self::with_room(len);
        lines.len = len;
        lines
    }

    /// None, and room for so many.
    fn with_room(len: usize) -> Self {
        const {
            assert!(
                LINE.is_multiple_of(size_of::<T>()),
                "a line is whole numbers"
            );
        }
        let before = LINE / size_of::<T>() - 1;
        let buffer = vec![T::default(); len + before];
        let start = buffer.as_ptr().align_offset(LINE).min(before);
        Self {
            buffer,
            start,
            len: 0,
        }
    }

    /// Makes room for so many altogether, and no more.
    pub(crate) fn make_room(&mut self, len: usize) {
        if len > self.buffer.len() - self.start {
            let mut other = Self::with_room(len);
            other.len = self.len;
            other.copy_from_slice(self);
            *self = other;
        }
    }

    /// Makes them so many or more, with zeros behind those that there are.
    pub(crate) fn grow(&mut self, len: usize) {
        if len > self.buffer.len() - self.start {
            self.make_room(len.max(2 * self.len));
        }
        self.len = self.len.max(len);
    }
}

impl<T> Deref for Lines<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.buffer[self.start..self.start + self.len]
    }
}

impl<T> DerefMut for Lines<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.buffer[self.start..self.start + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_with_a_line_and_stay_when_there_are_more() {
        let mut lines = Lines::<i32>::default();
        for len in [1, 16, 17, 1000, 1, 100_000] {
            let before = lines.len();
            lines.grow(len);
            assert_eq!(lines.len(), before.max(len));
            assert_eq!(lines.as_ptr().align_offset(LINE), 0);
            assert!(lines[before..].iter().all(|number| *number == 0));
            for (number, place) in lines.iter_mut().zip(1..) {
                assert!([0, place].contains(number));
                *number = place;
            }
        }
        assert_eq!(Lines::<i8>::new(3)[..], [0; 3]);
    }
}
