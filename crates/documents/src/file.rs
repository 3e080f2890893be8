//! A file, and what is called with its text.

use std::io::{Read, Seek, Write};

use markup::{Marked, Segment};

use crate::Error;

/// A file to read.
pub trait Input: Read + Seek {}
impl<T: Read + Seek> Input for T {}

/// A file to write.
pub trait Output: Write + Seek {}
impl<T: Write + Seek> Output for T {}

/// Called with each unit of a file in reading order. In the first pass it records the unit and
/// returns `None`; in the second it returns the translation, or `None` to keep the unit as it is.
pub type Unit<'a> = dyn FnMut(Segment) -> Result<Option<Marked>, Error> + 'a;
