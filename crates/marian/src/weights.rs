//! The weights file of a model directory: locates each tensor and reads it as `f32`.
//!
//! Three containers are supported: `model.safetensors`, and `pytorch_model.bin` both as torch
//! writes it today (`torch`: a zip) and as it did before 2020 (a sequence of pickles). Each is
//! indexed first, from tensor names to byte offsets. Tensors are then read one by one, so that no
//! more than one is in memory twice.

mod entry;
mod error;
mod pickle;
mod safetensors;
mod tables;
mod torch;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::Error;
use entry::{Entry, Kind};
use half::f16;
use half::slice::HalfFloatSliceExt as _;
pub use tables::sinusoids;
pub(crate) use tables::{ENCODER, OUTPUT};

/// File names to look for, in order of preference.
const NAMES: [&str; 2] = ["model.safetensors", "pytorch_model.bin"];

/// An open weights file with its index.
#[derive(Debug)]
pub struct Weights {
    path: PathBuf,
    file: File,
    tensors: BTreeMap<String, Entry>,
}

impl Weights {
    /// Opens the weights file of a directory and checks that every tensor lies inside it.
    ///
    /// # Errors
    /// Returns an error if there is no such file, or if it is truncated or not of its format.
    pub fn open(directory: &Path) -> Result<Self, Error> {
        let path = NAMES
            .iter()
            .map(|name| directory.join(name))
            .find(|path| path.exists())
            .ok_or_else(|| {
                Error::file(
                    directory,
                    format!("has no weights: neither {} exists", NAMES.join(" nor ")),
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
                    "shape {:?} extends past the file's {length} bytes; the file is cut short or damaged",
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

    /// Returns whether the file has a tensor of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Returns a whole tensor, which must have the given shape.
    ///
    /// # Errors
    /// Returns an error if it is missing, has another shape, or holds numbers that cannot be weights.
    pub fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Error> {
        self.rows(name, shape, 0..shape[0])
    }

    /// Returns some rows of a tensor, which must have the given shape. For tensors that are larger
    /// than what is built from them.
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
                "config.json implies shape {shape:?}, found {:?}",
                entry.shape
            );
            return Err(self.error(name, reason));
        }
        if let Kind::Other(kind, _) = entry.kind {
            return Err(self.error(
                name,
                format!("holds {kind}; only 32-bit and 16-bit floats are supported"),
            ));
        }
        let values = self
            .values(entry, rows)
            .map_err(|error| self.error(name, error))?;
        if values.iter().any(|value| !value.is_finite()) {
            return Err(self.error(
                name,
                "holds numbers that are infinite or NaN; the file is damaged",
            ));
        }
        Ok(values)
    }

    /// Returns an error about a tensor of this file.
    pub(crate) fn error(&self, tensor: &str, reason: impl std::fmt::Display) -> Error {
        Error::Tensor {
            path: self.path.clone(),
            tensor: tensor.to_owned(),
            reason: reason.to_string(),
        }
    }

    /// Returns some rows of a tensor. Its position in the file was checked by [`Weights::open`].
    fn values(&self, entry: &Entry, rows: Range<usize>) -> std::io::Result<Vec<f32>> {
        /// Bytes per read, a multiple of the size of every number format.
        const BLOCK: usize = 1 << 20;
        let mut file = &self.file;
        let width = entry.shape[1..].iter().product::<usize>();
        let row = width as u64 * entry.kind.bytes();
        file.seek(SeekFrom::Start(entry.offset + rows.start as u64 * row))?;
        let bytes = usize::try_from(rows.len() as u64 * row).map_err(std::io::Error::other)?;
        let mut values = Vec::with_capacity(rows.len() * width);
        let mut block = vec![0; BLOCK.min(bytes)];
        let mut halves = Vec::new();
        let mut left = bytes;
        while left > 0 {
            let block = &mut block[..BLOCK.min(left)];
            file.read_exact(block)?;
            left -= block.len();
            match entry.kind {
                Kind::F16 => {
                    // Converted as a slice, several numbers at a time.
                    halves.clear();
                    halves.extend(block.as_chunks().0.iter().map(|b| f16::from_le_bytes(*b)));
                    let start = values.len();
                    values.resize(start + halves.len(), 0.0);
                    halves.convert_to_f32_slice(&mut values[start..]);
                }
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
