//! A repository on the Hugging Face hub: the list of its files, and their content.
//!
//! `GET /api/models/{repo}/revision/{revision}?blobs=true` answers with the commit (`sha`) and the
//! files (`siblings`): each with its name (`rfilename`), `size`, git hash (`blobId`) and, if it is
//! large, its SHA-256 (`lfs.sha256`). `GET /{repo}/resolve/{commit}/{file}` answers with the content
//! of a file, after a redirect to another host if it is large. (Documented by `huggingface_hub`, in
//! `model_info` and `file_download`.)

use std::{fmt, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use ureq::{
    Agent, Body,
    http::{HeaderMap, Response, Uri, header},
    tls::{Certificate, RootCerts, TlsConfig},
};

use super::FetchError;

/// Maximum time until a response starts: the hub takes milliseconds, a storage that has to wake up
/// takes seconds.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum time without a byte during a transfer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum number of redirects of a request: the hub uses up to two, more are a loop.
const MAX_REDIRECTS: usize = 8;

/// A repository on a hub.
pub struct Hub {
    agent: Agent,
    endpoint: String,
    repo: String,
    token: Option<SecretString>,
}

/// The files of a repository at one commit.
#[derive(Debug)]
pub struct Snapshot {
    /// Commit, as 40 hexadecimal digits.
    pub commit: String,
    url: String,
    files: Vec<ListedFile>,
}

/// A file that can be downloaded and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// Name in the repository.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// Hash of the content.
    pub digest: Digest,
}

/// A hash of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256 of the content, in hexadecimal.
    Sha256(String),
    /// SHA-1 of git's header `blob <length>\0` and the content, in hexadecimal.
    Git(String),
}

#[derive(Deserialize)]
struct Listing {
    sha: String,
    siblings: Vec<ListedFile>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedFile {
    rfilename: String,
    size: Option<u64>,
    blob_id: Option<String>,
    lfs: Option<LargeFile>,
}

#[derive(Debug, Deserialize)]
struct LargeFile {
    sha256: Option<String>,
}

impl Digest {
    /// Returns the start of the hash, which identifies a version in the name of a partial file.
    #[must_use]
    pub fn tag(&self) -> &str {
        let (Self::Sha256(hash) | Self::Git(hash)) = self;
        &hash[..16]
    }
}

impl Snapshot {
    /// Returns the file `name`, or `None` if the repository has no such file.
    ///
    /// # Errors
    /// The list of files lacks its size or hash.
    pub fn file(&self, name: &str) -> Result<Option<RemoteFile>, FetchError> {
        let Some(listed) = self.files.iter().find(|file| file.rfilename == name) else {
            return Ok(None);
        };
        let missing = |field: &str| {
            let reason = format!("the list of files has no {field} of {name}");
            protocol(&self.url, &reason)
        };
        let digest = match &listed.lfs {
            Some(large) => hash(large.sha256.as_deref(), 64)
                .map(Digest::Sha256)
                .ok_or_else(|| missing("`lfs.sha256`"))?,
            None => hash(listed.blob_id.as_deref(), 40)
                .map(Digest::Git)
                .ok_or_else(|| missing("`blobId`"))?,
        };
        Ok(Some(RemoteFile {
            name: name.to_owned(),
            size: listed.size.ok_or_else(|| missing("`size`"))?,
            digest,
        }))
    }
}

/// Returns `text` in lower case if it is a hash of `length` hexadecimal digits.
fn hash(text: Option<&str>, length: usize) -> Option<String> {
    let text = text.filter(|text| text.len() == length)?;
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| text.to_ascii_lowercase())
}

impl fmt::Debug for Hub {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Hub")
            .field("endpoint", &self.endpoint)
            .field("repo", &self.repo)
            .finish_non_exhaustive()
    }
}

impl Hub {
    /// Creates a client for the repository `repo` on the hub at `endpoint`.
    #[must_use]
    pub fn new(endpoint: &str, repo: &str, token: Option<SecretString>) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Redirects are followed by `get`, which sends the token to the hub alone.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(RESPONSE_TIMEOUT))
            .timeout_recv_response(Some(RESPONSE_TIMEOUT))
            .timeout_per_read(Some(READ_TIMEOUT))
            .user_agent(concat!("unlimited-translation/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(root_certificates()).build())
            .build();
        Self {
            agent: config.new_agent(),
            endpoint: endpoint.to_owned(),
            repo: repo.to_owned(),
            token,
        }
    }

    /// Returns the name of the repository.
    #[must_use]
    pub fn repo(&self) -> &str {
        &self.repo
    }

    /// Returns the files at `revision`, a branch, tag or commit.
    ///
    /// # Errors
    /// The hub cannot be reached, has no such repository or revision, or lacks the API.
    pub fn snapshot(&self, revision: &str) -> Result<Snapshot, FetchError> {
        // The slashes of a branch name do not separate parts of the path.
        let path = revision.replace('/', "%2F");
        let (endpoint, repo) = (&self.endpoint, &self.repo);
        let url = format!("{endpoint}/api/models/{repo}/revision/{path}?blobs=true");
        let mut response = self.get(&url, 0)?;
        if !response.status().is_success() {
            let status = response.status().as_u16();
            return Err(match error_code(&response) {
                Some("RevisionNotFound") => FetchError::NoRevision {
                    repo: repo.clone(),
                    revision: revision.to_owned(),
                },
                // The hub gives every 404 a code.
                None if status == 404 => protocol(
                    &url,
                    "it answered 404, as a mirror does that lacks the API for the list of files",
                ),
                _ => self.refusal(&url, &response),
            });
        }
        let body = response.body_mut().read_to_vec();
        let body = body.map_err(|error| unreachable(&url, &error))?;
        let listing: Listing = serde_json::from_slice(&body)
            .map_err(|error| protocol(&url, &format!("no list of files: {error}")))?;
        let commit = hash(Some(&listing.sha), 40)
            .ok_or_else(|| protocol(&url, "the `sha` of the list of files is not a commit"))?;
        Ok(Snapshot {
            commit,
            url,
            files: listing.siblings,
        })
    }

    /// Returns the response with the content of a file from byte `from` on: 200, 206 or 416.
    ///
    /// # Errors
    /// The hub cannot be reached or refuses.
    pub fn open(&self, commit: &str, name: &str, from: u64) -> Result<Response<Body>, FetchError> {
        let url = format!("{}/{}/resolve/{commit}/{name}", self.endpoint, self.repo);
        let response = self.get(&url, from)?;
        match response.status().as_u16() {
            200 | 206 | 416 => Ok(response),
            // The other host gives no codes, and its 403 says nothing about the token.
            status if error_code(&response).is_none() => Err(FetchError::Status { url, status }),
            _ => Err(self.refusal(&url, &response)),
        }
    }

    /// Requests the bytes from `from` on, and follows redirects.
    fn get(&self, url: &str, from: u64) -> Result<Response<Body>, FetchError> {
        let mut url = url.to_owned();
        for _ in 0..=MAX_REDIRECTS {
            let mut request = self.agent.get(&url);
            if let Some(token) = self.token_for(&url) {
                request = request.header(header::AUTHORIZATION, token);
            }
            if from > 0 {
                request = request.header(header::RANGE, format!("bytes={from}-"));
            }
            let response = request.call().map_err(|error| unreachable(&url, &error))?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            url = location(&url, response.headers())?;
        }
        Err(protocol(&url, "too many redirects"))
    }

    /// Returns the header with the token if `url` is on the host of the hub.
    fn token_for(&self, url: &str) -> Option<String> {
        let is_hub = origin(url).is_some() && origin(url) == origin(&self.endpoint);
        let token = self.token.as_ref().filter(|_| is_hub)?;
        Some(format!("Bearer {}", token.expose_secret()))
    }

    /// Returns the error for a response without success. The hub also answers 401 for a repository
    /// that does not exist, so that nobody learns which ones are private.
    fn refusal(&self, url: &str, response: &Response<Body>) -> FetchError {
        let (repo, endpoint) = (self.repo.clone(), self.endpoint.clone());
        match (response.status().as_u16(), error_code(response)) {
            (_, Some("RepoNotFound")) => FetchError::NoRepository { repo, endpoint },
            (_, Some("GatedRepo")) => FetchError::Refused { repo, endpoint },
            (401, _) if self.token.is_none() => FetchError::NoRepository { repo, endpoint },
            (401 | 403, _) => FetchError::Refused { repo, endpoint },
            (status, _) => FetchError::Status {
                url: without_query(url),
                status,
            },
        }
    }
}

/// Returns the certificates of the system, which include those that a company adds, or the built-in
/// ones if the system has none, as in a small image.
fn root_certificates() -> RootCerts {
    let system = rustls_native_certs::load_native_certs().certs;
    if system.is_empty() {
        return RootCerts::WebPki;
    }
    let system: Vec<_> = system
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .collect();
    RootCerts::new_with_certs(&system)
}

fn error_code(response: &Response<Body>) -> Option<&str> {
    response.headers().get("x-error-code")?.to_str().ok()
}

/// Returns the target of a redirect from `url`.
fn location(url: &str, headers: &HeaderMap) -> Result<String, FetchError> {
    let target = headers
        .get(header::LOCATION)
        .and_then(|target| target.to_str().ok())
        .ok_or_else(|| protocol(url, "a redirect without a target"))?;
    if target.starts_with("http://") || target.starts_with("https://") {
        return Ok(target.to_owned());
    }
    match (target.starts_with('/'), origin(url)) {
        (true, Some((scheme, authority))) => Ok(format!("{scheme}://{authority}{target}")),
        _ => Err(protocol(url, "a redirect to a relative path")),
    }
}

fn origin(url: &str) -> Option<(String, String)> {
    let uri: Uri = url.parse().ok()?;
    Some((uri.scheme_str()?.to_owned(), uri.authority()?.to_string()))
}

/// Returns `url` without its query: redirects of the hub are signed, and the signature grants
/// access.
fn without_query(url: &str) -> String {
    url.split('?').next().unwrap_or_default().to_owned()
}

fn unreachable(url: &str, error: &ureq::Error) -> FetchError {
    FetchError::Unreachable {
        url: without_query(url),
        reason: error.to_string(),
    }
}

fn protocol(url: &str, reason: &str) -> FetchError {
    FetchError::Protocol {
        url: without_query(url),
        reason: reason.to_owned(),
    }
}

/// Checks the name of a repository: `owner/name`.
///
/// # Errors
/// The name has another form.
pub fn repository(name: &str) -> Result<String, String> {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    match name.split_once('/') {
        Some((owner, model)) if is_part(owner) && is_part(model) => Ok(name.to_owned()),
        _ => Err("expected a repository such as Helsinki-NLP/opus-mt-de-en".to_owned()),
    }
}

/// Checks the name of a branch, tag or commit.
///
/// # Errors
/// The name has other characters than letters, digits and `-_./`.
pub fn revision(name: &str) -> Result<String, String> {
    let is_plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    if name.is_empty() || !is_plain || name.contains("..") {
        return Err("expected a branch, tag or commit".to_owned());
    }
    Ok(name.to_owned())
}

/// Checks the address of a hub, and removes the trailing slash.
///
/// # Errors
/// It is not an HTTP address.
pub fn endpoint(url: &str) -> Result<String, String> {
    match origin(url) {
        Some((scheme, _)) if scheme == "http" || scheme == "https" => {
            Ok(url.trim_end_matches('/').to_owned())
        }
        _ => Err("expected an address such as https://huggingface.co".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_has_its_length_and_hexadecimal_digits() {
        let sha256 = "AB".repeat(32);
        assert_eq!(hash(Some(&sha256), 64), Some("ab".repeat(32)));
        for wrong in [None, Some(""), Some("12-34"), Some(&sha256[1..])] {
            assert_eq!(hash(wrong, 64), None);
        }
        assert_eq!(hash(Some(&"../x".repeat(10)), 40), None);
    }

    #[test]
    fn names_that_could_lead_elsewhere_are_refused() {
        for good in ["Helsinki-NLP/opus-mt-de-en", "a/b.c_d"] {
            assert!(repository(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "opus",
            "a/b/c",
            "../x",
            "a/..",
            "a/b?c",
            "a b/c",
            "/",
            "https://x/y",
        ] {
            assert!(repository(bad).is_err(), "{bad}");
        }
        for bad in ["", "a b", "../x", "a?b", "a%2e"] {
            assert!(revision(bad).is_err(), "{bad}");
        }
        assert_eq!(endpoint("http://hub:1/").expect("good"), "http://hub:1");
        for bad in ["", "hub", "ftp://hub", "http://"] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_token_goes_to_the_hub_alone() {
        let hub = Hub::new("https://hub", "a/b", Some(SecretString::from("secret")));
        assert_eq!(
            hub.token_for("https://hub/x").as_deref(),
            Some("Bearer secret")
        );
        for elsewhere in [
            "http://hub/x",
            "https://hub:444/x",
            "https://cdn/x",
            "https://hub.evil/",
        ] {
            assert_eq!(hub.token_for(elsewhere), None, "{elsewhere}");
        }
        assert!(!format!("{hub:?}").contains("secret"));
    }
}
