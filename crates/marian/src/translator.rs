//! A loaded model directory: configuration, tokeniser and engine.

use std::path::Path;
use std::sync::Arc;

use crate::network::Execution;
use crate::scheduler::Jobs;
use crate::sentence::{Limits, Model};
use crate::{Config, Engine, Error, Native, Network, Search, Tokenizer};

/// Options of the native engine.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Number of hypotheses kept by the beam search; 1 is greedy. `None` follows the model's files.
    pub beams: Option<usize>,
    /// Execution options of the network.
    pub execution: Execution,
}

/// A loaded model, ready to run; shared between threads by an `Arc`.
#[derive(Debug)]
pub struct Translator {
    config: Config,
    tokenizer: Tokenizer,
    /// Never has rows: every batch runs in an engine of its own, which shares the weights.
    engine: Box<dyn Engine>,
}

impl Translator {
    /// Loads the model in `directory` into the native engine.
    ///
    /// # Errors
    /// Returns an error that names the file if a file is missing, truncated or does not fit the
    /// other files.
    pub fn load(directory: &Path, options: &Options) -> Result<Self, Error> {
        Self::load_with(directory, |config| {
            let network = Network::load(directory, config, &options.execution)?;
            let search = Search::new(config, options.beams);
            Ok(Native::new(Arc::new(network), Arc::new(search)))
        })
    }

    /// Loads the model in `directory` into the engine that `engine` makes from the configuration.
    ///
    /// # Errors
    /// Returns an error that names the file if a file is missing, truncated or does not fit the
    /// other files, or the error of `engine`.
    pub fn load_with<E: Engine + 'static>(
        directory: &Path,
        engine: impl FnOnce(&Config) -> Result<E, Error>,
    ) -> Result<Self, Error> {
        let config = Config::load(directory)?;
        let tokenizer = Tokenizer::load(directory, &config)?;
        let engine = Box::new(engine(&config)?);
        Ok(Self {
            config,
            tokenizer,
            engine,
        })
    }

    /// Returns the settings of the model.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the number of hypotheses kept by the beam search; 1 is greedy.
    #[must_use]
    pub fn beams(&self) -> usize {
        self.engine.bounds().beams
    }

    /// Returns the engine that runs the model, which has no rows.
    #[must_use]
    pub fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    /// Returns the tokeniser.
    #[must_use]
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    pub(crate) fn model(&self) -> Model<'_> {
        let positions = self.engine.bounds().positions;
        Model {
            tokenizer: &self.tokenizer,
            limits: Limits {
                // The start token has a position of its own; the end mark needs no position.
                max_length: self.config.max_length.min(positions + 1),
                positions,
            },
        }
    }

    /// Translates sentences as a [`Scheduler`](crate::Scheduler) with this single job does, and
    /// returns the translations in order.
    ///
    /// # Errors
    /// Returns an error if the model fails.
    pub fn translate(&self, sentences: &[&str]) -> Result<Vec<String>, Error> {
        let mut jobs = Jobs::new(self.engine.empty());
        jobs.submit(
            sentences.iter().copied().map(str::to_owned).collect(),
            false,
        );
        let mut translations = Vec::with_capacity(sentences.len());
        while !jobs.is_idle() {
            let finished = jobs.step(self.model())?.finished.into_iter();
            translations.extend(finished.map(|finished| finished.translation));
        }
        Ok(translations)
    }
}
