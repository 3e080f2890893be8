//! The program's command line and settings.

use std::process::{Command, Output};

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
fn the_version_is_told() {
    let output = backend(&["--version"], &[]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.trim(), concat!("backend ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_help_lists_every_variable() {
    let help = String::from_utf8(backend(&["--help"], &[]).stdout).unwrap();
    for variable in [
        "BACKEND_BIND",
        "DATA_DIR",
        "MODEL_DIR",
        "MODEL_ENGINE",
        "MODEL_DEVICE",
        "MODEL_BEAMS",
        "MODEL_PRECISION",
        "MODEL_THREADS",
        "MAX_TEXT_BYTES",
        "RUST_LOG",
        "HF_ENDPOINT",
        "HF_TOKEN",
        "HF_TOKEN_FILE",
        "MODEL_REVISION",
        "healthcheck",
        "fetch-model",
    ] {
        assert!(help.contains(variable), "{variable} is missing in\n{help}");
    }
}

#[test]
fn nonsense_is_refused_with_the_variables_name() {
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
        // Known, and not for the native engine.
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
fn settings_that_the_candle_engine_lacks_are_refused_with_a_way_out() {
    for (variable, value, way_out) in [
        ("MODEL_BEAMS", "4", "MODEL_ENGINE=native"),
        ("MODEL_PRECISION", "int8", "MODEL_ENGINE=native"),
        ("MODEL_PRECISION", "bf16", "MODEL_DEVICE"),
        ("MODEL_DEVICE", "cuda:1", "--features cuda"),
        ("MODEL_DEVICE", "metal", "--features metal"),
    ] {
        let said = error(&[("MODEL_ENGINE", "candle"), (variable, value)]);
        let setting = format!("{variable}={value}");
        assert!(said.contains(&setting) && said.contains(way_out), "{said}");
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
    let at_work = async {
        loop {
            let metrics = probe.get(format!("{}/metrics", process.url)).send().await;
            let metrics = metrics.unwrap().text().await.unwrap();
            if metrics.contains("backend_queue_requests 1") {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, at_work)
        .await
        .expect("at work");
    process.terminate();
    let answer = request.await.unwrap().unwrap();
    assert_eq!(answer.status(), 200);
    let (code, log) = tokio::task::spawn_blocking(|| process.end()).await.unwrap();
    assert_eq!(code, Some(0), "{log}");
}
