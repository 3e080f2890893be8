//! Tests that share a stack, which is started for the first of them and removed after the last.

use std::sync::{Arc, Mutex};

use libtest_mimic::{Completion, Failed, Trial};

use crate::docker;

/// A running stack. Dropping it removes everything that it created.
pub(crate) trait Stack: Send + Sync + Sized + 'static {
    /// Removes the remains of an earlier run that was killed, and starts the stack.
    fn start() -> anyhow::Result<Self>;
}

/// A test of a running stack.
pub(crate) type Scenario<S> = fn(&S) -> anyhow::Result<()>;

/// The stack, if a test has needed it; a failed start is not repeated.
type Shared<S> = Mutex<Option<Result<Arc<S>, String>>>;

/// Returns the scenarios as tests, with the name of the suite in theirs. Each test drops its reference
/// to the stack when it has run, so the stack is removed after the last one and before the next suite,
/// even if tests fail.
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

/// Returns the running stack; the first call starts it.
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
