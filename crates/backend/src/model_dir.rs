//! Model folders: the choice of one, and its description.
//!
//! A folder that `fetch-model` wrote has a `source.json` beside the files of the model. That of the
//! demo model has `"demo": true`; this marker, and not the name of the folder, makes it the demo.

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
use service::args::Common;

use crate::config::{EngineOptions, ModelConfig};

/// Folder of the full model, and last part of the name of its repository.
pub const FULL: &str = "opus-mt-de-en";

/// Folder of the small model that is part of the source.
pub const DEMO: &str = "demo-de-en";

/// Folder for models in the container image.
const IMAGE_MODELS: &str = "/models";

/// Link in that folder to the model that the image was built with.
const IMAGE_MODEL: &str = "current";

/// Number of folders above that of the executable in which `models` is looked for. Cargo puts
/// programs into `target/<profile>/` and tests into `target/<profile>/deps/`, two and three folders
/// below the root of the repository.
const LEVELS_ABOVE_EXECUTABLE: usize = 3;

/// File in a model folder with the origin of the model.
pub const SOURCE_FILE: &str = "source.json";

/// Origin of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Source {
    /// Repository on the hub, for example `Helsinki-NLP/opus-mt-de-en`, or only the model's name.
    pub repo: String,
    /// Commit in the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// True for the demo model.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
    /// The fetched files by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, SourceFile>,
}

/// A fetched file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

impl Source {
    /// Reads `source.json` of a model folder. Returns `None` if there is no such file.
    ///
    /// # Errors
    /// The file cannot be read; the message contains its path.
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

/// Returns the folder of the configured model, or of the best one that is found.
///
/// # Errors
/// The configured folder does not exist, or no model is found; the message says what to do.
pub fn choose(config: &ModelConfig, common: &Common) -> anyhow::Result<PathBuf> {
    if let Some(folder) = &config.model_dir {
        anyhow::ensure!(
            folder.is_dir(),
            "MODEL_DIR: {} is not a folder",
            folder.display()
        );
        return Ok(folder.clone());
    }
    // A process without a home folder can still run a model from elsewhere.
    let data_dir = match common.data_dir {
        Some(_) => Some(common.data_dir().context("cannot look for a model")?),
        None => common.data_dir().ok(),
    };
    find(&places(data_dir.as_deref()))
}

/// Returns the folders `models` in which a model is looked for, in order: in the working directory,
/// in the data folder (the target of `fetch-model`), beside the executable and above it, and in the
/// image.
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

/// Returns the folders `models` beside an executable and above it.
fn around(executable: &Path) -> impl Iterator<Item = PathBuf> {
    let folders = executable.ancestors().skip(1);
    folders
        .take(1 + LEVELS_ABOVE_EXECUTABLE)
        .map(|folder| folder.join("models"))
}

/// Returns the folder of the full model if it is in one of `places`, else of the model of the image,
/// else of the demo model.
///
/// # Errors
/// None of them is there; the message says what to do.
pub fn find(places: &[PathBuf]) -> anyhow::Result<PathBuf> {
    for name in [FULL, IMAGE_MODEL, DEMO] {
        let folders = places.iter().map(|place| place.join(name));
        for folder in folders {
            // A folder without this file is not a model. One that has it and lacks others is a broken
            // model, which is reported when it is loaded.
            if folder.join("config.json").is_file() {
                return Ok(folder);
            }
        }
    }
    let searched: Vec<_> = places
        .iter()
        .map(|place| place.display().to_string())
        .collect();
    bail!(
        "no model found: there is no {FULL} and no {DEMO} in {}; run `fetch-model` to fetch one, \
         or set MODEL_DIR",
        searched.join(", ")
    )
}

/// Loads the model in `folder` and translates a sentence with it, as a test.
///
/// # Errors
/// The settings contradict each other; a file is missing, corrupt or inconsistent with the others
/// (the message contains its name); or the model fails on the sentence.
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
            model_beams = translator.config().num_beams,
            "the candle engine has no beam search, so it uses 1 beam instead of the model's own number; set MODEL_ENGINE=native for beam search"
        );
    }
    // Words that many languages share. Any translation will do.
    let translations = translator
        .translate(&["Berlin, 1. April 2024."])
        .with_context(|| format!("the model in {} does not run", folder.display()))?;
    anyhow::ensure!(
        translations.len() == 1 && !translations[0].trim().is_empty(),
        "the model in {} returns an empty translation",
        folder.display()
    );
    let info = info(folder, source.unwrap_or_default(), &translator, config);
    Ok((Arc::new(translator), info))
}

fn translator(folder: &Path, engine: &EngineOptions) -> Result<Translator, marian::Error> {
    match engine {
        EngineOptions::Native(options) => Translator::load(folder, options),
        EngineOptions::Candle(options) => Translator::load_with(folder, |config| {
            // This engine has no beam search, whatever the model's files say.
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
    // The languages in a name such as `opus-mt-de-en`, for models whose files lack them.
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

/// Returns the name of the folder, also if the path ends in `.` or is a link.
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
    fn an_incomplete_folder_is_skipped_and_no_model_is_an_error_with_a_remedy() {
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
    fn a_missing_source_file_is_accepted_and_a_corrupt_one_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(Source::read(folder.path()).expect("read"), None);
        fs::write(folder.path().join(SOURCE_FILE), "{").expect("written");
        let error = Source::read(folder.path()).expect_err("broken");
        assert!(format!("{error:#}").contains(SOURCE_FILE), "{error:#}");
    }
}
