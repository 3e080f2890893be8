//! The parts of a layer, and reading them from the weights.

use std::ops::Range;

use super::state::{LayerMemory, SentenceMemory};
use crate::Error;
use crate::config::{Activation, Config};
use crate::ops::{Arithmetic, Heads, Linear, Matrix, Norm, Sight, States};
use crate::team::Team;
use crate::weights::Weights;

/// Reads tensors whose names start alike.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) team: &'a Team,
    pub(super) weights: &'a Weights,
    pub(super) arithmetic: Arithmetic,
}

impl Reader<'_> {
    /// Projections of the same input in one product: their outputs side by side.
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

/// What follows an attention: its output projection, the residual connection and normalisation.
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

/// Attention to the tokens of the own side.
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
    memory: Linear,
    projection: Projection,
}

impl CrossAttention {
    fn read(reader: Reader, layer: &str, heads: Heads) -> Result<Self, Error> {
        let name = format!("{layer}.encoder_attn");
        let part = |part: &str| format!("{name}.{part}_proj");
        Ok(Self {
            heads,
            query: reader.linear(&[part("q")], heads.width, heads.width)?,
            memory: reader.linear(&[part("k"), part("v")], heads.width, heads.width)?,
            projection: Projection::read(reader, &name, heads.width)?,
        })
    }
}

/// Rows that go through both products of a feed-forward before the next do. What lies between the products is four times
/// as wide as all else: so it stays in a second-level cache, and what a batch takes of memory stays small.
const ROWS: usize = 128;

/// Two products with an activation between them, residual connection and normalisation.
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

    /// `[rows, d_model]` → `[rows, d_model]`, some rows after the other.
    fn forward(&self, team: &Team, x: &States) -> States {
        let mut out = States::new(x.rows(), x.width());
        let blocks = x.chunks(ROWS * x.width());
        for (x, out) in blocks.zip(out.chunks_mut(ROWS * x.width())) {
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

    /// `x` `[tokens, d_model]`, the tokens of `sentences`; each sees its own sentence.
    pub(super) fn forward(&self, team: &Team, x: &States, sentences: &[Range<usize>]) -> States {
        let SelfAttention {
            heads,
            inputs,
            projection,
        } = &self.attention;
        let inputs = inputs.forward(team, x, None);
        let sources = heads.sources(team, &inputs, sentences);
        let sights = sources.iter().zip(sentences).map(|(source, sentence)| {
            let align = false;
            (sentence.len(), Sight::Source { source, align })
        });
        let (attended, _) = heads.attention(team, &inputs, sights);
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

    /// What the layer remembers of each sentence at the start: keys and values of the source, and no step. `states`
    /// `[tokens, d_model]` is the encoder's output for `sentences`.
    pub(super) fn memories(
        &self,
        team: &Team,
        states: &[f32],
        sentences: &[Range<usize>],
    ) -> Vec<LayerMemory> {
        let rows = self.cross.memory.forward(team, states, None);
        let sources = self.cross.heads.sources(team, &rows, sentences);
        let memory = |source| LayerMemory {
            source,
            steps: self.own.heads.memory(),
        };
        sources.into_iter().map(memory).collect()
    }

    /// One step of the layer with this index: `x` `[rows, d_model]`, the hypotheses of all sentences. Adds this step's
    /// keys and values to what the layer remembers. The alignment is that of the cross-attention.
    pub(super) fn step(
        &self,
        team: &Team,
        index: usize,
        x: &States,
        sentences: &mut [SentenceMemory],
    ) -> (States, Vec<usize>) {
        let inputs = self.own.inputs.forward(team, x, None);
        let sights = sentences.iter_mut().map(|sentence| {
            let steps = &mut sentence.layers[index].steps;
            let paths = &sentence.paths;
            (paths.len(), Sight::Steps { steps, paths })
        });
        let (attended, _) = self.own.heads.attention(team, &inputs, sights);
        let x = self.own.projection.forward(team, &attended, x);

        let query = self.cross.query.forward(team, &x, None);
        let sights = sentences.iter().map(|sentence| {
            let source = &sentence.layers[index].source;
            let align = sentence.align && index + 1 == sentence.layers.len();
            (sentence.paths.len(), Sight::Source { source, align })
        });
        let (attended, alignment) = self.cross.heads.attention(team, &query, sights);
        let x = self.cross.projection.forward(team, &attended, &x);
        (self.feed_forward.forward(team, &x), alignment)
    }
}
