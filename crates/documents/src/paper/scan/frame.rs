//! Boxes of pixels.

/// A box of pixels, with its edges inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// First column.
    pub(crate) left: u32,
    /// First row.
    pub(crate) top: u32,
    /// Last column.
    pub(crate) right: u32,
    /// Last row.
    pub(crate) bottom: u32,
}

impl Frame {
    /// Returns the number of columns.
    pub(crate) fn width(self) -> u32 {
        self.right - self.left + 1
    }

    /// Returns the number of rows.
    pub(crate) fn height(self) -> u32 {
        self.bottom - self.top + 1
    }

    /// Returns the smallest box around both.
    pub(crate) fn union(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}
