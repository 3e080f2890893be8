//! Pauses between attempts: exponential with full jitter, so that processes that lost the same
//! service do not return to it at the same time.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// A sequence of pauses, each drawn uniformly between zero and a limit that doubles.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    max: Duration,
    attempts: u32,
}

impl Backoff {
    /// Creates a sequence whose limit starts at `first` and never exceeds `max`.
    pub(crate) const fn new(first: Duration, max: Duration) -> Self {
        Self {
            first,
            max,
            attempts: 0,
        }
    }

    /// Returns the next pause.
    pub(crate) fn next(&mut self) -> Duration {
        // 2^20 times the first limit exceeds every `max` in use.
        let limit = self.max.min(self.first * (1 << self.attempts.min(20)));
        self.attempts += 1;
        limit.mul_f64(random())
    }

    /// Returns to short pauses, after a success.
    pub(crate) fn reset(&mut self) {
        self.attempts = 0;
    }
}

/// Returns a random number from 0 to 1. The standard library seeds its hasher at random, which is
/// enough for jitter.
fn random() -> f64 {
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_vary() {
        let (first, max) = (Duration::from_millis(100), Duration::from_secs(5));
        let mut backoff = Backoff::new(first, max);
        let pauses: Vec<_> = (0..100).map(|_| backoff.next()).collect();
        assert!(pauses[0] <= first);
        assert!(pauses.iter().all(|pause| *pause <= max));
        assert!(pauses.iter().any(|pause| *pause > max / 2));
        assert!(pauses[10..].iter().any(|pause| *pause < max / 2));
        backoff.reset();
        assert!(backoff.next() <= first);
    }
}
