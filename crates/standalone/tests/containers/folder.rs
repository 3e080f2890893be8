//! A copy of what a deployment needs.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::{
    browser::Browser,
    docker::{self, output},
    images,
};

/// Where this workspace is.
pub(crate) fn root() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    folder.canonicalize().expect("the root of the workspace")
}

/// The start of every name that this clone gives to things on the engine: a run that was killed is
/// cleaned up by the next one, and other clones are left alone. Short, because a swarm takes no
/// name of a secret of more than 64 characters.
pub(crate) fn own() -> String {
    let mut hasher = DefaultHasher::new();
    root().hash(&mut hasher);
    format!("translation-test-{:x}", hasher.finish())
}

/// The Compose files, the dump and secrets in a temporary folder, so that nobody's secrets are
/// touched, and a free port for the page.
pub(crate) struct Folder {
    place: TempDir,
    /// The text of all Compose files.
    files: String,
    port: u16,
}

impl Folder {
    /// Copies the files and makes secrets.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let copy = |file: &Path| -> anyhow::Result<()> {
            let copy = folder.path().join(file.strip_prefix(root())?);
            fs::create_dir_all(copy.parent().context("a file is in a folder")?)?;
            fs::copy(file, copy).context(file.display().to_string())?;
            Ok(())
        };
        let mut files = String::new();
        for entry in fs::read_dir(root())? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with("compose.") {
                copy(&entry.path())?;
                files.push_str(&fs::read_to_string(entry.path())?);
            }
        }
        for entry in fs::read_dir(root().join("mysql-dump"))? {
            copy(&entry?.path())?;
        }
        copy(&root().join("secrets/generate.sh"))?;
        let generate = folder.path().join("secrets/generate.sh");
        output(docker::command(generate, docker::USUAL))?;
        let port = TcpListener::bind("0.0.0.0:0")?.local_addr()?.port();
        Ok(Self {
            place: folder,
            files,
            port,
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.place.path()
    }

    /// `program`, to be run in this folder with this port and the images under test, and with
    /// nothing else that the caller's environment may say to Compose or in place of the files'
    /// defaults.
    pub(crate) fn command(&self, program: &str) -> anyhow::Result<Command> {
        let images = images::built()?;
        let mut command = docker::command(program, docker::USUAL);
        command.current_dir(self.path());
        #[expect(
            clippy::disallowed_methods,
            reason = "what this process was started with is not for Compose"
        )]
        for (variable, _) in std::env::vars_os() {
            let name = variable.to_string_lossy();
            let is_named = self.files.contains(&format!("${{{name}:-"));
            if is_named || name.starts_with("COMPOSE_") {
                command.env_remove(variable);
            }
        }
        command
            .env("FRONTEND_PORT", self.port.to_string())
            .env("BACKEND_IMAGE", &images.backend)
            .env("FRONTEND_IMAGE", &images.frontend);
        Ok(command)
    }

    /// The secret of this name.
    pub(crate) fn secret(&self, name: &str) -> anyhow::Result<String> {
        let file = self.path().join("secrets").join(name);
        fs::read_to_string(&file).with_context(|| file.display().to_string())
    }

    /// Where the page is.
    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A browser on the page.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.origin())
    }
}
