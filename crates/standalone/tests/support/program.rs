//! The program, with the demo model.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

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
