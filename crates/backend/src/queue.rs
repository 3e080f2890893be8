//! How much work the service takes on at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Requests that may be at work or waiting. The model takes the first sentences of some dozens at
/// once, so that the last of so many short requests waits for one or two before it, which is seconds;
/// who comes later is better off on another replica, or later.
pub const MAX_REQUESTS: usize = 128;

/// Bytes that all requests together may hold, as a multiple of the longest text: JSON can take six
/// bytes for one of the text (`\u0041`), so that one such body fits in any case, and two more texts
/// as people send them beside it. A byte in the queue costs about four in memory: body, sentences,
/// translations, answer. What each sentence costs besides is counted apart, see
/// [`BYTES_PER_SEGMENT`].
pub const BYTES_PER_TEXT_BYTE: usize = 8;

/// What a sentence costs in memory besides its bytes: 16 for where it stands, 24 for its string and
/// 32 for the smallest allocation behind it, and about as much again on the way out. In prose that is
/// no more than the text; in a column of figures ("1\n") it is seventy times the text.
pub const BYTES_PER_SEGMENT: usize = 128;

/// The least room for all requests together, however short the longest text may be: for as many
/// short texts at a time as [`MAX_REQUESTS`], each with a body's margin and hundreds of sentences.
const MIN_BYTES: usize = MAX_REQUESTS * 128 * 1024;

/// The share of the room that one request's sentences count for at most, in quarters. More is let
/// in only if there is next to nobody else, and short texts must still find room beside it for the
/// hours that it takes.
const QUARTERS_OF_ONE: usize = 3;

/// The bounds of the work taken on, in requests and in bytes. Clones share one count.
#[derive(Clone, Debug)]
pub struct Queue(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    max_requests: usize,
    max_bytes: usize,
    held: Mutex<Held>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Held {
    requests: usize,
    bytes: usize,
}

/// The queue has no more room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Queue {
    /// A queue for so many requests that hold so many bytes together.
    #[must_use]
    pub fn new(max_requests: usize, max_bytes: usize) -> Self {
        Self(Arc::new(Inner {
            max_requests,
            max_bytes,
            held: Mutex::default(),
        }))
    }

    /// A queue for texts of at most `max_text_bytes` each.
    #[must_use]
    pub fn for_texts_of(max_text_bytes: usize) -> Self {
        let max_bytes = max_text_bytes.saturating_mul(BYTES_PER_TEXT_BYTE);
        Self::new(MAX_REQUESTS, max_bytes.max(MIN_BYTES))
    }

    /// Takes a place, which is free again when the [`Place`] is dropped.
    ///
    /// # Errors
    /// All are taken.
    pub fn enter(&self) -> Result<Place, Full> {
        let mut held = self.0.held();
        if held.requests >= self.0.max_requests {
            return Err(Full);
        }
        held.requests += 1;
        report(*held);
        Ok(Place {
            queue: self.0.clone(),
            bytes: 0,
        })
    }

    /// Requests that hold a place.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.0.held().requests
    }
}

impl Inner {
    fn held(&self) -> MutexGuard<'_, Held> {
        // Two numbers that are changed together cannot be left half-changed by a panic.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request's place in the queue, with the bytes that it holds.
#[derive(Debug)]
pub struct Place {
    queue: Arc<Inner>,
    bytes: usize,
}

impl Place {
    /// Holds `bytes` in all from now on, more or less than before. A request that is alone gets all
    /// that it asks for.
    ///
    /// # Errors
    /// Other requests hold too much; what this one held before it still does.
    pub fn hold(&mut self, bytes: usize) -> Result<(), Full> {
        let mut held = self.queue.held();
        let others = held.bytes - self.bytes;
        let is_too_much = others.saturating_add(bytes) > self.queue.max_bytes;
        if bytes > self.bytes && others > 0 && is_too_much {
            return Err(Full);
        }
        held.bytes = others + bytes;
        report(*held);
        drop(held);
        self.bytes = bytes;
        Ok(())
    }

    /// Holds what so many sentences cost, in addition to what it holds.
    ///
    /// # Errors
    /// As [`hold`](Self::hold).
    pub fn hold_segments(&mut self, segments: usize) -> Result<(), Full> {
        let cost = segments.saturating_mul(BYTES_PER_SEGMENT);
        let most = self.queue.max_bytes / 4 * QUARTERS_OF_ONE;
        self.hold(self.bytes.saturating_add(cost).min(most.max(self.bytes)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.queue.held();
        held.requests -= 1;
        held.bytes -= self.bytes;
        report(*held);
    }
}

fn report(held: Held) {
    metrics::gauge!(crate::metrics::QUEUE_REQUESTS).set(held.requests as f64);
    metrics::gauge!(crate::metrics::QUEUE_BYTES).set(held.bytes as f64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_out_once_and_come_back() {
        let queue = Queue::new(2, 100);
        let first = queue.enter().expect("room");
        let _second = queue.enter().expect("room");
        assert_eq!(queue.enter().expect_err("full"), Full);
        drop(first);
        queue.enter().expect("room again");
    }

    #[test]
    fn bytes_are_bounded_over_all_places() {
        let queue = Queue::new(9, 100);
        let (mut one, mut two) = (queue.enter().expect("room"), queue.enter().expect("room"));
        one.hold(60).expect("room");
        two.hold(50).expect_err("too much together");
        two.hold(40).expect("just fits");
        one.hold(20).expect("less");
        two.hold(80).expect("the rest");
        drop(one);
        drop(two);
        queue.enter().expect("room").hold(100).expect("all is free");
    }

    #[test]
    fn who_is_alone_gets_all_and_who_is_not_is_bounded() {
        let queue = Queue::new(9, 1000);
        let (mut one, mut two) = (queue.enter().expect("room"), queue.enter().expect("room"));
        one.hold(5000).expect("alone");
        two.hold(1).expect_err("no room");
        one.hold(0).expect("less");
        two.hold(5000).expect("alone now");
    }

    #[test]
    fn sentences_count_but_never_for_all_the_room() {
        let queue = Queue::new(9, 1000);
        let (mut one, mut two) = (queue.enter().expect("room"), queue.enter().expect("room"));
        one.hold(10).expect("room");
        one.hold_segments(2).expect("room");
        two.hold(1000 - 10 - 2 * BYTES_PER_SEGMENT)
            .expect("just fits");
        one.hold_segments(1).expect_err("one sentence too much");
        drop(two);
        one.hold_segments(1_000_000).expect("alone");
        let mut two = queue.enter().expect("room");
        two.hold(200).expect("room for short ones is left");
        two.hold_segments(1_000_000)
            .expect_err("one such at a time");
    }
}
