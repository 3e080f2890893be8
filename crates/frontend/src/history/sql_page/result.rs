//! The result of a statement, within limits.

use std::fmt::Write as _;

/// Maximum number of rows.
pub const MAX_ROWS: usize = 500;

/// Maximum number of columns: twice those of the table. What one row needs in memory is a multiple
/// of it.
pub const MAX_COLUMNS: usize = 24;

/// Maximum number of columns that may be long texts in MySQL. A row of them is in memory as a whole,
/// here and in the database.
pub const MAX_TEXT_COLUMNS: usize = 8;

/// Maximum size of a cell, in bytes; the rest is cut off.
pub const MAX_CELL_BYTES: usize = 4 << 10;

/// Maximum size of a result, in bytes.
pub const MAX_RESULT_BYTES: usize = 1 << 20;

/// Maximum length of a column's name, in bytes: an expression is its own name in `SQLite`.
const MAX_NAME_BYTES: usize = 128;

/// Bytes that a cell counts for beyond its text, so that a result of empty cells has an end too.
const CELL_OVERHEAD: usize = 16;

/// A cell that is not `NULL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The value as text, or its start.
    pub text: String,
    /// Whether it is a number.
    pub is_number: bool,
    /// Size of the whole value in bytes, where only its start is here.
    pub cut_of: Option<usize>,
}

impl Cell {
    /// A number, or something else of a few characters.
    pub(super) fn number(number: &impl ToString) -> Self {
        Self {
            text: number.to_string(),
            is_number: true,
            cut_of: None,
        }
    }

    /// A text or any bytes: those that are not UTF-8 are shown as `\xFF`.
    pub(super) fn bytes(bytes: &[u8]) -> Self {
        let (start, cut_of) = match bytes.get(..MAX_CELL_BYTES) {
            Some(start) if bytes.len() > MAX_CELL_BYTES => {
                (up_to_character(start), Some(bytes.len()))
            }
            _ => (bytes, None),
        };
        Self {
            text: readable(start),
            is_number: false,
            cut_of,
        }
    }
}

/// Leaves out a character at the end that is not whole.
fn up_to_character(bytes: &[u8]) -> &[u8] {
    // A character has four bytes at most.
    let end = (bytes.len().saturating_sub(3)..=bytes.len())
        .rev()
        .find(|end| str::from_utf8(&bytes[end.saturating_sub(4)..*end]).is_ok());
    let end = end.unwrap_or(bytes.len());
    &bytes[..end]
}

/// The bytes as text.
fn readable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\x{byte:02X}");
        }
    }
    text
}

/// Why there may be more than a result shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// There are more than [`MAX_ROWS`] rows.
    Rows,
    /// The rows have more than [`MAX_RESULT_BYTES`].
    Bytes,
}

/// The rows that a statement found; `None` is `NULL`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows, each with a cell for every column.
    pub rows: Vec<Vec<Option<Cell>>>,
    /// Whether there are more rows than these, and why they are left out.
    pub cut: Option<Cut>,
    bytes: usize,
}

impl Table {
    pub(super) fn new<'a>(columns: impl IntoIterator<Item = &'a str>) -> Self {
        let name = |name: &str| {
            let mut end = name.len().min(MAX_NAME_BYTES);
            while !name.is_char_boundary(end) {
                end -= 1;
            }
            name[..end].to_owned()
        };
        Self {
            columns: columns.into_iter().map(name).collect(),
            ..Self::default()
        }
    }

    /// Adds a row. Returns false if it does not fit: then no further row is wanted.
    pub(super) fn push(&mut self, row: Vec<Option<Cell>>) -> bool {
        let texts = row.iter().flatten().map(|cell| cell.text.len());
        let bytes = texts.sum::<usize>() + row.len() * CELL_OVERHEAD;
        if self.rows.len() == MAX_ROWS {
            self.cut = Some(Cut::Rows);
        } else if self.bytes + bytes > MAX_RESULT_BYTES {
            self.cut = Some(Cut::Bytes);
        } else {
            self.bytes += bytes;
            self.rows.push(row);
        }
        self.cut.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_cell_is_cut_between_characters() {
        let whole = Cell::bytes("ä".repeat(MAX_CELL_BYTES / 2).as_bytes());
        assert_eq!((whole.text.len(), whole.cut_of), (MAX_CELL_BYTES, None));
        for (start, length) in [("", 4096), ("a", 4095), ("ab", 4094), ("abc", 4095)] {
            let text = format!("{start}{}", "🙂".repeat(2000));
            let cell = Cell::bytes(text.as_bytes());
            assert_eq!(cell.cut_of, Some(text.len()));
            assert!(text.starts_with(&cell.text), "{start}");
            assert!(cell.text.len() <= length && cell.text.len() > length - 4);
        }
        let bytes = Cell::bytes(&[0xff; 5000]);
        assert_eq!(bytes.cut_of, Some(5000));
        assert_eq!(bytes.text, "\\xFF".repeat(MAX_CELL_BYTES));
    }

    #[test]
    fn bytes_that_are_no_text_are_spelled_out() {
        assert_eq!(Cell::bytes(b"a\xffb\0\xe2\x82").text, "a\\xFFb\0\\xE2\\x82");
    }

    #[test]
    fn a_table_takes_rows_until_a_limit() {
        let mut table = Table::new(["x"]);
        for _ in 0..MAX_ROWS {
            assert!(table.push(vec![None]));
        }
        assert!(!table.push(vec![None]));
        assert_eq!((table.rows.len(), table.cut), (MAX_ROWS, Some(Cut::Rows)));

        let mut table = Table::new(["x"]);
        let cell = Some(Cell::bytes(&[b'x'; MAX_CELL_BYTES]));
        while table.push(vec![cell.clone()]) {}
        assert_eq!(table.cut, Some(Cut::Bytes));
        assert!(table.rows.len() > 250 && table.rows.len() <= 256);

        let long = Table::new(["ä".repeat(100).as_str()]);
        assert_eq!(long.columns[0], "ä".repeat(64));
    }
}
