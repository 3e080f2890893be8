//! Index of a `pytorch_model.bin`, in both formats that torch has written.
//!
//! Since torch 1.6 the file is an uncompressed zip: a pickle `…/data.pkl`, and the numbers of each
//! storage in an entry `…/data/KEY`. Before that (and with `_use_new_zipfile_serialization=False`)
//! it is a sequence of five pickles: a magic number, a version, facts about the machine, the state
//! dict, and the list of storage keys. The storages follow in the order of that list, each as a
//! count of eight bytes and its numbers (torch's `serialization.py`, `_legacy_save`).

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::ops::Range;

use zip::{CompressionMethod, ZipArchive};

use super::entry::{Entry, Kind};
use super::error::ReadError;
use super::pickle::{Pickle, Value};

/// The low 64 bits of 0x1950a86a20f9469cfc6c.
const MAGIC: i64 = 0xa86a_20f9_469c_fc6c_u64.cast_signed();

/// Byte range of each storage in the file, by key.
type Storages = HashMap<String, Range<u64>>;

/// Returns the tensors of a file in either format, by name.
pub(super) fn index(file: &mut File, length: u64) -> Result<BTreeMap<String, Entry>, ReadError> {
    let mut start = [0; 4];
    file.read_exact(&mut start)
        .map_err(|_| ReadError::cut_short("before its header"))?;
    file.rewind()?;
    if &start == b"PK\x03\x04" {
        zip_index(file)
    } else {
        legacy_index(file, length)
    }
}

fn zip_index(file: &mut File) -> Result<BTreeMap<String, Entry>, ReadError> {
    let mut archive = ZipArchive::new(file)?;
    let mut storages = Storages::new();
    let mut state = None;
    for index in 0..archive.len() {
        let mut entry = archive.by_index_raw(index)?;
        let name = entry.name()?.into_owned();
        if entry.compression() != CompressionMethod::Stored {
            return Err(ReadError::foreign(format!(
                "has a compressed entry {name}; torch does not compress"
            )));
        }
        if name.ends_with("/data.pkl") {
            state = Some(Pickle::read(&mut entry)?);
        } else if name.ends_with("/byteorder") {
            let mut order = String::new();
            entry.by_ref().take(16).read_to_string(&mut order)?;
            if order != "little" {
                return Err(ReadError::unsupported(format!("{order} byte order")));
            }
        } else if let Some((_, key)) = name.split_once("/data/") {
            let start = entry
                .data_start()
                .ok_or_else(|| ReadError::damaged(format!("its entry {name} has no data")))?;
            storages.insert(key.to_owned(), start..start.saturating_add(entry.size()));
        }
    }
    let state = state.ok_or_else(|| ReadError::foreign("is a zip without data.pkl"))?;
    tensors(&state, &storages)
}

fn legacy_index(file: &mut File, length: u64) -> Result<BTreeMap<String, Entry>, ReadError> {
    let mut reader = BufReader::new(file);
    if *Pickle::read(&mut reader)?.root() != Value::Int(MAGIC) {
        return Err(ReadError::foreign("was not written by torch"));
    }
    if *Pickle::read(&mut reader)?.root() != Value::Int(1001) {
        return Err(ReadError::foreign(
            "is of an unknown version of torch's format",
        ));
    }
    let machine = Pickle::read(&mut reader)?;
    if machine
        .entries()?
        .any(|entry| entry == ("little_endian", &Value::Bool(false)))
    {
        return Err(ReadError::unsupported("big-endian byte order"));
    }
    let state = Pickle::read(&mut reader)?;
    let kinds: HashMap<&str, Kind> = state
        .entries()?
        .filter_map(|(_, value)| match value {
            Value::Tensor(tensor) => Some((tensor.storage.key.as_str(), tensor.storage.kind)),
            _ => None,
        })
        .collect();
    let keys = Pickle::read(&mut reader)?;
    let mut storages = Storages::new();
    let mut position = reader.stream_position()?;
    for key in keys.texts()? {
        let kind = kinds
            .get(key)
            .ok_or_else(|| ReadError::damaged(format!("no tensor uses its storage {key}")))?;
        let mut count = [0; 8];
        reader.seek(SeekFrom::Start(position))?;
        reader
            .read_exact(&mut count)
            .map_err(|_| ReadError::cut_short(format!("before storage {key}")))?;
        let start = position + 8;
        let end = u64::from_le_bytes(count)
            .checked_mul(kind.bytes())
            .and_then(|bytes| start.checked_add(bytes));
        let end = end
            .filter(|end| *end <= length)
            .ok_or_else(|| ReadError::cut_short(format!("in storage {key}")))?;
        storages.insert(key.to_owned(), start..end);
        position = end;
    }
    tensors(&state, &storages)
}

/// Returns the tensors of a state dict with their offsets in the file. Other entries of the state
/// dict are skipped.
fn tensors(state: &Pickle, storages: &Storages) -> Result<BTreeMap<String, Entry>, ReadError> {
    let mut entries = BTreeMap::new();
    for (name, value) in state.entries()? {
        let Value::Tensor(tensor) = value else {
            continue;
        };
        let kind = tensor.storage.kind;
        let position = storages
            .get(&tensor.storage.key)
            .ok_or_else(|| ReadError::damaged(format!("the numbers of {name} are missing")))?;
        let offset = tensor
            .offset
            .checked_mul(kind.bytes())
            .and_then(|bytes| position.start.checked_add(bytes));
        let entry = Entry {
            kind,
            shape: tensor.shape.clone(),
            offset: offset.unwrap_or(u64::MAX),
        };
        if !is_row_major(&tensor.shape, &tensor.strides) {
            return Err(ReadError::unsupported(format!(
                "{name}, which is stored transposed or with gaps,"
            )));
        }
        let end = entry
            .len()
            .and_then(|bytes| entry.offset.checked_add(bytes));
        if end.is_none_or(|end| end > position.end) {
            return Err(ReadError::damaged(format!(
                "{name} {:?} extends past its storage",
                tensor.shape
            )));
        }
        entries.insert(name.to_owned(), entry);
    }
    Ok(entries)
}

/// Returns whether the strides are those of a contiguous tensor; a dimension of size 1 may have
/// any.
fn is_row_major(shape: &[usize], strides: &[usize]) -> bool {
    let mut expected = Some(1_usize);
    shape.len() == strides.len()
        && shape.iter().zip(strides).rev().all(|(&size, &stride)| {
            let fits = size <= 1 || Some(stride) == expected;
            expected = expected.and_then(|product| product.checked_mul(size));
            fits
        })
}
