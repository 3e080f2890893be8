//! The table as the page describes it, read from the statements that create it.

use std::sync::LazyLock;

use crate::history::schema::{CREATE_MYSQL, STEPS};

/// Name of the table.
pub const TABLE: &str = "translations";

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name.
    pub name: &'static str,
    /// Type in MySQL.
    pub kind: &'static str,
    /// A short explanation; empty for columns that explain themselves.
    pub note: &'static str,
}

/// Returns the columns in order.
#[must_use]
pub fn columns() -> &'static [Column] {
    static COLUMNS: LazyLock<Vec<Column>> = LazyLock::new(|| {
        let made = CREATE_MYSQL
            .split_once('(')
            .and_then(|(_, rest)| rest.split_once(')'))
            .map_or("", |(columns, _)| columns);
        let added = STEPS
            .iter()
            .filter_map(|step| step.split_once(" add column "))
            .map(|(_, column)| column);
        let described = made.split(',').chain(added);
        described
            .filter_map(|column| {
                let (name, rest) = column.trim().split_once(' ')?;
                let kind = rest.split(' ').next()?;
                let note = note(name);
                Some(Column { name, kind, note })
            })
            .collect()
    });
    &COLUMNS
}

fn note(name: &str) -> &'static str {
    match name {
        "id" => "number, the newest is highest",
        "text_de" => "German text",
        "text_en" => "English text",
        "created_at" => "submitted, in UTC",
        "public_id" => "id in its page’s address",
        "model" => "name of the model",
        "duration_ms" => "duration in milliseconds",
        "sentences" => "number of sentences",
        "spans" => "positions of the sentences",
        "flags" => "flags of the sentences",
        "atoms" => "numbers and references, as JSON",
        "file_name" => "name of the file, if it was one",
        "deleted_at" => "deleted, in UTC",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_are_those_of_the_steps() {
        let names: Vec<_> = columns().iter().map(|column| column.name).collect();
        assert_eq!(names[..4], ["id", "text_de", "text_en", "created_at"]);
        assert!(names.contains(&"deleted_at"));
        let added = STEPS.iter().filter(|step| step.contains(" add column "));
        assert_eq!(names.len(), 3 + added.count());
        assert_eq!(columns()[0].kind, "int");
        assert_eq!(columns()[3].kind, "datetime(6)");
    }
}
