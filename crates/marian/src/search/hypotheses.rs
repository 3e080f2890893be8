//! The hypotheses of one sentence: running and finished.

use super::{Hypothesis, Row, Search};
use crate::config::EarlyStopping;
use crate::network::{Found, Normalise, Wanted};

/// A hypothesis in the making.
#[derive(Debug, Clone)]
pub(super) struct Partial {
    /// Its ids, start token included.
    ids: Vec<u32>,
    /// Sum of the log-probabilities.
    score: f32,
    alignment: Vec<usize>,
}

/// One id that a hypothesis may go on with, and the log-probability of that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Continuation {
    id: u32,
    log_probability: f32,
}

impl Partial {
    /// The id to feed next.
    pub(super) fn last(&self) -> u32 {
        self.ids[self.ids.len() - 1]
    }

    /// What is to be found in the logits of its next step: one id for greedy search, else twice as many as beams, for as
    /// many as there are beams may be ends.
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

    /// The ids worth going on with, the most probable first.
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
            // Where every id is banned there is nothing left to say.
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

    fn extended(&self, id: u32, score: f32, looked_at: Option<usize>) -> Self {
        let mut next = self.clone();
        next.ids.push(id);
        next.score = score;
        next.alignment.extend(looked_at);
        next
    }
}

/// The hypotheses of one sentence.
#[derive(Debug)]
pub(super) struct Hypotheses {
    /// At most as many as beams, the best first.
    running: Vec<Partial>,
    /// At most as many as beams, the best first; the scores are penalised for length.
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

    /// The hypotheses that take part in the next step.
    pub(super) fn running(&self) -> &[Partial] {
        &self.running
    }

    /// Takes a step's outcome: the continuations of each running hypothesis, and where each looked (or nothing).
    /// Returns which of them the new running ones continue; none when the sentence is finished.
    pub(super) fn advance(
        &mut self,
        row: &Row,
        search: &Search,
        continuations: &mut [Vec<Continuation>],
        looked_at: &[usize],
    ) -> Vec<usize> {
        let looked_at = if row.align { looked_at } else { &[] };
        // What of all beams is worth a look: (score, beam, id), the best first, among equals the order of transformers.
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
            let place = looked_at.get(beam).copied();
            if ends && rank < search.beams {
                self.finished
                    .push(self.running[beam].extended(id, score / penalty, place));
            } else if !ends && next.len() < search.beams {
                next.push(self.running[beam].extended(id, score, place));
                parents.push(beam);
            }
        }
        // Stable, so that of equals the older one stays.
        self.finished.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.finished.truncate(search.beams);
        self.running = next;
        if self.is_finished(row, search, length) {
            Vec::new()
        } else {
            parents
        }
    }

    /// Whether nothing that could still be found would count.
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

    /// The result, once finished.
    pub(super) fn best(&mut self) -> Hypothesis {
        let best = self.finished.swap_remove(0);
        Hypothesis {
            ids: best.ids[1..].to_vec(),
            score: best.score,
            alignment: best.alignment,
        }
    }
}

/// What a score is divided by for a hypothesis of `length` tokens, start token not counted.
#[expect(
    clippy::cast_possible_truncation,
    reason = "transformers too divides an f32 tensor"
)]
fn penalty(length: usize, search: &Search) -> f32 {
    (length as f64).powf(search.length_penalty) as f32
}
