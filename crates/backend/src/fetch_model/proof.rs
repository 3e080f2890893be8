//! Whether what was fetched translates.

use std::path::Path;

use anyhow::{Context as _, ensure};
use marian::{Options, Translator};

/// Sentences and a word that every German to English model puts into their translation.
const GERMAN: [(&str, &str); 3] = [
    ("Guten Morgen!", "morning"),
    ("Das Haus ist alt.", "house"),
    ("Ich habe drei Bücher gelesen.", "books"),
];

/// For models of other languages: names and numbers, which come through in some form.
const ANY: &str = "Berlin, Paris, London: 1, 2, 3.";

/// Loads the model in `folder` and translates a few sentences.
///
/// # Errors
/// It cannot be loaded, or its translations are none.
pub fn check(folder: &Path) -> anyhow::Result<()> {
    let translator = Translator::load(folder, &Options::default())
        .context("the model was fetched whole, but cannot be loaded")?;
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
        .context("the model was fetched whole, but does not run")?;
    ensure!(
        translations.len() == sentences.len(),
        "the model was fetched whole, but lost a sentence"
    );
    for (place, (sentence, translation)) in sentences.iter().zip(&translations).enumerate() {
        let is_good = if is_german {
            translation.to_lowercase().contains(GERMAN[place].1)
        } else {
            translation.chars().any(char::is_alphanumeric)
        };
        ensure!(
            is_good,
            "the model was fetched whole, but translates “{sentence}” as “{translation}”"
        );
    }
    Ok(())
}
