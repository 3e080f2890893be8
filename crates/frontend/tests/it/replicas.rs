//! One text over several backends, which come, go, hang and differ.

use futures_util::future::join_all;
use tempfile::TempDir;

use crate::Cases;
use crate::fixture::{App, Backend, Database, Mood, eventually, lines, sentences, stored};
use crate::jobs::shown;

pub(crate) fn add(cases: &mut Cases) {
    cases.plain("replicas/share_a_text", share);
    cases.plain("replicas/one_that_is_killed_loses_nothing", killed);
    cases.plain("replicas/one_that_joins_gets_work", joins);
    cases.plain("replicas/one_that_hangs_holds_nobody_up", hangs);
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
    // What nobody had to do twice adds up to the text.
    let sent: usize = backends
        .iter()
        .flat_map(Backend::texts)
        .map(|text| text.len())
        .sum();
    assert!(sent >= text.trim_end().len() - 12 * "\n\n".len());
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

async fn joins() {
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

async fn hangs() {
    let backends = backends(2).await;
    let (app, _folder) = open(&backends).await;
    backends[0].hold();
    let text = book();
    let job = app.submit(&text).await;
    // The other one does everything, in the end what the first one has not sent.
    stored(&job).await;
    assert_eq!(shown(&job), text.to_uppercase());
    assert_eq!(backends[0].texts().len(), 2);
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
