//! The settings of the APIs.

use std::net::IpAddr;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};
use ipnet::IpNet;
use secrecy::{ExposeSecret as _, SecretString};
use service::secrets;

use super::ConfigError;
use crate::compat::{Access, Limits, Settings};

/// The settings of the APIs of LibreTranslate, DeepL and others.
#[derive(Args, Clone, Debug)]
#[group(skip)]
pub struct ApiConfig {
    /// APIs of LibreTranslate, DeepL and others, on the address of the pages: on or off.
    #[arg(long, env, value_name = "SWITCH", default_value = "on", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub api: bool,

    /// File with the keys for the APIs, one a line; anything after the key and a space is a note.
    /// Without it, everybody may use them.
    #[arg(long, env, value_name = "FILE")]
    pub api_keys_file: Option<PathBuf>,

    /// Whether translations by the APIs go into the history: on or off.
    #[arg(long, env, value_name = "SWITCH", default_value = "off", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub api_history: bool,

    /// Maximum number of requests a minute for each key, or for each address if there are no keys.
    /// [default: unlimited]
    #[arg(long, env, value_name = "NUMBER")]
    pub api_requests_per_minute: Option<NonZeroU64>,

    /// Maximum number of characters a minute for each key or address. [default: unlimited]
    #[arg(long, env, value_name = "NUMBER")]
    pub api_characters_per_minute: Option<NonZeroU64>,

    /// Maximum number of characters a day for each key or address. [default: unlimited]
    #[arg(long, env, value_name = "NUMBER")]
    pub api_characters_per_day: Option<NonZeroU64>,

    /// Networks or addresses of reverse proxies, separated by commas, whose `X-Forwarded-For` tells
    /// the address of the client.
    #[arg(long, env, value_name = "NETWORK", value_delimiter = ',', value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,
}

impl ApiConfig {
    /// Returns the access to the APIs; `None` if they are off.
    ///
    /// # Errors
    /// The keys cannot be read.
    pub fn open(&self) -> Result<Option<Arc<Access>>, ConfigError> {
        if !self.api {
            return Ok(None);
        }
        let access = Access::new(Settings {
            keys: self.keys()?,
            limits: Limits {
                requests_per_minute: self.api_requests_per_minute,
                characters_per_minute: self.api_characters_per_minute,
                characters_per_day: self.api_characters_per_day,
            },
            trusted_proxies: self.trusted_proxies.clone(),
            history: self.api_history,
        });
        Ok(Some(Arc::new(access)))
    }

    fn keys(&self) -> Result<Vec<SecretString>, ConfigError> {
        let file = self.api_keys_file.as_deref();
        let Some(content) = secrets::read("API_KEYS", None, file)? else {
            return Ok(Vec::new());
        };
        let lines = content.expose_secret().lines();
        let keys = lines.filter_map(|line| line.split_whitespace().next());
        let keys: Vec<_> = keys.map(SecretString::from).collect();
        // Without this, a file of blank lines would open the APIs to everybody.
        if keys.is_empty() {
            return Err(ConfigError::NoKeys);
        }
        Ok(keys)
    }
}

/// Parses a network such as `10.0.0.0/8`, or a single address.
fn network(value: &str) -> Result<IpNet, String> {
    let network = value.parse::<IpNet>();
    let network = network.or_else(|_| value.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_| "expected a network such as 10.0.0.0/8, or an address".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::Config;
    use super::*;

    #[derive(clap::Parser)]
    struct Cli {
        #[command(flatten)]
        config: Config,
    }

    fn open(arguments: &[&str]) -> Result<Option<Arc<Access>>, String> {
        let arguments = std::iter::once(&"frontend").chain(arguments);
        let cli = Cli::try_parse_from(arguments).map_err(|error| error.to_string())?;
        cli.config.api.open().map_err(|error| error.to_string())
    }

    fn open_with(keys: &str) -> Result<Option<Arc<Access>>, String> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), keys).expect("written");
        open(&[&format!("--api-keys-file={}", file.path().display())])
    }

    #[test]
    fn the_apis_are_on_and_open_unless_the_settings_say_otherwise() {
        assert!(open(&["--api=off"]).expect("good").is_none());
        let access = open(&[]).expect("good").expect("on");
        assert!(!access.needs_key() && !access.keeps_history());
        let access = open(&["--api-history=on"]).expect("good").expect("on");
        assert!(access.keeps_history());
        assert!(open(&["--api=perhaps"]).is_err());
        assert!(open(&["--api-requests-per-minute=0"]).is_err());
    }

    #[test]
    fn keys_have_notes_that_do_not_count_and_are_not_shown() {
        let access = open_with("geheim1 Mastodon\n\n  geheim2\n");
        let access = access.expect("good").expect("on");
        let address = IpAddr::from([192, 0, 2, 1]);
        for key in ["geheim1", "geheim2"] {
            assert!(access.client(Some(key), address).is_ok(), "{key}");
        }
        for wrong in ["Mastodon", "geheim", "geheim1 Mastodon", ""] {
            assert!(access.client(Some(wrong), address).is_err(), "{wrong}");
        }
        assert!(!format!("{access:?}").contains("geheim"));
    }

    #[test]
    fn a_file_without_keys_is_an_error_rather_than_an_open_service() {
        for content in ["", "\n", " \n\t\n"] {
            open_with(content).expect_err(content);
        }
        let missing = open(&["--api-keys-file=/does/not/exist"]).expect_err("missing");
        assert!(missing.contains("API_KEYS_FILE"), "{missing}");
    }

    #[test]
    fn proxies_are_networks_or_addresses() {
        assert!(open(&["--trusted-proxies=10.0.0.0/8,::1,fd00::/8"]).is_ok());
        for wrong in ["10.0.0.0/33", "proxy", ""] {
            let argument = format!("--trusted-proxies={wrong}");
            assert!(open(&[&argument]).is_err(), "{wrong}");
        }
    }
}
