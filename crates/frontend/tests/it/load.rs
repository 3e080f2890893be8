//! Many texts, and long ones.

use frontend::jobs::Phase;

use crate::Cases;
use crate::fixture::{
    Backend, Database, MAX_TEXT_BYTES, eventually, lines, phase, sentences, stored,
};
use crate::jobs::open;

pub(crate) fn add(cases: &mut Cases) {
    cases.plain("load/waiting_texts_show_their_place", places);
    cases.plain("load/a_short_text_does_not_wait_for_long_ones", short);
    cases.plain("load/a_book", book);
    cases.plain("load/stored_texts_leave_memory", memory);
}

async fn places() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let app = open(folder.path(), &backend, &Database::sqlite()).await;
    backend.hold();
    let mut jobs = Vec::new();
    for number in 0..12 {
        let job = app.submit(&format!("Text {number}.")).await;
        if number < 8 {
            phase(&job, |phase| *phase == Phase::Running).await;
        }
        jobs.push(job);
    }
    let place = |place| move |phase: &Phase| *phase == Phase::Waiting { place };
    for (job, expected) in jobs[8..].iter().zip(1..) {
        phase(job, place(expected)).await;
    }
    // A waiting text is cancelled, and those after it move up.
    assert!(app.jobs.cancel(jobs[9].id()).await);
    phase(&jobs[10], place(2)).await;
    phase(&jobs[11], place(3)).await;
    // A running text is cancelled, and the next one begins.
    assert!(app.jobs.cancel(jobs[3].id()).await);
    phase(&jobs[8], |phase| *phase == Phase::Running).await;
    phase(&jobs[10], place(1)).await;
    // A retried text keeps its place in the order of arrival.
    assert!(app.jobs.retry(jobs[9].id()).await);
    phase(&jobs[9], place(1)).await;
    phase(&jobs[10], place(2)).await;
    backend.release_all();
    for (number, job) in jobs.iter().enumerate() {
        if number != 3 {
            stored(job).await;
        }
    }
    assert_eq!(jobs[3].state().phase, Phase::Cancelled);
}

async fn short() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let app = open(folder.path(), &backend, &Database::sqlite()).await;
    backend.hold();
    let text = lines(1000);
    let mut long = Vec::new();
    for number in 0..9 {
        long.push(app.submit(&text).await);
        if number < 8 {
            phase(&long[number], |phase| *phase == Phase::Running).await;
        }
    }
    phase(&long[8], |phase| *phase == Phase::Waiting { place: 1 }).await;
    phase(&app.submit("Ein Brief.").await, |phase| {
        *phase == Phase::Running
    })
    .await;
}

async fn book() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let app = open(folder.path(), &backend, &Database::sqlite()).await;
    let text = "Ein Satz mit Ümlauten von einer Länge, wie Sätze sie im Deutschen gern haben, \
                und dann noch etwas. "
        .repeat(100_000);
    let text = &text[..text.floor_char_boundary(MAX_TEXT_BYTES)];
    let job = app.submit(text).await;
    // However slow the machine is, as long as there is progress.
    for thousands in 1..=100 {
        sentences(&job, thousands * 1000).await;
    }
    stored(&job).await;
    assert!(job.state().total >= Some(100_000));
    let row = app.history.find(job.id()).await.unwrap().unwrap();
    assert!(row.text_en == text.to_uppercase());
    assert!(row.spans.unwrap().0.len() >= 100_000);
}

async fn memory() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start().await;
    let app = open(folder.path(), &backend, &Database::sqlite()).await;
    let first = app.submit("Der erste.").await;
    stored(&first).await;
    for number in 0..100 {
        stored(&app.submit(&format!("Noch {number}.")).await).await;
    }
    eventually("the first leaves", async || {
        app.jobs.recall(first.id()).await.is_none()
    })
    .await;
    assert!(app.history.find(first.id()).await.unwrap().is_some());
    assert_eq!(first.text(), "Der erste.", "a page that shows it still can");
}
