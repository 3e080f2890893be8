//! Command line and settings of the program.

use std::process::{Command, Output};

use backend::{Config, fetch_model};
use clap::Args as _;
use service::args::Common;

use crate::{
    logs::Process,
    support::{PATIENCE, demo, json},
};

fn backend(args: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_backend"))
        .args(args)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn error(variables: &[(&str, &str)]) -> String {
    let demo = demo();
    let mut all = vec![
        ("MODEL_DIR", demo.to_str().unwrap()),
        ("BACKEND_BIND", "127.0.0.1:0"),
    ];
    all.extend(variables);
    let output = backend(&[], &all);
    assert!(!output.status.success(), "{variables:?} should be refused");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_version_is_printed() {
    let output = backend(&["--version"], &[]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.trim(), concat!("backend ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_option_is_also_a_variable_that_the_help_lists() {
    let help = String::from_utf8(backend(&["--help"], &[]).stdout).unwrap();
    let command = Common::augment_args(Config::augment_args(clap::Command::default()));
    let command = fetch_model::Args::augment_args(command);
    for option in command.get_arguments().filter(|one| !one.is_positional()) {
        let variable = option.get_env().expect("a variable").to_str().unwrap();
        let flag = format!("--{}", option.get_long().expect("a flag"));
        assert_eq!(
            flag.to_uppercase().replace('-', "_"),
            format!("__{variable}")
        );
        assert!(help.contains(variable), "{variable} is missing in\n{help}");
    }
    for command in ["healthcheck", "fetch-model"] {
        assert!(help.contains(command), "{command} is missing in\n{help}");
    }
}

#[test]
fn an_invalid_value_is_refused_with_the_name_of_its_variable() {
    for (variable, value) in [
        ("BACKEND_BIND", ""),
        ("BACKEND_BIND", "8000"),
        ("MODEL_DIR", ""),
        ("MODEL_DIR", "/nowhere"),
        ("MODEL_BEAMS", "0"),
        ("MODEL_BEAMS", "many"),
        ("MODEL_PRECISION", "int4"),
        ("MODEL_PRECISION", ""),
        ("MODEL_ENGINE", "torch"),
        ("MODEL_DEVICE", "gpu"),
        // Valid, but not with the native engine.
        ("MODEL_DEVICE", "cuda"),
        ("MODEL_PRECISION", "f16"),
        ("MODEL_THREADS", "0"),
        ("MAX_TEXT_BYTES", ""),
        ("MAX_TEXT_BYTES", "10MB"),
        ("RUST_LOG", ""),
        ("RUST_LOG", "=="),
    ] {
        let said = error(&[(variable, value)]);
        let flag = format!("--{}", variable.to_lowercase().replace('_', "-"));
        let is_named = said.contains(variable) || said.contains(&flag);
        assert!(is_named, "{variable}={value}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
    let said = String::from_utf8(backend(&[], &[("DATA_DIR", "")]).stderr).unwrap();
    assert!(
        said.contains("DATA_DIR") || said.contains("data-dir"),
        "{said}"
    );
}

#[test]
fn an_error_is_one_line_without_a_stack_trace() {
    let nowhere = [
        ("MODEL_DIR", "/nowhere"),
        ("BACKEND_BIND", "127.0.0.1:0"),
        ("RUST_BACKTRACE", "1"),
        ("RUST_LOG", "off"),
    ];
    let output = backend(&[], &nowhere);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: MODEL_DIR: /nowhere is not a folder\n"
    );
}

#[test]
fn settings_that_the_candle_engine_lacks_are_refused_with_a_remedy() {
    for (variable, value, remedy) in [
        ("MODEL_BEAMS", "4", "MODEL_ENGINE=native"),
        ("MODEL_PRECISION", "int8", "MODEL_ENGINE=native"),
        ("MODEL_PRECISION", "bf16", "MODEL_DEVICE"),
        ("MODEL_DEVICE", "cuda:1", "--features cuda"),
        ("MODEL_DEVICE", "metal", "--features metal"),
    ] {
        let said = error(&[("MODEL_ENGINE", "candle"), (variable, value)]);
        let setting = format!("{variable}={value}");
        assert!(said.contains(&setting) && said.contains(remedy), "{said}");
    }
}

#[test]
fn the_health_check_is_the_exit_code() {
    let process = Process::start("info");
    let address = process.url.strip_prefix("http://").unwrap().to_owned();
    let check = || {
        backend(&["healthcheck"], &[("BACKEND_BIND", &address)])
            .status
            .success()
    };
    assert!(check());
    process.terminate();
    let (code, _) = process.end();
    assert_eq!(code, Some(0));
    assert!(!check());
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_lets_a_running_request_finish() {
    let process = tokio::task::spawn_blocking(|| Process::start("info,backend=debug"))
        .await
        .unwrap();
    let request = reqwest::Client::new()
        .post(format!("{}/translate", process.url))
        .body(json(&crate::support::book(200)));
    let request = tokio::spawn(request.send());
    let probe = reqwest::Client::new();
    let running = async {
        loop {
            let metrics = probe.get(format!("{}/metrics", process.url)).send().await;
            let metrics = metrics.unwrap().text().await.unwrap();
            if metrics.contains("backend_queue_requests 1") {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, running)
        .await
        .expect("running");
    process.terminate();
    let answer = request.await.unwrap().unwrap();
    assert_eq!(answer.status(), 200);
    let (code, log) = tokio::task::spawn_blocking(|| process.end()).await.unwrap();
    assert_eq!(code, Some(0), "{log}");
}
