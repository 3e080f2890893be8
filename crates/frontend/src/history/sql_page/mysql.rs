//! MySQL and `MariaDB`: a new connection for each statement, as an account that may only read, and
//! a second one that kills the statement at the deadline.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::mysql::{MySqlConnectOptions, MySqlRow, MySqlStatement};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions as _, Connection as _, Executor as _,
    MySqlConnection, Row as _, SqlSafeStr as _, Statement as _, TypeInfo as _, ValueRef as _,
};
use tokio::time::{Instant, timeout, timeout_at};

use super::limits::{DEADLINE, MAX_COLUMNS, MAX_ROWS, MAX_TEXT_COLUMNS};
use super::problem::Problem;
use super::result::{Cell, Table};
use crate::history::database::number;

/// Maximum time for killing a statement or for closing a connection.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Names that `sqlx` has for the types of long texts.
const TEXT_TYPES: [&str; 9] = [
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

/// Runs `statement` and kills it at `until`.
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
    // Closing the connection properly would first read the remaining rows.
    let is_over = match &table {
        Ok(table) => table.cut.is_none(),
        Err(problem) => *problem != Problem::Slow,
    };
    if is_over {
        let _ = timeout(CLOSE_TIMEOUT, connection.close()).await;
    } else {
        drop(connection);
        kill(&options, id).await;
    }
    table
}

/// Connects and sets the session to read-only, without waits for locks. Returns its id as well.
async fn connect(options: &MySqlConnectOptions) -> Result<(MySqlConnection, u64), Problem> {
    let mut connection = options.connect().await.map_err(|error| {
        let number = error.as_database_error().and_then(number);
        match (number, problem(error)) {
            (Some(1044 | 1045 | 1698), _) => Problem::NoAccount,
            (_, Problem::Database { .. }) => Problem::Unavailable,
            (_, problem) => problem,
        }
    })?;
    let set = async {
        let (id, version): (u64, String) = sqlx::query_as("select connection_id(), version()")
            .fetch_one(&mut connection)
            .await?;
        // The fence reads quotes and backslashes as in these modes. At READ COMMITTED no statement
        // locks the gaps between rows, where inserts go.
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
        // In case `kill` gets no connection. Not all versions have this setting.
        let seconds = DEADLINE.as_secs();
        let limit = if version.contains("MariaDB") {
            format!("set session max_statement_time = {seconds}")
        } else {
            format!("set session max_execution_time = {}", seconds * 1000)
        };
        let _ = connection
            .execute(sqlx::raw_sql(AssertSqlSafe(limit)))
            .await;
        Ok::<_, sqlx::Error>(id)
    };
    let id = set.await.map_err(problem)?;
    Ok((connection, id))
}

/// Prepares the statement, which rejects more than one, and reads its rows.
async fn read(connection: &mut MySqlConnection, statement: String) -> Result<Table, Problem> {
    let statement = AssertSqlSafe(statement).into_sql_str();
    let prepared: MySqlStatement = connection.prepare(statement).await.map_err(problem)?;
    let columns = prepared.columns();
    let is_text = |name: &str| TEXT_TYPES.contains(&name);
    let texts = columns.iter().filter(|one| is_text(one.type_info().name()));
    if columns.len() > MAX_COLUMNS || texts.count() > MAX_TEXT_COLUMNS {
        return Err(Problem::Columns);
    }
    let mut table = Table::new(columns.iter().map(sqlx::Column::name));
    let mut rows = prepared.query().fetch(connection);
    while let Some(row) = rows.try_next().await.map_err(problem)? {
        if table.columns.is_empty() {
            // `SHOW` and `EXPLAIN` have columns only with the first row.
            table = Table::new(row.columns().iter().map(sqlx::Column::name));
        }
        let cells = (0..row.len()).map(|column| cell(&row, column));
        if !table.push(cells.collect::<Result<_, _>>().map_err(problem)?) {
            break;
        }
    }
    Ok(table)
}

/// Kills a statement of this account, from another connection. On its own the database notices that
/// the first connection is closed only when it sends rows.
async fn kill(options: &MySqlConnectOptions, id: u64) {
    let kill = async {
        let mut connection = options.connect().await?;
        let kill = format!("kill query {id}");
        connection
            .execute(sqlx::raw_sql(AssertSqlSafe(kill)))
            .await?;
        connection.close().await
    };
    match timeout(CLOSE_TIMEOUT, kill).await {
        // 1094: the statement has ended in the meantime.
        Ok(Err(error)) if error.as_database_error().and_then(number) == Some(1094) => {}
        Ok(Ok(())) => {}
        _ => tracing::warn!("a statement of the SQL page could not be killed"),
    }
}

/// Converts a value of the binary protocol to the text that MySQL's own client shows.
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

/// Formats a date of the binary protocol: its length, then the year in two bytes, month, day, hour,
/// minute, second, and microseconds in four bytes; zeros at the end are omitted
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

/// Formats a duration: its length, a sign, days in four bytes, then as in a date.
fn time(bytes: &[u8]) -> String {
    let at = |index: usize| u32::from(bytes.get(index).copied().unwrap_or(0));
    let sign = if at(1) == 1 { "-" } else { "" };
    let days = at(2) | at(3) << 8 | at(4) << 16 | at(5) << 24;
    let clock = clock(&bytes[bytes.len().min(6)..], days.saturating_mul(24));
    format!("{sign}{clock}")
}

/// Formats hour, minute, second and microseconds.
fn clock(bytes: &[u8], more_hours: u32) -> String {
    let at = |index: usize| u32::from(bytes.get(index).copied().unwrap_or(0));
    let hours = more_hours.saturating_add(at(0));
    let clock = format!("{hours:02}:{:02}:{:02}", at(1), at(2));
    match at(3) | at(4) << 8 | at(5) << 16 | at(6) << 24 {
        0 => clock,
        micros => format!("{clock}.{micros:06}"),
    }
}

fn problem(error: sqlx::Error) -> Problem {
    match error {
        sqlx::Error::Database(error) => match number(error.as_ref()) {
            // Killed, or over `max_execution_time` or `max_statement_time`.
            Some(1317 | 3024 | 1969) => Problem::Slow,
            // The limit of connections for all accounts or for this one.
            Some(1203 | 1226) => Problem::Busy,
            code => Problem::Database {
                message: error.message().to_owned(),
                code: code.map_or(0, i32::from),
            },
        },
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) => Problem::Unavailable,
        _ => Problem::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lost_connection_is_called_unavailable() {
        let lost = sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into());
        assert_eq!(problem(lost), Problem::Unavailable);
        let protocol = sqlx::Error::Protocol("unexpected packet".to_owned());
        assert_eq!(problem(protocol), Problem::Unreadable);
        let value = sqlx::Error::Decode("not a number".into());
        assert_eq!(problem(value), Problem::Unreadable);
    }

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
