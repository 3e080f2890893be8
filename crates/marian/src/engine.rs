//! The seam between the scheduler and whatever computes: one trait, and the native engine behind it.

use std::{fmt::Debug, sync::Arc};

use crate::{Error, Hypothesis, Network, Row, Search, search::Batch};

/// Hypotheses that the native engine decodes side by side, rows times beams, not counting first sentences. A step of the
/// decoder reads all its weights once, however many rows share it; with 32 rows on two threads that is a fifth of the
/// time, with more it is next to nothing.
const MAX_HYPOTHESES: usize = 128;
/// Maximum number of rows, however few beams there are. A short request takes part in steps with all of them: it bounds
/// the time that they take.
const MAX_ROWS: usize = 64;
/// Maximum number of source tokens: 16 rows of the longest pieces (120 tokens and the end mark), or 64 of a usual length,
/// which is 25 tokens. Keys and values of the source are kept for all of them.
const MAX_TOKENS: usize = 16 * 121;

/// An engine with the rows that it is decoding: a batch that rows may join before any step, and that each leaves when it
/// is finished.
///
/// The result of a row does not depend on the other rows.
pub trait Engine: Debug + Send + Sync {
    /// An engine without rows, on the same weights.
    fn empty(&self) -> Box<dyn Engine>;

    /// Bounds of the rows that it takes.
    fn bounds(&self) -> Bounds;

    /// Adds rows.
    ///
    /// # Errors
    /// A row that the model cannot take ([`Error::Input`]), or a failed computation; no row was added.
    fn add(&mut self, rows: Vec<Incoming>) -> Result<(), Error>;

    /// Runs one step of the decoder, for all rows or for some of them. While there are rows, each
    /// step brings at least one of them closer to its end.
    ///
    /// # Errors
    /// A failed computation.
    fn step(&mut self) -> Result<Progress, Error>;

    /// Drops all rows but those whose key is to be kept.
    fn retain(&mut self, keep: &dyn Fn(u64) -> bool);
}

/// Bounds of the rows that an engine takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Maximum length of a source, and of a target, in tokens.
    pub positions: usize,
    /// Hypotheses kept for a row; 1 is greedy search.
    pub beams: usize,
    /// Number of rows that suits it. First sentences have as much room again.
    pub rows: usize,
    /// Number of source tokens that suits it. First sentences have as much room again.
    pub tokens: usize,
}

/// A row on its way into an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// Identifies the row; unique among those in the engine.
    pub key: u64,
    /// The sentence.
    pub row: Row,
    /// Whether it is one of the first sentences of a new request. An engine whose step does not take in all rows prefers
    /// these.
    pub is_first: bool,
}

/// The outcome of one [`Engine::step`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Number of rows that took part.
    pub rows: usize,
    /// Rows that it finished, by their keys; they have left the engine.
    pub finished: Vec<(u64, Hypothesis)>,
}

/// Translates rows with an engine of their own; the hypotheses come in the order of the rows.
///
/// # Errors
/// A row that the model cannot take ([`Error::Input`]), or a failed computation.
pub fn translate_rows(engine: &dyn Engine, rows: &[Row]) -> Result<Vec<Hypothesis>, Error> {
    let mut engine = engine.empty();
    let incoming = (0..).zip(rows).map(|(key, row)| Incoming {
        key,
        row: row.clone(),
        is_first: false,
    });
    engine.add(incoming.collect())?;
    let mut found = Vec::with_capacity(rows.len());
    while found.len() < rows.len() {
        found.extend(engine.step()?.finished);
    }
    found.sort_unstable_by_key(|(key, _)| *key);
    Ok(found
        .into_iter()
        .map(|(_, hypothesis)| hypothesis)
        .collect())
}

/// The native engine: [`Network`] and [`Search`].
#[derive(Debug)]
pub struct Native {
    network: Arc<Network>,
    search: Arc<Search>,
    batch: Batch<u64>,
}

impl Native {
    /// An engine without rows.
    #[must_use]
    pub fn new(network: Arc<Network>, search: Arc<Search>) -> Self {
        Self {
            network,
            search,
            batch: Batch::default(),
        }
    }
}

impl Engine for Native {
    fn empty(&self) -> Box<dyn Engine> {
        Box::new(Self::new(
            Arc::clone(&self.network),
            Arc::clone(&self.search),
        ))
    }

    fn bounds(&self) -> Bounds {
        Bounds {
            positions: self.network.positions(),
            beams: self.search.beams,
            rows: (MAX_HYPOTHESES / self.search.beams).clamp(1, MAX_ROWS),
            tokens: MAX_TOKENS,
        }
    }

    fn add(&mut self, rows: Vec<Incoming>) -> Result<(), Error> {
        let rows = rows
            .into_iter()
            .map(|incoming| (incoming.key, incoming.row));
        self.batch.add(&self.network, rows.collect())
    }

    fn step(&mut self) -> Result<Progress, Error> {
        let rows = self.batch.keys().count();
        let finished = self.batch.step(&self.network, &self.search)?;
        Ok(Progress { rows, finished })
    }

    fn retain(&mut self, keep: &dyn Fn(u64) -> bool) {
        self.batch.retain(|key| keep(*key));
    }
}
