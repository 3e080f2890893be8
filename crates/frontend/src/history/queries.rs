//! The queries, written once for both kinds of database.
//!
//! Times are text, `2026-01-31 12:00:00.123456` in UTC: MySQL compares a `datetime(6)` with it, and
//! `SQLite` stores it. Casts make the types of results the same.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::database::{Pool, on};
use super::page::{Cursor, EXCERPT_CHARS, Entry, Page};
use super::{AtomChecks, Flags, Spans, Translation};

/// Time for which a deleted translation can be restored.
const RESTORABLE: Duration = Duration::from_hours(24);

type Result<T> = std::result::Result<T, sqlx::Error>;

/// A row, which may be marked as deleted.
pub(super) struct Found {
    pub(super) translation: Translation,
    pub(super) deleted: bool,
}

pub(super) async fn ping(pool: &Pool) -> Result<()> {
    on!(pool, pool => sqlx::query("select 1").execute(pool).await.map(|_| ()))
}

/// Returns the maximum size of a statement, in bytes, if the server has a limit.
pub(super) async fn max_statement(pool: &Pool) -> Result<Option<u64>> {
    let Pool::MySql(connections) = pool else {
        return Ok(None);
    };
    let sql = "select cast(@@max_allowed_packet as signed)";
    let limit: i64 = sqlx::query_scalar(sql).fetch_one(connections).await?;
    Ok(u64::try_from(limit).ok())
}

pub(super) async fn insert(pool: &Pool, new: &Translation) -> Result<()> {
    let sql = "insert into translations \
        (public_id, text_de, text_en, created_at, model, duration_ms, sentences, spans, flags, \
        atoms, wrapped, file_name) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    on!(pool, pool => sqlx::query(sql)
        .bind(new.public_id.to_string())
        .bind(&new.text_de)
        .bind(&new.text_en)
        .bind(new.created_at.map(write_time))
        .bind(&new.model)
        .bind(new.duration_ms.and_then(|duration| i64::try_from(duration).ok()))
        .bind(new.sentences.map(i64::from))
        .bind(new.spans.as_ref().map(Spans::to_string))
        .bind((!new.flags.is_empty()).then(|| new.flags.to_string()))
        .bind((!new.atoms.is_empty()).then(|| new.atoms.to_json()))
        .bind(new.wrapped)
        .bind(&new.file_name)
        .execute(pool)
        .await
        .map(|_| ()))
}

/// The columns of [`find`].
type Row = (
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<String>,
    i64,
    Option<String>,
    i64,
);

pub(super) async fn find(pool: &Pool, id: Uuid) -> Result<Option<Found>> {
    let sql = "select text_de, text_en, cast(created_at as char), model, duration_ms, \
        sentences, spans, flags, atoms, wrapped <> 0, file_name, deleted_at is not null \
        from translations where public_id = ?";
    let row: Option<Row> = on!(pool, pool => sqlx::query_as(sql)
        .bind(id.to_string())
        .fetch_optional(pool)
        .await?);
    Ok(row.map(|row| {
        let (
            text_de,
            text_en,
            created_at,
            model,
            duration_ms,
            sentences,
            spans,
            flags,
            atoms,
            wrapped,
            file_name,
            deleted,
        ) = row;
        let text_de = text_de.unwrap_or_default();
        let text_en = text_en.unwrap_or_default();
        let spans: Option<Spans> = spans.and_then(|spans| spans.parse().ok());
        let translation = Translation {
            public_id: id,
            created_at: created_at.as_deref().and_then(read_time),
            model,
            duration_ms: duration_ms.and_then(|duration| u64::try_from(duration).ok()),
            sentences: sentences.and_then(|sentences| u32::try_from(sentences).ok()),
            // They do not fit a text that somebody has changed in the database.
            spans: spans.filter(|spans| spans.fit(&text_de, &text_en)),
            flags: flags.map(Flags::from).unwrap_or_default(),
            atoms: atoms
                .as_deref()
                .map(AtomChecks::from_json)
                .unwrap_or_default(),
            text_de,
            text_en,
            wrapped: wrapped != 0,
            file_name,
        };
        let deleted = deleted != 0;
        Found {
            translation,
            deleted,
        }
    }))
}

/// The columns of [`page`].
type Line = (
    i64,
    String,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
    Option<String>,
    Option<i64>,
    Option<String>,
);

pub(super) async fn page(
    pool: &Pool,
    query: Option<&str>,
    before: Option<Cursor>,
    limit: usize,
) -> Result<Page> {
    let (excerpt_de, excerpt_en) = (pool.excerpt("text_de"), pool.excerpt("text_en"));
    let mut sql = format!(
        "select cast(id as signed), public_id, {excerpt_de}, {excerpt_en}, \
         cast(created_at as char), sentences, file_name \
         from translations where deleted_at is null and public_id is not null"
    );
    let mut texts = Vec::new();
    if let Some(query) = query {
        let (in_de, bind_de) = pool.contains("text_de", query);
        let (in_en, bind_en) = pool.contains("text_en", query);
        sql.extend([" and (", &in_de, " or ", &in_en, ")"]);
        texts.extend(bind_de.into_iter().chain(bind_en));
    }
    // Rows of the original app have no time and come last.
    let mut id = None;
    match before {
        Some(Cursor {
            created_at: Some(time),
            id: last,
        }) => {
            sql += " and (created_at < ? or created_at is null or created_at = ? and id < ?)";
            texts.extend([write_time(time), write_time(time)]);
            id = Some(last);
        }
        Some(Cursor {
            created_at: None,
            id: last,
        }) => {
            sql += " and created_at is null and id < ?";
            id = Some(last);
        }
        None => {}
    }
    sql += " order by created_at desc, id desc limit ?";
    // One more than asked for shows if there is a next page.
    let limit_and_one = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut lines: Vec<Line> = on!(pool, pool => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql));
        for text in texts {
            query = query.bind(text);
        }
        if let Some(id) = id {
            query = query.bind(id);
        }
        query.bind(limit_and_one).fetch_all(pool).await?
    });
    let more = lines.len() > limit;
    lines.truncate(limit);
    let next = lines.last().filter(|_| more).map(|line| Cursor {
        id: line.0,
        created_at: line.4.as_deref().and_then(read_time),
    });
    let entries = lines.into_iter().filter_map(entry).collect();
    Ok(Page { entries, next })
}

fn entry(
    (_, public_id, excerpt_de, excerpt_en, created_at, sentences, file_name): Line,
) -> Option<Entry> {
    Some(Entry {
        public_id: public_id.parse().ok()?,
        excerpt_de: excerpt(&excerpt_de.unwrap_or_default()),
        excerpt_en: excerpt(&excerpt_en.unwrap_or_default()),
        created_at: created_at.as_deref().and_then(read_time),
        sentences: sentences.and_then(|sentences| u32::try_from(sentences).ok()),
        file_name,
    })
}

/// Returns the first characters of `bytes`, which may end within a character.
fn excerpt(bytes: &[u8]) -> String {
    let text = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    text.chars().take(EXCERPT_CHARS).collect()
}

/// Marks a row as deleted; the time of the first call is kept. Returns false if there is no row:
/// both databases count rows that match, even unchanged ones (`sqlx` requests that from MySQL).
pub(super) async fn delete(pool: &Pool, id: Uuid) -> Result<bool> {
    let sql = "update translations set deleted_at = coalesce(deleted_at, ?) where public_id = ?";
    let now = write_time(Timestamp::now());
    let rows = on!(pool, pool => sqlx::query(sql)
        .bind(now)
        .bind(id.to_string())
        .execute(pool)
        .await?
        .rows_affected());
    Ok(rows > 0)
}

/// Undoes [`delete`]. Returns false if there is no row.
pub(super) async fn restore(pool: &Pool, id: Uuid) -> Result<bool> {
    let sql = "update translations set deleted_at = null where public_id = ?";
    let rows = on!(pool, pool => sqlx::query(sql)
        .bind(id.to_string())
        .execute(pool)
        .await?
        .rows_affected());
    Ok(rows > 0)
}

/// Removes rows that cannot be restored any more. Returns their number.
pub(super) async fn purge(pool: &Pool) -> Result<u64> {
    let sql = "delete from translations where deleted_at < ?";
    let end = write_time(Timestamp::now() - RESTORABLE);
    on!(pool, pool => Ok(sqlx::query(sql).bind(end).execute(pool).await?.rows_affected()))
}

fn write_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string()
}

fn read_time(text: &str) -> Option<Timestamp> {
    let time: DateTime = text.parse().ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_their_microseconds() {
        let time: Timestamp = "2026-01-31T12:00:00.000123Z".parse().expect("a time");
        assert_eq!(write_time(time), "2026-01-31 12:00:00.000123");
        assert_eq!(read_time(&write_time(time)), Some(time));
    }

    #[test]
    fn an_excerpt_ends_between_characters() {
        assert_eq!(excerpt("ä\0b".as_bytes()), "ä\0b");
        assert_eq!(excerpt(&"aä".as_bytes()[..2]), "a");
        assert_eq!(excerpt("ä".repeat(301).as_bytes()), "ä".repeat(300));
    }
}
