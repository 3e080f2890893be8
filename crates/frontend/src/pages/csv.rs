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

/// A text in quotes. Spreadsheets take what begins with these characters for a formula, which a
/// stranger may have written; the apostrophe makes it a text for them.
fn quoted(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let apostrophe = if is_formula { "'" } else { "" };
    format!("\"{apostrophe}{}\"", text.replace('"', "\"\""))
}
