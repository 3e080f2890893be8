//! A result as a file of comma-separated values (RFC 4180).

use crate::history::sql_page::result::{Cell, Table};

/// Writes a table: `NULL` as an empty field, an empty text as a pair of quotes. A byte order mark
/// marks the file as UTF-8 for spreadsheets.
pub(crate) fn file(table: &Table) -> String {
    let mut file = String::from("\u{feff}");
    let names = table.columns.iter().map(|name| quoted(name));
    line(names, &mut file);
    for row in &table.rows {
        line(
            row.iter()
                .map(|cell| cell.as_ref().map_or_else(String::new, field)),
            &mut file,
        );
    }
    file
}

fn line(fields: impl Iterator<Item = String>, file: &mut String) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            file.push(',');
        }
        file.push_str(&field);
    }
    file.push_str("\r\n");
}

fn field(cell: &Cell) -> String {
    if cell.is_number {
        cell.text.clone()
    } else {
        quoted(&cell.text)
    }
}

/// Characters at the start of a formula in spreadsheets.
const FORMULA_STARTS: [char; 4] = ['=', '+', '-', '@'];

/// Returns a text in quotes. A formula in it, which a stranger may have written, gets an
/// apostrophe, which turns it into text. In countries with a decimal comma a semicolon starts a new
/// cell for spreadsheets, even within quotes.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    let mut before = ';';
    for c in text.chars() {
        let is_control = quoted.len() == 1 && matches!(c, '\t' | '\r' | '\n');
        if is_control || before == ';' && FORMULA_STARTS.contains(&c) {
            quoted.push('\'');
        }
        if c == '"' {
            quoted.push('"');
        }
        quoted.push(c);
        before = c;
    }
    quoted.push('"');
    quoted
}
