//! Translation of one job, with as many attempts as it takes.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use segment::Segment;
use tokio::time::Instant;

use super::job::Run;
use super::queue::Queues;
use super::spread::Spread;
use super::state::{Phase, Reason};
use crate::backoff::Backoff;
use crate::metrics::ATTEMPTS_FAILED;
use crate::translator::{Failure, MAX_RETRY_AFTER, Translator};

/// Pauses between attempts: short enough that nobody notices a restart of the backend, long enough
/// that waiting texts do not flood one that is down.
const PAUSES: Backoff = Backoff::new(Duration::from_secs(1), LONG_PAUSE);

/// Pause after a failure that another attempt is unlikely to fix: somebody has to change something,
/// or to start another version of the backend. Also the maximum of [`PAUSES`].
const LONG_PAUSE: Duration = Duration::from_secs(20);

/// Maximum time of pauses for a client whose answer has not begun: long enough for a few attempts,
/// and short enough that the client, which has its own pauses, still gets a status.
const MAX_SHORT_PAUSES: Duration = Duration::from_secs(4);

/// Maximum time of pauses for a file, or once an answer has begun: a restart of the backend takes
/// less, and the client would have to begin anew.
const MAX_LONG_PAUSES: Duration = Duration::from_mins(5);

/// Patience with pauses between attempts in which no attempt gets any further.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Patience {
    /// The text waits for as long as it takes: it is in the spool.
    Unlimited,
    /// A file waits for minutes.
    File,
    /// A client waits for seconds, and for minutes once its answer has begun.
    Client {
        /// Time at which the answer begins.
        begins: Instant,
    },
}

impl Patience {
    /// Returns the maximum time of pauses, now.
    fn max_pauses(self) -> Duration {
        match self {
            Self::Unlimited => Duration::MAX,
            Self::Client { begins } if Instant::now() < begins => MAX_SHORT_PAUSES,
            Self::Client { .. } | Self::File => MAX_LONG_PAUSES,
        }
    }
}

/// Returns once every sentence is translated.
///
/// # Errors
/// The text cannot be translated, whatever the number of attempts, or the patience is over.
pub(super) async fn translate(
    queues: &Queues,
    translator: &Translator,
    run: &Run,
    patience: Patience,
) -> Result<(), Reason> {
    let mut pauses = PAUSES;
    let mut total_pause = Duration::ZERO;
    let mut logged = None;
    loop {
        let slot = queues.slot(run).await;
        run.begin();
        let before = run.done();
        let outcome = attempt(translator, run).await;
        run.pause();
        drop(slot);
        let Err(failure) = outcome else {
            return Ok(());
        };
        if run.done() > before {
            pauses.reset();
            total_pause = Duration::ZERO;
        }
        let pause = match &failure {
            Failure::Busy {
                retry_after: Some(wait),
            } => pauses.next().max(*wait).min(MAX_RETRY_AFTER),
            Failure::Refused(_) | Failure::Protocol(_) => LONG_PAUSE,
            _ => pauses.next(),
        };
        metrics::counter!(ATTEMPTS_FAILED).increment(1);
        let reason = reason(&failure);
        // Any other failure may be that of a backend or a proxy that somebody fixes.
        if reason == Reason::TooLong {
            tracing::warn!(%failure, "the text cannot be translated");
            return Err(reason);
        }
        let left = patience.max_pauses().saturating_sub(total_pause);
        if left.is_zero() {
            tracing::info!(%failure, "giving up");
            return Err(reason);
        }
        // The last attempt is at the end of the patience, even if the backend asks for a longer pause.
        let pause = pause.min(left);
        total_pause += pause;
        if logged.as_ref() == Some(&failure) {
            tracing::debug!(%failure, ?pause, "trying again");
        } else {
            tracing::info!(%failure, ?pause, "trying again until it succeeds");
            logged = Some(failure);
        }
        // Before the phase shows that there is something to hurry.
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

/// Returns the explanation of a failure for the page.
fn reason(failure: &Failure) -> Reason {
    match failure {
        Failure::Down(_) => Reason::Down,
        Failure::Busy { .. } => Reason::Busy,
        Failure::Slow => Reason::Slow,
        Failure::Broken(_) | Failure::Failed(_) | Failure::OtherModel(_) => Reason::Broken,
        Failure::TooLong => Reason::TooLong,
        Failure::Refused(message) => Reason::Refused(message.clone()),
        Failure::Protocol(_) => Reason::Protocol,
    }
}

/// Translates the missing sentences on all available replicas.
async fn attempt(translator: &Translator, run: &Run) -> Result<(), Failure> {
    if !run.job().text().contains(char::is_alphanumeric) {
        // Without a sentence there is no need for a backend.
        return Ok(());
    }
    let (model, replica) = translator.find(run.model().as_ref()).await?;
    let segments = if let Some(known) = run.segments(&model) {
        known
    } else {
        let segments = segments(run, &model.source_language).await?;
        run.restart(&model, Arc::clone(&segments));
        segments
    };
    let spread = Spread {
        translator,
        run,
        model: &model,
        segments: &segments,
    };
    spread.translate(&replica).await
}

/// Cuts the text into sentences, on a thread that may block: a book takes a moment.
async fn segments(run: &Run, language: &str) -> Result<Arc<[Segment]>, Failure> {
    let (job, language) = (run.job().clone(), language.to_owned());
    let segments = move || segment::segments(job.text(), job.rules(&language)).into();
    let segments = tokio::task::spawn_blocking(segments).await;
    segments.map_err(|error| Failure::Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_client_is_patient_once_its_answer_has_begun() {
        let begins = Instant::now() + Duration::from_secs(5);
        let client = Patience::Client { begins };
        assert!(Instant::now() + client.max_pauses() < begins, "a status");
        tokio::time::sleep_until(begins).await;
        assert!(client.max_pauses() >= Duration::from_mins(1));
        assert!(Patience::File.max_pauses() >= Duration::from_mins(1));
    }
}
