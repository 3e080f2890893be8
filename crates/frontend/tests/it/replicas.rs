//! One text over several backends, which come, go, hang and differ.

use frontend::translator::Translator;
use futures_util::future::join_all;
use tempfile::TempDir;

use crate::Cases;
use crate::fixture::{App, Backend, Database, Mood, Name, eventually, lines, sentences, stored};
use crate::jobs::shown;

pub(crate) fn add(cases: &mut Cases) {
    cases.plain("replicas/share_a_text", share);
    cases.plain("replicas/one_that_is_killed_loses_nothing", killed);
    cases.plain("replicas/one_that_starts_gets_work", starts);
    cases.plain("replicas/one_that_joins_gets_work", joins);
    cases.plain("replicas/a_short_text_is_sent_once", short);
    cases.plain("replicas/one_that_stumbles_keeps_what_it_sent", stumbles);
    cases.plain("replicas/one_with_another_model_gets_nothing", other_model);
}

/// Enough for several chunks for each of three replicas.
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

async fn all_at_work(backends: &[Backend]) {
    eventually("all are at work", async || {
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
    // All get some chunks at once, and no more than that.
    eventually("all are at work", async || {
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

/// Sentences that the backends were asked for.
fn sentences_sent(backends: &[Backend]) -> usize {
    let texts = backends.iter().flat_map(Backend::texts);
    texts.map(|text| segment::segments(&text, "de").len()).sum()
}

async fn killed() {
    let mut backends = backends(3).await;
    let (app, _folder) = open(&backends).await;
    backends.iter().for_each(Backend::hold);
    let text = book();
    let job = app.submit(&text).await;
    all_at_work(&backends).await;
    // More than a chunk has, so that the first one is begun whatever the order.
    for backend in &backends {
        backend.release(150);
    }
    sentences(&job, 1).await;
    backends[1].kill().await;
    backends.iter().for_each(Backend::release_all);
    stored(&job).await;
    assert_eq!(shown(&job), text.to_uppercase());
}

/// An address that was known and did not answer.
async fn starts() {
    let mut backends = backends(4).await;
    backends[3].stop().await;
    let (app, _folder) = open(&backends).await;
    backends.iter().for_each(Backend::hold);
    let text = book();
    let job = app.submit(&text).await;
    all_at_work(&backends[..3]).await;
    backends[3].restart().await;
    all_at_work(&backends).await;
    backends.iter().for_each(Backend::release_all);
    stored(&job).await;
    assert_eq!(shown(&job), text.to_uppercase());
}

/// An address that the name did not stand for.
async fn joins() {
    let backends = backends(4).await;
    let (name, folder) = (Name::default(), tempfile::tempdir().unwrap());
    name.set(&backends[..3]);
    let url = "http://backend:8000/".parse().unwrap();
    let translator = Translator::new(vec![url], name.clone()).unwrap();
    let config = Database::sqlite().config();
    let app = App::open_with(folder.path(), translator, config).await;
    app.history.up().await;
    backends.iter().for_each(Backend::hold);
    let text = book();
    let job = app.submit(&text).await;
    all_at_work(&backends[..3]).await;
    name.set(&backends);
    all_at_work(&backends).await;
    backends.iter().for_each(Backend::release_all);
    stored(&job).await;
    assert_eq!(shown(&job), text.to_uppercase());
    assert_eq!(sentences_sent(&backends), 1200);
}

async fn stumbles() {
    let backends = backends(2).await;
    let (app, _folder) = open(&backends).await;
    backends[0].set(Mood::Cut(3));
    backends[1].hold();
    let text = book();
    let job = app.submit(&text).await;
    all_at_work(&backends).await;
    backends[1].release_all();
    stored(&job).await;
    assert_eq!(shown(&job), text.to_uppercase());
}

async fn other_model() {
    let backends = backends(2).await;
    backends[0].set_model("other capitals");
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
