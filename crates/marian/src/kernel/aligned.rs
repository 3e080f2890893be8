//! Vectors that start on a cache line.

use std::ops::{Deref, DerefMut};

/// Bytes of a cache line, of an AVX-512 register and of a row of an AMX tile.
pub(super) const CACHE_LINE: usize = 64;

/// A vector of numbers whose first element is at the start of a cache line. An allocator puts large
/// vectors 16 bytes past the start of a line; then every register and every row of a tile would
/// span two lines and take two reads.
#[derive(Debug, Default)]
pub(crate) struct AlignedVec<T> {
    /// Zeros before `start` and after the last element.
    buffer: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Copy + Default> AlignedVec<T> {
    /// Returns `len` zeros.
    pub(crate) fn new(len: usize) -> Self {
        let mut vector = Self::with_capacity(len);
        vector.len = len;
        vector
    }

    /// Returns an empty vector with capacity for `len` elements.
    fn with_capacity(len: usize) -> Self {
        const {
            assert!(
                CACHE_LINE.is_multiple_of(size_of::<T>()),
                "a cache line must hold a whole number of elements"
            );
        }
        let before = CACHE_LINE / size_of::<T>() - 1;
        let buffer = vec![T::default(); len + before];
        let start = buffer.as_ptr().align_offset(CACHE_LINE).min(before);
        Self {
            buffer,
            start,
            len: 0,
        }
    }

    /// Ensures a total capacity of `len` elements, and allocates no more than that.
    pub(crate) fn reserve_total(&mut self, len: usize) {
        if len > self.buffer.len() - self.start {
            let mut other = Self::with_capacity(len);
            other.len = self.len;
            other.copy_from_slice(self);
            *self = other;
        }
    }

    /// Extends the vector with zeros to at least `len` elements.
    pub(crate) fn grow(&mut self, len: usize) {
        if len > self.buffer.len() - self.start {
            self.reserve_total(len.max(2 * self.len));
        }
        self.len = self.len.max(len);
    }
}

impl<T> Deref for AlignedVec<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.buffer[self.start..self.start + self.len]
    }
}

impl<T> DerefMut for AlignedVec<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.buffer[self.start..self.start + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_start_on_a_cache_line_and_survive_growth() {
        let mut vector = AlignedVec::<i32>::default();
        for len in [1, 16, 17, 1000, 1, 100_000] {
            let before = vector.len();
            vector.grow(len);
            assert_eq!(vector.len(), before.max(len));
            assert_eq!(vector.as_ptr().align_offset(CACHE_LINE), 0);
            assert!(vector[before..].iter().all(|number| *number == 0));
            for (number, place) in vector.iter_mut().zip(1..) {
                assert!([0, place].contains(number));
                *number = place;
            }
        }
        assert_eq!(AlignedVec::<i8>::new(3)[..], [0; 3]);
    }
}
