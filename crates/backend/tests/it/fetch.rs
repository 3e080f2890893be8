//! Fetching a model from a server that imitates the hub.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use axum::{body::Bytes, http::StatusCode};
use backend::{
    fetch_model::{Fetch, FetchError, download::Retries, hub::Hub},
    model_dir::Source,
};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

use crate::hub::{COMMIT, FakeHub, REPO, hex};

const WEIGHTS: &str = "model.safetensors";

/// A hub, and a folder for the fetched model.
struct Case {
    hub: FakeHub,
    folder: tempfile::TempDir,
}

impl Case {
    async fn new() -> Self {
        Self {
            hub: FakeHub::start().await,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn dir(&self) -> PathBuf {
        self.folder.path().join("models/opus-mt-de-en")
    }

    /// Returns the path of the partial weights.
    fn part(&self) -> PathBuf {
        let weights = self.hub.with(|script| script.files[WEIGHTS].clone());
        let tag = &hex(&Sha256::digest(weights))[..16];
        let folder = self.folder.path().join("models/.opus-mt-de-en.fetch");
        folder.join(format!("{WEIGHTS}.{tag}.part"))
    }

    fn settings(&self) -> Fetch {
        Fetch {
            hub: Hub::new(&self.hub.url, REPO, None),
            revision: "main".to_owned(),
            dir: self.dir(),
            retries: Retries {
                max_attempts: 3,
                first_pause: Duration::from_millis(1),
            },
        }
    }

    async fn fetch(&self) -> anyhow::Result<Source> {
        run(self.settings()).await
    }

    /// Returns the ranges of the weights that were requested.
    fn ranges(&self) -> Vec<String> {
        let ranges = |script: &mut crate::hub::Script| {
            let transfers = script.transfers.iter();
            let weights = transfers.filter(|(file, _)| file == WEIGHTS);
            weights.map(|(_, range)| range.clone()).collect()
        };
        self.hub.with(ranges)
    }
}

async fn run(fetch: Fetch) -> anyhow::Result<Source> {
    tokio::task::spawn_blocking(move || fetch.run())
        .await
        .unwrap()
}

fn fault(outcome: anyhow::Result<Source>) -> FetchError {
    outcome
        .expect_err("it should fail")
        .downcast()
        .expect("an error of fetching")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_fetched_checked_and_installed() {
    let case = Case::new().await;
    case.hub.with(|script| {
        let vocabulary = script.files["vocab.json"].clone();
        let name = "target_vocab.json".to_owned();
        script.files.insert(name, vocabulary);
    });
    let source = case.fetch().await.unwrap();
    assert!(source.files.contains_key("target_vocab.json"));
    assert_eq!(
        (source.repo.as_str(), source.commit.as_deref()),
        (REPO, Some(COMMIT))
    );
    assert_eq!(Source::read(&case.dir()).unwrap(), Some(source.clone()));
    let files = case.hub.with(|script| script.files.clone());
    for (name, file) in &source.files {
        let content = fs::read(case.dir().join(name)).unwrap();
        assert_eq!(content, files[name], "{name}");
        assert_eq!(file.size, content.len() as u64);
        assert_eq!(file.sha256, hex(&Sha256::digest(&content)), "{name}");
    }
    assert!(
        source.files.contains_key("README.md"),
        "the credits come along"
    );
    // No temporary folder is left beside it.
    let around: Vec<_> = fs::read_dir(case.dir().parent().unwrap())
        .unwrap()
        .collect();
    assert_eq!(around.len(), 1, "{around:?}");

    // A second run finds the model intact and transfers nothing.
    case.hub.with(|script| script.transfers.clear());
    case.fetch().await.unwrap();
    assert_eq!(case.hub.with(|script| script.transfers.len()), 0);
    // Each run asks for the list of files once.
    assert_eq!(case.hub.with(|script| script.listings), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_transfer_resumes_where_it_broke_off() {
    let case = Case::new().await;
    case.hub
        .with(|script| script.cuts = vec![2_000_000, 1_000_000]);
    case.fetch().await.unwrap();
    let ranges = case.ranges();
    assert_eq!(ranges.len(), 3, "{ranges:?}");
    let starts: Vec<u64> = ranges[1..]
        .iter()
        .map(|range| range["bytes=".len()..range.len() - 1].parse().unwrap())
        .collect();
    assert!(0 < starts[0] && starts[0] <= 1_000_000, "{ranges:?}");
    assert!(
        starts[0] < starts[1] && starts[1] <= 3_000_000,
        "{ranges:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_run_resumes_the_download_of_an_earlier_one() {
    let case = Case::new().await;
    let weights = case.hub.with(|script| script.files[WEIGHTS].clone());
    fs::create_dir_all(case.part().parent().unwrap()).unwrap();
    fs::write(case.part(), &weights[..5_000_000]).unwrap();
    // Parts of another version are removed.
    fs::write(
        case.part().with_file_name("model.safetensors.0000.part"),
        "old",
    )
    .unwrap();
    case.fetch().await.unwrap();
    assert_eq!(case.ranges(), ["bytes=5000000-"]);
    assert_eq!(fs::read(case.dir().join(WEIGHTS)).unwrap(), weights);
    assert!(!case.dir().join("model.safetensors.0000.part").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrupt_part_is_detected_and_fetched_again() {
    let case = Case::new().await;
    fs::create_dir_all(case.part().parent().unwrap()).unwrap();
    fs::write(case.part(), vec![0; 5_000_000]).unwrap();
    case.fetch().await.unwrap();
    assert_eq!(case.ranges(), ["bytes=5000000-", ""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_without_ranges_is_read_from_the_start() {
    let case = Case::new().await;
    case.hub.with(|script| {
        script.no_ranges = true;
        script.cuts = vec![1_000_000];
    });
    case.fetch().await.unwrap();
    let weights = case.hub.with(|script| script.files[WEIGHTS].clone());
    assert_eq!(fs::read(case.dir().join(WEIGHTS)).unwrap(), weights);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_that_is_not_served_is_retried_from_the_start_once() {
    for status in [
        StatusCode::RANGE_NOT_SATISFIABLE,
        StatusCode::PARTIAL_CONTENT,
    ] {
        let case = Case::new().await;
        case.hub.with(|script| {
            script.cuts = vec![1_000_000];
            script.bad_ranges = vec![status];
        });
        case.fetch().await.unwrap();
        assert_eq!(case.ranges().len(), 3);
        assert_eq!(case.ranges()[2], "");

        let case = Case::new().await;
        case.hub.with(|script| {
            script.cuts = vec![1_000_000; 2];
            script.bad_ranges = vec![status; 9];
        });
        let error = fault(case.fetch().await);
        assert!(matches!(error, FetchError::Corrupt { .. }), "{error}");
        assert!(!case.part().exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_file_that_cannot_be_downloaded_is_an_error() {
    let case = Case::new().await;
    case.hub.with(|script| {
        script.listed_sizes.insert(WEIGHTS.to_owned(), 0);
    });
    let error = fault(case.fetch().await);
    assert!(matches!(error, FetchError::Corrupt { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_files_that_lacks_a_field_is_an_error_that_names_it() {
    for field in ["size", "blobId", "rfilename"] {
        let case = Case::new().await;
        case.hub.with(|script| script.unlisted = Some(field));
        let error = fault(case.fetch().await);
        assert!(matches!(error, FetchError::Protocol { .. }), "{error}");
        assert!(error.to_string().contains(&format!("`{field}`")), "{error}");
    }
    // A large file without its SHA-256 has only the hash of its pointer.
    let case = Case::new().await;
    case.hub.with(|script| script.unlisted = Some("lfs"));
    let error = fault(case.fetch().await);
    assert!(matches!(error, FetchError::Corrupt { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_without_the_api_is_an_error_that_says_so() {
    for (listing, reason) in [
        ("<!doctype html>", "no list of files"),
        ("{\"siblings\":[]}", "missing field `sha`"),
        (
            "{\"sha\":\"main\",\"siblings\":[]}",
            "the `sha` of the list of files is not a commit",
        ),
    ] {
        let case = Case::new().await;
        case.hub.with(|script| script.listing = Some(listing));
        let error = fault(case.fetch().await);
        assert!(matches!(error, FetchError::Protocol { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    let case = Case::new().await;
    let mut fetch = case.settings();
    fetch.hub = Hub::new(&format!("{}/mirror", case.hub.url), REPO, None);
    let error = fault(run(fetch).await).to_string();
    assert!(error.contains("/mirror/api/models/"), "{error}");
    assert!(
        error.contains("lacks the API for the list of files"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_with_another_model_is_left_alone() {
    let case = Case::new().await;
    let mut source = case.fetch().await.unwrap();
    "Helsinki-NLP/opus-mt-fr-en".clone_into(&mut source.repo);
    let path = case.dir().join("source.json");
    fs::write(&path, serde_json::to_vec(&source).unwrap()).unwrap();
    let error = fault(case.fetch().await);
    assert!(matches!(error, FetchError::Occupied { .. }), "{error}");
    assert_eq!(Source::read(&case.dir()).unwrap(), Some(source));
}

#[tokio::test(flavor = "multi_thread")]
async fn content_that_differs_from_its_hash_is_never_installed() {
    for name in [WEIGHTS, "vocab.json"] {
        let case = Case::new().await;
        case.hub.with(|script| {
            let mut content = script.files[name].to_vec();
            content[1000] ^= 1;
            script.instead.insert(name.to_owned(), Bytes::from(content));
        });
        let error = fault(case.fetch().await);
        assert!(
            matches!(&error, FetchError::Corrupt { file, .. } if file == name),
            "{error}"
        );
        assert!(!case.dir().exists());
        // Once the storage is fixed, the next run succeeds.
        case.hub.with(|script| script.instead.clear());
        case.fetch().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_size_other_than_listed_is_an_error() {
    for difference in [-1_isize, 1] {
        let case = Case::new().await;
        case.hub.with(|script| {
            let size = script.files[WEIGHTS].len().strict_add_signed(difference);
            script.listed_sizes.insert(WEIGHTS.to_owned(), size);
        });
        let error = fault(case.fetch().await);
        assert!(matches!(error, FetchError::Corrupt { .. }), "{error}");
        assert!(!case.dir().exists());
        case.hub.with(|script| script.listed_sizes.clear());
        case.fetch().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn transient_errors_are_retried_and_permanent_ones_reported() {
    let case = Case::new().await;
    let busy = StatusCode::SERVICE_UNAVAILABLE;
    case.hub.with(|script| script.refusals = vec![busy; 2]);
    case.fetch().await.unwrap();

    let case = Case::new().await;
    case.hub.with(|script| script.refusals = vec![busy; 3]);
    let error = fault(case.fetch().await);
    assert!(
        matches!(error, FetchError::Status { status: 503, .. }),
        "{error}"
    );

    let mut fetch = case.settings();
    // Nothing listens on a port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    fetch.hub = Hub::new(&format!("http://{free}"), REPO, None);
    let error = fault(run(fetch).await);
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&free.to_string()), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_repository_or_revision_is_named() {
    let case = Case::new().await;
    let mut fetch = case.settings();
    fetch.hub = Hub::new(&case.hub.url, "Helsinki-NLP/nothing", None);
    let error = fault(run(fetch).await).to_string();
    assert!(
        error.contains("no repository Helsinki-NLP/nothing"),
        "{error}"
    );

    let mut fetch = case.settings();
    fetch.revision = "v9".to_owned();
    let error = fault(run(fetch).await).to_string();
    assert_eq!(error, format!("{REPO} has no revision v9"));

    case.hub.with(|script| script.files.remove("source.spm"));
    let error = fault(case.fetch().await).to_string();
    assert_eq!(
        error,
        format!("{REPO} is not an OPUS-MT model: it has no source.spm")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_can_be_pinned_and_may_have_a_slash() {
    for revision in [COMMIT, "pr/1"] {
        let case = Case::new().await;
        let mut fetch = case.settings();
        fetch.revision = revision.to_owned();
        assert_eq!(run(fetch).await.unwrap().commit.as_deref(), Some(COMMIT));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_sent_to_the_hub_alone() {
    let case = Case::new().await;
    case.hub
        .with(|script| script.token = Some("hf_secret".to_owned()));
    let with = |token: &str| {
        let mut fetch = case.settings();
        fetch.hub = Hub::new(&case.hub.url, REPO, Some(SecretString::from(token)));
        fetch
    };
    assert!(matches!(
        fault(case.fetch().await),
        FetchError::NoRepository { .. }
    ));
    let error = fault(run(with("hf_wrong")).await);
    assert!(matches!(error, FetchError::Refused { .. }), "{error}");
    assert!(!error.to_string().contains("hf_wrong"), "{error}");
    run(with("hf_secret")).await.unwrap();
    assert!(!case.hub.with(|script| script.token_leaked));

    // Everybody may list the files of a gated repository, but not read them.
    let case = Case::new().await;
    case.hub.with(|script| script.gated = true);
    let error = fault(case.fetch().await);
    assert!(matches!(error, FetchError::Refused { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_weights_format_is_used_if_there_is_no_other() {
    let case = Case::new().await;
    case.hub.with(|script| {
        script.files.remove(WEIGHTS);
        script.files.insert(
            "pytorch_model.bin".to_owned(),
            Bytes::from_static(b"no pickle"),
        );
    });
    // The download is complete but is no model: the smoke test fails, and nothing is installed.
    let error = format!("{:#}", case.fetch().await.expect_err("no model"));
    assert!(error.contains("pytorch_model.bin"), "{error}");
    assert!(!case.dir().exists());

    case.hub
        .with(|script| script.files.remove("pytorch_model.bin"));
    let error = fault(case.fetch().await).to_string();
    assert!(
        error.contains("no model.safetensors or pytorch_model.bin"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_with_other_files_is_left_alone() {
    let case = Case::new().await;
    fs::create_dir_all(case.dir()).unwrap();
    fs::write(case.dir().join("thesis.txt"), "years of work").unwrap();
    let error = fault(case.fetch().await);
    assert!(matches!(error, FetchError::Occupied { .. }), "{error}");
    assert_eq!(
        fs::read_to_string(case.dir().join("thesis.txt")).unwrap(),
        "years of work"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_version_is_replaced_and_a_damaged_one_repaired() {
    let case = Case::new().await;
    case.fetch().await.unwrap();
    fs::write(case.dir().join("config.json"), "{}").unwrap();
    case.fetch().await.unwrap();
    let wanted = case.hub.with(|script| script.files["config.json"].clone());
    assert_eq!(fs::read(case.dir().join("config.json")).unwrap(), wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_one_process_at_a_time_fetches_into_a_folder() {
    let case = Case::new().await;
    let folder = case.part().parent().unwrap().to_owned();
    fs::create_dir_all(&folder).unwrap();
    let other = fs::File::open(&folder).unwrap();
    other.lock().unwrap();
    let error = fault(case.fetch().await);
    assert!(matches!(error, FetchError::Busy { .. }), "{error}");
    drop(other);
    case.fetch().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_prints_where_the_model_is_and_the_service_finds_it() {
    let case = Case::new().await;
    let (hub, data) = (case.hub.url.clone(), case.folder.path().to_owned());
    let output = tokio::task::spawn_blocking(move || {
        Command::new(env!("CARGO_BIN_EXE_backend"))
            .arg("fetch-model")
            .env_clear()
            .env("HF_ENDPOINT", hub)
            .env("DATA_DIR", data)
            .current_dir("/")
            .output()
            .unwrap()
    })
    .await
    .unwrap();
    let (stdout, stderr) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert!(output.status.success(), "{stderr}");
    assert!(
        stdout.contains(COMMIT) && stdout.contains(&case.dir().display().to_string()),
        "{stdout}"
    );
    assert!(stdout.contains("from the next start"), "{stdout}");
    assert!(stderr.contains("100 % of "), "progress in lines: {stderr}");
}
