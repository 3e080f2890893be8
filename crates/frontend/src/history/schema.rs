//! The table, made or brought up to date at every connect.
//!
//! Every step is one statement that may be repeated: a process that was killed between two of
//! them, or that runs beside another, does no harm. A table of the original app, which has the
//! first three columns only, keeps its rows.

use std::time::Duration;

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::database::{Pool, on};

/// Longest time for one step: an index over a large table takes its time.
const STEP: Duration = Duration::from_mins(10);

/// Longest time for a question about the table, or for naming a batch of rows: other programs may
/// hold locks, and a connection that hangs must not keep us from making another.
const QUESTION: Duration = Duration::from_secs(30);

/// Rows without a public id that get one in one transaction.
const BATCH: u32 = 500;

/// The table as the original made it. The collation is one that MySQL and `MariaDB` both have.
pub const CREATE_MYSQL: &str = "create table if not exists translations(\
    id int unsigned not null auto_increment primary key, text_de longtext, text_en longtext) \
    character set utf8mb4 collate utf8mb4_unicode_520_ci";

/// The same for `SQLite`.
pub const CREATE_SQLITE: &str = "create table if not exists translations(\
    id integer primary key autoincrement, text_de text, text_en text)";

/// What history needs beyond the original's table; `SQLite` takes the names of types as they are.
/// Times are UTC.
pub const STEPS: [&str; 10] = [
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
];

/// Columns of the original on a server whose default is not UTF-8.
const OLD_CHARSET: &str = "select count(*) from information_schema.columns \
    where table_schema = database() and table_name = 'translations' \
    and column_name in ('text_de', 'text_en') and character_set_name <> 'utf8mb4'";

/// The way out of it.
const TO_UTF8: &str = "alter table translations \
    modify text_de longtext character set utf8mb4 collate utf8mb4_unicode_520_ci, \
    modify text_en longtext character set utf8mb4 collate utf8mb4_unicode_520_ci";

/// Runs every step.
pub(super) async fn upgrade(pool: &Pool) -> Result<(), sqlx::Error> {
    match pool {
        Pool::MySql(connections) => {
            step(pool, CREATE_MYSQL).await?;
            let foreign = sqlx::query_scalar(OLD_CHARSET).fetch_one(connections);
            let foreign: i64 = within(QUESTION, foreign).await?;
            if foreign > 0 {
                step(pool, TO_UTF8).await?;
            }
        }
        Pool::Sqlite(_) => step(pool, CREATE_SQLITE).await?,
    }
    for sql in STEPS {
        step(pool, sql).await?;
    }
    while within(QUESTION, name_rows(pool)).await? {}
    Ok(())
}

/// The answer, or the error that there is none in time.
pub(super) async fn within<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let answer = tokio::time::timeout(limit, answer).await;
    answer.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

async fn step(pool: &Pool, sql: &'static str) -> Result<(), sqlx::Error> {
    let run = async { on!(pool, pool => sqlx::query(sql).execute(pool).await.map(|_| ())) };
    match within(STEP, run).await {
        Err(error) if !Pool::is_done(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Gives some rows of the original app a public id; false when none is left.
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
