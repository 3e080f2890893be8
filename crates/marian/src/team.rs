//! A team of threads that share small pieces of work.
//!
//! A decoder step is two tasks, or with few rows some sixty tasks of 20 to 200 µs, one after the
//! other. Putting a thread to sleep and waking it takes about as long as one of those, so these
//! threads stay awake between tasks. They go to sleep after a while without work, and before that
//! yield the processor to any other thread that wants it.
//!
//! Rayon wakes its threads for every task: with it, two threads were busy four fifths of the time.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};
use std::{fmt, hint, io, ptr};

/// Time that an idle thread stays awake: longer than any stretch that runs on a single thread
/// between two operations, including the choice of the next tokens.
const AWAKE: Duration = Duration::from_micros(300);
/// Number of times that a thread polls its mailbox before it checks the clock; about a microsecond.
const POLLS: usize = 32;

/// A fixed number of threads, including the caller's.
pub(crate) struct Team {
    helpers: Vec<Helper>,
    /// Locked by the caller that the helpers are working for.
    turn: Mutex<()>,
}

struct Helper {
    mailbox: Arc<Mailbox>,
    thread: Thread,
    handle: Option<JoinHandle<()>>,
}

/// The mailbox through which a helper receives tasks. `task` is null, a task to run, or [`TAKEN`].
#[derive(Default)]
struct Mailbox {
    task: AtomicPtr<Task<'static>>,
    is_asleep: AtomicBool,
    is_closed: AtomicBool,
}

/// Placeholder for a task that a helper is running.
const TAKEN: *mut Task<'static> = ptr::dangling_mut();

/// Numbered pieces of work, and the number of the next one to start.
struct Task<'a> {
    work: &'a (dyn Fn(usize) + Sync),
    pieces: usize,
    next: AtomicUsize,
    has_panicked: AtomicBool,
}

impl Task<'_> {
    fn run(&self) {
        loop {
            let piece = self.next.fetch_add(1, Ordering::Relaxed);
            if piece >= self.pieces {
                return;
            }
            (self.work)(piece);
        }
    }
}

impl Team {
    /// Starts a team of `threads` threads, including the caller's.
    ///
    /// # Errors
    /// Returns an error if the operating system cannot start a thread.
    pub(crate) fn new(threads: usize) -> io::Result<Self> {
        let helper = |index| {
            let mailbox = Arc::new(Mailbox::default());
            let own = mailbox.clone();
            let handle = thread::Builder::new()
                .name(format!("marian-{index}"))
                .spawn(move || own.serve())?;
            Ok(Helper {
                mailbox,
                thread: handle.thread().clone(),
                handle: Some(handle),
            })
        };
        Ok(Self {
            helpers: (1..threads).map(helper).collect::<io::Result<_>>()?,
            turn: Mutex::new(()),
        })
    }

    pub(crate) fn threads(&self) -> usize {
        self.helpers.len() + 1
    }

    /// Returns the number of items per thread when `count` similar items are shared out, but no
    /// fewer than `min`, below which another thread is not worth it.
    pub(crate) fn share(&self, count: usize, min: usize) -> usize {
        count.div_ceil(self.threads()).max(min).max(1)
    }

    /// Calls `work` with every item, each on one of the threads, and returns when all calls have
    /// finished.
    ///
    /// # Panics
    /// Panics if `work` does.
    pub(crate) fn for_each<T: Send>(
        &self,
        items: impl IntoIterator<Item = T>,
        work: impl Fn(T) + Sync,
    ) {
        let items: Vec<Mutex<Option<T>>> = items
            .into_iter()
            .map(|item| Mutex::new(Some(item)))
            .collect();
        self.run(items.len(), &|piece| {
            let item = items[piece]
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            work(item.expect("each piece is taken once"));
        });
    }

    /// Calls `work` with every item, as [`for_each`](Self::for_each) does, and returns the results
    /// in the order of the items.
    ///
    /// # Panics
    /// Panics if `work` does.
    pub(crate) fn map<T: Send, R: Send>(
        &self,
        items: impl IntoIterator<Item = T>,
        work: impl Fn(T) -> R + Sync,
    ) -> Vec<R> {
        let items: Vec<T> = items.into_iter().collect();
        let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
        self.for_each(results.iter_mut().zip(items), |(result, item)| {
            *result = Some(work(item));
        });
        let results = results.into_iter();
        results
            .map(|result| result.expect("every item has a result"))
            .collect()
    }

    fn run(&self, pieces: usize, work: &(dyn Fn(usize) + Sync)) {
        let task = Task {
            work,
            pieces,
            next: AtomicUsize::new(0),
            has_panicked: AtomicBool::new(false),
        };
        let wanted = &self.helpers[..self.helpers.len().min(pieces.saturating_sub(1))];
        if wanted.is_empty() {
            return task.run();
        }
        // While the helpers work for another caller, this caller is faster on its own.
        let turn = match self.turn.try_lock() {
            Ok(turn) => Some(turn),
            Err(TryLockError::Poisoned(turn)) => Some(turn.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        let Some(_turn) = turn else {
            return task.run();
        };
        let address = ptr::from_ref(&task).cast::<Task<'static>>().cast_mut();
        for helper in wanted {
            helper.mailbox.task.store(address, Ordering::SeqCst);
            if helper.mailbox.is_asleep.load(Ordering::SeqCst) {
                helper.thread.unpark();
            }
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| task.run()));
        for helper in wanted {
            helper.mailbox.take_back(address);
        }
        // From here on, no helper refers to the task.
        match outcome {
            Err(panic) => resume_unwind(panic),
            Ok(()) if task.has_panicked.load(Ordering::Relaxed) => {
                resume_unwind(Box::new("a helper panicked"))
            }
            Ok(()) => {}
        }
    }
}

impl Mailbox {
    /// Runs tasks until the mailbox is closed: the body of a helper thread.
    fn serve(&self) {
        let mut since = Instant::now();
        loop {
            for _ in 0..POLLS {
                if self.try_to_work() {
                    since = Instant::now();
                }
                hint::spin_loop();
            }
            if self.is_closed.load(Ordering::Relaxed) {
                return;
            }
            if since.elapsed() < AWAKE {
                thread::yield_now();
                continue;
            }
            // The caller stores a task and then reads this flag; this thread sets the flag and then
            // reads the mailbox. So at least one of them sees the other's write.
            self.is_asleep.store(true, Ordering::SeqCst);
            while self.task.load(Ordering::SeqCst).is_null()
                && !self.is_closed.load(Ordering::SeqCst)
            {
                thread::park();
            }
            self.is_asleep.store(false, Ordering::SeqCst);
            since = Instant::now();
        }
    }

    /// Runs the task in the mailbox, if there is one, and returns whether there was.
    fn try_to_work(&self) -> bool {
        let task = self.task.load(Ordering::Relaxed);
        if task.is_null() {
            return false;
        }
        let taken = self
            .task
            .compare_exchange(task, TAKEN, Ordering::Acquire, Ordering::Relaxed);
        if taken.is_err() {
            return false;
        }
        // SAFETY: `Team::run` stored its task here, and does not release it until `take_back` has
        // seen this mailbox empty.
        #[expect(
            unsafe_code,
            reason = "the task lives on the stack of the thread that calls `Team::run`"
        )]
        let task = unsafe { &*task };
        if catch_unwind(AssertUnwindSafe(|| task.run())).is_err() {
            task.has_panicked.store(true, Ordering::Relaxed);
        }
        self.task.store(ptr::null_mut(), Ordering::Release);
        true
    }

    /// Waits until the helper no longer refers to the task: it either never started the task or has
    /// finished it.
    fn take_back(&self, task: *mut Task<'static>) {
        let untaken =
            self.task
                .compare_exchange(task, ptr::null_mut(), Ordering::AcqRel, Ordering::Acquire);
        if untaken.is_ok() {
            return;
        }
        let mut polls = 0;
        while !self.task.load(Ordering::Acquire).is_null() {
            hint::spin_loop();
            polls += 1;
            // The helper may be waiting for this processor.
            if polls % POLLS == 0 {
                thread::yield_now();
            }
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.mailbox.is_closed.store(true, Ordering::SeqCst);
        self.thread.unpark();
        if let Some(handle) = self.handle.take() {
            let _ = handle.join();
        }
    }
}

impl fmt::Debug for Team {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Team of {}", self.threads())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_done_once() {
        for threads in [1, 2, 3, 8] {
            let team = Team::new(threads).expect("threads");
            for count in [0, 1, 2, 7, 100] {
                let mut done = vec![0; count];
                for _ in 0..50 {
                    team.for_each(&mut done, |done| *done += 1);
                }
                assert_eq!(done, vec![50; count], "{threads} threads");
            }
        }
    }

    /// Also while the team's threads are busy for another caller, and when one of them is itself a
    /// caller.
    #[test]
    fn many_callers_share_a_team() {
        let team = Team::new(3).expect("threads");
        let sum = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        team.for_each(0..5, |outer| {
                            team.for_each(0..2, |inner| {
                                sum.fetch_add(outer * inner, Ordering::Relaxed);
                            });
                        });
                    }
                });
            }
        });
        assert_eq!(sum.into_inner(), 4 * 200 * 10);
    }

    #[test]
    fn a_panic_comes_back_and_the_team_works_on() {
        let team = Team::new(3).expect("threads");
        for bad in 0..6 {
            let done = AtomicUsize::new(0);
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                team.for_each(0..6, |item| {
                    assert_ne!(item, bad, "on purpose");
                    done.fetch_add(1, Ordering::Relaxed);
                });
            }));
            assert!(outcome.is_err());
            assert!(done.into_inner() < 6);
        }
        let done = AtomicUsize::new(0);
        team.for_each(0..6, |_| {
            done.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(done.into_inner(), 6);
    }
}
