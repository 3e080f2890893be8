//! Migration of tables of every age.

use std::collections::HashSet;

use frontend::history::schema::{CREATE_MYSQL, CREATE_SQLITE, STEPS};
use frontend::history::{AtomChecks, History, Inserted};
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Cases;
use crate::fixture::{Database, MAX_TEXT_BYTES, atoms, history, translation};

pub(crate) fn add(cases: &mut Cases) {
    cases.each(
        "schema/a_table_of_the_original_app_keeps_its_rows",
        original,
    );
    cases.each("schema/an_upgrade_may_end_anywhere", killed);
    cases.each("schema/a_table_without_flags_and_atoms_gets_them", notes);
    cases.each("schema/several_upgrades_at_once", together);
    cases.each("schema/a_dropped_table_is_made_again", dropped);
    cases.mariadb("schema/a_table_in_latin1_becomes_unicode", latin1);
}

/// Returns the statement that creates the table in the dump of the original app.
fn create(database: &Database) -> &'static str {
    if database.is_mysql() {
        "create table if not exists translations(id int unsigned not null auto_increment \
         primary key, text_de longtext, text_en longtext) character set utf8mb4"
    } else {
        CREATE_SQLITE
    }
}

const OLD_ROWS: [&str; 3] = [
    "insert into translations(text_de, text_en) values ('Käse', 'cheese')",
    "insert into translations(text_de, text_en) values (null, 'only English')",
    "insert into translations(text_de, text_en) values (null, null)",
];

/// Checks that the history works and every old row has its own id.
async fn check(database: &Database, history: &History, old_rows: usize) {
    let row = translation("neu 🙂", "new");
    assert_eq!(history.insert(&row).await, Ok(Inserted::Stored));
    assert_eq!(history.find(row.public_id).await, Ok(Some(row.clone())));
    let page = history.page(None, None, 100).await.unwrap();
    assert_eq!(page.entries.len(), old_rows + 1);
    assert_eq!(page.entries[0].public_id, row.public_id);
    let ids: HashSet<_> = page.entries.iter().map(|entry| entry.public_id).collect();
    assert_eq!(ids.len(), old_rows + 1);
    let rows = database.number("select count(*) from translations").await;
    assert_eq!(usize::try_from(rows).unwrap(), old_rows + 1);
    assert!(
        page.entries[1..]
            .iter()
            .all(|entry| entry.created_at.is_none())
    );
}

async fn original(database: Database) {
    database.execute(&[create(&database)]).await;
    database.execute(&OLD_ROWS).await;
    let opened = history(database.config()).await;
    check(&database, &opened, 3).await;
    let page = opened.page(None, None, 9).await.unwrap();
    let texts: Vec<_> = page
        .entries
        .iter()
        .map(|entry| entry.excerpt_de.as_str())
        .collect();
    assert_eq!(texts, ["neu 🙂", "", "", "Käse"]);
    let oldest = page.entries[3].public_id;
    let row = opened.find(oldest).await.unwrap().unwrap();
    assert_eq!(
        (row.text_de.as_str(), row.text_en.as_str()),
        ("Käse", "cheese")
    );
    assert_eq!((row.spans, row.model, row.sentences), (None, None, None));
    // The original app writes another row, which the next start finds. Ids do not change.
    database.execute(&OLD_ROWS[..1]).await;
    let again = history(database.config()).await;
    let page = again.page(None, None, 9).await.unwrap();
    assert_eq!(page.entries.len(), 5);
    assert!(again.find(oldest).await.unwrap().is_some());
    assert_eq!(
        again
            .page(Some("KÄSE"), None, 9)
            .await
            .unwrap()
            .entries
            .len(),
        2
    );
}

async fn killed(database: Database) {
    let first = if database.is_mysql() {
        CREATE_MYSQL
    } else {
        CREATE_SQLITE
    };
    for done in 0..=STEPS.len() {
        database
            .execute(&["drop table if exists translations", first])
            .await;
        database.execute(&OLD_ROWS).await;
        database.execute(&STEPS[..done]).await;
        let end = CancellationToken::new();
        let history = History::open(database.config(), MAX_TEXT_BYTES, end.clone());
        history.up().await;
        check(&database, &history, 3).await;
        end.cancel();
        history.closed().await;
    }
}

/// The steps of the versions that stored no flags.
const STEPS_WITHOUT_FLAGS: [&str; 9] = [
    "alter table translations add column created_at datetime(6)",
    "alter table translations add column public_id char(36)",
    "alter table translations add column model varchar(255)",
    "alter table translations add column duration_ms bigint",
    "alter table translations add column sentences bigint",
    "alter table translations add column spans longtext",
    "alter table translations add column deleted_at datetime(6)",
    "create unique index translations_public_id on translations(public_id)",
    "create index translations_newest on translations(created_at, id)",
];

/// The statement with which those versions store a translation.
const INSERT_WITHOUT_FLAGS: &str = "insert into translations \
    (public_id, text_de, text_en, created_at, model, duration_ms, sentences, spans) \
    values ('01900000-0000-7000-8000-00000000000N', 'Ja.', 'Yes.', \
    '2026-01-31 12:00:00.000123', 'model', 1, 1, '0 3 0 4')";

async fn notes(database: Database) {
    database.execute(&[create(&database)]).await;
    database.execute(&STEPS_WITHOUT_FLAGS).await;
    let insert = |number: &str| INSERT_WITHOUT_FLAGS.replace("00N", number);
    database.execute(&[&insert("001")]).await;
    let history = history(database.config()).await;
    // A frontend of such a version may still be running.
    database.execute(&[&insert("002")]).await;
    for id in [1, 2] {
        let id = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + id);
        let row = history.find(id).await.unwrap().unwrap();
        assert_eq!(row.text_en, "Yes.");
        assert!(row.flags.is_empty() && row.atoms.is_empty() && row.spans.is_some());
        assert!(!row.wrapped);
    }
    let mut row = translation("Salat Salat.", "Salad.");
    for flags in ["", "0:looped", "0:looped,split 7:positioned"] {
        row.public_id = Uuid::now_v7();
        row.flags = flags.to_owned().into();
        assert_eq!(history.insert(&row).await, Ok(Inserted::Stored));
        assert_eq!(history.find(row.public_id).await, Ok(Some(row.clone())));
    }
    let without = "select count(*) from translations where flags is null";
    assert_eq!(database.number(without).await, 3);
    // A translation stays readable if its notes were changed by hand or by a later version.
    for (stored, read) in [
        ("", ""),
        ("7 looped", ""),
        ("0:garbled 1:garbled,split", "1:split"),
    ] {
        let id = row.public_id;
        let update = format!("update translations set flags = '{stored}' where public_id = '{id}'");
        database.execute(&[&update]).await;
        row.flags = read.to_owned().into();
        assert_eq!(history.find(id).await, Ok(Some(row.clone())));
    }
    for (stored, read) in [
        ("", AtomChecks::default()),
        ("[[0,{}]]", AtomChecks::default()),
        (
            "[[7,{\"found\":1,\"kept\":1,\"later\":0}]]",
            atoms(7, 1, &[]),
        ),
    ] {
        let id = row.public_id;
        let update = format!("update translations set atoms = '{stored}' where public_id = '{id}'");
        database.execute(&[&update]).await;
        row.atoms = read;
        assert_eq!(history.find(id).await, Ok(Some(row.clone())));
    }
}

async fn together(database: Database) {
    database.execute(&[create(&database)]).await;
    for _ in 0..5 {
        database.execute(&OLD_ROWS).await;
    }
    let all = join_all((0..4).map(|_| history(database.config()))).await;
    check(&database, &all[0], 15).await;
    let ids: Vec<_> = join_all(all.iter().map(|history| history.page(None, None, 99))).await;
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]));
}

async fn dropped(database: Database) {
    let history = history(database.config()).await;
    history.insert(&translation("weg", "gone")).await.unwrap();
    database.execute(&["drop table translations"]).await;
    assert!(history.page(None, None, 9).await.is_err());
    history.up().await;
    check(&database, &history, 0).await;
}

async fn latin1(database: Database) {
    // The table of the original dump on a server whose default is latin1.
    database
        .execute(&[
            "create table translations(id int unsigned not null auto_increment primary key, \
            text_de longtext, text_en longtext)",
        ])
        .await;
    database.execute(&OLD_ROWS).await;
    let history = history(database.config()).await;
    check(&database, &history, 3).await;
    let found = history.page(Some("käse"), None, 9).await.unwrap();
    assert_eq!(found.entries[0].excerpt_de, "Käse");
    let mut row = translation("Käse", "Cheese");
    row.file_name = Some("Договор.docx".to_owned());
    assert_eq!(history.insert(&row).await, Ok(Inserted::Stored));
}
