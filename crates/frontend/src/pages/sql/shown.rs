//! Results and problems as the page shows them.

use axum::http::StatusCode;

use crate::history::sql_page::limits::{
    DEADLINE, MAX_CELL_BYTES, MAX_COLUMNS, MAX_RESULT_BYTES, MAX_ROWS, MAX_RUNNING,
    MAX_TEXT_COLUMNS,
};
use crate::history::sql_page::result::{Cell, Cut};
use crate::history::sql_page::{Answer, Problem};
use crate::pages::{Count, bytes_in_words, sizes_in_words, visible};

/// Command that creates the account on an older volume, or sets a new password.
pub(super) const ACCOUNT: &str =
    "docker compose exec -T database sh /docker-entrypoint-initdb.d/query.sh";

/// A problem in words, with advice.
pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) text: String,
    /// Message of the database, or a command.
    pub(super) code: String,
}

impl Words {
    pub(super) fn new(title: &'static str, text: impl Into<String>) -> Self {
        Self {
            title,
            text: text.into(),
            code: String::new(),
        }
    }

    pub(super) fn with_code(self, code: impl Into<String>) -> Self {
        let code = code.into();
        Self { code, ..self }
    }
}

/// A result as the page shows it.
pub(super) struct Found {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Option<Shown>>>,
    pub(super) count: Count,
    pub(super) time: String,
    pub(super) cut: Option<String>,
}

pub(super) struct Shown {
    pub(super) text: String,
    pub(super) is_number: bool,
    pub(super) cut: Option<String>,
}

impl From<Cell> for Shown {
    fn from(cell: Cell) -> Self {
        let cut = cell.cut_of.map(|size| {
            let (shown, size) = sizes_in_words(MAX_CELL_BYTES as u64, size as u64);
            format!("cut: {shown} of {size}")
        });
        Self {
            text: visible(&cell.text).into_owned(),
            is_number: cell.is_number,
            cut,
        }
    }
}

impl From<Answer> for Found {
    fn from(Answer { table, duration }: Answer) -> Self {
        let cut = table.cut.map(|cut| match cut {
            Cut::Rows => format!("Only the first {MAX_ROWS} rows are shown."),
            Cut::Bytes => {
                let limit = bytes_in_words(MAX_RESULT_BYTES as u64);
                format!("Only the first {limit} are shown.")
            }
        });
        let columns = table.columns.iter().map(|name| visible(name).into_owned());
        Self {
            columns: columns.collect(),
            count: table.rows.len().into(),
            time: match duration.as_millis() {
                0 => "under 1 ms".to_owned(),
                ms => format!("{ms} ms"),
            },
            cut,
            rows: table
                .rows
                .into_iter()
                .map(|row| row.into_iter().map(|cell| cell.map(Shown::from)).collect())
                .collect(),
        }
    }
}

/// Returns the status of the response and the words for a problem.
pub(super) fn words(problem: Problem) -> (StatusCode, Words) {
    let status = match problem {
        Problem::Refused(_) | Problem::Database { .. } | Problem::Slow | Problem::Columns => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Problem::Busy | Problem::NoAccount | Problem::Unavailable | Problem::Unreadable => {
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    let words = match problem {
        Problem::Refused(refusal) => Words::new("The statement was not run", refusal.to_string()),
        Problem::Database { message, .. } => {
            Words::new("The database refused the statement", "").with_code(message)
        }
        Problem::Slow => Words::new(
            "The statement took too long",
            format!(
                "It was stopped after {} seconds. Look at fewer rows, or at shorter parts of the texts.",
                DEADLINE.as_secs()
            ),
        ),
        Problem::Columns => Words::new(
            "The statement has too many columns",
            format!(
                "At most {MAX_COLUMNS} can be shown, of which {MAX_TEXT_COLUMNS} may be long texts. Name those that you need."
            ),
        ),
        Problem::Busy => Words::new(
            "Other statements are running",
            format!("At most {MAX_RUNNING} run at the same time. Try again in a moment."),
        ),
        Problem::NoAccount => Words::new(
            "The database rejects the account of this page",
            "The page uses a separate account that may only read. If the database is older than this account, or its password has changed, this command sets it up:",
        )
        .with_code(ACCOUNT),
        Problem::Unavailable => Words::new(
            "The database cannot be reached",
            "Stored translations are safe there. Try again in a moment.",
        ),
        Problem::Unreadable => Words::new(
            "The answer of the database cannot be read",
            "The database answered in a way that this page does not understand. Selecting other columns, or converting them with cast(… as char), may help.",
        ),
    };
    (status, words)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::history::sql_page::result::Table;

    #[test]
    fn words_have_the_limits_that_are_enforced() {
        let (status, busy) = words(Problem::Busy);
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(busy.text.contains(&format!("At most {MAX_RUNNING} run")));
        let mut table = Table::default();
        table.cut = Some(Cut::Bytes);
        let duration = Duration::ZERO;
        let cut = Found::from(Answer { table, duration }).cut;
        assert_eq!(cut.as_deref(), Some("Only the first 1.0 MiB are shown."));
    }

    #[test]
    fn an_unreadable_answer_is_not_called_an_outage() {
        let (status, words) = words(Problem::Unreadable);
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(words.title.contains("cannot be read"));
    }
}
