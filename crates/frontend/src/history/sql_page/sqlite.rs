//! `SQLite`: a read-only handle that may read one table.
//!
//! `sqlx` has neither an authorizer nor limits; `rusqlite` stands on the same library. Nothing that
//! is set here is shared with the history's own connections.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::time::Instant;

use super::functions::is_allowed_in_sqlite;
use super::result::{Cell, MAX_COLUMNS, Table};
use super::schema::TABLE;
use super::{MAX_STATEMENT_BYTES, Problem};

/// Steps of the virtual machine between two looks at the clock: some 50 µs.
const STEPS: i32 = 4000;

/// Runs `statement` on a thread that may block. The thread ends soon after `until`.
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
    // A panic, whose place the panic hook has logged.
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
    // Schemas and views that somebody else put into the file get no more than a statement does.
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
    connection.authorizer(Some(authorize))?;
    Ok(connection)
}

fn authorize(context: AuthContext<'_>) -> Authorization {
    let is_allowed = match context.action {
        AuthAction::Select | AuthAction::Recursive => true,
        // No column: the rows are only counted. SQLite asks this of a subquery by its alias, which may
        // be any name, so rows of other tables could be counted too; the file has none of ours.
        AuthAction::Read {
            table_name,
            column_name,
        } => {
            column_name.is_empty()
                || table_name.eq_ignore_ascii_case(TABLE)
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
