//! Content of the images.

use anyhow::{Context as _, ensure};

use super::stack::Stack;
use crate::{docker, images, services::Services as _};

/// Bytes of a megabyte.
const MEGABYTE: u64 = 1_000_000;

/// Maximum size of the programs that read PDFs and photos, in bytes.
const PAPER: u64 = 150 * MEGABYTE;

pub(super) fn sizes(stack: &Stack) -> anyhow::Result<()> {
    let size = |image: &str| -> anyhow::Result<u64> {
        Ok(docker::run(["image", "inspect", "--format", "{{.Size}}", image])?.parse()?)
    };
    let base = size("debian:trixie-slim")?;
    let model = stack.exec("backend", &["du", "--summarize", "--bytes", "/models"])?;
    let model: u64 = model.split_whitespace().next().context("du")?.parse()?;
    let images = images::built()?;
    for (image, more, limit) in [(&images.frontend, PAPER, 30), (&images.backend, model, 50)] {
        let own = size(image)?.saturating_sub(base + more);
        ensure!(own < limit * MEGABYTE, "{image}: {own} bytes");
    }
    Ok(())
}

/// Script that prints the list of components in a program. It is compressed with zlib; with eight bytes
/// before it, gzip can read it, except for the checksum at the end.
const UNPACK: &str = r#"set -e; cd /tmp; cat >program
objcopy --dump-section .dep-v0=list program /dev/null
{ printf "\037\213\010\0\0\0\0\0"; cat list; } | gzip -dc 2>/dev/null || :"#;

pub(super) fn components(stack: &Stack) -> anyhow::Result<()> {
    let images = images::built()?;
    for (program, image, has, has_not) in [
        ("backend", &images.backend, "candle-core", "sqlx"),
        ("frontend", &images.frontend, "sqlx", "candle-core"),
    ] {
        let list = stack.shell(&format!(
            "docker run --rm --network=none --entrypoint=cat {image} /usr/local/bin/{program} \
             | docker run --rm --network=none --interactive rust:1-slim-trixie sh -c '{UNPACK}'"
        ))?;
        let named = |name: &str| list.contains(&format!("\"name\":\"{name}\""));
        ensure!(named(program) && named(has), "{program}: {list}");
        ensure!(!named(has_not), "{program} has {has_not}");
    }
    Ok(())
}
