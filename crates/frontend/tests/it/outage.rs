//! Databases that start late, hang, go away, or refuse long texts.

use frontend::history::{Error, History};
use frontend::jobs::Phase;
use tokio_util::sync::CancellationToken;

use crate::Cases;
use crate::fixture::{
    App, Backend, Database, MAX_TEXT_BYTES, MariaDb, eventually, phase, spooled, stored,
    translated, translation,
};

pub(crate) fn add(cases: &mut Cases) {
    cases.own_server("outage/a_database_that_starts_late", late);
    cases.own_server("outage/a_database_that_hangs", hangs);
    cases.own_server("outage/a_database_that_is_killed", killed);
    cases.own_server("outage/a_text_too_long_for_the_server", too_long);
    cases.each("outage/the_history_is_opened_without_a_database", absent);
}

async fn late(mut server: MariaDb) {
    let database = server.database().await;
    server.kill();
    let history = History::open(database.config(), MAX_TEXT_BYTES, CancellationToken::new());
    assert!(!history.is_up());
    assert_eq!(history.page(None, None, 9).await, Err(Error::Unavailable));
    server.restart();
    history.up().await;
    history
        .insert(&translation("endlich", "at last"))
        .await
        .unwrap();
    assert_eq!(history.page(None, None, 9).await.unwrap().entries.len(), 1);
}

async fn hangs(server: MariaDb) {
    let database = server.database().await;
    let history = crate::fixture::history(database.config()).await;
    server.pause();
    // Slow, if the server stopped between opening a connection and answering on it.
    let answer = history.page(None, None, 9).await;
    assert!(matches!(answer, Err(Error::Unavailable | Error::Slow)));
    // The heartbeat detects it; from then on no query waits.
    eventually("the silence is detected", async || !history.is_up()).await;
    assert_eq!(
        history.page(Some("x"), None, 9).await,
        Err(Error::Unavailable)
    );
    server.resume();
    history.up().await;
    assert!(history.page(Some("x"), None, 9).await.is_ok());
}

async fn killed(mut server: MariaDb) {
    let database = server.database().await;
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let app = App::open(folder.path(), &backend, database.config()).await;
    app.history.up().await;
    stored(&app.submit("Vor dem Ausfall.").await).await;
    server.kill();
    eventually("the loss is detected", async || !app.history.is_up()).await;
    let jobs = [
        app.submit("Erster Text im Ausfall.").await,
        app.submit("Zweiter \0 <b>Text</b>; --").await,
    ];
    for job in &jobs {
        phase(job, |phase| *phase == Phase::Done { stored: false }).await;
    }
    assert_eq!(app.jobs.waiting_to_store(), 2);
    // The frontend restarts while the database is still down.
    app.close().await;
    let app = App::open(folder.path(), &backend, database.config()).await;
    assert_eq!(app.jobs.waiting_to_store(), 2);
    let read = app.jobs.recall(jobs[0].id()).await.unwrap();
    assert_eq!(read.state().phase, Phase::Done { stored: false });
    assert_eq!(translated(&read), translated(&jobs[0]));
    assert_eq!(read.segments(), jobs[0].segments());
    server.restart();
    for job in &jobs {
        let job = app.jobs.recall(job.id()).await.unwrap();
        stored(&job).await;
        let row = app.history.find(job.id()).await.unwrap().unwrap();
        assert_eq!(row.text_de, job.text());
        assert_eq!(row.text_en, job.text().to_uppercase());
        assert_eq!(row.created_at, Some(job.created_at()));
        assert_eq!(row.model.as_deref(), Some("capitals"));
    }
    assert_eq!(app.jobs.waiting_to_store(), 0);
    assert!(spooled(folder.path()).is_empty());
    assert_eq!(
        app.history.page(None, None, 9).await.unwrap().entries.len(),
        3
    );
    assert_eq!(backend.texts().len(), 3, "nothing was translated twice");
}

async fn too_long(mut server: MariaDb) {
    let database = server.database().await;
    server.kill();
    server.set_max_packet(1024 * 1024);
    server.restart();
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let app = App::open(folder.path(), &backend, database.config()).await;
    app.history.up().await;
    let long = app.submit(&"Ein Satz. ".repeat(100_000)).await;
    eventually("a reason", async || long.state().not_stored.is_some()).await;
    let reason = long.state().not_stored.unwrap();
    assert!(reason.contains("max_allowed_packet"), "{reason}");
    assert_eq!(long.state().phase, Phase::Done { stored: false });
    // Other texts do not wait for it.
    stored(&app.submit("Ein kurzer.").await).await;
    assert_eq!(app.jobs.waiting_to_store(), 1);
    app.close().await;
    server.kill();
    server.set_max_packet(16 * 1024 * 1024);
    server.restart();
    let app = App::open(folder.path(), &backend, database.config()).await;
    stored(&app.jobs.recall(long.id()).await.unwrap()).await;
    let row = app.history.find(long.id()).await.unwrap().unwrap();
    assert_eq!(row.text_en, long.text().to_uppercase());
    assert_eq!(row.sentences, Some(100_000));
    assert!(spooled(folder.path()).is_empty());
}

async fn absent(database: Database) {
    // A folder in the place of the file; a port without a listener.
    let folder = tempfile::tempdir().unwrap();
    let config = if database.is_mysql() {
        "mysql://nobody@127.0.0.1:9/nothing".to_owned()
    } else {
        format!("sqlite:{}", folder.path().display())
    };
    let config = crate::program::database(&config);
    let history = History::open(config, MAX_TEXT_BYTES, CancellationToken::new());
    let row = translation("a", "b");
    assert_eq!(history.insert(&row).await, Err(Error::Unavailable));
    assert_eq!(history.find(row.public_id).await, Err(Error::Unavailable));
    assert_eq!(history.delete(row.public_id).await, Err(Error::Unavailable));
    assert!(!history.is_up());
}
