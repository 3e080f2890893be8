//! The engine: groups of rows, one of which runs in each step.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use marian::engine::{Bounds, Progress};
use marian::{Config, Engine, Error, Incoming, Search};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::device::{Device, Precision};
use crate::group::{Group, Shared};
use crate::{failed, load};

/// Maximum number of rows, most of them waiting: the more there are, the more have equal lengths.
/// Until its group starts, a row takes no memory except for its ids.
const MAX_ROWS: usize = 256;
/// Maximum number of source tokens, for sentences of a usual length.
const MAX_TOKENS: usize = MAX_ROWS * 30;
/// Maximum number of rows in a group.
const MAX_GROUP_ROWS: usize = 64;
/// Maximum number of source tokens in a group. Each step computes the keys and values of all of them
/// again, so this bounds the time of a step, and how long a cancelled or new request waits.
const MAX_GROUP_TOKENS: usize = 1024;

/// Settings of the engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Device to compute on.
    pub device: Device,
    /// Number format to compute in.
    pub precision: Precision,
    /// Number of threads on a processor; `None` selects as many as the process may use.
    pub threads: Option<NonZeroUsize>,
}

/// `MTModel` as an engine.
///
/// It has no padding mask, so only rows of equal source length are decoded together. It has no beam
/// search, and it does not return attention weights, so hypotheses have no alignment.
#[derive(Debug)]
pub struct CandleEngine {
    model: Arc<Model>,
    /// In the order of their first rows. Rows join a group until it starts.
    groups: Vec<Group>,
    /// Set if the last step ran a group of first sentences.
    was_first: bool,
}

/// A loaded model.
#[derive(Debug)]
struct Model {
    shared: Shared,
    positions: usize,
    source_vocabulary: usize,
    /// Threads for computing on a processor: candle uses the pool from which it is called.
    pool: Option<ThreadPool>,
}

impl CandleEngine {
    /// Loads the weights of the model in `directory`, whose settings are `config`.
    ///
    /// # Errors
    /// Returns an error if the weights file is missing, truncated or does not fit the settings, if
    /// `MTModel` would compute the model in another way, if the device does not exist or was not
    /// compiled in, or if the search has more than one beam.
    pub fn load(
        directory: &Path,
        config: &Config,
        search: Search,
        options: &Options,
    ) -> Result<Self, Error> {
        if search.beams > 1 {
            return Err(Error::Engine(format!(
                "candle's Marian has no beam search; {} beams need the native engine",
                search.beams
            )));
        }
        let device = options.device.open()?;
        let dtype = options.precision.dtype();
        let loaded = load::load(directory, config, dtype, &device)?;
        let shared = Shared {
            loaded,
            search,
            start: config.decoder_start_token_id,
            dtype,
            device,
        };
        let model = Model {
            shared,
            positions: config.max_position_embeddings,
            source_vocabulary: config.vocab_size,
            pool: pool(options)?,
        };
        Ok(Self::new(Arc::new(model)))
    }

    fn new(model: Arc<Model>) -> Self {
        Self {
            model,
            groups: Vec::new(),
            was_first: false,
        }
    }

    /// Returns the index of the group to run next. The oldest group of first sentences and the oldest
    /// of others take turns, so that neither a book nor many short requests delay the rest for long.
    fn next(&self) -> Option<usize> {
        let oldest = |is_first| {
            let mut groups = self.groups.iter();
            groups.position(|group| group.is_first == is_first)
        };
        oldest(!self.was_first).or_else(|| oldest(self.was_first))
    }
}

/// Returns the threads to compute in, or `None` for a GPU.
fn pool(options: &Options) -> Result<Option<ThreadPool>, Error> {
    if options.device != Device::Cpu {
        return Ok(None);
    }
    let no_threads =
        |error: &dyn std::fmt::Display| Error::Engine(format!("no threads to compute in: {error}"));
    let threads = match options.threads {
        Some(threads) => threads,
        None => std::thread::available_parallelism().map_err(|error| no_threads(&error))?,
    };
    let pool = ThreadPoolBuilder::new().num_threads(threads.get()).build();
    pool.map(Some).map_err(|error| no_threads(&error))
}

impl Engine for CandleEngine {
    fn empty(&self) -> Box<dyn Engine> {
        Box::new(Self::new(Arc::clone(&self.model)))
    }

    fn bounds(&self) -> Bounds {
        Bounds {
            positions: self.model.positions,
            beams: 1,
            rows: MAX_ROWS,
            tokens: MAX_TOKENS,
        }
    }

    fn add(&mut self, rows: Vec<Incoming>) -> Result<(), Error> {
        for incoming in &rows {
            let Model {
                positions,
                source_vocabulary,
                ..
            } = *self.model;
            incoming.row.check(positions, source_vocabulary)?;
        }
        for Incoming { key, row, is_first } in rows {
            let length = row.ids.len();
            let max_rows = (MAX_GROUP_TOKENS / length).clamp(1, MAX_GROUP_ROWS);
            let fits = |group: &Group| {
                group.length == length && group.is_first == is_first && group.is_open(max_rows)
            };
            let at = self.groups.iter().position(fits).unwrap_or_else(|| {
                self.groups.push(Group::new(is_first, length));
                self.groups.len() - 1
            });
            self.groups[at].push(key, row, self.model.shared.start);
        }
        Ok(())
    }

    fn step(&mut self) -> Result<Progress, Error> {
        let Some(at) = self.next() else {
            return Ok(Progress::default());
        };
        let group = &mut self.groups[at];
        self.was_first = group.is_first;
        let rows = group.running();
        let shared = &self.model.shared;
        let mut step = || group.step(shared);
        let finished = match &self.model.pool {
            Some(pool) => pool.install(step),
            None => step(),
        };
        // A failed group is removed too: its caches no longer match its rows.
        if finished
            .as_ref()
            .map_or(true, |finished| finished.len() == rows)
        {
            self.groups.remove(at);
        }
        let finished = finished.map_err(failed)?;
        Ok(Progress { rows, finished })
    }

    fn retain(&mut self, keep: &dyn Fn(u64) -> bool) {
        for group in &mut self.groups {
            group.retain(keep);
        }
        self.groups.retain(|group| group.running() > 0);
    }
}
