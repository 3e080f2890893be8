//! The images of both services, built once.

use std::sync::LazyLock;

use anyhow::anyhow;

use crate::{
    docker::{self, output},
    folder::{prefix, root},
};

/// Names of the images under test.
pub(crate) struct Images {
    /// The translation service, with the demo model.
    pub(crate) backend: String,
    /// The pages.
    pub(crate) frontend: String,
}

/// Returns the images of the sources in this clone; the first call builds them.
pub(crate) fn built() -> anyhow::Result<&'static Images> {
    static BUILT: LazyLock<Result<Images, String>> =
        LazyLock::new(|| build().map_err(|error| format!("{error:#}")));
    BUILT.as_ref().map_err(|error| anyhow!("{error}"))
}

fn names() -> Images {
    Images {
        backend: format!("{}-backend:test", prefix()),
        frontend: format!("{}-frontend:test", prefix()),
    }
}

fn build() -> anyhow::Result<Images> {
    let images = names();
    let mut compose = docker::command("docker", docker::LONG);
    compose
        .args(["compose", "--file", "compose.yaml", "build"])
        .current_dir(root())
        .env("COMPOSE_PROJECT_NAME", prefix())
        .env("MODEL", "demo")
        .env("BACKEND_IMAGE", &images.backend)
        .env("FRONTEND_IMAGE", &images.frontend);
    output(compose)?;
    Ok(images)
}

/// Removes the images. Their layers stay in the build cache.
pub(crate) fn remove() {
    let Images { backend, frontend } = names();
    // They do not exist if no test needed them.
    let _ = docker::run(["image", "rm", &backend, &frontend]);
}
