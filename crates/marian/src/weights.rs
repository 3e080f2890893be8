//! The weights file of a model directory: where each tensor lies in it, and reading it as `f32`.
//!
//! Three containers are read: `model.safetensors`, and `pytorch_model.bin` as torch writes it now ([`torch`]: a zip) and
//! as it did before 2020 (a row of pickles). Each becomes one index from names to places in the file; tensors are then
//! read one by one, so that no more than one is in memory twice.

mod pickle;
mod reason;
mod safetensors;
mod tables;
mod torch;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::Error;
use reason::Reason;
pub use tables::sinusoids;
pub(crate) use tables::{ENCODER, OUTPUT};

/// The files looked for, in this order.
const NAMES: [&str; 2] = ["model.safetensors", "pytorch_model.bin"];

/// An open weights file with its index.
#[derive(Debug)]
pub struct Weights {
    path: PathBuf,
    file: File,
    tensors: BTreeMap<String, Entry>,
}

/// One tensor in a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) shape: Vec<usize>,
    /// Where its bytes start in the file; they lie in row-major order without gaps.
    pub(crate) offset: u64,
}

/// How a tensor's numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    F32,
    F16,
    Bf16,
    /// Anything else, with the bytes of one number: allowed to be in a file, but not readable as weights.
    Other(&'static str, u64),
}

impl Kind {
    fn bytes(self) -> u64 {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::Other(_, bytes) => bytes,
        }
    }
}

impl Entry {
    /// Length in bytes; `None` if it does not fit a number, as in a file made to mislead.
    fn len(&self) -> Option<u64> {
        self.shape
            .iter()
            .try_fold(self.kind.bytes(), |product, &dim| {
                product.checked_mul(dim as u64)
            })
    }
}

impl Weights {
    /// Opens the weights file of a directory and checks that all tensors lie inside it.
    ///
    /// # Errors
    /// No such file, or one that is cut short or not of its format.
    pub fn open(directory: &Path) -> Result<Self, Error> {
        let path = NAMES
            .iter()
            .map(|name| directory.join(name))
            .find(|path| path.exists())
            .ok_or_else(|| {
                Error::file(
                    directory,
                    format!("has no weights: neither {} is there", NAMES.join(" nor ")),
                )
            })?;
        let mut file = File::open(&path).map_err(|error| Error::file(&path, error))?;
        let length = file
            .metadata()
            .map_err(|error| Error::file(&path, error))?
            .len();
        let safetensors = path
            .extension()
            .is_some_and(|extension| extension == "safetensors");
        let index = if safetensors {
            safetensors::index
        } else {
            torch::index
        };
        let tensors = index(&mut file, length).map_err(|reason| Error::file(&path, reason))?;
        for (name, entry) in &tensors {
            let end = entry
                .len()
                .and_then(|bytes| entry.offset.checked_add(bytes));
            if end.is_none_or(|end| end > length) {
                let reason = format!(
                    "shape {:?} ends beyond the file's {length} bytes; the file is cut short or damaged",
                    entry.shape
                );
                return Err(Error::Tensor {
                    path,
                    tensor: name.clone(),
                    reason,
                });
            }
        }
        Ok(Self {
            path,
            file,
            tensors,
        })
    }

    /// Whether the file has a tensor of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Reads a tensor that must have this shape.
    ///
    /// # Errors
    /// It is missing, has another shape, or holds numbers that are no weights.
    pub fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Error> {
        self.rows(name, shape, 0..shape[0])
    }

    /// Reads some rows of a tensor that must have this shape: for those that are larger than what is made of them.
    pub(crate) fn rows(
        &self,
        name: &str,
        shape: &[usize],
        rows: Range<usize>,
    ) -> Result<Vec<f32>, Error> {
        let entry = self
            .tensors
            .get(name)
            .ok_or_else(|| self.error(name, "is not in the file"))?;
        if entry.shape != shape {
            let reason = format!(
                "expected shape {shape:?} by config.json, found {:?}",
                entry.shape
            );
            return Err(self.error(name, reason));
        }
        if let Kind::Other(kind, _) = entry.kind {
            return Err(self.error(
                name,
                format!("holds {kind}; only 32 and 16 bit floats are supported"),
            ));
        }
        let values = self
            .values(entry, rows)
            .map_err(|error| self.error(name, error))?;
        if values.iter().any(|value| !value.is_finite()) {
            return Err(self.error(
                name,
                "holds numbers that are infinite or not numbers; the file is damaged",
            ));
        }
        Ok(values)
    }

    /// An error about a tensor of this file.
    pub(crate) fn error(&self, tensor: &str, reason: impl std::fmt::Display) -> Error {
        Error::Tensor {
            path: self.path.clone(),
            tensor: tensor.to_owned(),
            reason: reason.to_string(),
        }
    }

    /// The numbers of some rows of an entry, whose place in the file was checked when it was opened.
    fn values(&self, entry: &Entry, rows: Range<usize>) -> std::io::Result<Vec<f32>> {
        /// Bytes read at once, a multiple of every kind's size.
        const BLOCK: usize = 1 << 20;
        let mut file = &self.file;
        let width = entry.shape[1..].iter().product::<usize>();
        let row = width as u64 * entry.kind.bytes();
        file.seek(SeekFrom::Start(entry.offset + rows.start as u64 * row))?;
        let bytes = usize::try_from(rows.len() as u64 * row).map_err(std::io::Error::other)?;
        let mut values = Vec::with_capacity(rows.len() * width);
        let mut block = vec![0; BLOCK.min(bytes)];
        let mut left = bytes;
        while left > 0 {
            let block = &mut block[..BLOCK.min(left)];
            file.read_exact(block)?;
            left -= block.len();
            match entry.kind {
                Kind::F16 => values.extend(
                    block
                        .as_chunks()
                        .0
                        .iter()
                        .map(|b| half::f16::from_le_bytes(*b).to_f32()),
                ),
                Kind::Bf16 => values.extend(
                    block
                        .as_chunks()
                        .0
                        .iter()
                        .map(|b| half::bf16::from_le_bytes(*b).to_f32()),
                ),
                Kind::F32 | Kind::Other(..) => {
                    values.extend(block.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)));
                }
            }
        }
        Ok(values)
    }
}
