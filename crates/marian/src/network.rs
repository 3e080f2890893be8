//! The transformer itself.
//!
//! A batch is never padded. The tokens of all its sentences are stored one after the other,
//! `[tokens, d_model]`: products and normalisations treat each token separately, and attention
//! knows which rows each token sees. So the numbers of a sentence are the same in every batch, bit
//! for bit.

mod layers;
mod load;
mod state;

use std::num::NonZeroUsize;
use std::ops::Range;

use crate::config::AlignmentHead;
pub use crate::kernel::Candidate;
use crate::ops::{Embedding, Output, States};
pub use crate::ops::{Found, Normalise, Wanted};
use crate::row::{Alignment, check_source};
use crate::team::Team;
use crate::{Error, Instructions};
use layers::{DecoderLayer, EncoderLayer};
use state::SentenceState;
pub use state::{Decoding, Encoded};

/// Minimum number of rows per thread for threads to work separately: with fewer, each of them would
/// read all weights for next to nothing. At four rows on two threads both ways took the same time,
/// at two rows sharing was 15 % faster, at eight working separately.
const MIN_ROWS_PER_THREAD: usize = 2;

/// Source tokens that go through the encoder together. The results of its operations then stay in a
/// second-level cache: for all tokens of 128 sentences at once they were thirty megabytes, in pages
/// that the operating system had to clear each time.
const ENCODER_TOKENS: usize = 256;

/// Execution options of a network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Execution {
    /// Arithmetic of the products with weights.
    pub precision: Precision,
    /// Instruction set for products of integers; `None` selects the fastest that this processor
    /// has. All give the same results.
    pub instructions: Option<Instructions>,
    /// Number of threads; `None` selects as many as the process may use.
    pub threads: Option<NonZeroUsize>,
}

/// Arithmetic of the products with weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floating point, in which the models were trained: the reference.
    #[default]
    F32,
    /// 8-bit integers: several times as fast, in less than half of the memory. Weights are
    /// quantised when they are loaded, and all other numbers when they enter a product. Softmax,
    /// normalisation and the choice of the next token stay in floating point.
    Int8,
}

/// A loaded model, ready to run; shared between threads by an `Arc`.
#[derive(Debug)]
pub struct Network {
    /// All threads of the network.
    team: Team,
    /// A team of the calling thread alone, for work that runs on one thread beside others.
    alone: Team,
    /// Factor of the embeddings: √`d_model` or 1.
    scale: f64,
    /// Sines and cosines, `[positions, d_model]`.
    encoder_positions: Vec<f32>,
    decoder_positions: Vec<f32>,
    /// Maximum length of a source and of a target.
    positions: usize,
    /// The embedding tables that are not also the output's weights.
    encoder_embedding: Option<Embedding>,
    decoder_embedding: Option<Embedding>,
    encoder: Vec<EncoderLayer>,
    decoder: Vec<DecoderLayer>,
    /// Projection from the decoder's states to logits; in most models, its weights are the
    /// embeddings too.
    output: Output,
    source_vocabulary: usize,
    start: u32,
    alignment: AlignmentHead,
}

impl Network {
    /// Returns the number of target ids, which is the width of a row of logits.
    #[must_use]
    pub fn vocabulary(&self) -> usize {
        self.output.vocabulary()
    }

    /// Returns the number of source ids.
    #[must_use]
    pub fn source_vocabulary(&self) -> usize {
        self.source_vocabulary
    }

    /// Returns the maximum length of a source and of a target, in tokens.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.positions
    }

    /// Returns the id that decoding starts from.
    #[must_use]
    pub fn start_id(&self) -> u32 {
        self.start
    }

    /// Encodes a batch of sentences, each a list of source ids with `</s>`.
    ///
    /// # Errors
    /// Returns [`Error::Input`] for a sentence that is empty, too long or has an id outside the
    /// vocabulary.
    pub fn encode(&self, sentences: &[&[u32]]) -> Result<Encoded, Error> {
        if sentences.is_empty() {
            return Err(Error::Input("nothing to encode".to_owned()));
        }
        for sentence in sentences {
            check_source(sentence, self.positions, self.source_vocabulary)?;
        }
        let sizes: Vec<usize> = sentences.iter().map(|sentence| sentence.len()).collect();
        let (mut rest, width) = (sentences, self.output.width());
        let mut states = vec![0.0; sizes.iter().sum::<usize>() * width];
        let mut out: &mut [f32] = &mut states;
        let mut parts = Vec::new();
        for count in self.parts(&sizes, ENCODER_TOKENS) {
            let (part, others) = rest.split_at(count);
            let tokens: usize = part.iter().map(|sentence| sentence.len()).sum();
            let (own, other_out) = out.split_at_mut(tokens * width);
            parts.push((part, own));
            (rest, out) = (others, other_out);
        }
        self.run_parts(parts, |team, (part, out)| {
            out.copy_from_slice(&self.encode_part(team, part));
        });
        Ok(Encoded {
            states,
            spans: spans(&sizes),
        })
    }

    /// Returns the encoder's output for some sentences, `[tokens, d_model]`.
    fn encode_part(&self, team: &Team, sentences: &[&[u32]]) -> States {
        let sizes: Vec<usize> = sentences.iter().map(|sentence| sentence.len()).collect();
        let places = sizes.iter().flat_map(|size| (0_u32..).take(*size));
        let places: Vec<u32> = places.collect();
        let (ids, spans) = (sentences.concat(), spans(&sizes));
        let embedding = self
            .encoder_embedding
            .as_ref()
            .unwrap_or(&self.output.embedding);
        let mut states = embedding.embed(&ids, self.scale, &self.encoder_positions, &places);
        for layer in &self.encoder {
            states = layer.forward(team, &states, &spans);
        }
        states
    }

    /// Prepares decoding with one row per sentence. With `align`, each step also yields the
    /// alignments.
    #[must_use]
    pub fn start(&self, encoded: &Encoded, align: bool) -> Decoding {
        let sizes: Vec<usize> = encoded.spans.iter().map(Range::len).collect();
        let (mut rest, mut states, width) = (&sizes[..], &encoded.states[..], self.output.width());
        let mut parts = Vec::new();
        for count in self.parts(&sizes, ENCODER_TOKENS) {
            let (sizes, others) = rest.split_at(count);
            let tokens: usize = sizes.iter().sum();
            let (own, other_states) = states.split_at(tokens * width);
            parts.push((own, sizes));
            (rest, states) = (others, other_states);
        }
        let parts = self.run_parts(parts, |team, (states, sizes)| {
            let spans = spans(sizes);
            let layers = self.decoder.iter();
            let layers = layers.map(|layer| layer.caches(team, states, &spans).into_iter());
            let mut layers: Vec<_> = layers.collect();
            let sentence = |_| {
                let layers = layers.iter_mut().filter_map(Iterator::next).collect();
                SentenceState::new(layers, align)
            };
            sizes.iter().map(sentence).collect::<Vec<_>>()
        });
        Decoding {
            sentences: parts.into_iter().flatten().collect(),
            alignment: Vec::new(),
        }
    }

    /// Runs one step of all rows: feeds each the id that it produced last (at first
    /// [`Network::start_id`]), and returns what is requested of the logits of the next token.
    ///
    /// # Errors
    /// Returns [`Error::Input`] when there are no positions left, or an id is outside the
    /// vocabulary; then nothing has changed.
    pub fn step(
        &self,
        decoding: &mut Decoding,
        ids: &[u32],
        wanted: &[Wanted],
    ) -> Result<Vec<Found>, Error> {
        let rows = decoding.rows();
        if rows == 0 {
            return Ok(Vec::new());
        }
        let is_for_rows = ids.len() == rows && wanted.len() == rows;
        if !is_for_rows || ids.iter().any(|id| *id as usize >= self.vocabulary()) {
            return Err(Error::Input(
                "a step needs one target id and one request per row".to_owned(),
            ));
        }
        for sentence in &decoding.sentences {
            let position = sentence.steps();
            if position >= self.positions() {
                return Err(Error::Input(format!(
                    "a target longer than {position} tokens"
                )));
            }
        }
        let (mut sentences, mut ids): (&mut [SentenceState], _) = (&mut decoding.sentences, ids);
        let sizes: Vec<usize> = sentences
            .iter()
            .map(|sentence| sentence.paths.len())
            .collect();
        let width = self.output.width();
        let mut states = States::new(rows, width);
        let mut rest: &mut [f32] = &mut states;
        let mut parts = Vec::new();
        for count in self.parts(&sizes, usize::MAX) {
            let (part, others) = sentences.split_at_mut(count);
            let rows = part.iter().map(|sentence| sentence.paths.len()).sum();
            let (part_ids, other_ids) = ids.split_at(rows);
            let (out, other_out) = rest.split_at_mut(rows * width);
            parts.push((part, part_ids, out));
            (sentences, ids, rest) = (others, other_ids, other_out);
        }
        let alignments = self.run_parts(parts, |team, (sentences, ids, out)| {
            let (states, alignment) = self.step_part(team, sentences, ids);
            out.copy_from_slice(&states);
            alignment
        });
        decoding.alignment = alignments.concat();
        Ok(self.output.find(&self.team, &states, wanted))
    }

    /// Runs one step of some sentences through the decoder's layers. Returns the states of their
    /// rows, `[rows, d_model]`, and the alignments.
    fn step_part(
        &self,
        team: &Team,
        sentences: &mut [SentenceState],
        ids: &[u32],
    ) -> (States, Vec<Alignment>) {
        let mut places = Vec::with_capacity(ids.len());
        for sentence in &mut *sentences {
            let position = u32::try_from(sentence.steps()).unwrap_or(u32::MAX);
            places.extend(std::iter::repeat_n(position, sentence.paths.len()));
            sentence.advance();
        }
        let embedding = self
            .decoder_embedding
            .as_ref()
            .unwrap_or(&self.output.embedding);
        let mut x = embedding.embed(ids, self.scale, &self.decoder_positions, &places);
        let mut alignment = Vec::new();
        for (index, layer) in self.decoder.iter().enumerate() {
            let is_aligned = index == self.alignment.layer;
            let head = is_aligned.then_some(self.alignment.head);
            let (states, alignments) = layer.step(team, index, &x, sentences, head);
            x = states;
            if is_aligned {
                alignment = alignments;
            }
        }
        (x, alignment)
    }

    /// Divides sentences that have `rows` rows each into parts of consecutive sentences, and
    /// returns the number of sentences in each part. The parts are about equal, of about `max` rows
    /// at most, and their number is a multiple of the threads if there are enough sentences. Few
    /// rows make a single part, on which all threads work together.
    ///
    /// Threads that work separately need not wait for each other or fetch each other's results, but
    /// each of them reads all weights.
    fn parts(&self, rows: &[usize], max: usize) -> Vec<usize> {
        let (threads, total) = (self.team.threads(), rows.iter().sum::<usize>());
        if total < threads * MIN_ROWS_PER_THREAD {
            return vec![rows.len()];
        }
        let mut parts = vec![0; total.div_ceil(max).next_multiple_of(threads)];
        let (mut before, count) = (0, parts.len());
        for rows in rows {
            // By the middle of the sentence's rows.
            let part = (2 * before + rows) * count / (2 * total);
            parts[part.min(count - 1)] += 1;
            before += rows;
        }
        parts.retain(|count| *count > 0);
        parts
    }

    /// Calls `work` with each part on a thread of its own, or with a single part on all threads,
    /// and returns the results. `work` receives the team to use.
    fn run_parts<T: Send, R: Send>(
        &self,
        parts: Vec<T>,
        work: impl Fn(&Team, T) -> R + Sync,
    ) -> Vec<R> {
        let is_split = parts.len() > 1;
        let team = if is_split { &self.alone } else { &self.team };
        self.team.map(parts, |part| work(team, part))
    }
}

/// Returns the ranges of consecutive sentences of these sizes.
fn spans(sizes: &[usize]) -> Vec<Range<usize>> {
    let mut end = 0;
    let span = |size: &usize| {
        let start = end;
        end += size;
        start..end
    };
    sizes.iter().map(span).collect()
}
