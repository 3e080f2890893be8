//! One text on several backends, which join, leave and differ.

use frontend::translator::Translator;
use futures_util::future::join_all;
use tempfile::TempDir;

use crate::Cases;
use crate::fixture::{
    App, Backend, Database, Mood, TestResolver, eventually, lines, sentences, stored,
};
use crate::jobs::shown;

pub(crate) fn add(cases: &mut Cases) {
    cases.plain("replicas/share_a_text", share);
    cases.plain("replicas/a_killed_one_loses_nothing", killed);
    cases.plain("replicas/a_started_one_gets_work", starts);
    cases.plain("replicas/a_joining_one_gets_work", joins);
    cases.plain("replicas/a_short_text_is_sent_once", short);
    cases.plain("replicas/a_failing_one_does_not_stop_the_others", failing);
    cases.plain("replicas/one_with_another_model_gets_nothing", other_model);
}

/// Returns a text with several chunks for each of three replicas.
fn book() -> String {
    lines(600)
}

async fn backends(count: usize) -> Vec<Backend> {
    join_all((0..count).map(|_| Backend::start())).await
}

async fn open(backends: &[Backend]) -> (App, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let urls = backends.iter().map(Backend::url).collect();
    let app = App::open_at(folder.path(), urls, Database::sqlite().config()).await;
    app.history.up().await;
    (app, folder)
}

async fn all_busy(backends: &[Backend]) {
    eventually("all have requests", async || {
        backends.iter().all(|backend| !backend.texts().is_empty())
    })
    .await;
}

async fn share() {
    let backends = backends(3).await;
    let (app, _folder) = open(&backends).await;
    backends.iter().for_each(Backend::hold);
    let text = book();
    let job = app.submit(&text).await;
    // Each gets two chunks at once, and no more.
    eventually("all have requests", async || {
        backends.iter().all(|backend| backend.texts().len() == 2)
    })
    .await;
    backends.iter().for_each(Backend::release_all);
    stored(&job).await;
    assert_eq!(shown(&job), text.to_uppercase());
    let row = app.history.find(job.id()).await.unwrap().unwrap();
    assert_eq!(row.text_en, text.to_uppercase());
    assert_eq!(row.sentences, Some(1200));
    assert_eq!(sentences_sent(&backends), 1200, "nothing was sent twice");
}

async fn short() {
    let backends = backends(3).await;
    let (app, _folder) = open(&backends).await;
    let text = lines(10);
    let job = app.submit(&text).await;
    stored(&job).await;
    assert_eq!(shown(&job), text.to_uppercase());
    assert_eq!(sentences_sent(&backends), 20);
}

/// Returns the number of sentences that the backends were asked for.
fn sentences_sent(backends: &[Backend]) -> usize {
    let texts = backends.iter().flat_map(Backend::texts);
    texts
        .map(|text| {
            segment::segments(
                &text,
                segment::Rules {
                    language: "de",
                    wrapped: false,
                },
            )
            .len()
        })
        .sum()
}

async fn killed() {
    let mut backends = backends(3).await;
    let (app, _folder) = open(&backends).await;
    backends.iter().for_each(Backend::hold);
    let text = book();
    let job = app.submit(&text).await;
    all_busy(&backends).await;
    // More than a chunk has, so that the first chunk has a sentence whatever the order.
    for backend in &backends {
        backend.release(150);
    }
    sentences(&job, 1).await;
    backends[1].kill().await;
    backends.iter().for_each(Backend::release_all);
    stored(&job).await;
    assert_eq!(shown(&job), text.to_uppercase());
}

/// A known address starts to answer.
async fn starts() {
    let mut backends = backends(4).await;
    backends[3].stop().await;
    let (app, _folder) = open(&backends).await;
    backends.iter().for_each(Backend::hold);
    let text = book();
    let job = app.submit(&text).await;
    all_busy(&backends[..3]).await;
    backends[3].restart().await;
    all_busy(&backends).await;
    backends.iter().for_each(Backend::release_all);
    stored(&job).await;
    assert_eq!(shown(&job), text.to_uppercase());
}

/// The name resolves to another address.
async fn joins() {
    let backends = backends(4).await;
    let (resolver, folder) = (TestResolver::default(), tempfile::tempdir().unwrap());
    resolver.set(&backends[..3]);
    let url = "http://backend:8000/".parse().unwrap();
    let translator = Translator::new(vec![url], resolver.clone()).unwrap();
    let config = Database::sqlite().config();
    let app = App::open_with(folder.path(), translator, config).await;
    app.history.up().await;
    backends.iter().for_each(Backend::hold);
    let text = book();
    let job = app.submit(&text).await;
    all_busy(&backends[..3]).await;
    resolver.set(&backends);
    all_busy(&backends).await;
    backends.iter().for_each(Backend::release_all);
    stored(&job).await;
    assert_eq!(shown(&job), text.to_uppercase());
    assert_eq!(sentences_sent(&backends), 1200);
}

async fn failing() {
    let backends = backends(2).await;
    let (app, _folder) = open(&backends).await;
    backends[0].set(Mood::Cut(3));
    backends[1].hold();
    let text = book();
    let job = app.submit(&text).await;
    all_busy(&backends).await;
    backends[1].release_all();
    stored(&job).await;
    assert_eq!(shown(&job), text.to_uppercase());
}

async fn other_model() {
    let backends = backends(2).await;
    backends[0].change_model(|model| "other capitals".clone_into(&mut model.name));
    let (app, _folder) = open(&backends).await;
    let text = book();
    let job = app.submit(&text).await;
    stored(&job).await;
    assert_eq!(shown(&job), text.to_uppercase());
    let row = app.history.find(job.id()).await.unwrap().unwrap();
    let begun = usize::from(row.model.as_deref() == Some("capitals"));
    assert!(!backends[begun].texts().is_empty());
    assert!(backends[1 - begun].texts().is_empty());
}
