//! The hypotheses of one sentence: running and finished.

use super::settings::Search;
use crate::config::EarlyStopping;
use crate::network::{Found, Normalise, Wanted};
use crate::{Alignment, Hypothesis, Row};

/// A hypothesis, running or finished.
#[derive(Debug, Clone)]
pub(super) struct Partial {
    /// Target ids, start token included.
    ids: Vec<u32>,
    /// Sum of the log-probabilities; once finished, divided by the length penalty.
    score: f32,
    alignment: Vec<Alignment>,
}

/// An id that may follow a hypothesis, and its log-probability.
#[derive(Debug, Clone, Copy)]
pub(super) struct Continuation {
    id: u32,
    log_probability: f32,
}

impl Partial {
    /// Returns the id to feed to the next step.
    pub(super) fn last(&self) -> u32 {
        self.ids[self.ids.len() - 1]
    }

    /// Returns the request for the logits of the next step: the best id for greedy search, otherwise
    /// twice as many as beams, because as many as there are beams may be end marks.
    pub(super) fn wanted(&self, row: &Row, search: &Search) -> Wanted {
        if search.forced(row, &self.ids).is_some() {
            return Wanted::default();
        }
        let mut banned: Vec<u32> = search.banned(row, &self.ids).collect();
        banned.sort_unstable();
        banned.dedup();
        let greedy = search.beams == 1;
        Wanted {
            count: if greedy { 1 } else { 2 * search.beams },
            banned,
            normalise: match (greedy, search.renormalize_logits) {
                (true, _) => Normalise::Nothing,
                (false, false) => Normalise::All,
                (false, true) => Normalise::Allowed,
            },
        }
    }

    /// Returns the ids to continue with, most probable first.
    pub(super) fn continuations(
        &self,
        row: &Row,
        search: &Search,
        found: &Found,
    ) -> Vec<Continuation> {
        let only = |id| {
            vec![Continuation {
                id,
                log_probability: 0.0,
            }]
        };
        if let Some(id) = search.forced(row, &self.ids) {
            return only(id);
        }
        if found.candidates.is_empty() {
            // With every id banned, the hypothesis can only end.
            return only(search.eos);
        }
        let greedy = search.beams == 1;
        found
            .candidates
            .iter()
            .map(|candidate| Continuation {
                id: candidate.id,
                log_probability: if greedy {
                    0.0
                } else {
                    candidate.logit - found.normaliser
                },
            })
            .collect()
    }

    fn extended(&self, id: u32, score: f32, alignment: Option<Alignment>) -> Self {
        let mut next = self.clone();
        next.ids.push(id);
        next.score = score;
        next.alignment.extend(alignment);
        next
    }
}

/// The hypotheses of one sentence.
#[derive(Debug)]
pub(super) struct Hypotheses {
    /// At most as many as beams, best first.
    running: Vec<Partial>,
    /// At most as many as beams, best first.
    finished: Vec<Partial>,
}

impl Hypotheses {
    pub(super) fn new(row: &Row, start: u32) -> Self {
        let ids = Vec::with_capacity(row.max_length.min(2 * row.ids.len() + 10));
        let mut first = Partial {
            ids,
            score: 0.0,
            alignment: Vec::new(),
        };
        first.ids.push(start);
        Self {
            running: vec![first],
            finished: Vec::new(),
        }
    }

    /// Returns the hypotheses that take part in the next step.
    pub(super) fn running(&self) -> &[Partial] {
        &self.running
    }

    /// Applies the outcome of a step: the continuations of each running hypothesis, and the alignment
    /// of each. Returns, for each new running hypothesis, the index of
    /// the one that it continues; empty when the sentence is finished.
    pub(super) fn advance(
        &mut self,
        row: &Row,
        search: &Search,
        continuations: &mut [Vec<Continuation>],
        alignment: &[Alignment],
    ) -> Vec<usize> {
        let alignment = if row.align { alignment } else { &[] };
        // The candidates of all beams as (score, beam, id), best first; ties in the order of
        // transformers.
        let mut ranking: Vec<(f32, usize, u32)> = Vec::new();
        for (beam, (partial, continuations)) in self.running.iter().zip(continuations).enumerate() {
            ranking.extend(
                continuations
                    .iter()
                    .map(|next| (partial.score + next.log_probability, beam, next.id)),
            );
        }
        ranking.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        ranking.truncate(2 * search.beams);

        let length = self.running[0].ids.len() + 1;
        let (mut next, mut parents) = (
            Vec::with_capacity(search.beams),
            Vec::with_capacity(search.beams),
        );
        let penalty = penalty(length - 1, search);
        for (rank, (score, beam, id)) in ranking.into_iter().enumerate() {
            let ends = id == search.eos || length >= row.max_length;
            let alignment = alignment.get(beam).copied();
            if ends && rank < search.beams {
                self.finished
                    .push(self.running[beam].extended(id, score / penalty, alignment));
            } else if !ends && next.len() < search.beams {
                next.push(self.running[beam].extended(id, score, alignment));
                parents.push(beam);
            }
        }
        // A stable sort, so that the older of two equals is kept.
        self.finished.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.finished.truncate(search.beams);
        self.running = next;
        if self.is_finished(row, search, length) {
            Vec::new()
        } else {
            parents
        }
    }

    /// Returns whether no hypothesis that could still be found would be better.
    fn is_finished(&self, row: &Row, search: &Search, length: usize) -> bool {
        let Some(best_running) = self.running.first() else {
            return true;
        };
        if self.finished.len() < search.beams {
            return false;
        }
        let hypothetical = match search.early_stopping {
            EarlyStopping::Full => return true,
            EarlyStopping::Never if search.length_penalty > 0.0 => row.max_length - 1,
            EarlyStopping::Never | EarlyStopping::Heuristic => length - 1,
        };
        search.beams == 1
            || best_running.score / penalty(hypothetical, search)
                <= self.finished[search.beams - 1].score
    }

    /// Returns the best hypothesis of a finished sentence.
    pub(super) fn best(&mut self, search: &Search) -> Hypothesis {
        let mut best = self.finished.swap_remove(0);
        if search.alignment_shift && best.alignment.len() > 1 {
            best.alignment.remove(0);
            // The last id is the input of no step.
            best.alignment
                .extend_from_within(best.alignment.len() - 1..);
        }
        Hypothesis {
            ids: best.ids[1..].to_vec(),
            score: best.score,
            alignment: best.alignment,
        }
    }
}

/// Returns the divisor of the score of a hypothesis of `length` tokens, not counting the start token.
#[expect(
    clippy::cast_possible_truncation,
    reason = "transformers divides an f32 tensor too"
)]
fn penalty(length: usize, search: &Search) -> f32 {
    (length as f64).powf(search.length_penalty) as f32
}
