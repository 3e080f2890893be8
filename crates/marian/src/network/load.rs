//! Builds a network from a model directory.

use std::path::Path;

use super::layers::{DecoderLayer, EncoderLayer, Reader};
use super::{Execution, Network, Precision};
use crate::ops::{Arithmetic, Embedding, Output};
use crate::team::Team;
use crate::weights::{ENCODER, OUTPUT, Weights};
use crate::{Config, Error, Instructions};

impl Network {
    /// Loads the weights of a model directory, from `model.safetensors` or else
    /// `pytorch_model.bin`.
    ///
    /// The network runs on threads of its own: as many as requested, or else as many as the process
    /// may use (CPU affinity and the quota of a container count).
    ///
    /// # Errors
    /// Returns an error if the weights file is missing, truncated or does not match the
    /// configuration, or if the embedding of the start token is not zero.
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
            alignment: config.alignment,
        }
    }
}

fn read(reader: Reader, config: &Config) -> Result<Parts, Error> {
    let (output, embeddings) = vocabulary(reader, config)?;
    Ok(Parts {
        positions: [
            reader.weights.positions("encoder", config)?,
            reader.weights.positions("decoder", config)?,
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
fn vocabulary(reader: Reader, config: &Config) -> Result<(Output, [Option<Embedding>; 2]), Error> {
    let Reader {
        team,
        weights,
        arithmetic,
    } = reader;
    let (outputs, width) = (config.decoder_vocab_size, config.d_model);
    let name = weights.embedding(config)?;
    let shape = [outputs, width];
    let bias = weights.output_bias(config)?;
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
