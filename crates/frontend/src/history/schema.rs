//! The table, created or migrated at every connect.
//!
//! Every step is one statement that may be repeated, so a process that is killed between two steps,
//! or that runs beside another one, does no harm. A table of the original app, which has only the
//! first three columns, keeps its rows.

use std::time::Duration;

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::database::{Pool, on};

/// Maximum time for one step, such as creating an index on a large table.
const STEP_TIMEOUT: Duration = Duration::from_mins(10);

/// Maximum time for other queries. Other programs may hold locks, and a connection that hangs must
/// not prevent a new one.
const QUERY_TIMEOUT: Duration = Duration::from_secs(30);

/// Number of rows that get a public id in one transaction.
const BATCH: u32 = 500;

/// The table as the original app creates it. MySQL and `MariaDB` both have this collation.
pub const CREATE_MYSQL: &str = "create table if not exists translations(\
    id int unsigned not null auto_increment primary key, text_de longtext, text_en longtext) \
    character set utf8mb4 collate utf8mb4_unicode_520_ci";

/// The same for `SQLite`.
pub const CREATE_SQLITE: &str = "create table if not exists translations(\
    id integer primary key autoincrement, text_de text, text_en text)";

/// Columns and indexes that the original table lacks. `SQLite` accepts these type names as they
/// are. Times are in UTC.
pub const STEPS: [&str; 13] = [
    "alter table translations add column created_at datetime(6)",
    "alter table translations add column public_id char(36)",
    "alter table translations add column model varchar(255)",
    "alter table translations add column duration_ms bigint",
    "alter table translations add column sentences bigint",
    "alter table translations add column spans longtext",
    "alter table translations add column deleted_at datetime(6)",
    "create unique index translations_public_id on translations(public_id)",
    "create index translations_newest on translations(created_at, id)",
    "alter table translations add column flags longtext",
    "alter table translations add column atoms longtext",
    "alter table translations add column wrapped boolean not null default 0",
    "alter table translations add column file_name varchar(255)",
];

/// Counts text columns of a table that was created on a server whose default is not UTF-8.
const OLD_CHARSET: &str = "select count(*) from information_schema.columns \
    where table_schema = database() and table_name = 'translations' \
    and column_name in ('text_de', 'text_en', 'atoms', 'file_name') and character_set_name <> 'utf8mb4'";

/// Converts those columns.
const TO_UTF8: &str = "alter table translations \
    modify text_de longtext character set utf8mb4 collate utf8mb4_unicode_520_ci, \
    modify text_en longtext character set utf8mb4 collate utf8mb4_unicode_520_ci, \
    modify atoms longtext character set utf8mb4 collate utf8mb4_unicode_520_ci, \
    modify file_name varchar(255) character set utf8mb4 collate utf8mb4_unicode_520_ci";

/// Runs all steps.
pub(super) async fn upgrade(pool: &Pool) -> Result<(), sqlx::Error> {
    let create = match pool {
        Pool::MySql(_) => CREATE_MYSQL,
        Pool::Sqlite(_) => CREATE_SQLITE,
    };
    step(pool, create).await?;
    for sql in STEPS {
        step(pool, sql).await?;
    }
    if let Pool::MySql(connections) = pool {
        let old = sqlx::query_scalar(OLD_CHARSET).fetch_one(connections);
        let old: i64 = within(QUERY_TIMEOUT, old).await?;
        if old > 0 {
            step(pool, TO_UTF8).await?;
        }
    }
    while within(QUERY_TIMEOUT, name_rows(pool)).await? {}
    Ok(())
}

/// Runs a query with a timeout.
pub(super) async fn within<T>(
    limit: Duration,
    query: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let answer = tokio::time::timeout(limit, query).await;
    answer.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

async fn step(pool: &Pool, sql: &'static str) -> Result<(), sqlx::Error> {
    let run = async { on!(pool, pool => sqlx::query(sql).execute(pool).await.map(|_| ())) };
    match within(STEP_TIMEOUT, run).await {
        Err(error) if !Pool::is_done(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Gives a batch of rows of the original app public ids. Returns false if all rows have one.
async fn name_rows(pool: &Pool) -> Result<bool, sqlx::Error> {
    let nameless = format!(
        "select cast(id as signed) from translations where public_id is null order by id limit {BATCH}"
    );
    let name = "update translations set public_id = ? where id = ? and public_id is null";
    on!(pool, pool => {
        let ids: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(nameless)).fetch_all(pool).await?;
        if ids.is_empty() {
            return Ok(false);
        }
        let mut transaction = pool.begin().await?;
        for id in ids {
            let public_id = Uuid::new_v4().to_string();
            sqlx::query(name).bind(public_id).bind(id).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
    });
    Ok(true)
}
