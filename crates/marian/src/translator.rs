//! A model directory, loaded: configuration, network, tokeniser, and how to search.

use std::{path::Path, sync::Arc};

use crate::{
    Config, Engine, Error, Native, Network, Search, Tokenizer,
    network::Execution,
    scheduler::Queue,
    sentence::{Limits, Model},
};

/// How the native engine runs a model, where its own files shall not decide.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Hypotheses kept by the beam search (1 = greedy); `None`: as the model's files say.
    pub beams: Option<usize>,
    /// How the network computes.
    pub execution: Execution,
}

/// A model, loaded and ready; shared between threads behind an `Arc`.
#[derive(Debug)]
pub struct Translator {
    config: Config,
    tokenizer: Tokenizer,
    /// Never has rows: each batch is an engine of its own, on the same weights.
    engine: Box<dyn Engine>,
}

impl Translator {
    /// Loads the model in `directory` into the native engine.
    ///
    /// # Errors
    /// When a file is missing, truncated or does not fit the others; the error names it.
    pub fn load(directory: &Path, options: &Options) -> Result<Self, Error> {
        Self::load_with(directory, |config| {
            let network = Network::load(directory, config, &options.execution)?;
            let search = Search::new(config, options.beams);
            Ok(Native::new(Arc::new(network), Arc::new(search)))
        })
    }

    /// Loads the model in `directory` into an engine, which `engine` makes from the model's configuration.
    ///
    /// # Errors
    /// When a file is missing, truncated or does not fit the others (the error names it), or the engine cannot be made.
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

    /// What the model's files say of it.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Hypotheses kept by the beam search; 1 is greedy.
    #[must_use]
    pub fn beams(&self) -> usize {
        self.engine.bounds().beams
    }

    /// The engine that runs the model; without rows.
    #[must_use]
    pub fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    /// The tokeniser.
    #[must_use]
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    pub(crate) fn model(&self) -> Model<'_> {
        let positions = self.engine.bounds().positions;
        Model {
            tokenizer: &self.tokenizer,
            limits: Limits {
                // The start token has a position of its own, the end mark needs none.
                max_length: self.config.max_length.min(positions + 1),
                positions,
            },
        }
    }

    /// Translates `sentences`, in order: [`crate::Scheduler`] with a single job.
    ///
    /// # Errors
    /// When the model fails.
    pub fn translate(&self, sentences: &[&str]) -> Result<Vec<String>, Error> {
        let mut queue = Queue::new(self.engine.empty());
        queue.submit(
            sentences
                .iter()
                .map(|&sentence| sentence.to_owned())
                .collect(),
        );
        let mut translations = Vec::with_capacity(sentences.len());
        while !queue.is_idle() {
            let step = queue.step(self)?;
            translations.extend(
                step.finished
                    .into_iter()
                    .map(|finished| finished.translation),
            );
        }
        Ok(translations)
    }
}
