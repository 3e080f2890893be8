//! Who may run: a bounded number at once, the others in the order of arrival. Letters and books
//! have places of their own, so that no letter waits for hours behind books.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::job::Run;

/// Most letters, and most books, at work at once. The backend gives every request its turn, so a
/// letter does not wait behind a book that runs beside it. More would only make every text slower.
pub(super) const RUNNING: usize = 8;

/// Longest letter, in bytes; all others are books. It is seconds of work.
const LETTER: usize = 32 * 1024;

/// The places of letters and of books.
#[derive(Debug)]
pub(super) struct Queues {
    letters: Arc<Queue>,
    books: Arc<Queue>,
}

impl Queues {
    pub(super) fn new() -> Self {
        Self {
            letters: Arc::new(Queue::new()),
            books: Arc::new(Queue::new()),
        }
    }

    /// Waits for a slot; the job shows its place meanwhile.
    pub(super) async fn slot(&self, run: &Run) -> Slot {
        let is_letter = run.job().text().len() <= LETTER;
        let queue = if is_letter {
            &self.letters
        } else {
            &self.books
        };
        queue.slot(run).await
    }
}

#[derive(Debug)]
struct Queue {
    places: Mutex<Places>,
}

#[derive(Debug)]
struct Places {
    free: usize,
    tickets: u64,
    waiting: BTreeMap<Place, (Run, oneshot::Sender<()>)>,
}

/// Arrival of the job, then a ticket of its own for every [`Queue::slot`]: a run that was stopped
/// may give up after the next run of the same job has queued, and must not take away its place.
type Place = (u64, u64);

/// The right to run, or a place in the queue while [`Queue::slot`] has not returned.
#[derive(Debug)]
pub(super) struct Slot {
    queue: Arc<Queue>,
    place: Place,
}

impl Queue {
    fn new() -> Self {
        let waiting = BTreeMap::new();
        Self {
            places: Mutex::new(Places {
                free: RUNNING,
                tickets: 0,
                waiting,
            }),
        }
    }

    async fn slot(self: &Arc<Self>, run: &Run) -> Slot {
        let (slot, turn) = {
            let mut places = self.lock();
            places.tickets += 1;
            let place = (run.job().arrival(), places.tickets);
            let slot = Slot {
                queue: Arc::clone(self),
                place,
            };
            if places.free > 0 {
                places.free -= 1;
                return slot;
            }
            let (give, turn) = oneshot::channel();
            places.waiting.insert(place, (run.clone(), give));
            places.number();
            (slot, turn)
        };
        // The sender is dropped only with its entry, which only `Slot` does.
        let _ = turn.await;
        slot
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut places = self.queue.lock();
        if places.waiting.remove(&self.place).is_some() {
            // Gave up before its turn.
            places.number();
        } else if let Some((_, (_, give))) = places.waiting.pop_first() {
            // Where nobody listens any more, that one's own `Slot` is dropped next, and comes here.
            let _ = give.send(());
            places.number();
        } else {
            places.free += 1;
        }
    }
}

impl Places {
    fn number(&self) {
        for (index, (run, _)) in self.waiting.values().enumerate() {
            run.waits(index + 1);
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

    #[test]
    fn a_run_that_gives_up_late_leaves_the_place_of_the_next() {
        let queue = Arc::new(Queue::new());
        let shutdown = CancellationToken::new();
        let job = |arrival| Job::new(Uuid::now_v7(), String::new(), Timestamp::now(), arrival);
        let runs: Vec<_> = (0..).map(job).take(RUNNING).collect();
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
