//! Zip containers: reading within limits, and copies in which some entries are rewritten.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::rc::Rc;

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::{Error, Input, Output, limits};

/// Entry that says what the container is. Readers expect it first and uncompressed.
const MIMETYPE: &str = "mimetype";

/// Size of the buffers between an entry and what reads or writes it.
const BUFFER: usize = 64 << 10;

/// Reads an entry and writes what takes its place. Called with the entry's index in the list of
/// parts.
pub(crate) type Rewrite<'a> =
    dyn FnMut(usize, &mut dyn BufRead, &mut dyn Write) -> Result<(), Error> + 'a;

/// A zip container.
pub(crate) struct Archive<'a> {
    zip: ZipArchive<Metered<'a>>,
    /// Index of each entry by its [`key`].
    indices: HashMap<String, usize>,
    /// Number of bytes inflated so far.
    inflated: u64,
}

impl<'a> Archive<'a> {
    /// Opens a container. Refuses entries that are encrypted, overlap, share a name or have a name
    /// that leads out of it.
    pub(crate) fn open(input: &'a mut dyn Input) -> Result<Self, Error> {
        let allowance = Rc::new(Cell::new(limits::MAX_DIRECTORY));
        let metered = Metered {
            input,
            allowance: Rc::clone(&allowance),
        };
        let too_many = || Error::TooLarge(format!("it has over {} parts", limits::MAX_ENTRIES));
        let mut zip = ZipArchive::new(metered).map_err(|error| match allowance.get() {
            0 => too_many(),
            _ => from_zip(error),
        })?;
        allowance.set(u64::MAX);
        if zip.len() > limits::MAX_ENTRIES {
            return Err(too_many());
        }
        if zip.has_overlapping_entries().map_err(from_zip)? {
            return Err(Error::Damaged("parts of it overlap"));
        }
        let mut has_twins = zip.has_duplicate_names();
        let mut indices = HashMap::new();
        for index in 0..zip.len() {
            let entry = zip.by_index_data(index).map_err(from_zip)?;
            let name = entry.name().map_err(from_zip)?;
            if entry.encrypted() {
                return Err(Error::Protected("it has a password"));
            }
            if leads_out(&name) {
                return Err(Error::Damaged(
                    "a part of it is named like a file elsewhere",
                ));
            }
            has_twins |= indices.insert(key(&name), index).is_some();
        }
        if has_twins {
            return Err(Error::Damaged("two parts of it have the same name"));
        }
        Ok(Self {
            zip,
            indices,
            inflated: 0,
        })
    }

    /// Returns the names of all entries, in the order of the container.
    pub(crate) fn names(&self) -> Vec<String> {
        (0..self.zip.len())
            .filter_map(|index| self.name(index).ok())
            .collect()
    }

    /// Returns whether there is an entry of this name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.index(name).is_some()
    }

    /// Returns an entry of at most [`limits::MAX_SMALL_PART`], if there is one of this name.
    pub(crate) fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(index) = self.index(name) else {
            return Ok(None);
        };
        let mut content = Vec::new();
        let limit = limits::MAX_SMALL_PART;
        self.inflate(index, limit, &mut |source, _| {
            source.read_to_end(&mut content)?;
            Ok(())
        })?;
        Ok(Some(content))
    }

    /// Calls `rewrite` with each of `parts` that exists, in their order. With an `output`, writes the
    /// container there: first the other entries as they are, then the parts as rewritten.
    pub(crate) fn rewrite(
        &mut self,
        parts: &[String],
        output: Option<&mut dyn Output>,
        rewrite: &mut Rewrite<'_>,
    ) -> Result<(), Error> {
        let mut rewritten = HashSet::new();
        let parts: Vec<(usize, usize)> = parts
            .iter()
            .enumerate()
            .filter_map(|(part, name)| Some((part, self.index(name)?)))
            .filter(|&(_, index)| rewritten.insert(index))
            .collect();
        let mut writer = output.map(ZipWriter::new);
        if let Some(writer) = &mut writer {
            self.copy_others(rewritten, writer)?;
        }
        for (part, index) in parts {
            let name = self.name(index)?;
            self.inflate(index, limits::MAX_PART, &mut |source, options| {
                let Some(writer) = &mut writer else {
                    return rewrite(part, source, &mut io::sink());
                };
                writer.start_file(&name, options).map_err(from_zip)?;
                let mut writer = BufWriter::with_capacity(BUFFER, writer);
                rewrite(part, source, &mut writer)?;
                Ok(writer.flush()?)
            })?;
        }
        if let Some(writer) = writer {
            writer.finish().map_err(from_zip)?.flush()?;
        }
        Ok(())
    }

    fn index(&self, name: &str) -> Option<usize> {
        self.indices.get(&key(name)).copied()
    }

    fn name(&self, index: usize) -> Result<String, Error> {
        let entry = self.zip.by_index_data(index).map_err(from_zip)?;
        Ok(entry.name().map_err(from_zip)?.into_owned())
    }

    /// Copies all entries but those in `rewritten`, bit for bit.
    fn copy_others(
        &mut self,
        mut rewritten: HashSet<usize>,
        writer: &mut ZipWriter<&mut dyn Output>,
    ) -> Result<(), Error> {
        if let Some(content) = self.read(MIMETYPE)? {
            let options =
                SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
            writer.start_file(MIMETYPE, options).map_err(from_zip)?;
            writer.write_all(&content)?;
            rewritten.extend(self.index(MIMETYPE));
        }
        for index in (0..self.zip.len()).filter(|index| !rewritten.contains(index)) {
            let entry = self.zip.by_index_raw(index).map_err(from_zip)?;
            writer.raw_copy_file(entry).map_err(from_zip)?;
        }
        Ok(())
    }

    /// Calls `read` with an entry and the options to write it again. Its size is counted while it is
    /// inflated, too, because the one in its header may be wrong.
    fn inflate(
        &mut self,
        index: usize,
        limit: u64,
        read: &mut dyn FnMut(&mut dyn BufRead, SimpleFileOptions) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let left = limits::MAX_INFLATED - self.inflated;
        let too_large = || {
            Error::TooLarge(if limit <= left {
                let megabytes = limit >> 20;
                format!("a part of it has over {megabytes} MB once it is unpacked")
            } else {
                let megabytes = limits::MAX_INFLATED >> 20;
                format!("it has over {megabytes} MB once it is unpacked")
            })
        };
        let limit = limit.min(left);
        let file = self.zip.by_index(index).map_err(from_zip)?;
        if file.size() > limit {
            return Err(too_large());
        }
        let options = file
            .options()
            .compression_method(CompressionMethod::Deflated);
        let mut source = BufReader::with_capacity(BUFFER, file.take(limit + 1));
        let result = read(&mut source, options);
        let inflated = limit + 1 - source.get_ref().limit();
        if inflated > limit {
            return Err(too_large());
        }
        self.inflated += inflated;
        result
    }
}

/// An input with an allowance of bytes that may be read.
struct Metered<'a> {
    input: &'a mut dyn Input,
    allowance: Rc<Cell<u64>>,
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        let left = self.allowance.get().saturating_sub(read as u64);
        self.allowance.set(left);
        if left == 0 {
            return Err(io::Error::other("over the limit"));
        }
        Ok(read)
    }
}

impl Seek for Metered<'_> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.input.seek(position)
    }
}

/// Returns what names have in common that are the same: case makes no difference, and some programs
/// write paths as Windows does.
fn key(name: &str) -> String {
    name.to_ascii_lowercase().replace('\\', "/")
}

/// Returns whether a name would be a path out of the folder that a container is unpacked in.
fn leads_out(name: &str) -> bool {
    name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|component| component == "..")
}

fn from_zip(error: ZipError) -> Error {
    match error {
        ZipError::Io(error) => Error::from(error),
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            Error::Protected("it has a password")
        }
        ZipError::CompressionMethodNotSupported(_) => {
            Error::Unsupported("The file is packed in a way that is not supported. Save it again.")
        }
        _ => Error::Damaged("it cannot be unpacked"),
    }
}

#[cfg(test)]
mod tests;
