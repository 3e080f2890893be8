//! Model folders: where they are looked for, and what they say of themselves.
//!
//! A folder that `fetch-model` wrote has a `source.json` beside the model's files. The demo model's
//! says `"demo": true`; that marker, and not the folder's name, makes it the demo.

use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, bail};
use api::ModelInfo;
use candle_engine::CandleEngine;
use marian::{Search, Translator};
use serde::{Deserialize, Serialize};

use crate::config::{EngineOptions, ModelConfig};

/// The model of full quality, as a folder and as the last part of its repository's name.
pub const FULL: &str = "opus-mt-de-en";

/// The small model that comes with the source.
pub const DEMO: &str = "demo-de-en";

/// Where the container image keeps models.
const IMAGE_MODELS: &str = "/models";

/// Link in the image's folder to the model that the image was built with.
const IMAGE_MODEL: &str = "current";

/// How far above the executable `models` is looked for. Cargo puts programs into
/// `target/<profile>/` and tests into `target/<profile>/deps/`, two and three folders below the
/// repository's root.
const LEVELS_ABOVE_EXECUTABLE: usize = 3;

/// File in a model folder that says where it comes from.
pub const SOURCE_FILE: &str = "source.json";

/// Where a model comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Source {
    /// Repository on the hub, for example `Helsinki-NLP/opus-mt-de-en`; or just the model's name.
    pub repo: String,
    /// Commit in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Whether it is the demo model.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
    /// The fetched files by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, SourceFile>,
}

/// A file as it was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Length in bytes.
    pub size: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

impl Source {
    /// Reads `source.json` of a model folder; `None` if there is none.
    ///
    /// # Errors
    /// The file cannot be read; the message names it.
    pub fn read(folder: &Path) -> anyhow::Result<Option<Self>> {
        let path = folder.join(SOURCE_FILE);
        let json = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            json => json.with_context(|| path.display().to_string())?,
        };
        let source = serde_json::from_slice(&json).with_context(|| path.display().to_string())?;
        Ok(Some(source))
    }
}

/// The folders `models` in which a model is looked for, in order: in the working directory, in the
/// data folder (where `fetch-model` puts them), beside the executable and above it, in the image.
#[must_use]
pub fn places(data_dir: Option<&Path>) -> Vec<PathBuf> {
    let mut places = vec![PathBuf::from("models")];
    places.extend(data_dir.map(|folder| folder.join("models")));
    if let Ok(executable) = env::current_exe() {
        places.extend(around(&executable));
    }
    places.push(PathBuf::from(IMAGE_MODELS));
    places
}

/// The folders `models` beside an executable and above it.
fn around(executable: &Path) -> impl Iterator<Item = PathBuf> {
    let folders = executable.ancestors().skip(1);
    folders
        .take(1 + LEVELS_ABOVE_EXECUTABLE)
        .map(|folder| folder.join("models"))
}

/// The full model if it is in one of `places`, else the image's own, else the demo model.
///
/// # Errors
/// Neither is there; the message says what to do.
pub fn find(places: &[PathBuf]) -> anyhow::Result<PathBuf> {
    for name in [FULL, IMAGE_MODEL, DEMO] {
        let folders = places.iter().map(|place| place.join(name));
        for folder in folders {
            // A folder without it is no model; one that has it and lacks more is a broken one,
            // which should be reported and not passed over.
            if folder.join("config.json").is_file() {
                return Ok(folder);
            }
        }
    }
    let looked: Vec<_> = places
        .iter()
        .map(|place| place.display().to_string())
        .collect();
    bail!(
        "no model found: there is no {FULL} and no {DEMO} in {}; run `fetch-model` to fetch one, \
         or set MODEL_DIR",
        looked.join(", ")
    )
}

/// Loads the model in `folder` and translates a sentence with it, so that what is loaded works.
///
/// # Errors
/// The settings contradict each other, a file is missing, broken or does not fit the others (the
/// message names it), or the model does not run.
pub fn load(folder: &Path, config: &ModelConfig) -> anyhow::Result<(Arc<Translator>, ModelInfo)> {
    let source = Source::read(folder)?;
    let engine = config.engine()?;
    let translator = translator(folder, &engine)
        .with_context(|| format!("the model in {} cannot be loaded", folder.display()))?;
    if matches!(engine, EngineOptions::Candle(_))
        && translator.config().num_beams > translator.beams()
    {
        tracing::info!(
            beams = translator.beams(),
            asked = translator.config().num_beams,
            "the candle engine has no beam search: it uses 1 beam instead of the model's own number; MODEL_ENGINE=native has one"
        );
    }
    // Words that many languages share; what comes out does not matter, only that it does.
    let proof = translator
        .translate(&["Berlin, 1. April 2024."])
        .with_context(|| format!("the model in {} does not run", folder.display()))?;
    anyhow::ensure!(
        proof.len() == 1 && !proof[0].trim().is_empty(),
        "the model in {} translates a sentence into nothing",
        folder.display()
    );
    let info = info(folder, source.unwrap_or_default(), &translator, config);
    Ok((Arc::new(translator), info))
}

fn translator(folder: &Path, engine: &EngineOptions) -> Result<Translator, marian::Error> {
    match engine {
        EngineOptions::Native(options) => Translator::load(folder, options),
        EngineOptions::Candle(options) => Translator::load_with(folder, |config| {
            // It has no others, whatever the model asks for.
            let search = Search::new(config, Some(1));
            CandleEngine::load(folder, config, search, options)
        }),
    }
}

fn info(folder: &Path, source: Source, translator: &Translator, config: &ModelConfig) -> ModelInfo {
    let name = match source.repo.rsplit('/').next() {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => folder_name(folder),
    };
    // As in `opus-mt-de-en`, where the model's own files do not say.
    let mut parts = name.rsplit('-');
    let (target, origin) = (parts.next(), parts.next());
    let language = |own: &Option<String>, named: Option<&str>| {
        own.as_deref().or(named).unwrap_or("und").to_owned()
    };
    let own = translator.config();
    ModelInfo {
        source_language: language(&own.source_language, origin),
        target_language: language(&own.target_language, target),
        name,
        commit: source.commit,
        precision: config.precision().name().to_owned(),
        engine: config.model_engine.name().to_owned(),
        device: config.model_device.to_string(),
        beams: translator.beams(),
        demo: source.demo,
    }
}

/// The folder's own name, also where the path ends in `.` or is a link to elsewhere.
fn folder_name(folder: &Path) -> String {
    let full = folder.canonicalize();
    let full = full.as_deref().unwrap_or(folder);
    full.file_name().map_or_else(
        || "model".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models(place: &Path, names: &[&str]) -> PathBuf {
        let models = place.join("models");
        for name in names {
            fs::create_dir_all(models.join(name)).expect("a folder");
            fs::write(models.join(name).join("config.json"), "{}").expect("a file");
        }
        models
    }

    #[test]
    fn a_fetched_full_model_wins_over_the_demo_wherever_it_is() {
        let (here, data) = (
            tempfile::tempdir().expect("a folder"),
            tempfile::tempdir().expect("a folder"),
        );
        let places = [models(here.path(), &[DEMO]), models(data.path(), &[FULL])];
        assert_eq!(find(&places).expect("found"), places[1].join(FULL));
        assert_eq!(find(&places[..1]).expect("found"), places[0].join(DEMO));
    }

    #[test]
    fn an_unfinished_folder_is_passed_over_and_none_is_an_error_that_helps() {
        let here = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(here.path().join("models").join(FULL)).expect("a folder");
        let error = find(&[here.path().join("models")])
            .expect_err("none")
            .to_string();
        assert!(
            error.contains("fetch-model") && error.contains("MODEL_DIR"),
            "{error}"
        );
    }

    #[test]
    fn the_working_directory_comes_first_and_the_image_last() {
        let places = places(Some(Path::new("/data")));
        assert_eq!(places[0], Path::new("models"));
        assert_eq!(places[1], Path::new("/data/models"));
        assert_eq!(places.last().expect("some"), Path::new("/models"));
    }

    #[test]
    fn the_repository_is_found_from_where_cargo_puts_programs_and_tests() {
        for executable in [
            "/repo/target/debug/backend",
            "/repo/target/release/deps/backend-0a1b",
        ] {
            let mut found = around(Path::new(executable));
            assert!(found.any(|folder| folder == Path::new("/repo/models")));
        }
    }

    #[test]
    fn a_folder_without_a_source_is_told_from_a_broken_one() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(Source::read(folder.path()).expect("read"), None);
        fs::write(folder.path().join(SOURCE_FILE), "{").expect("written");
        let error = Source::read(folder.path()).expect_err("broken");
        assert!(format!("{error:#}").contains(SOURCE_FILE), "{error:#}");
    }
}
