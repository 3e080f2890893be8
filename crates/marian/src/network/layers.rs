//! The parts of a layer, and how they are read from the weights.

use std::ops::Range;

use super::state::{LayerCaches, SentenceState};
use crate::Error;
use crate::config::{Activation, Config};
use crate::ops::{Arithmetic, Context, Heads, Linear, Matrix, Norm, States};
use crate::row::Alignment;
use crate::team::Team;
use crate::weights::Weights;

/// Reads the tensors of a layer.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) team: &'a Team,
    pub(super) weights: &'a Weights,
    pub(super) arithmetic: Arithmetic,
}

impl Reader<'_> {
    /// Reads projections of the same input as one product, with their outputs side by side.
    fn linear(&self, names: &[String], outputs: usize, inputs: usize) -> Result<Linear, Error> {
        let (mut weights, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            weights.extend(
                self.weights
                    .read(&format!("{name}.weight"), &[outputs, inputs])?,
            );
            bias.extend(self.weights.read(&format!("{name}.bias"), &[outputs])?);
        }
        Ok(Linear::new(
            Matrix::new(self.team, &weights, inputs, self.arithmetic),
            bias,
        ))
    }

    fn heads(&self, count: usize, config: &Config) -> Heads {
        Heads {
            arithmetic: self.arithmetic,
            count,
            width: config.d_model,
        }
    }

    fn norm(&self, name: &str, width: usize) -> Result<Norm, Error> {
        let gain = self.weights.read(&format!("{name}.weight"), &[width])?;
        let shift = self.weights.read(&format!("{name}.bias"), &[width])?;
        Ok(Norm::new(gain, shift))
    }
}

/// The operations that follow an attention: output projection, residual connection, normalisation.
#[derive(Debug)]
struct Projection {
    output: Linear,
    norm: Norm,
}

impl Projection {
    fn read(reader: Reader, name: &str, width: usize) -> Result<Self, Error> {
        Ok(Self {
            output: reader.linear(&[format!("{name}.out_proj")], width, width)?,
            norm: reader.norm(&format!("{name}_layer_norm"), width)?,
        })
    }

    fn forward(&self, team: &Team, attended: &[f32], residual: &[f32]) -> States {
        let mut x = self.output.forward(team, attended, None);
        self.norm.apply(team, &mut x, residual);
        x
    }
}

/// Attention to the tokens of the same side.
#[derive(Debug)]
struct SelfAttention {
    heads: Heads,
    /// Queries, keys and values side by side: `[.., 3 · d_model]`.
    inputs: Linear,
    projection: Projection,
}

impl SelfAttention {
    fn read(reader: Reader, layer: &str, heads: Heads) -> Result<Self, Error> {
        let name = format!("{layer}.self_attn");
        let inputs = ["q", "k", "v"].map(|part| format!("{name}.{part}_proj"));
        Ok(Self {
            heads,
            inputs: reader.linear(&inputs, heads.width, heads.width)?,
            projection: Projection::read(reader, &name, heads.width)?,
        })
    }
}

/// Attention of the decoder to the encoder's tokens.
#[derive(Debug)]
struct CrossAttention {
    heads: Heads,
    query: Linear,
    /// Keys and values side by side: `[.., 2 · d_model]`.
    keys_values: Linear,
    projection: Projection,
}

impl CrossAttention {
    fn read(reader: Reader, layer: &str, heads: Heads) -> Result<Self, Error> {
        let name = format!("{layer}.encoder_attn");
        let part = |part: &str| format!("{name}.{part}_proj");
        Ok(Self {
            heads,
            query: reader.linear(&[part("q")], heads.width, heads.width)?,
            keys_values: reader.linear(&[part("k"), part("v")], heads.width, heads.width)?,
            projection: Projection::read(reader, &name, heads.width)?,
        })
    }
}

/// Rows that go through both products of a feed-forward block before the next rows do. The result
/// of the first product is four times as wide as everything else; this way it stays in a
/// second-level cache, and a batch takes little memory.
const FEED_FORWARD_ROWS: usize = 128;

/// Two products with an activation in between, a residual connection and normalisation.
#[derive(Debug)]
struct FeedForward {
    activation: Activation,
    inner: Linear,
    outer: Linear,
    norm: Norm,
}

impl FeedForward {
    fn read(
        reader: Reader,
        layer: &str,
        width: usize,
        inner: usize,
        activation: Activation,
    ) -> Result<Self, Error> {
        Ok(Self {
            activation,
            inner: reader.linear(&[format!("{layer}.fc1")], inner, width)?,
            outer: reader.linear(&[format!("{layer}.fc2")], width, inner)?,
            norm: reader.norm(&format!("{layer}.final_layer_norm"), width)?,
        })
    }

    /// Computes `[rows, d_model]` → `[rows, d_model]`, a block of rows at a time.
    fn forward(&self, team: &Team, x: &States) -> States {
        let mut out = States::new(x.rows(), x.width());
        let blocks = x.chunks(FEED_FORWARD_ROWS * x.width());
        for (x, out) in blocks.zip(out.chunks_mut(FEED_FORWARD_ROWS * x.width())) {
            let inner = self.inner.forward(team, x, Some(self.activation));
            let mut outer = self.outer.forward(team, &inner, None);
            self.norm.apply(team, &mut outer, x);
            out.copy_from_slice(&outer);
        }
        out
    }
}

/// One layer of the encoder.
#[derive(Debug)]
pub(super) struct EncoderLayer {
    attention: SelfAttention,
    feed_forward: FeedForward,
}

impl EncoderLayer {
    pub(super) fn read(reader: Reader, index: usize, config: &Config) -> Result<Self, Error> {
        let layer = format!("model.encoder.layers.{index}");
        let heads = reader.heads(config.encoder_heads, config);
        Ok(Self {
            attention: SelfAttention::read(reader, &layer, heads)?,
            feed_forward: FeedForward::read(
                reader,
                &layer,
                config.d_model,
                config.encoder_ffn,
                config.activation,
            )?,
        })
    }

    /// Computes the layer for `x` `[tokens, d_model]`, the tokens of `sentences`; each token sees
    /// its own sentence.
    pub(super) fn forward(&self, team: &Team, x: &States, sentences: &[Range<usize>]) -> States {
        let SelfAttention {
            heads,
            inputs,
            projection,
        } = &self.attention;
        let inputs = inputs.forward(team, x, None);
        let sources = heads.source_caches(team, &inputs, sentences);
        let contexts = sources.iter().zip(sentences).map(|(source, sentence)| {
            let aligned_head = None;
            (
                sentence.len(),
                Context::Source {
                    source,
                    aligned_head,
                },
            )
        });
        let (attended, _) = heads.attention(team, &inputs, contexts);
        self.feed_forward
            .forward(team, &projection.forward(team, &attended, x))
    }
}

/// One layer of the decoder.
#[derive(Debug)]
pub(super) struct DecoderLayer {
    own: SelfAttention,
    cross: CrossAttention,
    feed_forward: FeedForward,
}

impl DecoderLayer {
    pub(super) fn read(reader: Reader, index: usize, config: &Config) -> Result<Self, Error> {
        let layer = format!("model.decoder.layers.{index}");
        let heads = reader.heads(config.decoder_heads, config);
        Ok(Self {
            own: SelfAttention::read(reader, &layer, heads)?,
            cross: CrossAttention::read(reader, &layer, heads)?,
            feed_forward: FeedForward::read(
                reader,
                &layer,
                config.d_model,
                config.decoder_ffn,
                config.activation,
            )?,
        })
    }

    /// Returns the initial caches of the layer, one per sentence: keys and values of the source,
    /// and no steps. `states` `[tokens, d_model]` is the encoder's output for `sentences`.
    pub(super) fn caches(
        &self,
        team: &Team,
        states: &[f32],
        sentences: &[Range<usize>],
    ) -> Vec<LayerCaches> {
        let rows = self.cross.keys_values.forward(team, states, None);
        let sources = self.cross.heads.source_caches(team, &rows, sentences);
        let caches = |source| LayerCaches {
            source,
            steps: self.own.heads.empty_cache(),
        };
        sources.into_iter().map(caches).collect()
    }

    /// Runs one step of this layer, which has the given index, for `x` `[rows, d_model]`, the
    /// hypotheses of all sentences. Appends this step's keys and values to the caches of the layer.
    /// The alignments returned are those of `aligned_head` in the cross-attention.
    pub(super) fn step(
        &self,
        team: &Team,
        index: usize,
        x: &States,
        sentences: &mut [SentenceState],
        aligned_head: Option<usize>,
    ) -> (States, Vec<Alignment>) {
        let inputs = self.own.inputs.forward(team, x, None);
        let contexts = sentences.iter_mut().map(|sentence| {
            let steps = &mut sentence.layers[index].steps;
            let paths = &sentence.paths;
            (paths.len(), Context::Steps { steps, paths })
        });
        let (attended, _) = self.own.heads.attention(team, &inputs, contexts);
        let x = self.own.projection.forward(team, &attended, x);

        let query = self.cross.query.forward(team, &x, None);
        let contexts = sentences.iter().map(|sentence| {
            let source = &sentence.layers[index].source;
            let aligned_head = aligned_head.filter(|_| sentence.align);
            (
                sentence.paths.len(),
                Context::Source {
                    source,
                    aligned_head,
                },
            )
        });
        let (attended, alignment) = self.cross.heads.attention(team, &query, contexts);
        let x = self.cross.projection.forward(team, &attended, &x);
        (self.feed_forward.forward(team, &x), alignment)
    }
}
