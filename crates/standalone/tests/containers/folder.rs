//! A copy of the files that a deployment needs.

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

/// Returns the root of this workspace.
pub(crate) fn root() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    folder.canonicalize().expect("the root of the workspace")
}

/// Returns the prefix of all names on the engine that belong to this clone. A run cleans up after an
/// earlier one that was killed, and leaves other clones alone. It is short, because names of secrets
/// in a swarm have at most 64 characters.
pub(crate) fn prefix() -> String {
    let mut hasher = DefaultHasher::new();
    root().hash(&mut hasher);
    format!("translation-test-{:x}", hasher.finish())
}

/// The Compose files, the dump and new secrets in a temporary folder, so that existing secrets are not
/// touched, and a free port for the page.
pub(crate) struct Folder {
    temporary: TempDir,
    /// Content of all Compose files.
    files: String,
    port: u16,
}

impl Folder {
    /// Copies the files and creates secrets.
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
            temporary: folder,
            files,
            port,
        })
    }

    /// Returns the path of the folder.
    pub(crate) fn path(&self) -> &Path {
        self.temporary.path()
    }

    /// Returns a command for `program` in this folder, with the port and the images under test. All
    /// other variables that Compose or its files would read are removed from the environment.
    pub(crate) fn command(&self, program: &str) -> anyhow::Result<Command> {
        let images = images::built()?;
        let mut command = docker::command(program, docker::USUAL);
        command.current_dir(self.path());
        #[expect(
            clippy::disallowed_methods,
            reason = "the environment of the tests is not meant for Compose"
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

    /// Returns a secret.
    pub(crate) fn secret(&self, name: &str) -> anyhow::Result<String> {
        let file = self.path().join("secrets").join(name);
        fs::read_to_string(&file).with_context(|| file.display().to_string())
    }

    /// Returns the address of the page.
    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns a browser for the page.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.origin())
    }
}
