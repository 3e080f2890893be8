//! A result and a problem as the page shows them.

use axum::http::StatusCode;

use crate::history::sql_page::result::{
    Cell, Cut, MAX_CELL_BYTES, MAX_COLUMNS, MAX_ROWS, MAX_TEXT_COLUMNS,
};
use crate::history::sql_page::{Answer, DEADLINE, Problem};
use crate::pages::{Count, sizes_in_words, visible};

/// Makes the account, on a volume without it or after another password.
pub(super) const ACCOUNT: &str =
    "docker compose exec -T database sh /docker-entrypoint-initdb.d/query.sh";

/// What went wrong, and what to do.
pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) text: String,
    /// The database's own words, or a command.
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

/// A result as it is shown.
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
            Cut::Bytes => "Only the first rows are shown: a result may have 1 MiB.".to_owned(),
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

/// Status and words for a statement without a result.
pub(super) fn words(problem: Problem) -> (StatusCode, Words) {
    let seconds = DEADLINE.as_secs();
    match problem {
        Problem::Refused(refusal) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            Words::new("The statement was not run", refusal.to_string()),
        ),
        Problem::Database { message, .. } => (
            StatusCode::UNPROCESSABLE_ENTITY,
            Words::new("The database refuses the statement", "").with_code(message),
        ),
        Problem::Slow => (
            StatusCode::UNPROCESSABLE_ENTITY,
            Words::new(
                "The statement took too long",
                format!("It was ended after {seconds} seconds. Look at fewer rows, or at shorter parts of the texts."),
            ),
        ),
        Problem::Columns => (
            StatusCode::UNPROCESSABLE_ENTITY,
            Words::new(
                "The statement has too many columns",
                format!("At most {MAX_COLUMNS} are shown, of which {MAX_TEXT_COLUMNS} may be long texts. Name those that you need."),
            ),
        ),
        Problem::Busy => (
            StatusCode::SERVICE_UNAVAILABLE,
            Words::new(
                "Other statements are running",
                "Two run at the same time. Try again in a moment.",
            ),
        ),
        Problem::NoAccount => (
            StatusCode::SERVICE_UNAVAILABLE,
            Words::new(
                "The database does not let this page in",
                "The page has an account of its own, which may only read. Where the database is older than the account, or the password has changed, this command makes it:",
            )
            .with_code(ACCOUNT),
        ),
        Problem::Unavailable => (
            StatusCode::SERVICE_UNAVAILABLE,
            Words::new(
                "The database cannot be reached",
                "Stored translations are safe there. Try again in a moment.",
            ),
        ),
    }
}
