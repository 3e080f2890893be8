//! The network's input and output: embeddings, and the search for the best logits.

use std::ops::Range;

use super::{Arithmetic, Matrix, MatrixWeights, States, WORTH_SPLITTING};
use crate::kernel::{self, BLOCK, Candidate, LogSumExp, PANEL, TopLogits, int8};
use crate::team::Team;

/// Request for the logits of one row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Number of candidates, which are the greatest logits.
    pub count: usize,
    /// Ids that must not be candidates, in ascending order.
    pub banned: Vec<u32>,
    /// Logits that probabilities are normalised over.
    pub normalise: Normalise,
}

/// Logits that probabilities are normalised over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Normalise {
    /// No logits: probabilities are not needed.
    #[default]
    Nothing,
    /// All logits.
    All,
    /// All logits that are not banned.
    Allowed,
}

/// Result for the logits of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The greatest logits that are neither banned nor −∞, greatest first; among equal logits, the
    /// lower id first.
    pub candidates: Vec<Candidate>,
    /// ln Σ e^logit, which subtracted from a logit gives its log-probability; 0 if it was not
    /// requested.
    pub normaliser: f32,
}

/// Number of candidates, in addition to those requested, whose logits are computed again when the
/// product is 8-bit. The best few are then chosen by exact logits, and quantisation decides only
/// between tokens that are far from being chosen. The error of a quantised logit is a small part of
/// the distance between the first and the tenth.
const RECONSIDERED: usize = 6;

/// Floats between the starts of two rows of a block's logits: a cache line more than a power of
/// two, so that the same columns of all rows do not compete for the same few cache sets.
const STRIDE: usize = BLOCK + 16;

/// Rows of a table that are read at a time: whole panels of a matrix of integers, and a few
/// megabytes.
const ROWS_PER_READ: usize = 64 * PANEL;

/// A table of embeddings `[ids, width]`, in the layout that a product with it needs.
#[derive(Debug)]
pub(crate) struct Embedding(Matrix);

impl Embedding {
    /// Reads a table of `ids` rows; `rows` returns a range of them.
    pub(crate) fn read<E>(
        team: &Team,
        ids: usize,
        width: usize,
        arithmetic: Arithmetic,
        rows: impl Fn(Range<usize>) -> Result<Vec<f32>, E>,
    ) -> Result<Self, E> {
        Ok(Self(match arithmetic {
            Arithmetic::F32 => Matrix::new(team, &rows(0..ids)?, width, arithmetic),
            Arithmetic::Int8(instructions) => {
                // Only a few rows at a time: all of them as floats would be most of the memory that
                // the model ever takes.
                let mut weights = int8::QuantisedWeights::with_capacity(width, ids, true);
                for start in (0..ids).step_by(ROWS_PER_READ) {
                    weights.push(team, &rows(start..(start + ROWS_PER_READ).min(ids))?);
                }
                Matrix::of_integers(weights, instructions)
            }
        }))
    }

    /// Returns the rows `ids`, multiplied by `scale`, each plus its row of `positions`
    /// `[positions, width]`: `[ids, width]`.
    pub(crate) fn embed(
        &self,
        ids: &[u32],
        scale: f64,
        positions: &[f32],
        places: &[u32],
    ) -> States {
        let width = self.0.inputs;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "transformers too multiplies by the scale as an f32"
        )]
        let scale = scale as f32;
        let mut out = States::new(ids.len(), width);
        for ((id, place), out) in ids.iter().zip(places).zip(out.chunks_exact_mut(width)) {
            self.0.row(*id as usize, out);
            let position = &positions[*place as usize * width..][..width];
            for (value, position) in out.iter_mut().zip(position) {
                *value = *value * scale + position;
            }
        }
        out
    }
}

/// The product that turns the decoder's states into logits, `[rows, width]` → `[rows, vocabulary]`.
#[derive(Debug)]
pub(crate) struct Output {
    /// Weights of the product, which in most models are the embeddings too.
    pub(crate) embedding: Embedding,
    bias: Vec<f32>,
}

impl Output {
    /// Reads the product for as many ids as `bias` has values; `rows` returns a range of rows of
    /// its matrix `[vocabulary, width]`.
    pub(crate) fn read<E>(
        team: &Team,
        bias: Vec<f32>,
        width: usize,
        arithmetic: Arithmetic,
        rows: impl Fn(Range<usize>) -> Result<Vec<f32>, E>,
    ) -> Result<Self, E> {
        Ok(Self {
            embedding: Embedding::read(team, bias.len(), width, arithmetic, rows)?,
            bias,
        })
    }

    /// Returns the number of values of a state.
    pub(crate) fn width(&self) -> usize {
        self.embedding.0.inputs
    }

    pub(crate) fn vocabulary(&self) -> usize {
        self.bias.len()
    }

    /// Returns what was requested for each row of `x` `[rows, width]`.
    pub(crate) fn find(&self, team: &Team, x: &[f32], wanted: &[Wanted]) -> Vec<Found> {
        let matrix = &self.embedding.0;
        let vocabulary = self.vocabulary();
        let prepared = matrix.prepare(team, x);
        let tasks = (x.len() * vocabulary).div_ceil(WORTH_SPLITTING);
        let product = |columns: Range<usize>, out: &mut [&mut [f32]]| {
            matrix.columns(&prepared, &self.bias, columns, out);
        };
        if let MatrixWeights::F32(_) = matrix.weights {
            let outcomes = search(team, vocabulary, tasks, wanted, 0, product);
            return found(wanted, outcomes);
        }
        let mut outcomes = search(team, vocabulary, tasks, wanted, RECONSIDERED, product);
        let width = matrix.inputs;
        let rows = team.share(wanted.len(), 1);
        let parts = outcomes.chunks_mut(rows).zip(x.chunks(rows * width));
        team.for_each(parts, |(outcomes, x)| {
            for (outcome, x) in outcomes.iter_mut().zip(x.chunks_exact(width)) {
                self.reconsider(outcome, x);
            }
        });
        found(wanted, outcomes)
    }

    /// Replaces the quantised logits of the candidates by exact ones.
    fn reconsider(&self, outcome: &mut Outcome, x: &[f32]) {
        let mut weights = vec![0.0; x.len()];
        for candidate in &mut outcome.candidates {
            self.embedding.0.row(candidate.id as usize, &mut weights);
            let logit = kernel::dot(x, &weights) + self.bias[candidate.id as usize];
            outcome.sum = outcome.sum.replaced(candidate.logit, logit);
            candidate.logit = logit;
        }
        outcome
            .candidates
            .sort_by(|a, b| b.logit.total_cmp(&a.logit).then(a.id.cmp(&b.id)));
    }
}

/// State of a row after all columns have been searched.
struct Outcome {
    candidates: Vec<Candidate>,
    sum: LogSumExp,
}

fn found(wanted: &[Wanted], outcomes: Vec<Outcome>) -> Vec<Found> {
    wanted
        .iter()
        .zip(outcomes)
        .map(|(wanted, mut outcome)| {
            outcome.candidates.truncate(wanted.count);
            Found {
                candidates: outcome.candidates,
                normaliser: match wanted.normalise {
                    Normalise::Nothing => 0.0,
                    Normalise::All | Normalise::Allowed => outcome.sum.ln(),
                },
            }
        })
        .collect()
}

/// Searches all columns in blocks, in at most `tasks` tasks; `logits` computes a block. Finds for
/// each row the candidates requested, and `more` in addition.
fn search(
    team: &Team,
    vocabulary: usize,
    tasks: usize,
    wanted: &[Wanted],
    more: usize,
    logits: impl Fn(Range<usize>, &mut [&mut [f32]]) + Sync,
) -> Vec<Outcome> {
    let blocks = vocabulary.div_ceil(BLOCK);
    let tasks = team.threads().min(tasks).min(blocks).max(1);
    let share = blocks.div_ceil(tasks);
    // For each task, the greatest logits of each row and, block by block, the sum of each row.
    let mut parts: Vec<(Vec<TopLogits>, Vec<LogSumExp>)> = Vec::new();
    parts.resize_with(tasks, Default::default);
    team.for_each(parts.iter_mut().enumerate(), |(task, part)| {
        let mut tops: Vec<TopLogits> = wanted
            .iter()
            .map(|wanted| TopLogits::new(wanted.count + more))
            .collect();
        let mut sums = Vec::new();
        let mut scratch = States::new(wanted.len(), STRIDE);
        for block in task * share..((task + 1) * share).min(blocks) {
            let columns = block * BLOCK..((block + 1) * BLOCK).min(vocabulary);
            let mut rows: Vec<&mut [f32]> = scratch
                .chunks_exact_mut(STRIDE)
                .map(|row| &mut row[..columns.len()])
                .collect();
            logits(columns.clone(), &mut rows);
            for ((wanted, row), top) in wanted.iter().zip(rows).zip(&mut tops) {
                sums.push(search_block(wanted, columns.clone(), row, top));
            }
        }
        *part = (tops, sums);
    });
    let mut outcomes: Vec<(TopLogits, LogSumExp)> = wanted
        .iter()
        .map(|wanted| (TopLogits::new(wanted.count + more), LogSumExp::EMPTY))
        .collect();
    for (tops, sums) in parts {
        for ((top, _), further) in outcomes.iter_mut().zip(tops) {
            top.extend(further);
        }
        for block in sums.chunks_exact(wanted.len()) {
            for ((_, sum), further) in outcomes.iter_mut().zip(block) {
                *sum = sum.merge(*further);
            }
        }
    }
    outcomes
        .into_iter()
        .map(|(top, sum)| Outcome {
            candidates: top.into_candidates(),
            sum,
        })
        .collect()
}

/// Searches a row's logits in a range of columns: adds the greatest to `top`, and returns the sum
/// of those that count towards probabilities.
fn search_block(
    wanted: &Wanted,
    columns: Range<usize>,
    logits: &mut [f32],
    top: &mut TopLogits,
) -> LogSumExp {
    let counts_all = wanted.normalise == Normalise::All;
    if !counts_all {
        ban(&wanted.banned, columns.start, logits);
    }
    let part_maxima = kernel::part_maxima(logits);
    let sum = match wanted.normalise {
        Normalise::Nothing => LogSumExp::EMPTY,
        Normalise::All | Normalise::Allowed => kernel::log_sum_exp(logits, &part_maxima),
    };
    if counts_all {
        ban(&wanted.banned, columns.start, logits);
    }
    let first = u32::try_from(columns.start).unwrap_or(u32::MAX);
    kernel::update_top(logits, &part_maxima, first, top);
    sum
}

/// Replaces banned logits by −∞ in a range of columns that starts at `start`.
fn ban(banned: &[u32], start: usize, logits: &mut [f32]) {
    let first = banned.partition_point(|id| (*id as usize) < start);
    for id in &banned[first..] {
        match logits.get_mut(*id as usize - start) {
            Some(logit) => *logit = f32::NEG_INFINITY,
            None => break,
        }
    }
}
