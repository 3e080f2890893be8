//! Greedy and beam search, with the semantics of Hugging Face transformers (`generate`, version 4.57), for each row by
//! itself: where transformers looks at the batch as a whole, as for `max_length` and the end of the loop, a row here is
//! what it would be there alone.

mod ban;
mod hypotheses;

use crate::config::EarlyStopping;
use crate::network::{Decoding, Wanted};
use crate::{Config, Error, Network};
use hypotheses::{Hypotheses, Partial};

/// One sentence to translate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Source ids, `</s>` included.
    pub ids: Vec<u32>,
    /// Longest output in tokens, as transformers' `max_length`: the start token counts.
    pub max_length: usize,
    /// No n-gram of this many tokens may appear twice in the output; 0 leaves it to the model's configuration, which
    /// mostly allows all.
    pub no_repeat_ngram: usize,
    /// Whether the hypothesis shall tell its alignment.
    pub align: bool,
}

/// What the search found for a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Hypothesis {
    /// Target ids without the start token. The last is `</s>`, unless the greatest length was reached and the model
    /// does not force an end.
    pub ids: Vec<u32>,
    /// Sum of the log-probabilities, divided by the length to the power of the length penalty. Greedy search needs no
    /// probabilities and leaves 0.
    pub score: f32,
    /// For each id the source position that the last decoder layer looked at most, as the mean of its heads; empty
    /// unless asked for.
    pub alignment: Vec<usize>,
}

/// How to search: everything that does not depend on the row.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// Hypotheses kept per row; 1 is greedy search.
    pub beams: usize,
    /// Exponent of the length that a score is divided by.
    pub length_penalty: f64,
    /// When a beam search may end.
    pub early_stopping: EarlyStopping,
    /// Whether probabilities are those among the ids that are not banned.
    pub renormalize_logits: bool,
    /// Id that ends a hypothesis.
    pub eos: u32,
    /// Id that a hypothesis of the greatest length is made to end with.
    pub forced_eos: Option<u32>,
    /// Ids never produced; `<pad>` is always among them.
    pub banned: Vec<u32>,
    /// Sequences of two and more ids never completed.
    pub banned_sequences: Vec<Vec<u32>>,
    /// No n-gram of this many tokens may appear twice; 0 allows all.
    pub no_repeat_ngram: usize,
}

impl Search {
    /// The search that the model asks for, with another number of beams if given.
    #[must_use]
    pub fn new(config: &Config, beams: Option<usize>) -> Self {
        // Transformers drops `</s>` from the bad words, without which nothing would end.
        let singles = config
            .bad_words_ids
            .iter()
            .filter(|word| word.len() == 1)
            .map(|word| word[0]);
        let mut banned: Vec<u32> = singles
            .chain([config.pad_token_id])
            .filter(|id| *id != config.eos_token_id)
            .collect();
        banned.sort_unstable();
        banned.dedup();
        Self {
            beams: beams.unwrap_or(config.num_beams).max(1),
            length_penalty: config.length_penalty,
            early_stopping: config.early_stopping,
            renormalize_logits: config.renormalize_logits,
            eos: config.eos_token_id,
            forced_eos: config.forced_eos_token_id,
            banned,
            banned_sequences: config
                .bad_words_ids
                .iter()
                .filter(|word| word.len() > 1)
                .cloned()
                .collect(),
            no_repeat_ngram: config.no_repeat_ngram_size,
        }
    }

    /// The ids that `row` may not go on with after `ids` (start token included), in any order and perhaps more than once.
    pub fn banned<'a>(&'a self, row: &Row, ids: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
        ban::banned(self, row, ids)
    }

    /// The id that `row` must go on with after `ids` (start token included) because the next is its last.
    #[must_use]
    pub fn forced(&self, row: &Row, ids: &[u32]) -> Option<u32> {
        self.forced_eos.filter(|_| ids.len() + 1 == row.max_length)
    }
}

impl Row {
    /// Checks the row against a model of so many positions and source ids.
    ///
    /// # Errors
    /// [`Error::Input`] for a source that is empty, too long or has an id outside the vocabulary, and for an output longer
    /// than the positions.
    pub fn check(&self, positions: usize, source_vocabulary: usize) -> Result<(), Error> {
        if !(2..=positions + 1).contains(&self.max_length) {
            let reason = format!(
                "a max_length of {}; this model has {positions} positions",
                self.max_length
            );
            return Err(Error::Input(reason));
        }
        check_source(&self.ids, positions, source_vocabulary)
    }
}

/// Checks source ids against a model of so many positions and ids.
pub(crate) fn check_source(ids: &[u32], positions: usize, vocabulary: usize) -> Result<(), Error> {
    let reason = if ids.is_empty() {
        "a sentence without tokens".to_owned()
    } else if ids.len() > positions {
        format!(
            "a sentence of {} tokens; this model takes {positions}",
            ids.len()
        )
    } else if let Some(id) = ids.iter().find(|id| **id as usize >= vocabulary) {
        format!("id {id} in a vocabulary of {vocabulary}")
    } else {
        return Ok(());
    };
    Err(Error::Input(reason))
}

/// Translates rows in one batch; the hypotheses come in the order of the rows.
///
/// # Errors
/// A row that the model cannot take ([`Error::Input`]), or a failed computation.
pub fn generate(
    network: &Network,
    rows: &[Row],
    search: &Search,
) -> Result<Vec<Hypothesis>, Error> {
    let mut batch = Batch::default();
    batch.add(network, rows.iter().cloned().enumerate().collect())?;
    let mut results: Vec<Option<Hypothesis>> = vec![None; rows.len()];
    while !batch.is_empty() {
        for (index, hypothesis) in batch.step(network, search)? {
            results[index] = Some(hypothesis);
        }
    }
    Ok(results.into_iter().flatten().collect())
}

/// Rows that are decoded side by side, with a key each to know them by. Rows may be added before any step, and each
/// leaves when it is finished.
///
/// The result of a row does not depend on the other rows.
#[derive(Debug)]
pub(crate) struct Batch<K> {
    decoding: Decoding,
    /// In the order of the decoding's sentences.
    running: Vec<(K, Row, Hypotheses)>,
}

impl<K> Default for Batch<K> {
    fn default() -> Self {
        Self {
            decoding: Decoding::default(),
            running: Vec::new(),
        }
    }
}

impl<K> Batch<K> {
    pub(crate) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// The keys of the rows in it.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.running.iter().map(|(key, ..)| key)
    }

    /// Drops rows: all but those whose key is to be kept.
    pub(crate) fn retain(&mut self, keep: impl Fn(&K) -> bool) {
        let mut parents = Vec::new();
        let mut first = 0;
        self.running.retain(|(key, _, hypotheses)| {
            let rows = first..first + hypotheses.running().len();
            first = rows.end;
            let is_kept = keep(key);
            if is_kept {
                parents.extend(rows);
            }
            is_kept
        });
        self.decoding.select(&parents);
    }

    /// Adds rows: encodes them, all in one go.
    ///
    /// # Errors
    /// A row that the model cannot take ([`Error::Input`]), or a failed computation; none of them was added.
    pub(crate) fn add(&mut self, network: &Network, rows: Vec<(K, Row)>) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        for (_, row) in &rows {
            row.check(network.positions(), network.source_vocabulary())?;
        }
        let sources: Vec<&[u32]> = rows.iter().map(|(_, row)| row.ids.as_slice()).collect();
        let align = rows.iter().any(|(_, row)| row.align);
        let added = network.start(&network.encode(&sources)?, align);
        self.decoding.join(added);
        // Every sentence begins with one hypothesis, for equal beams would only find the same thing.
        let begin = |(key, row): (K, Row)| {
            let hypotheses = Hypotheses::new(&row, network.start_id());
            (key, row, hypotheses)
        };
        self.running.extend(rows.into_iter().map(begin));
        Ok(())
    }

    /// One step of all rows; returns those that it finished.
    ///
    /// # Errors
    /// A failed computation.
    pub(crate) fn step(
        &mut self,
        network: &Network,
        search: &Search,
    ) -> Result<Vec<(K, Hypothesis)>, Error> {
        let partials: Vec<(&Row, &Partial)> = self
            .running
            .iter()
            .flat_map(|(_, row, hypotheses)| {
                let running = hypotheses.running().iter();
                running.map(move |partial| (row, partial))
            })
            .collect();
        let ids: Vec<u32> = partials.iter().map(|(_, partial)| partial.last()).collect();
        let wanted: Vec<Wanted> = partials
            .iter()
            .map(|(row, partial)| partial.wanted(row, search))
            .collect();
        let found = network.step(&mut self.decoding, &ids, &wanted)?;

        let mut continuations: Vec<_> = partials
            .iter()
            .zip(found)
            .map(|((row, partial), found)| partial.continuations(row, search, &found))
            .collect();

        let mut first = 0;
        let mut parents = Vec::with_capacity(ids.len());
        let alignment = self.decoding.alignment();
        let advance = |(_, row, hypotheses): &mut (K, Row, Hypotheses)| {
            let rows = first..first + hypotheses.running().len();
            let kept = hypotheses.advance(
                row,
                search,
                &mut continuations[rows.clone()],
                &alignment[rows.clone()],
            );
            parents.extend(kept.iter().map(|parent| first + parent));
            first = rows.end;
            kept.is_empty()
        };
        let finished = self.running.extract_if(.., advance);
        let finished = finished
            .map(|(key, _, mut hypotheses)| (key, hypotheses.best()))
            .collect();
        self.decoding.select(&parents);
        Ok(finished)
    }
}
