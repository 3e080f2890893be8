//! Builds a network from a model directory.

use std::path::Path;

use super::layers::{DecoderLayer, EncoderLayer, Reader};
use super::{Execution, Network, Precision};
use crate::ops::{Arithmetic, Embedding, Output};
use crate::team::Team;
use crate::weights::Weights;
use crate::{Config, Error, Instructions};

const SHARED: &str = "model.shared.weight";
const ENCODER: &str = "model.encoder.embed_tokens.weight";
const DECODER: &str = "model.decoder.embed_tokens.weight";
const OUTPUT: &str = "lm_head.weight";

/// Rows of tied tables that are compared at a time.
const COMPARED: usize = 4096;

impl Network {
    /// Loads the weights of a model directory, from `model.safetensors` or else
    /// `pytorch_model.bin`.
    ///
    /// The network runs on threads of its own: as many as requested, or else as many as the process
    /// may use (CPU affinity and the quota of a container count).
    ///
    /// # Errors
    /// Returns an error if the weights file is missing, truncated or does not match the
    /// configuration, or if the embedding of the start token is not zero (see `check_start`).
    pub fn load(directory: &Path, config: &Config, execution: &Execution) -> Result<Self, Error> {
        let weights = Weights::open(directory)?;
        let threads = execution.threads.map_or_else(
            || std::thread::available_parallelism().map_err(|error| Error::file(directory, error)),
            Ok,
        )?;
        let alone = Team::new(1).map_err(|error| Error::file(directory, error))?;
        let team = Team::new(threads.get())
            .map_err(|error| Error::file(directory, format!("cannot start threads: {error}")))?;
        let arithmetic = match execution.precision {
            Precision::F32 => Arithmetic::F32,
            Precision::Int8 => {
                Arithmetic::Int8(execution.instructions.unwrap_or_else(Instructions::best))
            }
        };
        let reader = Reader {
            team: &team,
            weights: &weights,
            arithmetic,
        };
        let parts = read(reader, config)?;
        Ok(parts.into_network(team, alone, config))
    }
}

/// The parts of a network that come from the weights.
struct Parts {
    positions: [Vec<f32>; 2],
    embeddings: [Option<Embedding>; 2],
    encoder: Vec<EncoderLayer>,
    decoder: Vec<DecoderLayer>,
    output: Output,
}

impl Parts {
    fn into_network(self, team: Team, alone: Team, config: &Config) -> Network {
        let [encoder_positions, decoder_positions] = self.positions;
        let [encoder_embedding, decoder_embedding] = self.embeddings;
        Network {
            team,
            alone,
            scale: if config.scale_embedding {
                (config.d_model as f64).sqrt()
            } else {
                1.0
            },
            encoder_positions,
            decoder_positions,
            positions: config.max_position_embeddings,
            encoder_embedding,
            decoder_embedding,
            encoder: self.encoder,
            decoder: self.decoder,
            output: self.output,
            source_vocabulary: config.vocab_size,
            start: config.decoder_start_token_id,
        }
    }
}

fn read(reader: Reader, config: &Config) -> Result<Parts, Error> {
    let (output, embeddings) = vocabulary(reader, config)?;
    Ok(Parts {
        positions: [
            positions(reader, "encoder", config)?,
            positions(reader, "decoder", config)?,
        ],
        embeddings,
        encoder: (0..config.encoder_layers)
            .map(|index| EncoderLayer::read(reader, index, config))
            .collect::<Result<_, _>>()?,
        decoder: (0..config.decoder_layers)
            .map(|index| DecoderLayer::read(reader, index, config))
            .collect::<Result<_, _>>()?,
        output,
    })
}

/// Reads the output projection, and the embeddings of encoder and decoder that are not the same
/// matrix.
///
/// Files differ in which of the tied names they contain: today's have one, those of 2020 all of
/// them. The first one present is read, and the others must be equal to it.
fn vocabulary(reader: Reader, config: &Config) -> Result<(Output, [Option<Embedding>; 2]), Error> {
    let Reader {
        team,
        weights,
        arithmetic,
    } = reader;
    let (outputs, width) = (config.decoder_vocab_size, config.d_model);
    let mut tied: Vec<&str> = if config.share_embeddings {
        vec![SHARED, DECODER, ENCODER]
    } else {
        vec![DECODER]
    };
    if config.tie_output {
        tied.push(OUTPUT);
    }
    let name = tied
        .iter()
        .copied()
        .find(|name| weights.has(name))
        .unwrap_or(tied[0]);
    let shape = [outputs, width];
    for other in tied
        .into_iter()
        .filter(|other| *other != name && weights.has(other))
    {
        for start in (0..outputs).step_by(COMPARED) {
            let rows = start..(start + COMPARED).min(outputs);
            if weights.rows(other, &shape, rows.clone())? != weights.rows(name, &shape, rows)? {
                return Err(weights.error(
                    other,
                    format!("differs from {name}, which config.json says it is tied to"),
                ));
            }
        }
    }
    check_start(weights, name, config)?;

    // A missing bias is zero, as in transformers.
    let bias = if weights.has("final_logits_bias") {
        weights.read("final_logits_bias", &[1, outputs])?
    } else {
        vec![0.0; outputs]
    };
    let table = |name, ids| {
        let rows = |rows| weights.rows(name, &[ids, width], rows);
        Embedding::read(team, ids, width, arithmetic, rows)
    };
    let output = |name, bias| {
        let rows = |rows| weights.rows(name, &shape, rows);
        Output::read(team, bias, width, arithmetic, rows)
    };
    let encoder = if config.share_embeddings {
        None
    } else {
        Some(table(ENCODER, config.vocab_size)?)
    };
    if config.tie_output {
        return Ok((output(name, bias)?, [encoder, None]));
    }
    // Only the output's matrix can replace an embedding, and here it is a different one.
    let encoder = match encoder {
        Some(encoder) => encoder,
        None => table(name, config.vocab_size)?,
    };
    let decoder = table(name, outputs)?;
    Ok((output(OUTPUT, bias)?, [Some(encoder), Some(decoder)]))
}

/// Checks the embedding of the start token. Marian starts decoding from a zero vector, which in
/// this format is the embedding of `<pad>`. Training with transformers keeps it zero. If it is not,
/// the file is damaged or badly converted, and every translation would be silently different. A
/// start token other than `<pad>` is an ordinary token.
fn check_start(weights: &Weights, name: &str, config: &Config) -> Result<(), Error> {
    let start = config.decoder_start_token_id;
    let (shape, row) = (
        [config.decoder_vocab_size, config.d_model],
        start as usize..start as usize + 1,
    );
    let embedding = weights.rows(name, &shape, row)?;
    if start == config.pad_token_id && embedding.iter().any(|value| *value != 0.0) {
        let reason = format!(
            "row {start}, the padding that decoding starts from, is not zero; the file is damaged"
        );
        return Err(weights.error(name, reason));
    }
    Ok(())
}

/// Returns the positions of one side, `[positions, d_model]`: those in the file if it has any, as
/// in transformers, else sines and cosines.
fn positions(reader: Reader, side: &str, config: &Config) -> Result<Vec<f32>, Error> {
    let name = format!("model.{side}.embed_positions.weight");
    let shape = [config.max_position_embeddings, config.d_model];
    if reader.weights.has(&name) || !config.static_positions {
        reader.weights.read(&name, &shape)
    } else {
        Ok(sinusoidal(shape[0], shape[1]))
    }
}

/// Returns positions `[positions, width]`. Position p has sin(p / 10000^(2i/width)) in its first
/// half and the cosines in its second, i = 0, 1, … in both.
#[expect(
    clippy::cast_possible_truncation,
    reason = "computed in f64, kept as f32 like all weights"
)]
fn sinusoidal(positions: usize, width: usize) -> Vec<f32> {
    let angle = |position: usize, i: usize| {
        position as f64 / 10_000_f64.powf(2.0 * i as f64 / width as f64)
    };
    (0..positions)
        .flat_map(|position| {
            let sines = (0..width / 2).map(move |i| angle(position, i).sin() as f32);
            let cosines = (0..width / 2).map(move |i| angle(position, i).cos() as f32);
            sines.chain(cosines)
        })
        .collect()
}
