//! One tensor of a weights file: number format, shape and offset.

/// One tensor of a weights file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) shape: Vec<usize>,
    /// Offset of its first byte in the file. The numbers are in row-major order without gaps.
    pub(super) offset: u64,
}

/// Number format of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    F32,
    F16,
    Bf16,
    /// Any other format, with its description and the bytes per number: allowed in a file, but not
    /// readable as weights.
    Other(&'static str, u64),
}

impl Kind {
    /// Returns the bytes per number.
    pub(super) fn bytes(self) -> u64 {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::Other(_, bytes) => bytes,
        }
    }
}

impl Entry {
    /// Returns the length in bytes, or `None` if it overflows, as it may in a malicious file.
    pub(super) fn len(&self) -> Option<u64> {
        self.shape
            .iter()
            .try_fold(self.kind.bytes(), |product, &dim| {
                product.checked_mul(dim as u64)
            })
    }
}
