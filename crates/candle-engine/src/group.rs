//! A group of rows with sources of equal length. A model without a padding mask can decode only such
//! rows together.

use candle_core::{DType, Device, IndexOp as _, Result, Tensor};
use candle_transformers::models::marian::MTModel;
use marian::{Hypothesis, Row, Search};

use crate::load::Loaded;

/// A group of rows.
#[derive(Debug)]
pub(crate) struct Group {
    /// Set if the rows are first sentences of new requests.
    pub(crate) is_first: bool,
    /// Number of source tokens of each row.
    pub(crate) length: usize,
    /// In the order of the caches, once the group has started.
    rows: Vec<Running>,
    /// `None` before the first step.
    state: Option<State>,
}

/// A row that is being decoded.
#[derive(Debug)]
struct Running {
    key: u64,
    row: Row,
    /// Target ids so far, start token included.
    ids: Vec<u32>,
    /// Set once the row is finished or dropped. It is computed all the same, for nothing, because the
    /// caches still contain it.
    is_over: bool,
}

/// State of a group that has started.
struct State {
    /// Has caches of its own and shares the weights.
    model: MTModel,
    /// Output of the encoder, `[rows, length, d_model]`.
    encoded: Tensor,
}

/// Parts of the model that all groups share.
pub(crate) struct Shared {
    /// Never runs: each group runs a clone, so no cache outlives its group.
    pub(crate) loaded: Loaded,
    pub(crate) search: Search,
    pub(crate) start: u32,
    pub(crate) dtype: DType,
    pub(crate) device: Device,
}

impl Group {
    pub(crate) fn new(is_first: bool, length: usize) -> Self {
        Self {
            is_first,
            length,
            rows: Vec::new(),
            state: None,
        }
    }

    /// Returns whether a row may join: before the first step, and while there are fewer than
    /// `max_rows`.
    pub(crate) fn is_open(&self, max_rows: usize) -> bool {
        self.state.is_none() && self.rows.len() < max_rows
    }

    pub(crate) fn push(&mut self, key: u64, row: Row, start: u32) {
        self.rows.push(Running {
            key,
            row,
            ids: vec![start],
            is_over: false,
        });
    }

    /// Returns the number of rows that are not over.
    pub(crate) fn running(&self) -> usize {
        self.rows.iter().filter(|row| !row.is_over).count()
    }

    /// Drops all rows except those whose keys `keep` accepts.
    pub(crate) fn retain(&mut self, keep: &dyn Fn(u64) -> bool) {
        for row in &mut self.rows {
            row.is_over |= !keep(row.key);
        }
        if self.state.is_none() {
            self.rows.retain(|row| !row.is_over);
        }
    }

    /// Runs one decoder step, and returns the rows that it finished.
    pub(crate) fn step(&mut self, shared: &Shared) -> Result<Vec<(u64, Hypothesis)>> {
        let mut state = match self.state.take() {
            None => self.start(shared)?,
            Some(state) if 2 * self.running() <= self.rows.len() => self.shrink(state, shared)?,
            Some(state) => state,
        };
        let last: Vec<u32> = self.rows.iter().map(Running::last).collect();
        let past = self.past();
        let logits = state.logits(&last, past, shared)?;
        self.state = Some(state);
        self.advance(&logits, &shared.search)
    }

    /// Returns the number of tokens of each row that are in the cache.
    fn past(&self) -> usize {
        let running = self.rows.iter().find(|row| !row.is_over);
        running.map_or(0, |row| row.ids.len() - 1)
    }

    fn start(&self, shared: &Shared) -> Result<State> {
        let ids: Vec<u32> = self
            .rows
            .iter()
            .flat_map(|row| row.row.ids.iter().copied())
            .collect();
        let source = Tensor::from_vec(ids, (self.rows.len(), self.length), &shared.device)?;
        let mut model = shared.loaded.model.clone();
        let encoded = model.encoder().forward(&source, 0)?;
        // The encoder's layers cache their keys and values, which are never read.
        model.encoder().reset_kv_cache();
        Ok(State { model, encoded })
    }

    /// Removes the rows that are over. The cache cannot be edited, so it is filled again from the ids
    /// of the remaining rows.
    fn shrink(&mut self, state: State, shared: &Shared) -> Result<State> {
        let State { mut model, encoded } = state;
        let kept: Vec<u32> = (0..)
            .zip(&self.rows)
            .filter_map(|(at, row)| (!row.is_over).then_some(at))
            .collect();
        let kept = Tensor::new(kept, &shared.device)?;
        let encoded = encoded.index_select(&kept, 0)?;
        self.rows.retain(|row| !row.is_over);
        model.reset_kv_cache();
        let past = self.past();
        let ids: Vec<u32> = self
            .rows
            .iter()
            .flat_map(|row| row.ids[..past].iter().copied())
            .collect();
        let ids = Tensor::from_vec(ids, (self.rows.len(), past), &shared.device)?;
        let mask = shared.mask(past)?;
        model.decoder().forward(&ids, Some(&encoded), 0, &mask)?;
        Ok(State { model, encoded })
    }

    /// Appends the best allowed id to each row, and returns the rows that this finished. `logits` is
    /// `[rows, vocabulary]`.
    fn advance(&mut self, logits: &Tensor, search: &Search) -> Result<Vec<(u64, Hypothesis)>> {
        let best: Vec<u32> = logits.argmax(1)?.to_vec1()?;
        let mut finished = Vec::new();
        for (at, running) in self.rows.iter_mut().enumerate() {
            if running.is_over {
                continue;
            }
            let id = running.next(search, best[at], || logits.i(at)?.to_vec1())?;
            running.ids.push(id);
            if id == search.eos || running.ids.len() >= running.row.max_length {
                running.is_over = true;
                let hypothesis = Hypothesis {
                    ids: running.ids.split_off(1),
                    score: 0.0,
                    alignment: Vec::new(),
                };
                finished.push((running.key, hypothesis));
            }
        }
        Ok(finished)
    }
}

impl Running {
    fn last(&self) -> u32 {
        self.ids[self.ids.len() - 1]
    }

    /// Returns the allowed id with the greatest logit. This is usually `best`, the greatest of all;
    /// `logits` is called only if `best` is banned.
    fn next(
        &self,
        search: &Search,
        best: u32,
        logits: impl FnOnce() -> Result<Vec<f32>>,
    ) -> Result<u32> {
        if let Some(id) = search.forced(&self.row, &self.ids) {
            return Ok(id);
        }
        let mut banned: Vec<u32> = search.banned(&self.row, &self.ids).collect();
        banned.sort_unstable();
        if banned.binary_search(&best).is_err() {
            return Ok(best);
        }
        let allowed = (0..)
            .zip(logits()?)
            .filter(|(id, _)| banned.binary_search(id).is_err());
        // The first of equal logits, as in transformers.
        let best = allowed.reduce(|best, next| if next.1 > best.1 { next } else { best });
        Ok(best.map_or(search.eos, |(id, _)| id))
    }
}

impl State {
    /// Feeds each row its last id, and returns the logits of the next in f32, `[rows, vocabulary]`.
    fn logits(&mut self, last: &[u32], past: usize, shared: &Shared) -> Result<Tensor> {
        let ids = Tensor::new(last, &shared.device)?.unsqueeze(1)?;
        if shared.dtype == DType::F32 {
            return self.model.decode(&ids, &self.encoded, past)?.squeeze(1);
        }
        // `MTModel::decode` makes its mask in f32, whatever the format of the weights.
        let mask = shared.mask(1)?;
        let decoder = self.model.decoder();
        decoder
            .forward(&ids, Some(&self.encoded), past, &mask)?
            .squeeze(1)?
            .matmul(&shared.loaded.output.t()?)?
            .broadcast_add(&shared.loaded.bias)?
            .to_dtype(DType::F32)
    }
}

impl Shared {
    /// Returns the causal mask of `tokens` tokens, which is added to the scores of the attention.
    fn mask(&self, tokens: usize) -> Result<Tensor> {
        let value = |row: usize, column: usize| {
            if column > row { f32::NEG_INFINITY } else { 0.0 }
        };
        let mask: Vec<f32> = (0..tokens)
            .flat_map(|row| (0..tokens).map(move |column| value(row, column)))
            .collect();
        Tensor::from_vec(mask, (tokens, tokens), &self.device)?.to_dtype(self.dtype)
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        // Without the model, which would print its tensors.
        formatter
            .debug_struct("State")
            .field("encoded", &self.encoded.shape())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("search", &self.search)
            .field("dtype", &self.dtype)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}
