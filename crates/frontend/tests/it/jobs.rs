//! Jobs, from the text of the form to the row, with everything that can go wrong in between.

use std::path::Path;

use api::ModelInfo;
use frontend::jobs::{Job, Phase, Reason, SubmitError};
use futures_util::future::join_all;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::Cases;
use crate::fixture::{
    App, Backend, Database, MAX_TEXT_BYTES, Mood, eventually, lines, phase, sentences, spooled,
    stored, translated,
};

pub(crate) fn add(cases: &mut Cases) {
    cases.each("jobs/a_text_becomes_a_row", row);
    cases.each("jobs/a_text_sent_twice_is_one_job", twice);
    cases.plain("jobs/a_sudden_end_loses_nothing", sudden_end);
    cases.plain("jobs/a_text_waits_for_a_backend_that_is_down", down);
    cases.plain("jobs/a_backend_that_is_busy_is_tried_again", busy);
    cases.plain("jobs/a_broken_stream_continues_where_it_stopped", broken);
    cases.plain("jobs/another_model_starts_afresh", || {
        starts_afresh_after(|model| "better capitals".clone_into(&mut model.name))
    });
    cases.plain("jobs/another_engine_starts_afresh", || {
        starts_afresh_after(|model| "candle".clone_into(&mut model.engine))
    });
    cases.plain("jobs/another_device_starts_afresh", || {
        starts_afresh_after(|model| "cuda:0".clone_into(&mut model.device))
    });
    cases.plain("jobs/a_text_that_is_too_long_fails", too_long);
    cases.plain("jobs/a_backend_that_refuses_is_tried_again", refused);
    cases.plain("jobs/cancel_keeps_the_finished_sentences", cancel);
    cases.plain("jobs/deleted_jobs_are_gone", delete);
    cases.plain("jobs/a_text_that_cannot_be_saved_is_not_accepted", unsaved);
    cases.plain("jobs/nothing_to_translate_needs_no_backend", nothing);
}

pub(crate) async fn open(folder: &Path, backend: &Backend, database: &Database) -> App {
    let app = App::open(folder, backend, database.config()).await;
    app.history.up().await;
    app
}

/// Returns the text of a job with its finished sentences translated.
pub(crate) fn shown(job: &Job) -> String {
    let (mut shown, mut end) = (String::new(), 0);
    for sentence in translated(job) {
        shown += &job.text()[end..sentence.start];
        shown += &sentence.translation;
        end = sentence.end;
    }
    shown + &job.text()[end..]
}

async fn row(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let app = open(folder.path(), &backend, &database).await;
    let text =
        "  '; DROP TABLE translations; --\n\n<script>Über \0 alles.</script> Ja!\n1. \\ Nein";
    let job = app.submit(text).await;
    stored(&job).await;
    let row = app.history.find(job.id()).await.unwrap().unwrap();
    assert_eq!(row.text_de, text);
    assert_eq!(row.text_en, text.to_uppercase());
    assert_eq!(row.text_en, shown(&job));
    assert_eq!(row.created_at, Some(job.created_at()));
    assert_eq!(row.model.as_deref(), Some("capitals"));
    let spans = row.spans.unwrap().0;
    assert_eq!(
        row.sentences.map(|sentences| sentences as usize),
        Some(spans.len())
    );
    for (span, sentence) in spans.iter().zip(translated(&job)) {
        assert_eq!((span.de.start, span.de.end), (sentence.start, sentence.end));
        assert_eq!(
            row.text_en[span.en.start..span.en.end],
            sentence.translation
        );
    }
    assert!(spooled(folder.path()).is_empty());
    assert_eq!(backend.ids(), [job.id().to_string()]);
    app.close().await;
}

async fn twice(database: Database) {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let app = open(folder.path(), &backend, &database).await;
    let (id, text) = (Uuid::now_v7(), "Doppelt.");
    let submits = (0..10).map(|_| app.jobs.submit(id, text.to_owned()));
    for submitted in join_all(submits).await {
        assert_eq!(submitted.unwrap(), id);
    }
    let job = app.jobs.recall(id).await.unwrap();
    stored(&job).await;
    assert_eq!(app.jobs.submit(id, text.to_owned()).await.unwrap(), id);
    let other = app.jobs.submit(id, "Anders.".to_owned()).await.unwrap();
    assert_ne!(other, id);
    stored(&app.jobs.recall(other).await.unwrap()).await;
    app.close().await;
    // The database knows the id.
    let app = open(folder.path(), &backend, &database).await;
    assert_eq!(app.jobs.submit(id, text.to_owned()).await.unwrap(), id);
    assert!(app.jobs.recall(id).await.is_none());
    let third = app
        .jobs
        .submit(id, "Noch anders.".to_owned())
        .await
        .unwrap();
    assert_ne!(third, id);
    stored(&app.jobs.recall(third).await.unwrap()).await;
    // A deleted text is translated again, with another id.
    app.history.delete(id).await.unwrap();
    let fourth = app.jobs.submit(id, text.to_owned()).await.unwrap();
    assert_ne!(fourth, id);
    stored(&app.jobs.recall(fourth).await.unwrap()).await;
    assert_eq!(backend.texts(), [text, "Anders.", "Noch anders.", text]);
}

async fn sudden_end() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::sqlite();
    let backend = Backend::start().await;
    backend.hold();
    // A runtime whose tasks stop where they are, as those of a killed process do.
    let doomed = Runtime::new().unwrap();
    let (path, config, url) = (folder.path().to_owned(), database.config(), backend.url());
    let submitted = doomed.spawn(async move {
        let app = App::open_at(&path, vec![url], config).await;
        let mut jobs = Vec::new();
        for text in ["Eins. Zwei.", "Drei.", "Vier."] {
            jobs.push(app.submit(text).await);
        }
        (app, jobs)
    });
    let (app, jobs) = submitted.await.unwrap();
    let ids: Vec<_> = jobs.iter().map(Job::id).collect();
    eventually("three requests", async || backend.texts().len() == 3).await;
    let cancelled = doomed.spawn(async move {
        let cancelled = app.submit("Abgebrochen.").await.id();
        assert!(app.jobs.cancel(cancelled).await);
        cancelled
    });
    let cancelled = cancelled.await.unwrap();
    backend.release(1);
    // It is sent for the request that has waited longest.
    eventually("a sentence", async || {
        jobs.iter().any(|job| job.state().done == 1)
    })
    .await;
    doomed.shutdown_background();
    backend.release_all();
    let app = open(folder.path(), &backend, &database).await;
    for id in &ids {
        if let Some(job) = app.jobs.recall(*id).await {
            stored(&job).await;
        }
        assert!(app.history.find(*id).await.unwrap().is_some());
    }
    let cancelled = app.jobs.recall(cancelled).await.unwrap();
    assert_eq!(cancelled.state().phase, Phase::Cancelled);
    assert_eq!(cancelled.text(), "Abgebrochen.");
    assert_eq!(spooled(folder.path()).len(), 1);
    let page = app.history.page(None, None, 9).await.unwrap();
    let order: Vec<_> = page
        .entries
        .iter()
        .rev()
        .map(|entry| entry.public_id)
        .collect();
    assert_eq!(order, ids);
}

async fn down() {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = Backend::start().await;
    backend.stop().await;
    let app = open(folder.path(), &backend, &Database::sqlite()).await;
    let job = app.submit("Guten Morgen!").await;
    let retrying = phase(&job, |phase| matches!(phase, Phase::Retrying { .. })).await;
    assert!(matches!(
        retrying,
        Phase::Retrying {
            reason: Reason::Down,
            ..
        }
    ));
    assert!(!app.jobs.retry(Uuid::now_v7()).await);
    assert!(app.jobs.retry(job.id()).await, "at once");
    backend.restart().await;
    stored(&job).await;
    assert!(!app.jobs.retry(job.id()).await);
    assert!(!app.jobs.cancel(job.id()).await);
}

async fn busy() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let app = open(folder.path(), &backend, &Database::sqlite()).await;
    for (status, expected) in [
        (503, Reason::Busy),
        (429, Reason::Busy),
        (502, Reason::Down),
        (500, Reason::Broken),
        (408, Reason::Slow),
    ] {
        backend.set(Mood::Status(status));
        let job = app.submit(&format!("Antwort {status}.")).await;
        let retrying = phase(&job, |phase| matches!(phase, Phase::Retrying { .. })).await;
        assert!(matches!(&retrying, Phase::Retrying { reason, .. } if *reason == expected));
        backend.set(Mood::Works);
        stored(&job).await;
    }
}

async fn broken() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let app = open(folder.path(), &backend, &Database::sqlite()).await;
    let text = lines(5);
    for mood in [
        Mood::Cut(5),
        Mood::Fails {
            after: 5,
            retryable: true,
        },
    ] {
        backend.set(mood);
        backend.hold();
        let before = backend.texts().len();
        let job = app.submit(&text).await;
        backend.release(5);
        sentences(&job, 5).await;
        backend.set(Mood::Works);
        backend.release_all();
        stored(&job).await;
        assert_eq!(shown(&job), text.to_uppercase());
        let sent = backend.texts().split_off(before);
        assert_eq!(sent.len(), 2);
        assert_eq!(sent[0], text);
        let rest = &text[job.segments().unwrap()[5].start..];
        assert_eq!(sent[1], rest);
        let row = app.history.find(job.id()).await.unwrap().unwrap();
        assert_eq!(row.text_en, text.to_uppercase());
    }
}

/// An attempt is not continued after a change of the model: the whole text is sent again.
async fn starts_afresh_after(change: impl FnOnce(&mut ModelInfo)) {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = Backend::start().await;
    let app = open(folder.path(), &backend, &Database::sqlite()).await;
    let text = lines(3);
    backend.hold();
    let job = app.submit(&text).await;
    backend.release(3);
    sentences(&job, 3).await;
    let edition = job.edition().unwrap();
    let model = backend.change_model(change);
    backend.kill().await;
    // The next attempt asks for the model: no earlier answer is used.
    let down =
        |phase: &Phase| matches!(phase, Phase::Retrying { reason, .. } if *reason == Reason::Down);
    phase(&job, down).await;
    backend.release_all();
    backend.restart().await;
    stored(&job).await;
    let row = app.history.find(job.id()).await.unwrap().unwrap();
    assert_eq!(row.model, Some(model.name));
    assert_ne!(job.edition(), Some(edition), "the page restarts as well");
    assert_eq!(row.text_en, text.to_uppercase());
    assert_eq!(backend.texts().last(), Some(&text));
}

async fn too_long() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let app = open(folder.path(), &backend, &Database::sqlite()).await;
    backend.set(Mood::Status(413));
    let job = app.submit(&lines(2)).await;
    let failed = phase(&job, Phase::is_final).await;
    let reason = Reason::TooLong;
    assert_eq!(failed, Phase::Failed { reason });
    assert!(!app.jobs.cancel(job.id()).await);
    assert_eq!(spooled(folder.path()).len(), 1, "the text is kept");
    backend.set(Mood::Works);
    assert!(app.jobs.retry(job.id()).await);
    stored(&job).await;
    assert_eq!(shown(&job), lines(2).to_uppercase());
}

async fn refused() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let app = open(folder.path(), &backend, &Database::sqlite()).await;
    for (mood, expected) in [
        (
            Mood::Status(422),
            Reason::Refused("422 Unprocessable Entity".to_owned()),
        ),
        (Mood::Differs, Reason::Protocol),
        (
            Mood::Fails {
                after: 1,
                retryable: false,
            },
            Reason::Refused("the model stumbled".to_owned()),
        ),
    ] {
        backend.set(mood);
        let job = app.submit(&lines(2)).await;
        let stopped = |phase: &Phase| phase.is_final() || matches!(phase, Phase::Retrying { .. });
        let stopped = phase(&job, stopped).await;
        assert!(
            matches!(&stopped, Phase::Retrying { reason, .. } if *reason == expected),
            "{mood:?}: {stopped:?}"
        );
        assert_eq!(spooled(folder.path()).len(), 1, "the text is kept");
        backend.set(Mood::Works);
        // It would also do so by itself, but later.
        assert!(app.jobs.retry(job.id()).await);
        stored(&job).await;
        assert_eq!(shown(&job), lines(2).to_uppercase());
    }
}

async fn cancel() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::sqlite();
    let backend = Backend::start().await;
    let app = open(folder.path(), &backend, &database).await;
    backend.hold();
    let job = app.submit(&lines(3)).await;
    backend.release(3);
    sentences(&job, 3).await;
    assert!(app.jobs.cancel(job.id()).await);
    assert!(!app.jobs.cancel(job.id()).await);
    assert_eq!(job.state().phase, Phase::Cancelled);
    // A late sentence has no effect.
    backend.release(1);
    assert_eq!(app.submit("").await.state().done, 0);
    assert_eq!(job.state().done, 3);
    assert!(app.jobs.retry(job.id()).await);
    eventually("the second request", async || backend.texts().len() == 2).await;
    assert!(app.jobs.cancel(job.id()).await);
    app.close().await;
    let app = open(folder.path(), &backend, &database).await;
    let job = app.jobs.recall(job.id()).await.unwrap();
    assert_eq!(
        (job.state().phase, job.text()),
        (Phase::Cancelled, lines(3).as_str())
    );
    backend.release_all();
    assert!(app.jobs.retry(job.id()).await);
    stored(&job).await;
    assert_eq!(shown(&job), lines(3).to_uppercase());
    assert!(spooled(folder.path()).is_empty());
}

async fn delete() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::sqlite();
    let backend = Backend::start().await;
    let app = open(folder.path(), &backend, &database).await;
    backend.hold();
    let running = app.submit("Läuft.").await;
    let cancelled = app.submit("Abgebrochen.").await;
    eventually("two requests", async || backend.texts().len() == 2).await;
    assert!(app.jobs.cancel(cancelled.id()).await);
    for job in [&running, &cancelled] {
        assert!(app.jobs.delete(job.id()).await);
        assert!(!app.jobs.delete(job.id()).await);
        assert!(!app.jobs.retry(job.id()).await);
        assert!(app.jobs.recall(job.id()).await.is_none());
    }
    assert!(spooled(folder.path()).is_empty());
    backend.release_all();
    let done = app.submit("Fertig.").await;
    stored(&done).await;
    // A stored row stays in the history.
    assert!(app.jobs.delete(done.id()).await);
    assert!(app.history.find(done.id()).await.unwrap().is_some());
    app.close().await;
    let app = open(folder.path(), &backend, &database).await;
    assert!(app.jobs.recall(running.id()).await.is_none());
    assert_eq!(
        app.history.page(None, None, 9).await.unwrap().entries.len(),
        1
    );
}

async fn unsaved() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let app = open(&file, &backend, &Database::sqlite()).await;
    let submitted = app.jobs.submit(Uuid::now_v7(), "Ja".to_owned()).await;
    assert!(matches!(submitted, Err(SubmitError::Unwritable(_))));
    let long = "x".repeat(MAX_TEXT_BYTES + 1);
    let submitted = app.jobs.submit(Uuid::now_v7(), long).await;
    assert!(matches!(
        submitted,
        Err(SubmitError::TooLong {
            limit: MAX_TEXT_BYTES
        })
    ));
    // Once it can be saved, it is accepted.
    std::fs::remove_file(&file).unwrap();
    stored(&app.submit("Ja").await).await;
}

async fn nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut backend = Backend::start().await;
    backend.stop().await;
    let app = open(folder.path(), &backend, &Database::sqlite()).await;
    for text in ["", " \n\n\t", "-", "…", "🙂", "\0"] {
        let job = app.submit(text).await;
        stored(&job).await;
        let row = app.history.find(job.id()).await.unwrap().unwrap();
        assert_eq!((row.text_de.as_str(), row.text_en.as_str()), (text, text));
        assert_eq!(row.sentences, Some(0));
    }
}
