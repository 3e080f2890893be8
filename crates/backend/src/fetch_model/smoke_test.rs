//! A few translations with the fetched model.

use std::path::Path;

use anyhow::{Context as _, ensure};
use marian::{Options, Translator};

/// Sentences, each with a word that every German to English model uses in its translation.
const GERMAN: [(&str, &str); 3] = [
    ("Guten Morgen!", "morning"),
    ("Das Haus ist alt.", "house"),
    ("Ich habe drei Bücher gelesen.", "books"),
];

/// Input for other languages: names and numbers, which survive translation in some form.
const ANY: &str = "Berlin, Paris, London: 1, 2, 3.";

/// Loads the model in `folder` and translates a few sentences.
///
/// # Errors
/// The model cannot be loaded, or its translations are wrong.
pub fn run(folder: &Path) -> anyhow::Result<()> {
    let translator = Translator::load(folder, &Options::default())
        .context("the model was fetched, but cannot be loaded")?;
    let languages = translator.config();
    let is_german = languages.source_language.as_deref() == Some("de")
        && languages.target_language.as_deref() == Some("en");
    let sentences: Vec<&str> = if is_german {
        GERMAN.iter().map(|(sentence, _)| *sentence).collect()
    } else {
        vec![ANY]
    };
    let translations = translator
        .translate(&sentences)
        .context("the model was fetched, but does not run")?;
    ensure!(
        translations.len() == sentences.len(),
        "the model was fetched, but lost a sentence"
    );
    for (index, (sentence, translation)) in sentences.iter().zip(&translations).enumerate() {
        let is_good = if is_german {
            translation.to_lowercase().contains(GERMAN[index].1)
        } else {
            translation.chars().any(char::is_alphanumeric)
        };
        ensure!(
            is_good,
            "the model was fetched, but translates “{sentence}” as “{translation}”"
        );
    }
    Ok(())
}
