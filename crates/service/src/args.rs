//! Settings shared by all binaries, and the platform's data folder.

use std::path::PathBuf;

use clap::{Args, builder::NonEmptyStringValueParser};
use directories::ProjectDirs;

/// Folder of the product below the platform's data folder.
const DATA_FOLDER: &str = "unlimited-translation";

/// Settings shared by all binaries. A command line flattens this once, beside the settings of each
/// service that it runs; those do not contain it, so one process can run both services.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Folder for everything that must survive a restart: the embedded database, fetched models,
    /// accepted texts. [default: the platform's data folder + unlimited-translation]
    #[arg(long, env, global = true, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,

    /// Maximum size of a text, in bytes of UTF-8.
    #[arg(long, env, value_name = "BYTES", default_value_t = 10 * 1024 * 1024, value_parser = text_bytes)]
    pub max_text_bytes: usize,

    /// Log filter: a level, or levels by module, as in `info,backend=debug`.
    #[arg(long, env, global = true, value_name = "FILTER", default_value = "info", value_parser = NonEmptyStringValueParser::new())]
    pub rust_log: String,
}

/// Parses a text limit: at least one byte, and at most the gibibyte that fits into a packet of the
/// database.
fn text_bytes(value: &str) -> Result<usize, String> {
    const MAX: usize = 1024 * 1024 * 1024;
    match value.parse() {
        Ok(bytes @ 1..=MAX) => Ok(bytes),
        _ => Err(format!("expected a number of bytes from 1 to {MAX}")),
    }
}

impl Common {
    /// Returns the configured data folder, or the platform's (on Linux `unlimited-translation` in
    /// `$XDG_DATA_HOME` or `~/.local/share`).
    ///
    /// # Errors
    /// The configured folder is empty, or there is neither a configured folder nor a home folder.
    pub fn data_dir(&self) -> anyhow::Result<PathBuf> {
        match &self.data_dir {
            Some(folder) if !folder.as_os_str().is_empty() => Ok(folder.clone()),
            Some(_) => anyhow::bail!("DATA_DIR is empty: set it to a folder or leave it unset"),
            None => ProjectDirs::from("", "", DATA_FOLDER)
                .map(|dirs| dirs.data_dir().to_owned())
                .ok_or_else(|| anyhow::anyhow!("there is no home folder: set DATA_DIR")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::text_bytes;

    #[test]
    fn a_limit_is_a_number_of_bytes() {
        assert_eq!(text_bytes("1"), Ok(1));
        for wrong in ["", "0", "-1", "10MB", "2147483648"] {
            assert!(text_bytes(wrong).is_err(), "{wrong:?}");
        }
    }
}
