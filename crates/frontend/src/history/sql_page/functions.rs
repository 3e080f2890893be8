//! Functions that statements may call, and their costs.
//!
//! The deadline ends a statement between two rows, not within a call of a function. A call that
//! searches a long text for another (`instr`, `replace`) may take hours in spite of `KILL`, and one
//! that creates long texts (`repeat`, `lpad`, `zeroblob`) may use all memory of the database. Such
//! functions are not allowed. The others take time and memory in proportion to their arguments. A
//! budget limits the number of calls, because a database keeps their results until the statement
//! ends.

/// Maximum cost of a statement. Most calls cost 1, so with texts of 10 MiB all results together
/// take about a quarter of a gigabyte.
pub(super) const BUDGET: u32 = 24;

/// Cost of a call whose result may be several times as long as its arguments.
pub(super) const GROWING: u32 = 8;

/// Functions with a cost of 1.
pub const NAMES: [&str; 61] = [
    "abs",
    "avg",
    "cast",
    "ceil",
    "ceiling",
    "char_length",
    "coalesce",
    "convert",
    "count",
    "curdate",
    "current_date",
    "current_timestamp",
    "date",
    "date_format",
    "datediff",
    "datetime",
    "day",
    "dayname",
    "dayofweek",
    "dense_rank",
    "extract",
    "first_value",
    "floor",
    "greatest",
    "group_concat",
    "hour",
    "if",
    "ifnull",
    "iif",
    "isnull",
    "julianday",
    "lag",
    "last_value",
    "lead",
    "least",
    "left",
    "length",
    "lower",
    "max",
    "min",
    "minute",
    "mod",
    "month",
    "now",
    "ntile",
    "nullif",
    "octet_length",
    "rank",
    "right",
    "round",
    "row_number",
    "strftime",
    "substr",
    "substring",
    "sum",
    "time",
    "timestampdiff",
    "total",
    "upper",
    "week",
    "year",
];

/// Functions with a cost of `GROWING`.
pub const GROWING_NAMES: [&str; 2] = ["concat", "hex"];

/// Words other than functions that an opening parenthesis may follow.
const SYNTAX: [&str; 56] = [
    "all",
    "and",
    "any",
    "as",
    "between",
    "binary",
    "by",
    "case",
    "char",
    "cross",
    "decimal",
    "distinct",
    "double",
    "else",
    "except",
    "exists",
    "explain",
    "filter",
    "float",
    "from",
    "having",
    "in",
    "index",
    "integer",
    "intersect",
    "interval",
    "is",
    "join",
    "key",
    "like",
    "limit",
    "materialized",
    "not",
    "numeric",
    "offset",
    "on",
    "or",
    "over",
    "real",
    "recursive",
    "row",
    "rows",
    "select",
    "signed",
    "some",
    "text",
    "then",
    "union",
    "unsigned",
    "using",
    "values",
    "varchar",
    "when",
    "where",
    "with",
    "xor",
];

/// Returns the cost of `name` before a parenthesis; `None` if it is not allowed there.
pub(super) fn cost(name: &str) -> Option<u32> {
    let name = name.to_ascii_lowercase();
    let name = name.as_str();
    if SYNTAX.contains(&name) {
        Some(0)
    } else if NAMES.contains(&name) {
        Some(1)
    } else if GROWING_NAMES.contains(&name) {
        Some(GROWING)
    } else {
        None
    }
}

/// Returns true if `SQLite` may call a function, by its internal name: operators such as `like` are
/// functions too.
pub(super) fn is_allowed_in_sqlite(name: &str) -> bool {
    cost(name).is_some_and(|cost| cost > 0) || matches!(name, "like" | "glob")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_in_one_list() {
        assert!(NAMES.is_sorted() && SYNTAX.is_sorted() && GROWING_NAMES.is_sorted());
        for name in NAMES {
            assert_eq!(cost(&name.to_uppercase()), Some(1), "{name}");
        }
        for name in [
            "repeat",
            "instr",
            "sleep",
            "load_extension",
            "zeroblob",
            "trim",
        ] {
            assert_eq!(cost(name), None, "{name}");
            assert!(!is_allowed_in_sqlite(name), "{name}");
        }
        assert!(!is_allowed_in_sqlite("values"));
    }
}
