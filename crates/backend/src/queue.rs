//! Limits on the work that the service accepts at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Maximum number of requests that are running or waiting. The model starts on the first sentences
/// of several dozen requests at once, so that the last of this many short requests waits for one or
/// two before it, a matter of seconds; a client that comes later is better served by another
/// replica, or later.
const MAX_REQUESTS: usize = 128;

/// Maximum bytes held by all requests together, as a multiple of the maximum text. JSON may take
/// six bytes for one of text (`\u0041`), so one such body always fits, with two ordinary texts
/// beside it. A byte in the queue takes about four in memory: body, sentences, translations,
/// response. The overhead of sentences is counted separately, see [`BYTES_PER_SEGMENT`].
const BYTES_PER_TEXT_BYTE: usize = 8;

/// Memory overhead of a sentence: 16 bytes for its position, 24 for its string, 32 for the smallest
/// allocation, and about as much again for the translation. In prose that is no more than the text;
/// in a column of figures (`"1\n"`) it is seventy times the text.
const BYTES_PER_SEGMENT: usize = 128;

/// Minimum bytes for all requests together, however low the limit of a text is: enough for
/// [`MAX_REQUESTS`] short texts at a time, each with the overhead of a body and hundreds of
/// sentences.
const MIN_BYTES: usize = MAX_REQUESTS * 128 * 1024;

/// Maximum share of the bytes that the sentences of one request count for, in quarters. A request
/// with more is admitted only when the queue is almost empty, and short texts must still fit beside
/// it for the hours that it takes.
const MAX_QUARTERS_OF_ONE_REQUEST: usize = 3;

/// Limits on the accepted work, in requests and in bytes. Clones share one count.
#[derive(Clone, Debug)]
pub struct RequestQueue(Arc<Inner>);

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

/// Error of a queue at capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl RequestQueue {
    /// Creates a queue for up to `max_requests` requests with up to `max_bytes` bytes together.
    #[must_use]
    pub fn new(max_requests: usize, max_bytes: usize) -> Self {
        Self(Arc::new(Inner {
            max_requests,
            max_bytes,
            held: Mutex::default(),
        }))
    }

    /// Creates a queue for texts of up to `max_text_bytes` each.
    #[must_use]
    pub fn for_texts_of(max_text_bytes: usize) -> Self {
        let max_bytes = max_text_bytes.saturating_mul(BYTES_PER_TEXT_BYTE);
        Self::new(MAX_REQUESTS, max_bytes.max(MIN_BYTES))
    }

    /// Admits a request until its [`Permit`] is dropped.
    ///
    /// # Errors
    /// The queue has its maximum number of requests.
    pub fn enter(&self) -> Result<Permit, Full> {
        let mut held = self.0.held();
        if held.requests >= self.0.max_requests {
            return Err(Full);
        }
        held.requests += 1;
        report(*held);
        Ok(Permit {
            queue: self.0.clone(),
            bytes: 0,
        })
    }

    /// Returns the number of admitted requests.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.0.held().requests
    }
}

impl Inner {
    fn held(&self) -> MutexGuard<'_, Held> {
        // A panic cannot leave two plain numbers half-changed.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request's place in the queue and the bytes that it holds.
#[derive(Debug)]
pub struct Permit {
    queue: Arc<Inner>,
    bytes: usize,
}

impl Permit {
    /// Sets the bytes held by this request, more or fewer than before. A request that is alone gets
    /// as many as it asks for.
    ///
    /// # Errors
    /// Other requests hold too many; this one keeps what it held before.
    pub fn hold(&mut self, bytes: usize) -> Result<(), Full> {
        let mut held = self.queue.held();
        let others = held.bytes - self.bytes;
        let exceeds_limit = others.saturating_add(bytes) > self.queue.max_bytes;
        if bytes > self.bytes && others > 0 && exceeds_limit {
            return Err(Full);
        }
        held.bytes = others + bytes;
        report(*held);
        drop(held);
        self.bytes = bytes;
        Ok(())
    }

    /// Adds the overhead of `segments` sentences to the held bytes.
    ///
    /// # Errors
    /// As [`hold`](Self::hold).
    pub fn hold_segments(&mut self, segments: usize) -> Result<(), Full> {
        let cost = segments.saturating_mul(BYTES_PER_SEGMENT);
        let max = self.queue.max_bytes / 4 * MAX_QUARTERS_OF_ONE_REQUEST;
        self.hold(self.bytes.saturating_add(cost).min(max.max(self.bytes)))
    }
}

impl Drop for Permit {
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
    fn permits_are_limited_and_released_on_drop() {
        let queue = RequestQueue::new(2, 100);
        let first = queue.enter().expect("room");
        let _second = queue.enter().expect("room");
        assert_eq!(queue.enter().expect_err("full"), Full);
        drop(first);
        queue.enter().expect("room again");
    }

    #[test]
    fn bytes_are_limited_over_all_permits() {
        let queue = RequestQueue::new(9, 100);
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
    fn a_request_alone_may_exceed_the_limit_and_others_may_not() {
        let queue = RequestQueue::new(9, 1000);
        let (mut one, mut two) = (queue.enter().expect("room"), queue.enter().expect("room"));
        one.hold(5000).expect("alone");
        two.hold(1).expect_err("no room");
        one.hold(0).expect("less");
        two.hold(5000).expect("alone now");
    }

    #[test]
    fn sentences_count_but_never_fill_the_queue() {
        let queue = RequestQueue::new(9, 1000);
        let (mut one, mut two) = (queue.enter().expect("room"), queue.enter().expect("room"));
        one.hold(10).expect("room");
        one.hold_segments(2).expect("room");
        two.hold(1000 - 10 - 2 * BYTES_PER_SEGMENT)
            .expect("just fits");
        one.hold_segments(1).expect_err("one sentence too many");
        drop(two);
        one.hold_segments(1_000_000).expect("alone");
        let mut two = queue.enter().expect("room");
        two.hold(200).expect("room for short texts is left");
        two.hold_segments(1_000_000)
            .expect_err("only one at a time");
    }
}
