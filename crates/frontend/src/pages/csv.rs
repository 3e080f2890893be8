//! A result as a file of comma-separated values (RFC 4180).

use crate::history::sql_page::result::{Cell, Table};

/// Writes a table: `NULL` is nothing, an empty text a pair of quotes. A byte order mark tells
/// spreadsheets that it is UTF-8.
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

/// Characters that begin a formula in spreadsheets.
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

/// Returns a text in quotes, in which no cell begins with a formula that a stranger may have
/// written: an apostrophe before it makes it a text. In countries with a decimal comma spreadsheets
/// begin a cell after each semicolon, whatever the quotes say.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    let mut before = ';';
    for c in text.chars() {
        let is_control = quoted.len() == 1 && matches!(c, '\t' | '\r' | '\n');
        if is_control || before == ';' && FORMULA.contains(&c) {
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
