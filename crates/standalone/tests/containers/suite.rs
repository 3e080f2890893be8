//! Tests that share a stack, which is set up for the first of them and taken down after the last.

use std::sync::{Arc, Mutex};

use libtest_mimic::{Completion, Failed, Trial};

use crate::docker;

/// A running stack. Dropping it removes all that it made.
pub(crate) trait Stack: Send + Sync + Sized + 'static {
    /// Starts it, and first removes what a run that was killed has left.
    fn start() -> anyhow::Result<Self>;
}

/// A test of a running stack.
pub(crate) type Scenario<S> = fn(&S) -> anyhow::Result<()>;

/// The stack, if a test needed it; one that failed to start is not tried again.
type Shared<S> = Mutex<Option<Result<Arc<S>, String>>>;

/// The scenarios as tests of `suite`, with names that tell suites apart. Only they hold the stack, and each lets go of it when it has run: with
/// the last one it goes, before the next suite begins, also where tests fail.
pub(crate) fn trials<S: Stack>(
    suite: &'static str,
    scenarios: &'static [(&'static str, Scenario<S>)],
) -> impl Iterator<Item = Trial> {
    let shared = Arc::new(Shared::<S>::default());
    scenarios.iter().map(move |(name, scenario)| {
        let shared = Arc::clone(&shared);
        Trial::ignorable_test(format!("{suite}::{name}"), move || {
            if let Some(reason) = docker::missing() {
                return Ok(Completion::ignored_with(reason));
            }
            running(&shared)
                .and_then(|stack| scenario(&stack))
                .map(|()| Completion::Completed)
                .map_err(|error| Failed::from(format!("{error:#}")))
        })
    })
}

/// The running stack; the first call starts it.
fn running<S: Stack>(shared: &Shared<S>) -> anyhow::Result<Arc<S>> {
    shared
        .lock()
        .expect("no test panics while it starts the stack")
        .get_or_insert_with(|| {
            S::start()
                .map(Arc::new)
                .map_err(|error| format!("{error:#}"))
        })
        .clone()
        .map_err(anyhow::Error::msg)
}
