//! Fetching a model from the Hugging Face hub: resumable, checked by size and hash, tested, and
//! only then moved to its place.
//!
//! - [`hub`]: the list of a repository's files, and their content
//! - [`download`]: one file, resumed and checked
//! - [`staging`]: the folder that is filled, and the move to its final name
//! - [`smoke_test`]: a few translations with the fetched model
//! - [`progress`]: a bar on a terminal, lines elsewhere
//! - [`error`]: errors of fetching

pub mod download;
pub mod error;
pub mod hub;
pub mod progress;
pub mod smoke_test;
pub mod staging;

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use secrecy::SecretString;
use service::{args::Common, secrets};

pub use self::error::FetchError;
use self::{
    download::Retries,
    hub::{Hub, RemoteFile, Snapshot},
    progress::Progress,
    staging::Staging,
};
use crate::model_dir::{self, Source};

/// Files that every model has.
const REQUIRED: [&str; 4] = ["config.json", "source.spm", "target.spm", "vocab.json"];

/// Files that only some repositories have: settings with defaults, the vocabulary of models that
/// write with another one than they read, and the card with the credits required by the licence of
/// the model.
const OPTIONAL: [&str; 4] = [
    "target_vocab.json",
    "generation_config.json",
    "tokenizer_config.json",
    "README.md",
];

/// The weights, in order of preference: the first format loads faster and cannot contain code.
const WEIGHTS: [&str; 2] = ["model.safetensors", "pytorch_model.bin"];

/// Arguments of `fetch-model`.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// Repository of an OPUS-MT model.
    #[arg(default_value = "Helsinki-NLP/opus-mt-de-en", value_parser = hub::repository)]
    pub repo: String,

    /// Target folder. [default: models in the data folder, and in it the name of the repository]
    pub dir: Option<PathBuf>,

    /// Branch, tag or commit of the repository.
    #[arg(long, env, value_name = "REVISION", default_value = "main", value_parser = hub::revision)]
    pub model_revision: String,

    /// Address of the hub, or of a mirror.
    #[arg(long, env, value_name = "URL", default_value = "https://huggingface.co", value_parser = hub::endpoint)]
    pub hf_endpoint: String,

    /// Access token, for private repositories.
    #[arg(long, env, value_name = "TOKEN", hide_env_values = true)]
    pub hf_token: Option<SecretString>,

    /// File that contains the access token.
    #[arg(long, env, value_name = "FILE")]
    pub hf_token_file: Option<PathBuf>,
}

/// Returns a note on the variables of this command, for the help of programs that include it.
#[must_use]
pub fn variables() -> String {
    let command = <Args as clap::Args>::augment_args(clap::Command::default());
    let variables = command.get_arguments().filter_map(clap::Arg::get_env);
    let names: Vec<_> = variables.map(|name| name.to_string_lossy()).collect();
    format!(
        "The command fetch-model also reads {}; see `fetch-model --help`.",
        names.join(", ")
    )
}

/// Fetches the model, tests it, moves it to its place and prints where it is.
///
/// # Errors
/// The failure, worded for the person who typed the command. Everything fetched so far is kept, and
/// the next run resumes from there.
pub async fn run(args: Args, common: &Common) -> anyhow::Result<()> {
    let token = secrets::read(
        "HF_TOKEN",
        args.hf_token.as_ref(),
        args.hf_token_file.as_deref(),
    )?;
    let name = args.repo.rsplit('/').next().unwrap_or_default();
    let dir = match &args.dir {
        Some(dir) => dir.clone(),
        None => common.data_dir()?.join("models").join(name),
    };
    let places = model_dir::places(common.data_dir().ok().as_deref());
    let fetch = Fetch {
        hub: Hub::new(&args.hf_endpoint, &args.repo, token),
        revision: args.model_revision,
        dir: dir.clone(),
        retries: Retries::default(),
    };
    // Files and a blocking HTTP client: nothing here is asynchronous.
    let source = tokio::task::spawn_blocking(move || fetch.run())
        .await
        .context("the fetch was interrupted")??;
    println!(
        "{} (commit {}) is in {}",
        source.repo,
        source.commit.as_deref().unwrap_or("unknown"),
        dir.display()
    );
    let found = model_dir::find(&places)
        .ok()
        .and_then(|dir| dir.canonicalize().ok());
    if found.is_some() && found == dir.canonicalize().ok() {
        println!("It will be used from the next start.");
    } else {
        println!("To use it, set MODEL_DIR={}", dir.display());
    }
    Ok(())
}

/// A model to fetch, and how.
#[derive(Debug)]
pub struct Fetch {
    /// Repository on its hub.
    pub hub: Hub,
    /// Branch, tag or commit.
    pub revision: String,
    /// Target folder.
    pub dir: PathBuf,
    /// Retry policy of requests.
    pub retries: Retries,
}

impl Fetch {
    /// Fetches the model, checks and tests it, and moves it to its place. Returns its origin and
    /// files.
    ///
    /// # Errors
    /// A [`FetchError`]; or the fetched model cannot translate.
    pub fn run(&self) -> anyhow::Result<Source> {
        let snapshot = self.retries.run(|| self.hub.snapshot(&self.revision))?;
        let (commit, files) = (&snapshot.commit, self.files(&snapshot)?);
        if let Some(source) = staging::installed(&self.dir, &self.hub, commit, &files)? {
            smoke_test::run(&self.dir)?;
            return Ok(source);
        }
        let staging = Staging::open(&self.dir)?;
        staging.retain(&files)?;
        let progress = Progress::new(files.iter().map(|file| file.size).sum());
        let mut source = Source {
            repo: self.hub.repo().to_owned(),
            commit: Some(commit.clone()),
            ..Source::default()
        };
        for file in &files {
            progress.set_file(&file.name);
            let fetched = download::fetch(
                &self.hub,
                commit,
                file,
                staging.folder(),
                &self.retries,
                &progress,
            )?;
            source.files.insert(file.name.clone(), fetched);
        }
        progress.finish();
        staging.write_source(&source)?;
        smoke_test::run(staging.folder())?;
        staging.install()?;
        Ok(source)
    }

    /// Returns the files to download.
    fn files(&self, snapshot: &Snapshot) -> Result<Vec<RemoteFile>, FetchError> {
        let missing = |name: &str| FetchError::NoFile {
            repo: self.hub.repo().to_owned(),
            file: name.to_owned(),
        };
        let mut files = Vec::new();
        for name in REQUIRED {
            files.push(snapshot.file(name)?.ok_or_else(|| missing(name))?);
        }
        for name in OPTIONAL {
            files.extend(snapshot.file(name)?);
        }
        for name in WEIGHTS {
            if let Some(weights) = snapshot.file(name)? {
                files.push(weights);
                return Ok(files);
            }
        }
        Err(missing(&WEIGHTS.join(" or ")))
    }
}

impl Default for Retries {
    /// Five attempts without progress, over half a minute: enough for a router to restart.
    fn default() -> Self {
        Self {
            max_attempts: 5,
            first_pause: Duration::from_secs(2),
        }
    }
}
