//! The product of integers with every instruction set: each must give the same bits as the plain
//! loop.
//!
//! An instruction set that this processor lacks is reported as ignored.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use marian::{Config, Execution, Instructions, Network, Precision, Row, Search, generate};

/// Batch sizes that divide into tiles differently: one row, less than a tile, a tile, one more,
/// several.
const TOKENS: [usize; 9] = [1, 2, 5, 13, 16, 17, 31, 33, 70];

/// Sentences of the demo model's vocabulary, as ids.
const SENTENCES: usize = 20;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let reference = Arc::new(Model::load(Instructions::Scalar));
    let trials = Instructions::ALL.into_iter().flat_map(|instructions| {
        let is_available = instructions.is_available();
        let trial = |what: &str, check: fn(&Model, &Model) -> Result<(), Failed>| {
            let reference = Arc::clone(&reference);
            let name = format!("{}/{what}", instructions.name());
            let trial = Trial::test(name, move || check(&Model::load(instructions), &reference));
            if is_available {
                trial
            } else {
                trial
                    .with_kind("ignored: this processor lacks it")
                    .with_ignored_flag(true)
            }
        };
        [trial("encoder", same_states), trial("token ids", same_ids)]
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// The demo model with one instruction set.
struct Model {
    config: Config,
    network: Network,
}

impl Model {
    fn load(instructions: Instructions) -> Self {
        let directory = Path::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../models/demo-de-en"
        ));
        let execution = Execution {
            precision: Precision::Int8,
            instructions: Some(instructions),
            ..Execution::default()
        };
        let config = Config::load(directory).expect("the demo model is in the repository");
        let network =
            Network::load(directory, &config, &execution).expect("the demo model is whole");
        Self { config, network }
    }

    /// Returns the encoder's states of a sentence of `tokens` tokens, as bits.
    fn states(&self, tokens: usize) -> Vec<u32> {
        let ids = sentence(tokens, tokens);
        let encoded = self.network.encode(&[&ids]).expect("it fits the model");
        let states = encoded.states(0).iter();
        states.map(|value| value.to_bits()).collect()
    }

    fn translate(&self, beams: usize) -> Vec<Vec<u32>> {
        let rows: Vec<Row> = (0..SENTENCES)
            .map(|number| Row {
                ids: sentence(3 + number, number),
                max_length: 24,
                no_repeat_ngram: 0,
                banned: [].into(),
                align: false,
            })
            .collect();
        let search = Search::new(&self.config, Some(beams));
        let found = generate(&self.network, &rows, &search).expect("they fit the model");
        found.into_iter().map(|hypothesis| hypothesis.ids).collect()
    }
}

/// Returns ids in no meaningful order, followed by the end mark.
fn sentence(tokens: usize, seed: usize) -> Vec<u32> {
    let ids = (1..tokens).map(|place| (place * 7919 + seed * 104_729) % 7_990 + 2);
    let ids = ids.filter_map(|id| u32::try_from(id).ok());
    ids.chain([0]).collect()
}

fn same_states(model: &Model, reference: &Model) -> Result<(), Failed> {
    for tokens in TOKENS {
        if model.states(tokens) != reference.states(tokens) {
            return Err(format!("{tokens} tokens are encoded differently").into());
        }
    }
    Ok(())
}

fn same_ids(model: &Model, reference: &Model) -> Result<(), Failed> {
    for beams in [1, 4] {
        if model.translate(beams) != reference.translate(beams) {
            return Err(format!("other token ids with {beams} beams").into());
        }
    }
    Ok(())
}
