//! Rows and pages.

use frontend::history::{AtomChecks, EXCERPT_CHARS, Flags, Inserted, Page, Translation};
use jiff::{Timestamp, ToSpan as _};
use uuid::Uuid;

use crate::Cases;
use crate::fixture::{Database, eventually, history, translation};

pub(crate) fn add(cases: &mut Cases) {
    cases.each("history/whatever_is_stored_comes_back_unchanged", unchanged);
    cases.each("history/storing_again_changes_nothing", again);
    cases.each("history/pages_are_newest_first_and_complete", pages);
    cases.each("history/a_search_is_literal_and_knows_umlauts", search);
    cases.each("history/lists_read_the_start_of_a_text", excerpts);
    cases.each("history/deleted_can_be_restored_for_a_day", deleted);
    cases.each("history/a_book_fits", book);
}

/// Hostile and unusual texts.
const HOSTILE: [&str; 10] = [
    "'; DROP TABLE translations; --",
    "<script>alert(1)</script>",
    r"back\slash \0 \' \%",
    "NUL \0 inside\0",
    "\0",
    "🙂 ẞ \u{10FFFF} e\u{301}",
    "trailing space ",
    "\u{feff}\n\t\n",
    "?1 ? :name $1 @x",
    "",
];

async fn unchanged(database: Database) {
    let history = history(database.config()).await;
    for text in HOSTILE {
        let mut row = translation(text, &format!("{text}{text}"));
        assert_eq!(history.insert(&row).await, Ok(Inserted::Stored));
        // Blank lines have no sentences, so these spans do not fit.
        row.spans = row.spans.filter(|spans| spans.fit(text, &row.text_en));
        assert_eq!(
            history.find(row.public_id).await,
            Ok(Some(row.clone())),
            "{text:?}"
        );
        let page = history.page(None, None, 1).await.unwrap();
        assert_eq!(page.entries[0].excerpt_de, text);
        assert_eq!(page.entries[0].excerpt_en, row.text_en);
        assert_eq!(page.entries[0].created_at, row.created_at);
        assert_eq!(page.entries[0].sentences, Some(1));
    }
    let bare = Translation {
        created_at: None,
        model: None,
        duration_ms: None,
        sentences: None,
        spans: None,
        flags: Flags::default(),
        atoms: AtomChecks::default(),
        ..translation("bare", "bare")
    };
    history.insert(&bare).await.unwrap();
    assert_eq!(history.find(bare.public_id).await, Ok(Some(bare)));
    assert_eq!(history.find(Uuid::now_v7()).await, Ok(None));
}

async fn again(database: Database) {
    let history = history(database.config()).await;
    let row = translation("Ja", "Yes");
    for _ in 0..3 {
        assert_eq!(history.insert(&row).await, Ok(Inserted::Stored));
    }
    let other = Translation {
        text_de: "ja".to_owned(),
        ..row.clone()
    };
    assert_eq!(history.insert(&other).await, Ok(Inserted::Taken));
    assert!(history.delete(row.public_id).await.unwrap());
    assert_eq!(history.insert(&row).await, Ok(Inserted::Taken));
    assert_eq!(
        database.number("select count(*) from translations").await,
        1
    );
}

async fn pages(database: Database) {
    let history = history(database.config()).await;
    // Two rows of the original app, and five others, three of them from the same instant.
    database
        .execute(&[
            "insert into translations(public_id, text_de) values ('00000000-0000-4000-8000-000000000001', 'old 1')",
            "insert into translations(public_id, text_de) values ('00000000-0000-4000-8000-000000000002', 'old 2')",
        ])
        .await;
    let now = Timestamp::now();
    for (text, age) in [("a", 2), ("newest", 1), ("b", 2), ("oldest", 3), ("c", 2)] {
        let row = Translation {
            created_at: Timestamp::from_microsecond((now - age.hours()).as_microsecond()).ok(),
            ..translation(text, "")
        };
        history.insert(&row).await.unwrap();
    }
    let expected = ["newest", "c", "b", "a", "oldest", "old 2", "old 1"];
    for size in 1..=8 {
        let (mut texts, mut next, mut pages) = (Vec::new(), None, 0);
        loop {
            let Page {
                entries,
                next: then,
            } = history.page(None, next, size).await.unwrap();
            texts.extend(entries.into_iter().map(|entry| entry.excerpt_de));
            pages += 1;
            // As text, as in the address of the next page.
            next = then.map(|cursor| cursor.to_string().parse().unwrap());
            if next.is_none() {
                break;
            }
        }
        assert_eq!(texts, expected, "pages of {size}");
        assert_eq!(pages, expected.len().div_ceil(size));
    }
}

async fn search(database: Database) {
    let history = history(database.config()).await;
    for (de, en) in [
        ("Die Übergabe", "The handover"),
        ("100 % sicher_nicht", r"back\slash"),
        ("STRASSE [a-z]* ?", "it's \"quoted\"; --"),
        ("hinter NUL: \0 versteckt", "50% off"),
        ("", "!escape!"),
    ] {
        history.insert(&translation(de, en)).await.unwrap();
    }
    let hits = async |query: &str| {
        let page = history.page(Some(query), None, 10).await.unwrap();
        let texts = page.entries.into_iter().map(|entry| entry.excerpt_de);
        texts.collect::<Vec<_>>().join("|")
    };
    let percent = "hinter NUL: \0 versteckt|100 % sicher_nicht";
    for (query, expected) in [
        ("übergabe", "Die Übergabe"),
        ("ÜBERGABE", "Die Übergabe"),
        ("ubergabe", ""),
        ("handOVER", "Die Übergabe"),
        ("%", percent),
        ("_", "100 % sicher_nicht"),
        ("0 %", "100 % sicher_nicht"),
        ("\\", "100 % sicher_nicht"),
        (r"k\s", "100 % sicher_nicht"),
        ("!", ""),
        ("!e", ""),
        ("[A-Z]*", "STRASSE [a-z]* ?"),
        ("[a-z]x", ""),
        ("?", "STRASSE [a-z]* ?"),
        ("straße", ""),
        ("it's \"q", "STRASSE [a-z]* ?"),
        ("versteckt", "hinter NUL: \0 versteckt"),
        ("\0", "hinter NUL: \0 versteckt"),
        ("nul: \0", ""),
        ("' or 1=1 --", ""),
    ] {
        // SQLite cannot ignore case in a text with NUL.
        if query == "nul: \0" && database.is_mysql() {
            continue;
        }
        assert_eq!(hits(query).await, expected, "{query:?}");
    }
    assert_eq!(hits("").await.split('|').count(), 5);
    assert_eq!(hits(&"x".repeat(100_000)).await, "");
    // A search has pages too.
    let first = history.page(Some("%"), None, 1).await.unwrap();
    let second = history.page(Some("%"), first.next, 1).await.unwrap();
    let texts = [&first.entries[0].excerpt_de, &second.entries[0].excerpt_de];
    assert_eq!(texts.map(String::as_str).join("|"), percent);
    assert_eq!(second.next, None);
}

async fn excerpts(database: Database) {
    let history = history(database.config()).await;
    let long = format!("\0{}", "ä🙂".repeat(100_000));
    history.insert(&translation(&long, "kurz")).await.unwrap();
    let entry = history.page(None, None, 1).await.unwrap().entries.remove(0);
    let expected: String = long.chars().take(EXCERPT_CHARS).collect();
    assert_eq!(entry.excerpt_de, expected);
    assert_eq!(entry.excerpt_en, "kurz");
}

async fn deleted(database: Database) {
    let before = history(database.config()).await;
    let (kept, gone) = (translation("bleibt", "stays"), translation("geht", "goes"));
    for row in [&kept, &gone] {
        before.insert(row).await.unwrap();
        // A second click has the same result.
        assert_eq!(before.restore(row.public_id).await, Ok(true));
        assert_eq!(before.delete(row.public_id).await, Ok(true));
        assert_eq!(before.delete(row.public_id).await, Ok(true));
        assert_eq!(before.find(row.public_id).await, Ok(None));
    }
    assert_eq!(before.page(None, None, 9).await, Ok(Page::default()));
    assert_eq!(before.restore(kept.public_id).await, Ok(true));
    assert_eq!(before.restore(kept.public_id).await, Ok(true));
    for absent in [Uuid::now_v7(), Uuid::nil()] {
        assert_eq!(before.delete(absent).await, Ok(false));
        assert_eq!(before.restore(absent).await, Ok(false));
    }
    assert_eq!(before.find(kept.public_id).await, Ok(Some(kept.clone())));
    assert_eq!(before.page(None, None, 9).await.unwrap().entries.len(), 1);
    // A day later.
    let age = |id: Uuid, hours: i64| {
        let time = (Timestamp::now() - hours.hours()).strftime("%Y-%m-%d %H:%M:%S.%6f");
        format!("update translations set deleted_at = '{time}' where public_id = '{id}'")
    };
    assert_eq!(before.delete(kept.public_id).await, Ok(true));
    let (kept_age, gone_age) = (age(kept.public_id, 23), age(gone.public_id, 25));
    database.execute(&[&kept_age, &gone_age]).await;
    let after = history(database.config()).await;
    eventually("the purge", async || {
        database.number("select count(*) from translations").await == 1
    })
    .await;
    assert_eq!(after.delete(gone.public_id).await, Ok(false));
    assert_eq!(after.restore(gone.public_id).await, Ok(false));
    assert_eq!(after.restore(kept.public_id).await, Ok(true));
}

async fn book(database: Database) {
    let history = history(database.config()).await;
    let text = "Ein Satz mit Ümlauten. ".repeat(10 * 1024 * 1024 / 24);
    let row = translation(&text, &text);
    assert_eq!(history.insert(&row).await, Ok(Inserted::Stored));
    assert_eq!(history.insert(&row).await, Ok(Inserted::Stored));
    assert!(history.find(row.public_id).await == Ok(Some(row)));
    let found = history.page(Some("ÜMLAUTEN"), None, 1).await.unwrap();
    assert_eq!(found.entries.len(), 1);
}
