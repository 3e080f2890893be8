//! Limits of what is read, so that a hostile file costs little memory and time.

/// Maximum number of entries of a zip container.
pub const MAX_ENTRIES: usize = 10_000;

/// Maximum number of bytes read to find the entries of a zip container: 200 for each of
/// [`MAX_ENTRIES`].
pub const MAX_DIRECTORY: u64 = 2 << 20;

/// Maximum size of an entry, inflated, that is read as a whole: lists of parts, tables of contents.
pub const MAX_SMALL_PART: u64 = 8 << 20;

/// Maximum size of an entry, inflated, that is read as a stream.
pub const MAX_PART: u64 = 64 << 20;

/// Maximum size of all entries that are read, inflated.
pub const MAX_INFLATED: u64 = 256 << 20;

/// Maximum number of XML elements inside each other.
pub const MAX_DEPTH: usize = 256;

/// Maximum size of a tag of XML, or of a text between tags.
pub const MAX_TOKEN: usize = 1 << 20;

/// Maximum size of a paragraph as XML.
pub const MAX_PARAGRAPH: usize = 4 << 20;

/// Maximum size of a file that is a text: plain, Markdown, HTML, tables, subtitles.
pub const MAX_TEXT: u64 = 64 << 20;
