//! The table as the page describes it, read from the steps that make it.

use std::sync::LazyLock;

use super::super::schema::{CREATE_MYSQL, STEPS};

/// Name of the table.
pub const TABLE: &str = "translations";

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type, as MySQL calls it.
    pub kind: &'static str,
    /// A short explanation; empty for columns that explain themselves.
    pub note: &'static str,
}

/// Returns the columns in their order.
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
        "id" => "number of the row, the newest has the highest",
        "text_de" => "the German text",
        "text_en" => "its translation",
        "created_at" => "time of submission, in UTC",
        "public_id" => "id in the address of its page",
        "model" => "model that translated it",
        "duration_ms" => "time that took, in milliseconds",
        "sentences" => "number of sentences",
        "spans" => "places of the sentences in both texts",
        "deleted_at" => "time of deletion; the row goes a day later",
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
