//! Index of a safetensors file: the header's length in eight bytes, the header in JSON, then the
//! numbers (huggingface.co/docs/safetensors).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

use serde::Deserialize;

use super::entry::{Entry, Kind};
use super::error::ReadError;

/// Maximum length of a header in bytes, as the format sets it.
const MAX_HEADER_BYTES: u64 = 100_000_000;

/// Header entry of one tensor.
#[derive(Deserialize)]
struct Info {
    dtype: String,
    shape: Vec<usize>,
    /// Offset of the first byte and offset past the last, both counted from the end of the header.
    data_offsets: (u64, u64),
}

/// Reads the header and returns the tensors by name.
pub(super) fn index(file: &mut File, length: u64) -> Result<BTreeMap<String, Entry>, ReadError> {
    let mut start = [0; 8];
    file.read_exact(&mut start)
        .map_err(|_| ReadError::cut_short("before its header"))?;
    let header = u64::from_le_bytes(start);
    let data = header.saturating_add(8);
    if header > MAX_HEADER_BYTES || data > length {
        return Err(ReadError::damaged(format!(
            "it claims a header of {header} bytes"
        )));
    }
    let mut json = Vec::new();
    file.take(header).read_to_end(&mut json)?;
    let header: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&json)?;
    header
        .into_iter()
        .filter(|(name, _)| name != "__metadata__")
        .map(|(name, info)| {
            let entry = entry(Info::deserialize(info)?, data).ok_or_else(|| {
                ReadError::damaged(format!("the shape and the offsets of {name} disagree"))
            })?;
            Ok((name, entry))
        })
        .collect()
}

/// Returns the entry, or `None` if its offsets do not enclose exactly the numbers of its shape.
fn entry(info: Info, data: u64) -> Option<Entry> {
    let (start, end) = info.data_offsets;
    let kind = match info.dtype.as_str() {
        "F32" => Kind::F32,
        "F16" => Kind::F16,
        "BF16" => Kind::Bf16,
        "F64" | "I64" | "U64" => Kind::Other("64-bit numbers", 8),
        "I32" | "U32" => Kind::Other("whole numbers", 4),
        "I16" | "U16" => Kind::Other("whole numbers", 2),
        _ => Kind::Other("numbers of an unknown kind", 1),
    };
    let entry = Entry {
        kind,
        shape: info.shape,
        offset: data.checked_add(start)?,
    };
    let known = !matches!(kind, Kind::Other(_, 1));
    (!known || entry.len() == end.checked_sub(start)).then_some(entry)
}
