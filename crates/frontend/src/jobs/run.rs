//! A text on its way through the backend, with as many attempts as it takes.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use segment::Segment;
use tracing::Instrument as _;

use super::Core;
use super::job::Run;
use super::spread::Spread;
use super::state::{Phase, Reason};
use crate::backoff::Backoff;
use crate::translator::{Failure, MOST_PATIENCE};

/// Pauses between attempts: short enough that a backend which restarts is not noticed, long
/// enough that one which is away is not pestered by every waiting text.
const PAUSES: Backoff = Backoff::new(Duration::from_secs(1), LONG);

/// Pause after what another attempt hardly mends: a person has to change something first, or a
/// backend of another version has to come. The longest of [`PAUSES`].
const LONG: Duration = Duration::from_secs(20);

/// Translates until the text is done, cannot be done, or the run is stopped.
pub(super) async fn run(core: Arc<Core>, run: Run) {
    let span = tracing::info_span!("job", id = %run.job().id());
    let work = async {
        tokio::select! {
            biased;
            () = run.stopped() => {}
            done = attempts(&core, &run) => match done {
                Ok(()) => core.finish(&run).await,
                Err(reason) => core.fail(&run, reason).await,
            },
        }
    };
    work.instrument(span).await;
}

/// Returns when every sentence is translated, or why it can't be.
async fn attempts(core: &Core, run: &Run) -> Result<(), Reason> {
    let mut pauses = PAUSES;
    let mut told = None;
    loop {
        let slot = core.queues.slot(run).await;
        run.begins();
        let before = run.done();
        let outcome = attempt(core, run).await;
        run.paused();
        drop(slot);
        let Err(failure) = outcome else {
            return Ok(());
        };
        if run.done() > before {
            pauses.reset();
        }
        let pause = match &failure {
            Failure::Busy {
                retry_after: Some(wait),
            } => pauses.next().max(*wait).min(MOST_PATIENCE),
            Failure::Refused(_) | Failure::Protocol(_) => LONG,
            _ => pauses.next(),
        };
        let (reason, again) = judge(&failure);
        metrics::counter!(crate::metrics::ATTEMPTS_FAILED).increment(1);
        if !again {
            tracing::warn!(%failure, "the text cannot be translated");
            return Err(reason);
        }
        if told.as_ref() == Some(&failure) {
            tracing::debug!(%failure, ?pause, "trying again");
        } else {
            tracing::info!(%failure, ?pause, "trying again until it succeeds");
            told = Some(failure);
        }
        // Before anybody sees that there is something to hurry.
        let hurried = run.job().hurried();
        run.set(Phase::Retrying {
            reason,
            next_attempt: Timestamp::now() + pause,
        });
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = hurried => {}
        }
    }
}

/// What the page says of a failure, and whether to try again. Only a text that is too long stays
/// so: everything else may be the fault of a backend or a proxy that somebody mends.
fn judge(failure: &Failure) -> (Reason, bool) {
    match failure {
        Failure::Down(_) => (Reason::Down, true),
        Failure::Busy { .. } => (Reason::Busy, true),
        Failure::Slow => (Reason::Slow, true),
        Failure::Broken(_) | Failure::Failed(_) | Failure::OtherModel(_) => (Reason::Broken, true),
        Failure::TooLong => (Reason::TooLong, false),
        Failure::Refused(message) => (Reason::Refused(message.clone()), true),
        Failure::Protocol(_) => (Reason::Protocol, true),
    }
}

/// Has translated what is not translated yet, by all replicas that can be asked now.
async fn attempt(core: &Core, run: &Run) -> Result<(), Failure> {
    if !run.job().text().contains(char::is_alphanumeric) {
        // Nothing to translate, so nothing to wait for.
        return Ok(());
    }
    let (model, replica) = core.translator.find(run.model().as_ref()).await?;
    let segments = if let Some(known) = run.known(&model) {
        known
    } else {
        let segments = segments(run, &model.source_language).await?;
        run.segmented(&model, Arc::clone(&segments));
        segments
    };
    let spread = Spread {
        translator: &core.translator,
        run,
        model: &model,
        segments: &segments,
    };
    spread.translate(&replica).await
}

/// The sentences of the text. A book takes a moment, so not on the thread of everybody.
async fn segments(run: &Run, language: &str) -> Result<Arc<[Segment]>, Failure> {
    let (job, language) = (run.job().clone(), language.to_owned());
    let segments = move || segment::segments(job.text(), &language).into();
    let segments = tokio::task::spawn_blocking(segments).await;
    segments.map_err(|error| Failure::Failed(error.to_string()))
}
