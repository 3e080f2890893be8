//! The two ends of the network, where tokens are: embeddings, and what a search wants to know of the logits.

use std::ops::Range;

use candle_core::{Device, Result, Tensor};
use half::f16;
use half::slice::HalfFloatSliceExt as _;

use super::{Arithmetic, Matrix, WORTH_SPLITTING, floats};
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

/// A table of embeddings `[ids, width]`.
#[derive(Debug)]
pub(crate) enum Embedding {
    /// In the form that a product with it needs too.
    Matrix(Matrix),
    /// Row after row, as precise as the files of most models.
    Half { width: usize, rows: Vec<f16> },
}

impl Embedding {
    /// Makes a table of so many ids; `rows` reads some of its rows.
    pub(crate) fn read<E: From<candle_core::Error>>(
        team: &Team,
        ids: usize,
        width: usize,
        arithmetic: Arithmetic,
        mut rows: impl FnMut(Range<usize>) -> std::result::Result<Vec<f32>, E>,
    ) -> std::result::Result<Self, E> {
        if matches!(arithmetic, Arithmetic::Int8(_)) {
            // Never more than a few rows at a time: all as floats would be most of the memory that the model ever takes.
            let mut halves = vec![f16::ZERO; ids * width];
            for (halves, start) in halves.chunks_mut(SOME * width).zip((0..).step_by(SOME)) {
                halves.convert_from_f32_slice(&rows(start..(start + SOME).min(ids))?);
            }
            return Ok(Self::Half {
                width,
                rows: halves,
            });
        }
        Ok(Self::Matrix(Matrix::new(
            team,
            &rows(0..ids)?,
            width,
            Arithmetic::F32,
        )))
    }

    /// The rows `ids`, times `scale`, plus for each the row of `positions` `[longest, width]` that goes with it:
    /// `[ids, width]`.
    pub(crate) fn embed(
        &self,
        ids: &[u32],
        scale: f64,
        positions: &Tensor,
        places: &[u32],
    ) -> Result<Tensor> {
        let width = positions.dim(1)?;
        let positions = floats(positions)?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "transformers too multiplies by the scale as an f32"
        )]
        let scale = scale as f32;
        let mut out = vec![0.0; ids.len() * width];
        for ((id, place), out) in ids.iter().zip(places).zip(out.chunks_exact_mut(width)) {
            self.copy(*id, out);
            let position = &positions[*place as usize * width..][..width];
            for (value, position) in out.iter_mut().zip(position) {
                *value = *value * scale + position;
            }
        }
        Tensor::from_vec(out, (ids.len(), width), &Device::Cpu)
    }

    /// Copies a row.
    fn copy(&self, id: u32, out: &mut [f32]) {
        match self {
            Self::Half { width, rows } => {
                rows[id as usize * width..][..*width].convert_to_f32_slice(out);
            }
            Self::Matrix(matrix) => matrix.row(id as usize, out),
        }
    }
}

/// The product that makes logits of the decoder's states, `[rows, width]` → `[rows, vocabulary]`.
#[derive(Debug)]
pub(crate) struct Output {
    /// Its weights, which mostly are the embeddings too.
    pub(crate) embedding: Embedding,
    /// The same in integers, where the product is one of integers.
    quantised: Option<Matrix>,
    bias: Vec<f32>,
}

impl Output {
    /// Makes the product of as many ids as `bias` has; `rows` reads some rows of its matrix `[vocabulary, width]`.
    pub(crate) fn read<E: From<candle_core::Error>>(
        team: &Team,
        bias: Vec<f32>,
        width: usize,
        arithmetic: Arithmetic,
        rows: impl Fn(Range<usize>) -> std::result::Result<Vec<f32>, E>,
    ) -> std::result::Result<Self, E> {
        let mut quantised = match arithmetic {
            Arithmetic::Int8(instructions) => Some((int8::Weights::new(width), instructions)),
            Arithmetic::F32 => None,
        };
        // Both are made of the same rows, as they are read.
        let embedding = Embedding::read(team, bias.len(), width, arithmetic, |some| {
            let some = rows(some)?;
            if let Some((integers, _)) = &mut quantised {
                integers.push(team, &some);
            }
            Ok::<_, E>(some)
        })?;
        Ok(Self {
            embedding,
            quantised: quantised
                .map(|(integers, instructions)| Matrix::of_integers(integers, instructions)),
            bias,
        })
    }

    pub(crate) fn vocabulary(&self) -> usize {
        self.bias.len()
    }

    /// Looks for what is wanted of each row of `x` `[rows, width]`.
    pub(crate) fn find(&self, team: &Team, x: &Tensor, wanted: &[Wanted]) -> Result<Vec<Found>> {
        let matrix = match (&self.quantised, &self.embedding) {
            (Some(matrix), _) | (None, Embedding::Matrix(matrix)) => matrix,
            // `read` makes halves only beside integers.
            (None, Embedding::Half { .. }) => {
                return Err(candle_core::Error::Msg("no output".to_owned()));
            }
        };
        let vocabulary = self.vocabulary();
        let x = floats(x)?;
        let prepared = matrix.prepare(team, &x);
        let tasks = (x.len() * vocabulary).div_ceil(WORTH_SPLITTING);
        let product = |columns: Range<usize>, out: &mut [&mut [f32]]| {
            matrix.columns(&prepared, &self.bias, columns, out);
        };
        if self.quantised.is_none() {
            return Ok(found(
                wanted,
                search(team, vocabulary, tasks, wanted, 0, product),
            ));
        }
        let mut outcomes = search(team, vocabulary, tasks, wanted, RECONSIDERED, product);
        let width = x.len() / wanted.len();
        let rows = team.share(wanted.len(), 1);
        let parts = outcomes.chunks_mut(rows).zip(x.chunks(rows * width));
        team.for_each(parts, |(outcomes, x)| {
            for (outcome, x) in outcomes.iter_mut().zip(x.chunks_exact(width)) {
                self.reconsider(outcome, x);
            }
        });
        Ok(found(wanted, outcomes))
    }

    /// Puts exact logits in place of those of the quantised product, for the candidates.
    fn reconsider(&self, outcome: &mut Outcome, x: &[f32]) {
        let mut weights = vec![0.0; x.len()];
        for candidate in &mut outcome.candidates {
            self.embedding.copy(candidate.id, &mut weights);
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
        let mut scratch = vec![0.0; wanted.len() * STRIDE];
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
    let before = match wanted.normalise {
        Normalise::All => kernel::mass(logits),
        Normalise::Nothing | Normalise::Allowed => Mass::NONE,
    };
    let start = wanted
        .banned
        .partition_point(|id| (*id as usize) < columns.start);
    for id in &wanted.banned[start..] {
        match logits.get_mut(*id as usize - columns.start) {
            Some(logit) => *logit = f32::NEG_INFINITY,
            None => break,
        }
    }
    let first = u32::try_from(columns.start).unwrap_or(u32::MAX);
    kernel::top(logits, first, top);
    match wanted.normalise {
        Normalise::Allowed => kernel::mass(logits),
        Normalise::Nothing | Normalise::All => before,
    }
}
