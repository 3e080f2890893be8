//! The limits of the SQL page.

use std::time::Duration;

/// Maximum running time of a statement.
pub const DEADLINE: Duration = Duration::from_secs(2);

/// Maximum number of statements that run at the same time.
pub const MAX_RUNNING: usize = 2;

/// Maximum size of a statement, in bytes.
pub const MAX_STATEMENT_BYTES: usize = 16 << 10;

/// Maximum number of rows in a result.
pub const MAX_ROWS: usize = 500;

/// Maximum number of columns in a result, twice as many as the table has. The memory for one row
/// grows with it.
pub const MAX_COLUMNS: usize = 24;

/// Maximum number of columns of MySQL that may be long texts. A row of them is in memory as a
/// whole, both here and in the database.
pub const MAX_TEXT_COLUMNS: usize = 8;

/// Maximum size of a cell, in bytes; the rest is cut off.
pub const MAX_CELL_BYTES: usize = 4 << 10;

/// Maximum size of a result, in bytes.
pub const MAX_RESULT_BYTES: usize = 1 << 20;
