//! The trait through which the scheduler drives an engine, and the native engine.

use std::fmt::Debug;
use std::sync::Arc;

use crate::search::Batch;
use crate::{Error, Hypothesis, Network, Row, Search};

/// Maximum number of hypotheses (rows times beams) that the native engine decodes together, first
/// sentences not counted. Every decoder step reads all weights once, however many rows share it;
/// with 32 rows on two threads this is a fifth of the time, and with more it hardly matters.
const MAX_HYPOTHESES: usize = 128;
/// Maximum number of rows, however few beams there are. A short request takes part in steps with
/// all of them, so this bounds the time of a step.
const MAX_ROWS: usize = 64;
/// Maximum number of source tokens: 16 rows of the maximum length (120 tokens and the end mark), or
/// 64 of a usual length, 25 tokens. The keys and values of all of them are in memory.
const MAX_TOKENS: usize = 16 * 121;

/// An engine with the rows that it is decoding. Rows may join before any step, and leave as soon as
/// they are finished.
///
/// The result of a row does not depend on the other rows.
pub trait Engine: Debug + Send + Sync {
    /// Returns an engine without rows that shares the weights.
    fn empty(&self) -> Box<dyn Engine>;

    /// Returns the bounds of the rows that the engine takes.
    fn bounds(&self) -> Bounds;

    /// Adds rows.
    ///
    /// # Errors
    /// Returns [`Error::Input`] for a row that does not fit the model, or the error of a failed
    /// computation; in either case no row was added.
    fn add(&mut self, rows: Vec<Incoming>) -> Result<(), Error>;

    /// Runs one decoder step for all rows or for some of them. While there are rows, each step brings
    /// at least one of them closer to its end.
    ///
    /// # Errors
    /// Returns the error of a failed computation.
    fn step(&mut self) -> Result<Progress, Error>;

    /// Drops all rows except those whose keys `keep` accepts.
    fn retain(&mut self, keep: &dyn Fn(u64) -> bool);
}

/// Bounds of the rows that an engine takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Maximum length of a source and of a target, in tokens.
    pub positions: usize,
    /// Number of hypotheses kept per row; 1 is greedy search.
    pub beams: usize,
    /// Maximum number of rows at a time. First sentences have as much capacity again.
    pub rows: usize,
    /// Maximum number of source tokens at a time, which only a single row may exceed. First
    /// sentences have as much capacity again.
    pub tokens: usize,
}

/// A row to be added to an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// Identifies the row; unique in the engine.
    pub key: u64,
    /// The row itself.
    pub row: Row,
    /// Set for the first sentences of a new request. An engine that does not step all rows together
    /// prefers these.
    pub is_first: bool,
}

/// Outcome of one [`Engine::step`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Number of rows that took part.
    pub rows: usize,
    /// Keys and results of the rows that were finished and have left the engine.
    pub finished: Vec<(u64, Hypothesis)>,
}

/// Translates rows in an engine that shares the weights of `engine`, and returns their hypotheses in
/// the order of the rows.
///
/// # Errors
/// Returns [`Error::Input`] for a row that does not fit the model, or the error of a failed
/// computation.
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
    batch: Batch,
}

impl Native {
    /// Returns an engine without rows.
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
        let rows = self.batch.rows();
        let finished = self.batch.step(&self.network, &self.search)?;
        Ok(Progress { rows, finished })
    }

    fn retain(&mut self, keep: &dyn Fn(u64) -> bool) {
        self.batch.retain(keep);
    }
}
