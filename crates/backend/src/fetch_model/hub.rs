//! What the hub says of a repository's files, and their content.
//!
//! The hub answers `/{repo}/resolve/{revision}/{file}` with the commit in `X-Repo-Commit`. Large
//! files are a redirect to another host, with their size in `X-Linked-Size` and their SHA-256 in
//! `X-Linked-ETag`; small ones come at once or after a redirect on the same host, with git's SHA-1
//! in `ETag`. (Seen in `huggingface_hub`'s `file_download.py`.)

use std::{fmt, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};
use ureq::{
    Agent, Body,
    http::{HeaderMap, Response, Uri, header},
    tls::{Certificate, RootCerts, TlsConfig},
};

use super::Error;

/// The hub's own answers come in milliseconds, those of a storage that must wake up in seconds.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// A transfer that brings nothing for so long has died.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(30);

/// More redirects than this are a loop; the hub uses two at most.
const MAX_REDIRECTS: usize = 8;

/// A repository on a hub.
pub struct Hub {
    agent: Agent,
    endpoint: String,
    repo: String,
    token: Option<SecretString>,
}

/// A file as the hub describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Its name in the repository.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its hash, or something else by which its version can be told.
    pub digest: Digest,
}

/// By what a file is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256 of the content, in hexadecimal.
    Sha256(String),
    /// SHA-1 of git's header `blob <length>\0` and the content, in hexadecimal.
    Git(String),
    /// A name of the version that says nothing of the content; some mirrors have no other.
    Opaque(String),
}

impl Digest {
    fn of(etag: &str) -> Self {
        let etag = etag.trim().trim_start_matches("W/").trim_matches('"');
        let is_hex = etag.bytes().all(|byte| byte.is_ascii_hexdigit());
        match etag.len() {
            64 if is_hex => Self::Sha256(etag.to_ascii_lowercase()),
            40 if is_hex => Self::Git(etag.to_ascii_lowercase()),
            _ => Self::Opaque(etag.to_owned()),
        }
    }

    /// A short name of the version for a file's name: letters and digits.
    #[must_use]
    pub fn tag(&self) -> String {
        let (Self::Sha256(name) | Self::Git(name) | Self::Opaque(name)) = self;
        name.chars()
            .filter(char::is_ascii_alphanumeric)
            .take(16)
            .collect()
    }
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
    /// The repository `repo` on the hub at `endpoint`.
    #[must_use]
    pub fn new(endpoint: &str, repo: &str, token: Option<SecretString>) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Redirects are followed here, because they carry what is asked for, and must not
            // carry the token to other hosts.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(ANSWER_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT))
            .timeout_per_read(Some(SILENCE_TIMEOUT))
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

    /// Name of the repository.
    #[must_use]
    pub fn repo(&self) -> &str {
        &self.repo
    }

    /// The commit that `revision` is now.
    ///
    /// # Errors
    /// The hub cannot be reached, or does not know the repository or the revision.
    pub fn commit(&self, revision: &str) -> Result<String, Error> {
        // Every model has this file, and it is small.
        let (url, answers) = self.head(revision, "config.json")?;
        let status = answers.last().map_or(0, |answer| answer.status);
        if let Some(commit) = first(&answers, "x-repo-commit") {
            let is_hash = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            return if is_hash {
                Ok(commit.to_owned())
            } else {
                Err(protocol(&url, "X-Repo-Commit is no commit"))
            };
        }
        Err(match first(&answers, "x-error-code") {
            Some("RevisionNotFound") => Error::NoRevision {
                repo: self.repo.clone(),
                revision: revision.to_owned(),
            },
            Some("EntryNotFound") => Error::NoFile {
                repo: self.repo.clone(),
                file: "config.json".to_owned(),
            },
            code => self.refusal(url, status, code),
        })
    }

    /// What the hub says of a file; `None` if the repository has none of this name.
    ///
    /// # Errors
    /// The hub cannot be reached, or its answer makes no sense.
    pub fn file(&self, commit: &str, name: &str) -> Result<Option<Remote>, Error> {
        let (url, answers) = self.head(commit, name)?;
        let Some(last) = answers.last() else {
            return Err(protocol(&url, "no answer"));
        };
        if last.status == 404 {
            return Ok(None);
        }
        if last.status >= 400 {
            return Err(self.refusal(url, last.status, first(&answers, "x-error-code")));
        }
        if first(&answers, "x-repo-commit").is_none_or(|found| found != commit) {
            return Err(protocol(&url, "X-Repo-Commit is not the commit asked for"));
        }
        // The length of a redirect is its own, not the file's.
        let own_size = || {
            let is_file = (200..300).contains(&last.status);
            is_file.then(|| last.header("content-length")).flatten()
        };
        let size = first(&answers, "x-linked-size").or_else(own_size);
        let size = size
            .and_then(|size| size.parse().ok())
            .ok_or_else(|| protocol(&url, "no length"))?;
        let etag = first(&answers, "x-linked-etag").or_else(|| last.header("etag"));
        Ok(Some(Remote {
            name: name.to_owned(),
            size,
            digest: Digest::of(etag.unwrap_or_default()),
        }))
    }

    /// The content of a file from byte `from` on.
    ///
    /// # Errors
    /// The hub cannot be reached or refuses.
    pub fn open(&self, commit: &str, name: &str, from: u64) -> Result<Response<Body>, Error> {
        let mut url = self.url(commit, name);
        for _ in 0..=MAX_REDIRECTS {
            let mut request = self.agent.get(&url);
            if let Some(token) = self.token_for(&url) {
                request = request.header(header::AUTHORIZATION, token);
            }
            if from > 0 {
                request = request.header(header::RANGE, format!("bytes={from}-"));
            }
            let answer = request.call().map_err(|error| unreachable(&url, &error))?;
            if !answer.status().is_redirection() {
                return Ok(answer);
            }
            url = location(&url, answer.headers())?;
        }
        Err(protocol(&url, "too many redirects"))
    }

    /// The heads of the answer and of the redirects before it, as far as they are on the hub's own
    /// host: a redirect to another host is the last.
    fn head(&self, revision: &str, name: &str) -> Result<(String, Vec<Head>), Error> {
        let mut url = self.url(revision, name);
        let mut answers = Vec::new();
        for _ in 0..=MAX_REDIRECTS {
            let mut request = self.agent.head(&url);
            if let Some(token) = self.token_for(&url) {
                request = request.header(header::AUTHORIZATION, token);
            }
            let answer = request.call().map_err(|error| unreachable(&url, &error))?;
            let (parts, _) = answer.into_parts();
            let next = parts
                .status
                .is_redirection()
                .then(|| location(&url, &parts.headers))
                .transpose()?;
            answers.push(Head {
                status: parts.status.as_u16(),
                headers: parts.headers,
            });
            match next {
                Some(next) if self.is_own(&next) => url = next,
                _ => return Ok((url, answers)),
            }
        }
        Err(protocol(&url, "too many redirects"))
    }

    fn url(&self, revision: &str, name: &str) -> String {
        // A branch's name may have slashes, which are not the path's.
        let revision = revision.replace('/', "%2F");
        format!("{}/{}/resolve/{revision}/{name}", self.endpoint, self.repo)
    }

    fn is_own(&self, url: &str) -> bool {
        origin(url).is_some() && origin(url) == origin(&self.endpoint)
    }

    fn token_for(&self, url: &str) -> Option<String> {
        let token = self.token.as_ref().filter(|_| self.is_own(url))?;
        Some(format!("Bearer {}", token.expose_secret()))
    }

    /// Why the hub refuses. It answers 401 for a repository that does not exist too, so that nobody
    /// learns which ones are private.
    fn refusal(&self, url: String, status: u16, code: Option<&str>) -> Error {
        let (repo, endpoint) = (self.repo.clone(), self.endpoint.clone());
        match (status, code) {
            (_, Some("RepoNotFound")) | (404, _) => Error::NoRepository { repo, endpoint },
            (401, _) if self.token.is_none() => Error::NoRepository { repo, endpoint },
            (401 | 403, _) => Error::Refused { repo, endpoint },
            _ => Error::Status { url, status },
        }
    }
}

/// The system's certificates, among them those that a company adds for itself; or the ones built in
/// where there are none, as in a small image.
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

struct Head {
    status: u16,
    headers: HeaderMap,
}

impl Head {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The first value of a header in a chain of answers.
fn first<'a>(answers: &'a [Head], name: &str) -> Option<&'a str> {
    answers.iter().find_map(|answer| answer.header(name))
}

fn location(url: &str, headers: &HeaderMap) -> Result<String, Error> {
    let target = headers
        .get(header::LOCATION)
        .and_then(|target| target.to_str().ok())
        .ok_or_else(|| protocol(url, "a redirect to nowhere"))?;
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

fn unreachable(url: &str, error: &ureq::Error) -> Error {
    // Where the hub redirects to is signed, and the signature is a secret of sorts.
    let url = url.split('?').next().unwrap_or_default();
    Error::Unreachable {
        url: url.to_owned(),
        reason: error.to_string(),
    }
}

fn protocol(url: &str, reason: &str) -> Error {
    let url = url.split('?').next().unwrap_or_default();
    Error::Protocol {
        url: url.to_owned(),
        reason: reason.to_owned(),
    }
}

/// Checks a repository's name: `owner/name`.
///
/// # Errors
/// It is none.
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
        _ => Err("a repository such as Helsinki-NLP/opus-mt-de-en".to_owned()),
    }
}

/// Checks the name of a branch, tag or commit.
///
/// # Errors
/// It is none.
pub fn revision(name: &str) -> Result<String, String> {
    let is_plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    if name.is_empty() || !is_plain || name.contains("..") {
        return Err("a branch, a tag or a commit".to_owned());
    }
    Ok(name.to_owned())
}

/// Checks the hub's address, and takes the slash off its end.
///
/// # Errors
/// It is none.
pub fn endpoint(url: &str) -> Result<String, String> {
    match origin(url) {
        Some((scheme, _)) if scheme == "http" || scheme == "https" => {
            Ok(url.trim_end_matches('/').to_owned())
        }
        _ => Err("an address such as https://huggingface.co".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_told_apart_by_their_length() {
        let sha256 = "AB".repeat(32);
        assert_eq!(
            Digest::of(&format!("\"{sha256}\"")),
            Digest::Sha256("ab".repeat(32))
        );
        assert_eq!(
            Digest::of(&format!("W/\"{}\"", "c".repeat(40))),
            Digest::Git("c".repeat(40))
        );
        assert_eq!(Digest::of("\"12-34\""), Digest::Opaque("12-34".to_owned()));
        assert_eq!(Digest::of("\"../12-34\"").tag(), "1234");
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
