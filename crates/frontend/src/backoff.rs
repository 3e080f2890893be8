//! Pauses between attempts: exponential, with full jitter, so that several processes that lost
//! the same service do not come back to it in step.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// A sequence of pauses: each is drawn evenly from nothing up to a limit that doubles.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    most: Duration,
    attempts: u32,
}

impl Backoff {
    /// The limit of the first pause, and the one that is never exceeded.
    pub(crate) const fn new(first: Duration, most: Duration) -> Self {
        Self {
            first,
            most,
            attempts: 0,
        }
    }

    /// The next pause.
    pub(crate) fn next(&mut self) -> Duration {
        // 2^20 times the first limit is beyond any `most` in use.
        let limit = self.most.min(self.first * (1 << self.attempts.min(20)));
        self.attempts += 1;
        limit.mul_f64(random())
    }

    /// Starts again with short pauses, after a success.
    pub(crate) fn reset(&mut self) {
        self.attempts = 0;
    }
}

/// A number from 0 to 1. The standard library's hasher is seeded at random, which is all that
/// jitter needs.
fn random() -> f64 {
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_vary() {
        let (first, most) = (Duration::from_millis(100), Duration::from_secs(5));
        let mut backoff = Backoff::new(first, most);
        let pauses: Vec<_> = (0..100).map(|_| backoff.next()).collect();
        assert!(pauses[0] <= first);
        assert!(pauses.iter().all(|pause| *pause <= most));
        assert!(pauses.iter().any(|pause| *pause > most / 2));
        assert!(pauses[10..].iter().any(|pause| *pause < most / 2));
        backoff.reset();
        assert!(backoff.next() <= first);
    }
}
