//! The result of a statement, within limits.

use std::fmt::Write as _;

use super::limits::{MAX_CELL_BYTES, MAX_RESULT_BYTES, MAX_ROWS};

/// Maximum length of a column name, in bytes: in `SQLite` an expression is its own name.
const MAX_NAME_BYTES: usize = 128;

/// Size of a cell without its text, in bytes, so that a result of empty cells is limited too.
const CELL_OVERHEAD: usize = 16;

/// A cell that is not `NULL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The value as text, or its start.
    pub text: String,
    /// True for a number.
    pub is_number: bool,
    /// Size of the whole value, in bytes, if `text` is only its start.
    pub cut_of: Option<usize>,
}

impl Cell {
    /// Creates a cell for a number.
    pub(super) fn number(number: &impl ToString) -> Self {
        Self {
            text: number.to_string(),
            is_number: true,
            cut_of: None,
        }
    }

    /// Creates a cell for a text or other bytes: those that are not UTF-8 are written as `\xFF`.
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

/// Removes an incomplete character at the end.
fn up_to_character(bytes: &[u8]) -> &[u8] {
    // A character has up to four bytes.
    let end = (bytes.len().saturating_sub(3)..=bytes.len())
        .rev()
        .find(|end| str::from_utf8(&bytes[end.saturating_sub(4)..*end]).is_ok());
    let end = end.unwrap_or(bytes.len());
    &bytes[..end]
}

/// Converts bytes to text.
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

/// Reason why a result is incomplete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// There are more than [`MAX_ROWS`] rows.
    Rows,
    /// The rows have more than [`MAX_RESULT_BYTES`].
    Bytes,
}

/// The result of a statement. A cell that is `None` is `NULL`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows, each with a cell for every column.
    pub rows: Vec<Vec<Option<Cell>>>,
    /// The reason if there are more rows than these.
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

    /// Adds a row. Returns false if it does not fit; then the result is complete.
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
