//! Greedy and beam search, with the semantics of Hugging Face transformers (`generate`, version 4.57), for each row by
//! itself: where transformers looks at the batch as a whole, as for `max_length` and the end of the loop, a row here is
//! what it would be there alone.

mod ban;
mod hypotheses;

use crate::config::EarlyStopping;
use crate::network::Wanted;
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
}

/// Translates a batch of rows; the hypotheses come in the order of the rows.
///
/// The rows are shared out to the network's lanes, each a batch on one core: small matrices on several cores wait for
/// each other more than they compute. Only fewer rows than lanes are one batch on all cores.
///
/// The result of a row does not depend on the other rows. A batch takes as many steps as its longest output; rows that
/// are finished cost nothing any more.
///
/// # Errors
/// A row that the model cannot take ([`Error::Input`]), or a failed computation.
pub fn generate(
    network: &Network,
    rows: &[Row],
    search: &Search,
) -> Result<Vec<Hypothesis>, Error> {
    for row in rows {
        if !(2..=network.positions() + 1).contains(&row.max_length) {
            let reason = format!(
                "a max_length of {}; this model has {} positions",
                row.max_length,
                network.positions()
            );
            return Err(Error::Input(reason));
        }
    }
    let lanes = network.lanes();
    if rows.len() < lanes {
        let rows: Vec<&Row> = rows.iter().collect();
        return network.install(|| run(network, &rows, search));
    }
    let shares = shares(rows, lanes);
    let outcomes = network.apart(&shares, |share| {
        let rows: Vec<&Row> = share.iter().map(|index| &rows[*index]).collect();
        run(network, &rows, search)
    });
    let mut results: Vec<Option<Hypothesis>> = vec![None; rows.len()];
    for (share, outcome) in shares.into_iter().zip(outcomes) {
        for (index, hypothesis) in share.into_iter().zip(outcome?) {
            results[index] = Some(hypothesis);
        }
    }
    Ok(results.into_iter().flatten().collect())
}

/// Deals the rows out to so many lanes, as equal as can be: by length, to and fro.
fn shares(rows: &[Row], lanes: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|index| rows[*index].ids.len());
    let mut shares = vec![Vec::new(); lanes];
    for (turn, round) in order.chunks(lanes).enumerate() {
        for (place, index) in round.iter().enumerate() {
            let lane = if turn % 2 == 0 {
                place
            } else {
                lanes - 1 - place
            };
            shares[lane].push(*index);
        }
    }
    shares
}

/// One batch, in the threads that this is called in.
fn run(network: &Network, rows: &[&Row], search: &Search) -> Result<Vec<Hypothesis>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let sources: Vec<&[u32]> = rows.iter().map(|row| row.ids.as_slice()).collect();
    let mut decoding =
        network.start(&network.encode(&sources)?, rows.iter().any(|row| row.align))?;
    let mut results: Vec<Option<Hypothesis>> = vec![None; rows.len()];
    // Every sentence begins with one hypothesis, for equal beams would only find the same thing.
    let mut running: Vec<(usize, Hypotheses)> = rows
        .iter()
        .map(|row| Hypotheses::new(row, network.start_id()))
        .enumerate()
        .collect();
    while !running.is_empty() {
        let partials: Vec<(&Row, &Partial)> = running
            .iter()
            .flat_map(|(index, row)| row.running().iter().map(|partial| (rows[*index], partial)))
            .collect();
        let ids: Vec<u32> = partials.iter().map(|(_, partial)| partial.last()).collect();
        let wanted: Vec<Wanted> = partials
            .iter()
            .map(|(row, partial)| partial.wanted(row, search))
            .collect();
        let found = network.step(&mut decoding, &ids, &wanted)?;

        let mut continuations: Vec<_> = partials
            .iter()
            .zip(found)
            .map(|((row, partial), found)| partial.continuations(row, search, &found))
            .collect();

        let mut first = 0;
        let mut parents = Vec::with_capacity(ids.len());
        running.retain_mut(|(index, sentence)| {
            let count = sentence.running().len();
            let alignment = decoding
                .alignment()
                .get(first..first + count)
                .unwrap_or_default();
            let kept = sentence.advance(
                rows[*index],
                search,
                &mut continuations[first..first + count],
                alignment,
            );
            parents.extend(kept.iter().map(|parent| first + parent));
            first += count;
            if kept.is_empty() {
                results[*index] = Some(sentence.best());
            }
            !kept.is_empty()
        });
        decoding.select(&parents);
    }
    Ok(results.into_iter().flatten().collect())
}
