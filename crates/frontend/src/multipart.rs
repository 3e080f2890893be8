//! Bodies of forms with files (`multipart/form-data`), in bounded memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Bytes;
use futures_util::{Stream, StreamExt as _};

/// Maximum number of bytes that arrive without the end of a header or a piece of a field: a header
/// that never ends would fill the memory.
const MAX_HELD: usize = 4 << 20;

/// Number of bytes that the parser of a form holds; clones count the same ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held(Arc<AtomicUsize>);

impl Held {
    /// Notes that the parser has handed out a header or a piece of a field.
    pub(crate) fn release(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Returns the chunks of a body for the parser. They end with the error `too_large` if they are
    /// more than `max_bytes` or if the parser holds too many of them.
    pub(crate) fn counted<S, E>(
        &self,
        chunks: S,
        max_bytes: u64,
        too_large: impl Fn() -> E,
    ) -> impl Stream<Item = Result<Bytes, E>>
    where
        S: Stream<Item = Result<Bytes, service::body::Error>>,
        E: From<service::body::Error>,
    {
        let held = self.clone();
        let mut left = max_bytes;
        chunks.map(move |chunk| {
            let chunk = chunk?;
            let length = chunk.len();
            let held = held.0.fetch_add(length, Ordering::Relaxed) + length;
            let fits = left.checked_sub(length as u64);
            left = fits.unwrap_or_default();
            if fits.is_none() || held > MAX_HELD {
                return Err(too_large());
            }
            Ok(chunk)
        })
    }
}
