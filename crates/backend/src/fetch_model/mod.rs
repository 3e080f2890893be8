//! Fetching a model from the Hugging Face hub: resumed where it broke off, checked by size and hash,
//! tried out, and only then put in place.
//!
//! - [`hub`]: what the hub says of a repository's files, and their content
//! - [`download`]: one file, resumed and checked
//! - [`place`]: the folder that is filled, and the move to its final name
//! - [`proof`]: whether what was fetched translates
//! - [`progress`]: a bar on a terminal, lines elsewhere
//! - [`error`]: what can go wrong

pub mod download;
pub mod error;
pub mod hub;
pub mod place;
pub mod progress;
pub mod proof;

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use secrecy::SecretString;
use service::{args::Common, secrets};

pub use self::error::Error;
use self::{
    download::Retries,
    hub::{Hub, Remote},
    place::Workshop,
    progress::Progress,
};
use crate::model_dir::{self, Source};

/// Files without which there is no model.
const REQUIRED: [&str; 4] = ["config.json", "source.spm", "target.spm", "vocab.json"];

/// Files that not every repository has: settings with defaults, the vocabulary of models that write
/// with another than they read with, and the card with the credits that the model's licence asks
/// for.
const OPTIONAL: [&str; 4] = [
    "target_vocab.json",
    "generation_config.json",
    "tokenizer_config.json",
    "README.md",
];

/// The weights, the first of these that is there: the first is read faster and cannot hold code.
const WEIGHTS: [&str; 2] = ["model.safetensors", "pytorch_model.bin"];

/// For the help of a program that has this as a command: the variables that it reads.
pub const VARIABLES: &str = "The command fetch-model also reads HF_ENDPOINT, HF_TOKEN, HF_TOKEN_FILE \
    and MODEL_REVISION; see `fetch-model --help`.";

/// What to fetch, from where, to where.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// Repository of an OPUS-MT model.
    #[arg(default_value = "Helsinki-NLP/opus-mt-de-en", value_parser = hub::repository)]
    pub repo: String,

    /// Folder to put it into. [default: models in the data folder, and in it the repository's name]
    pub dir: Option<PathBuf>,

    /// Branch, tag or commit of the repository.
    #[arg(long, env, value_name = "REVISION", default_value = "main", value_parser = hub::revision)]
    pub model_revision: String,

    /// Address of the hub, or of a mirror.
    #[arg(long, env, value_name = "URL", default_value = "https://huggingface.co", value_parser = hub::endpoint)]
    pub hf_endpoint: String,

    /// Access token, for repositories that are not public.
    #[arg(long, env, value_name = "TOKEN", hide_env_values = true)]
    pub hf_token: Option<SecretString>,

    /// File that holds the access token.
    #[arg(long, env, value_name = "FILE")]
    pub hf_token_file: Option<PathBuf>,
}

/// Fetches the model, tries it out, puts it in place and says where it is.
///
/// # Errors
/// What went wrong, in words for whoever typed the command. What was fetched until then is kept,
/// and the next run goes on from there.
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
    let job = Job {
        hub: Hub::new(&args.hf_endpoint, &args.repo, token),
        revision: args.model_revision,
        dir: dir.clone(),
        retries: Retries::default(),
    };
    // Files and a plain HTTP client: nothing here is asynchronous.
    let source = tokio::task::spawn_blocking(move || job.run())
        .await
        .context("fetching was interrupted")??;
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
        println!("It is used from the next start on.");
    } else {
        println!("To use it, set MODEL_DIR={}", dir.display());
    }
    Ok(())
}

/// One fetching, with everything it needs to know.
#[derive(Debug)]
pub struct Job {
    /// The repository.
    pub hub: Hub,
    /// Branch, tag or commit.
    pub revision: String,
    /// Where the model is to be.
    pub dir: PathBuf,
    /// How often and how soon a failed transfer is tried again.
    pub retries: Retries,
}

impl Job {
    /// Fetches, checks, tries out and puts in place; answers what was fetched.
    ///
    /// # Errors
    /// See [`Error`]; or the model that was fetched does not translate.
    pub fn run(&self) -> anyhow::Result<Source> {
        let commit = self.retries.run(|| self.hub.commit(&self.revision))?;
        let files = self.files(&commit)?;
        if let Some(source) = place::installed(&self.dir, &self.hub, &commit, &files)? {
            proof::check(&self.dir)?;
            return Ok(source);
        }
        let workshop = Workshop::open(&self.dir)?;
        workshop.clear_but(&files)?;
        let progress = Progress::new(files.iter().map(|file| file.size).sum());
        let mut source = Source {
            repo: self.hub.repo().to_owned(),
            commit: Some(commit.clone()),
            ..Source::default()
        };
        for file in &files {
            progress.file(&file.name);
            let fetched = download::fetch(
                &self.hub,
                &commit,
                file,
                workshop.folder(),
                &self.retries,
                &progress,
            )?;
            source.files.insert(file.name.clone(), fetched);
        }
        progress.finish();
        workshop.write_source(&source)?;
        proof::check(workshop.folder())?;
        workshop.install()?;
        Ok(source)
    }

    /// The files to fetch, as they are at `commit`.
    fn files(&self, commit: &str) -> Result<Vec<Remote>, Error> {
        let look = |name| self.retries.run(|| self.hub.file(commit, name));
        let missing = |name: &str| Error::NoFile {
            repo: self.hub.repo().to_owned(),
            file: name.to_owned(),
        };
        let mut files = Vec::new();
        for name in REQUIRED {
            files.push(look(name)?.ok_or_else(|| missing(name))?);
        }
        for name in OPTIONAL {
            files.extend(look(name)?);
        }
        for name in WEIGHTS {
            if let Some(weights) = look(name)? {
                files.push(weights);
                return Ok(files);
            }
        }
        Err(missing(&WEIGHTS.join(" or ")))
    }
}

impl Default for Retries {
    /// Five tries in a row that bring nothing, over half a minute: a router has restarted by then.
    fn default() -> Self {
        Self {
            tries: 5,
            first_pause: Duration::from_secs(2),
        }
    }
}
