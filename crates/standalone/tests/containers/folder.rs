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

use crate::{browser::Browser, docker::output, images};

/// Where this workspace is.
pub(crate) fn root() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    folder.canonicalize().expect("the root of the workspace")
}

/// The start of every name that this clone gives to things on the engine: a run that was killed is
/// cleaned up by the next one, and other clones are left alone.
pub(crate) fn own() -> String {
    let mut hasher = DefaultHasher::new();
    root().hash(&mut hasher);
    format!("unlimited-translation-test-{:x}", hasher.finish())
}

/// The Compose files, the dump and secrets in a temporary folder, so that nobody's secrets are
/// touched, and a free port for the page.
pub(crate) struct Folder {
    folder: TempDir,
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
        for entry in fs::read_dir(root())? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with("compose.") {
                copy(&entry.path())?;
            }
        }
        for entry in fs::read_dir(root().join("mysql-dump"))? {
            copy(&entry?.path())?;
        }
        copy(&root().join("secrets/generate.sh"))?;
        output(Command::new(folder.path().join("secrets/generate.sh")))?;
        let port = TcpListener::bind("0.0.0.0:0")?.local_addr()?.port();
        Ok(Self { folder, port })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `program`, to be run in this folder with this port and the images under test, and with
    /// nothing else that the caller's environment may say to Compose.
    pub(crate) fn command(&self, program: &str) -> anyhow::Result<Command> {
        let images = images::built()?;
        let mut command = Command::new(program);
        command.current_dir(self.path());
        #[expect(
            clippy::disallowed_methods,
            reason = "what this process was started with is not for Compose"
        )]
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("COMPOSE_") {
                command.env_remove(name);
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
