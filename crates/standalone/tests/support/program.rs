//! The program, with the demo model.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::{TempDir, tempdir};

/// Returns the root of the repository.
pub(crate) fn root() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    folder.canonicalize().expect("the root of the workspace")
}

/// Returns a command for the program with a clean environment, the demo model, and its data in
/// `data`.
pub(crate) fn program(data: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_unlimited-translation"));
    program
        .env_clear()
        .env("DATA_DIR", data)
        .env("MODEL_DIR", root().join("models/demo-de-en"))
        .current_dir(data)
        .stdin(Stdio::null());
    program
}

/// Runs `translate` in a folder with this file.
pub(crate) fn translate(name: &str, content: &[u8], arguments: &[&str]) -> (TempDir, Output) {
    let folder = tempdir().expect("a folder");
    fs::write(folder.path().join(name), content).expect("written");
    let output = program(folder.path())
        .args(["translate", name])
        .args(arguments)
        .output()
        .expect("run");
    (folder, output)
}
