//! `SQLite`: a read-only handle that may read one table.
//!
//! `sqlx` has neither an authorizer nor limits; `rusqlite` uses the same library. Nothing that is
//! set here affects the history's own connections.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::time::Instant;

use super::functions::is_allowed_in_sqlite;
use super::limits::{MAX_COLUMNS, MAX_STATEMENT_BYTES};
use super::problem::Problem;
use super::result::{Cell, Table};
use super::schema::TABLE;

/// Steps of the virtual machine between two checks of the clock: about 50 µs.
const STEPS: i32 = 4000;

/// Runs `statement` on a blocking thread, which ends soon after `until`.
pub(super) async fn run(
    file: PathBuf,
    max_value_bytes: usize,
    statement: String,
    until: Instant,
) -> Result<Table, Problem> {
    let task = tokio::task::spawn_blocking(move || {
        let late = Arc::new(AtomicBool::new(false));
        let table = open(&file, max_value_bytes, until, &late)
            .and_then(|connection| read(&connection, &statement));
        table.map_err(|error| problem(error, late.load(Ordering::Relaxed)))
    });
    // A panic, which the panic hook has logged.
    task.await.unwrap_or(Err(Problem::Unavailable))
}

fn open(
    file: &Path,
    max_value_bytes: usize,
    until: Instant,
    late: &Arc<AtomicBool>,
) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.pragma_update(None, "query_only", true)?;
    // Views and triggers that somebody else put into the file have no more rights than a statement.
    connection.pragma_update(None, "trusted_schema", false)?;
    let whole = |size: usize| i32::try_from(size).unwrap_or(i32::MAX);
    for (limit, value) in [
        (Limit::SQLITE_LIMIT_LENGTH, whole(max_value_bytes)),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, whole(MAX_STATEMENT_BYTES)),
        (Limit::SQLITE_LIMIT_COLUMN, whole(MAX_COLUMNS)),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 20),
        (Limit::SQLITE_LIMIT_VDBE_OP, 25_000),
        (Limit::SQLITE_LIMIT_FUNCTION_ARG, 10),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 256),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        connection.set_limit(limit, value)?;
    }
    let flag = Arc::clone(late);
    let is_late = move || {
        let is_late = Instant::now() >= until;
        flag.fetch_or(is_late, Ordering::Relaxed);
        is_late
    };
    connection.progress_handler(STEPS, Some(is_late))?;
    let others = other_tables(&connection)?;
    connection.authorizer(Some(move |context: AuthContext<'_>| {
        authorize(context.action, &others)
    }))?;
    Ok(connection)
}

/// Returns the names of the tables and views that statements must not read.
fn other_tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "select name from sqlite_schema where type in ('table', 'view') and name <> ?1";
    let mut names = connection.prepare(sql)?;
    let names = names.query_map([TABLE], |row| row.get(0))?;
    names.collect()
}

fn authorize(action: AuthAction<'_>, others: &[String]) -> Authorization {
    let is_allowed = match action {
        AuthAction::Select | AuthAction::Recursive => true,
        // No column: rows are only counted. The name may also be that of a query of a `WITH`.
        AuthAction::Read {
            table_name,
            column_name: "",
        } => !others
            .iter()
            .any(|one| one.eq_ignore_ascii_case(table_name)),
        AuthAction::Read { table_name, .. } => {
            table_name.eq_ignore_ascii_case(TABLE)
                || matches!(table_name, "sqlite_master" | "sqlite_schema")
        }
        AuthAction::Function { function_name } => is_allowed_in_sqlite(function_name),
        _ => false,
    };
    if is_allowed {
        Authorization::Allow
    } else {
        Authorization::Deny
    }
}

fn read(connection: &Connection, statement: &str) -> rusqlite::Result<Table> {
    let mut prepared = connection.prepare(statement)?;
    let mut table = Table::new(prepared.column_names());
    let columns = prepared.column_count();
    let mut rows = prepared.query([])?;
    while let Some(row) = rows.next()? {
        let cells = (0..columns).map(|column| row.get_ref(column).map(cell));
        if !table.push(cells.collect::<Result<_, _>>()?) {
            break;
        }
    }
    Ok(table)
}

fn cell(value: ValueRef<'_>) -> Option<Cell> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(Cell::number(&number)),
        ValueRef::Real(number) => Some(Cell::number(&format!("{number:?}"))),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(Cell::bytes(bytes)),
    }
}

fn problem(error: rusqlite::Error, is_late: bool) -> Problem {
    let code = error.sqlite_error_code();
    match code {
        Some(ErrorCode::OperationInterrupted) if is_late => return Problem::Slow,
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::SystemIoFailure
            | ErrorCode::NotADatabase,
        ) => return Problem::Unavailable,
        _ => {}
    }
    let code = error.sqlite_error().map_or(0, |error| error.extended_code);
    let message = match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message,
        error => error.to_string(),
    };
    Problem::Database { message, code }
}
