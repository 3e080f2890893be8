//! The two ends of the network, where tokens are: embeddings, and what a search wants to know of the logits.

use std::ops::Range;

use super::{Arithmetic, Matrix, States, WORTH_SPLITTING, Weights};
use crate::kernel::{self, BLOCK, Candidate, Mass, PANEL, Top, int8};
use crate::team::Team;

/// What a step is to find in the logits of one row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// How many of the greatest logits.
    pub count: usize,
    /// Ids that are none of them, in ascending order.
    pub banned: Vec<u32>,
    /// Over which logits probabilities are taken.
    pub normalise: Normalise,
}

/// Over which logits probabilities are taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Normalise {
    /// None: nobody asks for probabilities.
    #[default]
    Nothing,
    /// All.
    All,
    /// All that are not banned.
    Allowed,
}

/// What a step found in the logits of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The greatest logits that are not banned and not −∞, greatest first, the lower id first among equals.
    pub candidates: Vec<Candidate>,
    /// ln Σ e^logit, which a logit less is a log-probability; 0 where it was not asked for.
    pub normaliser: f32,
}

/// Candidates that are looked at once more beside those wanted, where logits are products of 8-bit integers: what is
/// among the best few is then found by exact logits, and their quantisation decides only what is far from being chosen.
/// The error of a quantised logit is a small part of the distance between the first and the tenth.
const RECONSIDERED: usize = 6;

/// Floats from one row of a block's logits to the next: a cache line more than a power of two, so that the same columns of
/// all rows do not fall into the same few places of the cache.
const STRIDE: usize = BLOCK + 16;

/// Rows of a table that are read at a time: whole panels of a matrix of integers, and a few megabytes.
const SOME: usize = 64 * PANEL;

/// A table of embeddings `[ids, width]`, in the form that a product with it needs.
#[derive(Debug)]
pub(crate) struct Embedding(Matrix);

impl Embedding {
    /// Makes a table of so many ids; `rows` reads some of its rows.
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
                // Never more than a few rows at a time: all as floats would be most of the memory that the model ever
                // takes.
                let mut weights = int8::Weights::with_capacity(width, ids, true);
                for start in (0..ids).step_by(SOME) {
                    weights.push(team, &rows(start..(start + SOME).min(ids))?);
                }
                Matrix::of_integers(weights, instructions)
            }
        }))
    }

    /// The rows `ids`, times `scale`, plus for each the row of `positions` `[longest, width]` that goes with it:
    /// `[ids, width]`.
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

/// The product that makes logits of the decoder's states, `[rows, width]` → `[rows, vocabulary]`.
#[derive(Debug)]
pub(crate) struct Output {
    /// Its weights, which mostly are the embeddings too.
    pub(crate) embedding: Embedding,
    bias: Vec<f32>,
}

impl Output {
    /// Makes the product of as many ids as `bias` has; `rows` reads some rows of its matrix `[vocabulary, width]`.
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

    /// Values of a state.
    pub(crate) fn width(&self) -> usize {
        self.embedding.0.inputs
    }

    pub(crate) fn vocabulary(&self) -> usize {
        self.bias.len()
    }

    /// Looks for what is wanted of each row of `x` `[rows, width]`.
    pub(crate) fn find(&self, team: &Team, x: &[f32], wanted: &[Wanted]) -> Vec<Found> {
        let matrix = &self.embedding.0;
        let vocabulary = self.vocabulary();
        let prepared = matrix.prepare(team, x);
        let tasks = (x.len() * vocabulary).div_ceil(WORTH_SPLITTING);
        let product = |columns: Range<usize>, out: &mut [&mut [f32]]| {
            matrix.columns(&prepared, &self.bias, columns, out);
        };
        if let Weights::F32(_) = matrix.weights {
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

    /// Puts exact logits in place of those of the quantised product, for the candidates.
    fn reconsider(&self, outcome: &mut Outcome, x: &[f32]) {
        let mut weights = vec![0.0; x.len()];
        for candidate in &mut outcome.candidates {
            self.embedding.0.row(candidate.id as usize, &mut weights);
            let logit = kernel::dot(x, &weights) + self.bias[candidate.id as usize];
            outcome.mass = outcome.mass.replaced(candidate.logit, logit);
            candidate.logit = logit;
        }
        outcome
            .candidates
            .sort_by(|a, b| b.logit.total_cmp(&a.logit).then(a.id.cmp(&b.id)));
    }
}

/// What is known of a row when all columns have been looked at.
struct Outcome {
    candidates: Vec<Candidate>,
    mass: Mass,
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
                    Normalise::All | Normalise::Allowed => outcome.mass.logarithm(),
                },
            }
        })
        .collect()
}

/// Goes through all columns in blocks, on at most `tasks` threads; `logits` computes a block. Finds for each row as many
/// candidates as wanted, and `more`.
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
    // Per task: the greatest of each row, and block by block the mass of each.
    let mut parts: Vec<(Vec<Top>, Vec<Mass>)> = Vec::new();
    parts.resize_with(tasks, Default::default);
    team.for_each(parts.iter_mut().enumerate(), |(task, part)| {
        let mut tops: Vec<Top> = wanted
            .iter()
            .map(|wanted| Top::new(wanted.count + more))
            .collect();
        let mut masses = Vec::new();
        let mut scratch = States::new(wanted.len(), STRIDE);
        for block in task * share..((task + 1) * share).min(blocks) {
            let columns = block * BLOCK..((block + 1) * BLOCK).min(vocabulary);
            let mut rows: Vec<&mut [f32]> = scratch
                .chunks_exact_mut(STRIDE)
                .map(|row| &mut row[..columns.len()])
                .collect();
            logits(columns.clone(), &mut rows);
            for ((wanted, row), top) in wanted.iter().zip(rows).zip(&mut tops) {
                masses.push(look(wanted, columns.clone(), row, top));
            }
        }
        *part = (tops, masses);
    });
    let mut outcomes: Vec<(Top, Mass)> = wanted
        .iter()
        .map(|wanted| (Top::new(wanted.count + more), Mass::NONE))
        .collect();
    for (tops, masses) in parts {
        for ((top, _), further) in outcomes.iter_mut().zip(tops) {
            top.extend(further);
        }
        for block in masses.chunks_exact(wanted.len()) {
            for ((_, mass), further) in outcomes.iter_mut().zip(block) {
                *mass = mass.and(*further);
            }
        }
    }
    outcomes
        .into_iter()
        .map(|(top, mass)| Outcome {
            candidates: top.into_candidates(),
            mass,
        })
        .collect()
}

/// Looks at a row's logits of some columns: adds the greatest to `top` and returns the mass of what counts.
fn look(wanted: &Wanted, columns: Range<usize>, logits: &mut [f32], top: &mut Top) -> Mass {
    let counts_all = wanted.normalise == Normalise::All;
    if !counts_all {
        ban(&wanted.banned, columns.start, logits);
    }
    let maxima = kernel::maxima(logits);
    let mass = match wanted.normalise {
        Normalise::Nothing => Mass::NONE,
        Normalise::All | Normalise::Allowed => kernel::mass(logits, &maxima),
    };
    if counts_all {
        ban(&wanted.banned, columns.start, logits);
    }
    let first = u32::try_from(columns.start).unwrap_or(u32::MAX);
    kernel::top(logits, &maxima, first, top);
    mass
}

/// Makes −∞ of what is banned among the logits of some columns, the first of which is `start`.
fn ban(banned: &[u32], start: usize, logits: &mut [f32]) {
    let first = banned.partition_point(|id| (*id as usize) < start);
    for id in &banned[first..] {
        match logits.get_mut(*id as usize - start) {
            Some(logit) => *logit = f32::NEG_INFINITY,
            None => break,
        }
    }
}
