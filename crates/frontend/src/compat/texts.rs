//! The texts of one request: their languages, and their translations.

use std::sync::Arc;

use markup::Segment;
use tokio::time::Instant;

use super::access::Client;
use super::apis::Apis;
use super::blocking::blocking;
use super::format::Format;
use super::language::{Detection, Language, detect};
use super::refusal::Refusal;
use crate::metrics::API_CHARACTERS;

/// Maximum number of texts in a request.
const MAX_TEXTS: usize = 1000;

/// Maximum size of a text that does not tell its language by itself, in bytes; that of
/// LibreTranslate.
const MAX_SHORT_BYTES: usize = 40;

/// Texts to translate.
#[derive(Clone, Debug)]
pub(super) struct Texts {
    /// The texts.
    #[expect(clippy::struct_field_names, reason = "the field's name in all APIs")]
    pub(super) texts: Vec<String>,
    /// Format of all of them.
    pub(super) format: Format,
    /// Language of the texts.
    pub(super) source: Source,
    /// Language of the translations.
    pub(super) target: Language,
}

/// Language of the texts of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// This one.
    Known(Language),
    /// The same for all texts, detected from all of them.
    Common,
    /// Detected for each text.
    Own,
    /// Detected for each long text; that of all of them for short ones, which tell little.
    OwnIfLong,
}

/// Translated texts.
#[derive(Clone, Debug)]
pub(super) struct Translations {
    /// The translations, in the order of the texts.
    pub(super) texts: Vec<String>,
    /// Language of each text.
    pub(super) sources: Vec<Detection>,
}

impl Translations {
    /// Returns the common language of the texts.
    pub(super) fn source(&self) -> Detection {
        let first = self.sources.first().copied();
        first.unwrap_or(Detection::certain(Language::German))
    }
}

impl Apis {
    /// Translates texts for a client, whose use is counted. Texts that are in the target language
    /// are returned as they are.
    ///
    /// # Errors
    /// The texts are too long or in a language that is not translated, the client has used up its
    /// share, or the backend does not translate now.
    pub(super) async fn translate(
        &self,
        client: &Client,
        texts: Texts,
    ) -> Result<Translations, Refusal> {
        let Texts {
            texts,
            format,
            source,
            target,
        } = texts;
        self.check(&texts)?;
        let characters = texts.iter().map(|text| text.chars().count()).sum();
        self.spend(client, characters)?;
        let arrival = Instant::now();
        let translated = self.translated(texts, format, source, target).await;
        if translated.is_err() {
            self.access.refund(client, characters as u64, arrival);
        } else {
            metrics::counter!(API_CHARACTERS).increment(characters as u64);
        }
        translated
    }

    /// Checks the number and the size of the texts of a request.
    ///
    /// # Errors
    /// They are too many or too long.
    pub(super) fn check(&self, texts: &[String]) -> Result<(), Refusal> {
        let size = texts.iter().map(String::len).sum();
        for (size, limit) in [(texts.len(), MAX_TEXTS), (size, self.max_text_bytes)] {
            if size > limit {
                // In the words of LibreTranslate, which has these for both.
                return Err(Refusal::Invalid(format!(
                    "Invalid request: request ({size}) exceeds text limit ({limit})"
                )));
            }
        }
        Ok(())
    }

    async fn translated(
        &self,
        texts: Vec<String>,
        format: Format,
        source: Source,
        target: Language,
    ) -> Result<Translations, Refusal> {
        let texts: Arc<[String]> = texts.into();
        let format = Arc::new(format);
        let read = (Arc::clone(&texts), Arc::clone(&format));
        let read = move || read.0.iter().map(|text| read.1.units(text)).collect();
        let mut units = blocking(read)
            .await
            .and_then(|units: Result<Vec<_>, _>| units)?;
        let sources = source.of(&units);
        for (units, source) in units.iter_mut().zip(&sources) {
            if !source.language.is_translated_to(target)? {
                units.clear();
            }
        }
        let units = self.work.translate(units).await?;
        let languages = sources.clone();
        let replace = move || {
            let texts = texts.iter().zip(units).zip(languages);
            let translated = texts.map(|((text, units), source)| match source.language {
                language if language == target => Ok(text.clone()),
                _ => format.replace(text, units),
            });
            translated.collect()
        };
        Ok(Translations {
            texts: blocking(replace).await.and_then(|texts| texts)?,
            sources,
        })
    }
}

impl Source {
    /// Returns the language of each text, given as its units.
    fn of(self, texts: &[Vec<Segment>]) -> Vec<Detection> {
        let own = |units: &Vec<Segment>| detect(units.iter().map(|unit| unit.text.as_str()));
        let common = || detect(texts.iter().flatten().map(|unit| unit.text.as_str()));
        let same = |language: Detection| vec![language; texts.len()];
        match self {
            Self::Known(language) => same(Detection::certain(language)),
            Self::Common => same(common()),
            Self::Own => texts.iter().map(own).collect(),
            Self::OwnIfLong => {
                let common = common();
                let is_long = |units: &Vec<Segment>| {
                    units.iter().map(|unit| unit.text.len()).sum::<usize>() > MAX_SHORT_BYTES
                };
                let language = |units| if is_long(units) { own(units) } else { common };
                texts.iter().map(language).collect()
            }
        }
    }
}
