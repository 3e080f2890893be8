//! Slots for running jobs: a bounded number run at once, the others in order of arrival. Short and
//! long texts have slots of their own, so that a letter does not wait hours for books.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::job::Run;

/// Maximum number of running jobs with short texts, and with long ones. The backend alternates
/// between requests, so a short text does not wait for a long one that runs beside it. More jobs
/// would only make every text slower.
const MAX_RUNNING: usize = 8;

/// Maximum size of a short text, in bytes: seconds of translation.
const MAX_SHORT_TEXT_BYTES: usize = 32 * 1024;

/// Slots for short and for long texts; clones share them.
#[derive(Clone, Debug)]
pub(super) struct Queues {
    short: Arc<SlotQueue>,
    long: Arc<SlotQueue>,
}

impl Queues {
    pub(super) fn new() -> Self {
        Self {
            short: Arc::new(SlotQueue::new()),
            long: Arc::new(SlotQueue::new()),
        }
    }

    /// Waits for a slot; the job shows its place in the queue meanwhile.
    pub(super) async fn slot(&self, run: &Run) -> Slot {
        let is_short = run.job().text().len() <= MAX_SHORT_TEXT_BYTES;
        let queue = if is_short { &self.short } else { &self.long };
        queue.slot(run).await
    }
}

#[derive(Debug)]
struct SlotQueue {
    slots: Mutex<Slots>,
}

#[derive(Debug)]
struct Slots {
    free: usize,
    last_ticket: u64,
    waiting: BTreeMap<Ticket, (Run, oneshot::Sender<()>)>,
}

/// Arrival of the job, and a number that is unique to a call of [`SlotQueue::slot`]: a stopped run
/// may leave the queue after the next run of the same job has entered it, and must not remove it.
type Ticket = (u64, u64);

/// The right to run, or a place in the queue while [`SlotQueue::slot`] has not returned.
#[derive(Debug)]
pub(super) struct Slot {
    queue: Arc<SlotQueue>,
    ticket: Ticket,
}

impl SlotQueue {
    fn new() -> Self {
        Self {
            slots: Mutex::new(Slots {
                free: MAX_RUNNING,
                last_ticket: 0,
                waiting: BTreeMap::new(),
            }),
        }
    }

    async fn slot(self: &Arc<Self>, run: &Run) -> Slot {
        let (slot, turn) = {
            let mut slots = self.lock();
            slots.last_ticket += 1;
            let ticket = (run.job().arrival(), slots.last_ticket);
            let slot = Slot {
                queue: Arc::clone(self),
                ticket,
            };
            if slots.free > 0 {
                slots.free -= 1;
                return slot;
            }
            let (give, turn) = oneshot::channel();
            slots.waiting.insert(ticket, (run.clone(), give));
            slots.show_places();
            (slot, turn)
        };
        // Only `Slot` removes the entry with the sender, so this is no error.
        let _ = turn.await;
        slot
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut slots = self.queue.lock();
        if slots.waiting.remove(&self.ticket).is_some() {
            // The run left the queue before its turn.
            slots.show_places();
        } else if let Some((_, (_, give))) = slots.waiting.pop_first() {
            // If that run has left as well, its own `Slot` is dropped next and passes the turn on.
            let _ = give.send(());
            slots.show_places();
        } else {
            slots.free += 1;
        }
    }
}

impl Slots {
    fn show_places(&self) {
        for (index, (run, _)) in self.waiting.values().enumerate() {
            run.wait(index + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use jiff::Timestamp;
    use tokio_util::sync::CancellationToken;
    use uuid::Uuid;

    use super::*;
    use crate::jobs::Job;
    use crate::spool::Accepted;

    #[test]
    fn a_run_that_leaves_late_does_not_remove_the_next_one() {
        let queue = Arc::new(SlotQueue::new());
        let shutdown = CancellationToken::new();
        let job = |arrival| {
            let accepted = Accepted {
                id: Uuid::now_v7(),
                created_at: Timestamp::now(),
                text: "",
                wrapped: false,
                file: None,
            };
            Job::new(accepted, arrival)
        };
        let runs: Vec<_> = (0..).map(job).take(MAX_RUNNING).collect();
        let mut slots: Vec<_> = runs
            .iter()
            .map(|job| queue.slot(&job.start(&shutdown)).now_or_never())
            .collect();
        assert!(slots.iter().all(Option::is_some));
        let job = job(100);
        let (old, new) = (job.start(&shutdown), job.start(&shutdown));
        let mut old = Box::pin(queue.slot(&old));
        assert!(old.as_mut().now_or_never().is_none());
        let mut new = Box::pin(queue.slot(&new));
        assert!(new.as_mut().now_or_never().is_none());
        drop(old);
        assert!(new.as_mut().now_or_never().is_none(), "still waits");
        slots.pop();
        assert!(new.as_mut().now_or_never().is_some(), "its turn");
    }
}
