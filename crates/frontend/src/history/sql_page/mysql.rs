//! MySQL and `MariaDB`: a fresh connection for each statement, as an account that may only read,
//! and a second one that kills the statement at the deadline.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::mysql::{MySqlConnectOptions, MySqlRow, MySqlStatement};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions as _, Connection as _, Executor as _,
    MySqlConnection, Row as _, SqlSafeStr as _, Statement as _, TypeInfo as _, ValueRef as _,
};
use tokio::time::{Instant, timeout, timeout_at};

use super::result::{Cell, MAX_COLUMNS, MAX_ROWS, MAX_TEXT_COLUMNS, Table};
use super::{DEADLINE, Problem};
use crate::history::database::number;

/// Maximum time for killing a statement, or for a polite end of a connection.
const END: Duration = Duration::from_secs(1);

/// The types that sqlx reports for columns of long texts.
const TEXTS: [&str; 9] = [
    "TEXT",
    "MEDIUMTEXT",
    "LONGTEXT",
    "BLOB",
    "MEDIUMBLOB",
    "LONGBLOB",
    "JSON",
    "GEOMETRY",
    "VARBINARY",
];

/// Runs `statement` until `until`, and ends it there in the database too.
pub(super) async fn run(
    options: &MySqlConnectOptions,
    statement: String,
    until: Instant,
) -> Result<Table, Problem> {
    let options = options.clone().disable_statement_logging();
    let prepared = timeout_at(until, connect(&options)).await;
    let (mut connection, id) = prepared.map_err(|_| Problem::Unavailable)??;
    let table = timeout_at(until, read(&mut connection, statement)).await;
    let table = table.unwrap_or(Err(Problem::Slow));
    // A polite end would first read the rows that are left.
    let is_over = match &table {
        Ok(table) => table.cut.is_none(),
        Err(problem) => *problem != Problem::Slow,
    };
    if is_over {
        let _ = timeout(END, connection.close()).await;
    } else {
        drop(connection);
        kill(&options, id).await;
    }
    table
}

/// Connects, and makes the session one that only reads and does not wait.
async fn connect(options: &MySqlConnectOptions) -> Result<(MySqlConnection, u64), Problem> {
    let mut connection = options.connect().await.map_err(|error| {
        match error.as_database_error().and_then(number) {
            Some(1044 | 1045 | 1698) => Problem::NoAccount,
            _ => Problem::Unavailable,
        }
    })?;
    let set = async {
        let (id, version): (u64, String) = sqlx::query_as("select connection_id(), version()")
            .fetch_one(&mut connection)
            .await?;
        // The fence reads quotes and backslashes as these modes have them. At READ COMMITTED no
        // statement locks the gaps between rows, where inserts go.
        let sets = format!(
            "set session transaction isolation level read committed, read only; \
             set session sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO', \
             sql_select_limit = {}, group_concat_max_len = 8192, \
             lock_wait_timeout = 1, innodb_lock_wait_timeout = 1",
            MAX_ROWS + 1,
        );
        connection
            .execute(sqlx::raw_sql(AssertSqlSafe(sets)))
            .await?;
        // A belt for the case that `kill` finds no connection: not all versions have it.
        let seconds = DEADLINE.as_secs();
        let belt = if version.contains("MariaDB") {
            format!("set session max_statement_time = {seconds}")
        } else {
            format!("set session max_execution_time = {}", seconds * 1000)
        };
        let _ = connection.execute(sqlx::raw_sql(AssertSqlSafe(belt))).await;
        Ok::<_, sqlx::Error>(id)
    };
    let id = set.await.map_err(problem)?;
    Ok((connection, id))
}

/// Prepares the statement, which admits one alone, and reads its rows.
async fn read(connection: &mut MySqlConnection, statement: String) -> Result<Table, Problem> {
    let statement = AssertSqlSafe(statement).into_sql_str();
    let prepared: MySqlStatement = connection.prepare(statement).await.map_err(problem)?;
    let columns = prepared.columns();
    let is_text = |name: &str| TEXTS.contains(&name);
    let texts = columns.iter().filter(|one| is_text(one.type_info().name()));
    if columns.len() > MAX_COLUMNS || texts.count() > MAX_TEXT_COLUMNS {
        return Err(Problem::Columns);
    }
    let mut table = Table::new(columns.iter().map(sqlx::Column::name));
    let mut rows = prepared.query().fetch(connection);
    while let Some(row) = rows.try_next().await.map_err(problem)? {
        if table.columns.is_empty() {
            // `SHOW` and `EXPLAIN` tell their columns only with the first row.
            table = Table::new(row.columns().iter().map(sqlx::Column::name));
        }
        let cells = (0..row.len()).map(|column| cell(&row, column));
        if !table.push(cells.collect::<Result<_, _>>().map_err(problem)?) {
            break;
        }
    }
    Ok(table)
}

/// Ends a statement of this account, from another connection. The database notices by itself that
/// the first connection is gone only when it has rows to send.
async fn kill(options: &MySqlConnectOptions, id: u64) {
    let kill = async {
        let mut connection = options.connect().await?;
        let kill = format!("kill query {id}");
        connection
            .execute(sqlx::raw_sql(AssertSqlSafe(kill)))
            .await?;
        connection.close().await
    };
    match timeout(END, kill).await {
        // 1094: the statement has ended meanwhile.
        Ok(Err(error)) if error.as_database_error().and_then(number) == Some(1094) => {}
        Ok(Ok(())) => {}
        _ => tracing::warn!("a statement of the SQL page could not be killed"),
    }
}

/// A value of the binary protocol, as the client of MySQL would show it.
fn cell(row: &MySqlRow, column: usize) -> Result<Option<Cell>, sqlx::Error> {
    let value = row.try_get_raw(column)?;
    if value.is_null() {
        return Ok(None);
    }
    let kind = value.type_info().name().to_owned();
    let number = match kind.as_str() {
        "BOOLEAN" | "TINYINT" | "SMALLINT" | "INT" | "MEDIUMINT" | "BIGINT" => {
            Cell::number(&row.try_get_unchecked::<i64, _>(column)?)
        }
        "FLOAT" => Cell::number(&format!("{:?}", row.try_get_unchecked::<f32, _>(column)?)),
        "DOUBLE" => Cell::number(&format!("{:?}", row.try_get_unchecked::<f64, _>(column)?)),
        "YEAR" | "BIT" => Cell::number(&row.try_get_unchecked::<u64, _>(column)?),
        kind if kind.ends_with(" UNSIGNED") => {
            Cell::number(&row.try_get_unchecked::<u64, _>(column)?)
        }
        kind => {
            let bytes: &[u8] = row.try_get_unchecked(column)?;
            match kind {
                "DECIMAL" => Cell {
                    is_number: true,
                    ..Cell::bytes(bytes)
                },
                "DATE" | "DATETIME" | "TIMESTAMP" => Cell::bytes(date(bytes, kind).as_bytes()),
                "TIME" => Cell::bytes(time(bytes).as_bytes()),
                _ => Cell::bytes(bytes),
            }
        }
    };
    Ok(Some(number))
}

/// A date of the binary protocol: its length, then year in two bytes, month, day, hour, minute,
/// second, and microseconds in four; what is zero at the end is left out
/// (<https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html>).
fn date(bytes: &[u8], kind: &str) -> String {
    let at = |index: usize| u32::from(bytes.get(index).copied().unwrap_or(0));
    let year = at(1) | at(2) << 8;
    let date = format!("{year:04}-{:02}-{:02}", at(3), at(4));
    if kind == "DATE" {
        return date;
    }
    format!("{date} {}", clock(&bytes[bytes.len().min(5)..], 0))
}

/// A duration: its length, a sign, days in four bytes, then as in a date.
fn time(bytes: &[u8]) -> String {
    let at = |index: usize| u32::from(bytes.get(index).copied().unwrap_or(0));
    let sign = if at(1) == 1 { "-" } else { "" };
    let days = at(2) | at(3) << 8 | at(4) << 16 | at(5) << 24;
    let clock = clock(&bytes[bytes.len().min(6)..], days.saturating_mul(24));
    format!("{sign}{clock}")
}

/// Hour, minute, second and microseconds.
fn clock(bytes: &[u8], more_hours: u32) -> String {
    let at = |index: usize| u32::from(bytes.get(index).copied().unwrap_or(0));
    let hours = more_hours.saturating_add(at(0));
    let clock = format!("{hours:02}:{:02}:{:02}", at(1), at(2));
    match at(3) | at(4) << 8 | at(5) << 16 | at(6) << 24 {
        0 => clock,
        micros => format!("{clock}.{micros:06}"),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "passed to `map_err`, which hands the error over by value"
)]
fn problem(error: sqlx::Error) -> Problem {
    match error.as_database_error() {
        Some(database) => match number(database) {
            // Killed, or over `max_execution_time` or `max_statement_time`.
            Some(1317 | 3024 | 1969) => Problem::Slow,
            code => Problem::Database {
                message: database.message().to_owned(),
                code: code.map_or(0, i32::from),
            },
        },
        None => Problem::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_protocol_are_written_out() {
        let bytes = [11, 0xea, 7, 1, 31, 12, 5, 9, 123, 0, 0, 0];
        assert_eq!(date(&bytes, "DATETIME"), "2026-01-31 12:05:09.000123");
        assert_eq!(
            date(&[4, 0xea, 7, 1, 31], "DATETIME"),
            "2026-01-31 00:00:00"
        );
        assert_eq!(date(&[4, 0xea, 7, 1, 31], "DATE"), "2026-01-31");
        assert_eq!(time(&[0]), "00:00:00");
        assert_eq!(time(&[8, 1, 2, 0, 0, 0, 3, 4, 5]), "-51:04:05");
    }
}
