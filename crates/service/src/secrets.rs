//! A secret, given as a value or as the path of a file that contains it.
//!
//! Containers pass secrets as files. The trailing line break that editors and `echo` leave is
//! stripped, as the MySQL image does; everything else is part of the secret.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

/// Error of reading a secret. No message contains the secret itself.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Both variables are set, and they may disagree.
    #[error("both {name} and {name}_FILE are set: set one of them")]
    Both {
        /// Name of the variable.
        name: &'static str,
    },
    /// The file cannot be read, or is not UTF-8.
    #[error("{name}_FILE: {}: {source}", path.display())]
    File {
        /// Name of the variable, without `_FILE`.
        name: &'static str,
        /// Path of the file.
        path: PathBuf,
        /// Cause of the failure.
        source: std::io::Error,
    },
    /// The secret contains a character that tools treat differently.
    #[error("{name} contains a NUL or carriage return character: write it again without one")]
    Character {
        /// Name of the variable.
        name: &'static str,
    },
    /// The secret is empty.
    #[error("{name} is empty")]
    Empty {
        /// Name of the variable.
        name: &'static str,
    },
}

/// Reads the secret `name` from its value or from its file. Returns `None` if neither is set.
///
/// # Errors
/// See [`Error`].
pub fn read(
    name: &'static str,
    value: Option<&SecretString>,
    file: Option<&Path>,
) -> Result<Option<SecretString>, Error> {
    use secrecy::ExposeSecret as _;
    let secret = match (value, file) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(Error::Both { name }),
        (Some(value), None) => value.expose_secret().to_owned(),
        (None, Some(path)) => std::fs::read_to_string(path).map_err(|source| Error::File {
            name,
            path: path.to_owned(),
            source,
        })?,
    };
    let secret = secret.trim_end_matches('\n');
    if secret.is_empty() {
        return Err(Error::Empty { name });
    }
    if secret.contains(['\0', '\r']) {
        return Err(Error::Character { name });
    }
    Ok(Some(SecretString::from(secret)))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn from_file(content: &[u8]) -> Result<Option<SecretString>, Error> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), content).expect("written");
        read("DB_PASSWORD", None, Some(file.path()))
    }

    #[test]
    fn only_trailing_newlines_are_stripped() {
        let secret = from_file(b" se cret \n\n").expect("read").expect("set");
        assert_eq!(secret.expose_secret(), " se cret ");
    }

    #[test]
    fn neither_is_none_and_both_is_an_error() {
        assert!(read("DB_PASSWORD", None, None).expect("read").is_none());
        let value = SecretString::from("x");
        let error = read("DB_PASSWORD", Some(&value), Some(Path::new("/x"))).expect_err("both");
        assert_eq!(
            error.to_string(),
            "both DB_PASSWORD and DB_PASSWORD_FILE are set: set one of them"
        );
    }

    #[test]
    fn a_bad_secret_is_refused_without_being_shown() {
        for bad in [&b"\n"[..], b"hidden\r\n", b"hid\0den", b"hidden\xff"] {
            let error = from_file(bad).expect_err("refused").to_string();
            assert!(
                error.starts_with("DB_PASSWORD") && !error.contains("hid"),
                "{error}"
            );
        }
    }
}
