//! Help, version, mistakes, and `translate`.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Output, Stdio},
};

use tempfile::tempdir;

use crate::app::{free_address, program, root};

/// Runs the program with `arguments` and `input` on its standard input.
fn run(arguments: &[&str], input: &[u8]) -> Output {
    let data = tempdir().expect("a folder");
    let mut process = program(data.path())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let mut stdin = process.stdin.take().expect("piped");
    stdin.write_all(input).expect("read by the program");
    drop(stdin);
    process.wait_with_output().expect("ended")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// Names of variables in the help text, as clap prints them: `[env: NAME=]`.
fn variables(help: &str) -> Vec<&str> {
    let rest = help.split("[env: ").skip(1);
    rest.filter_map(|rest| rest.split(['=', ']']).next())
        .collect()
}

#[test]
fn help_and_readme_name_every_variable() {
    let output = run(&["--help"], b"");
    assert!(output.status.success());
    let help = text(&output.stdout);
    let found = variables(help);
    let promised = [
        "FRONTEND_BIND",
        "BACKEND_BIND",
        "BACKEND_URL",
        "DB_HOST",
        "DB_PORT",
        "DB_NAME",
        "DB_USER",
        "DB_USER_FILE",
        "DB_PASSWORD",
        "DB_PASSWORD_FILE",
        "DB_QUERY_USER",
        "DB_QUERY_PASSWORD",
        "DB_QUERY_PASSWORD_FILE",
        "SQL_PAGE",
        "DATABASE_URL",
        "DATABASE_URL_FILE",
        "DATA_DIR",
        "MODEL_DIR",
        "MODEL_ENGINE",
        "MODEL_DEVICE",
        "MODEL_BEAMS",
        "MODEL_PRECISION",
        "MODEL_THREADS",
        "MAX_TEXT_BYTES",
        "RUST_LOG",
    ];
    for name in promised {
        assert!(found.contains(&name), "{name} is missing in {found:?}");
    }
    let fetching = run(&["fetch-model", "--help"], b"");
    let fetching = variables(text(&fetching.stdout));
    for name in &fetching {
        assert!(help.contains(name), "{name} is missing in {help}");
    }
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    for name in found.iter().chain(&fetching) {
        assert!(
            readme.contains(&format!("`{name}`")),
            "{name} is not in the README"
        );
    }
}

#[test]
fn the_version_is_told() {
    let output = run(&["--version"], b"");
    let version = concat!("unlimited-translation ", env!("CARGO_PKG_VERSION"));
    assert_eq!(text(&output.stdout).trim(), version);
}

#[test]
fn standard_input_is_translated_line_by_line_with_its_white_space() {
    let output = run(
        &["translate", "-"],
        "  Guten Morgen! Wie geht es dir?\n\n- Danke, gut.\r\n---\n".as_bytes(),
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let english = text(&output.stdout);
    let lines = english.split('\n').collect::<Vec<_>>();
    assert_eq!(lines.len(), 5, "{english}");
    assert!(lines[0].starts_with("  Good morning"), "{english}");
    assert_eq!(lines[1], "");
    assert!(
        lines[2].starts_with("- ") && lines[2].ends_with('\r'),
        "{english}"
    );
    assert_eq!((lines[3], lines[4]), ("---", ""));
    // No progress bar where standard error is no terminal.
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn a_file_is_translated() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("brief.txt");
    fs::write(&file, "Guten Morgen!").expect("written");
    let output = run(&["translate", file.to_str().expect("a path")], b"");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("Good morning"));
}

#[test]
fn an_empty_text_stays_empty() {
    let output = run(&["translate", "-"], b"");
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn what_is_no_utf8_is_refused_with_its_place() {
    let output = run(&["translate", "-"], b"Gr\xfc\xdfe aus Bern");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    let errors = text(&output.stderr);
    assert!(
        errors.contains("UTF-8") && errors.contains("byte 3"),
        "{errors}"
    );
}

#[test]
fn a_missing_file_is_named() {
    let output = run(&["translate", "/nowhere/brief.txt"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("/nowhere/brief.txt"));
}

#[test]
fn a_reader_that_goes_away_ends_the_work_quietly() {
    let data = tempdir().expect("a folder");
    let file = data.path().join("book.txt");
    fs::write(&file, "Guten Morgen!\n".repeat(2000)).expect("written");
    let mut process = program(data.path())
        .args(["translate", "book.txt"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let mut stdout = process.stdout.take().expect("piped");
    stdout.read_exact(&mut [0; 4]).expect("the first words");
    drop(stdout);
    let output = process.wait_with_output().expect("ended");
    assert!(output.status.success());
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn settings_that_cannot_be_are_refused() {
    for arguments in [
        ["--model-beams", "0"],
        ["--max-text-bytes", "many"],
        ["--model-precision", "f7"],
        ["--frontend-bind", "here"],
    ] {
        let output = run(&arguments, b"");
        assert!(!output.status.success(), "{arguments:?}");
        assert!(text(&output.stderr).contains(arguments[1]), "{arguments:?}");
    }
}

#[test]
fn an_error_is_one_line_without_a_stack_trace() {
    let data = tempdir().expect("a folder");
    let output = program(data.path())
        .args(["translate", "/does/not/exist"])
        .env("RUST_BACKTRACE", "1")
        .output()
        .expect("run");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.starts_with("error: cannot read /does/not/exist: "),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn a_translation_service_of_another_process_is_named_at_the_start() {
    let data = tempdir().expect("a folder");
    let mut process = program(data.path())
        .env("FRONTEND_BIND", free_address().to_string())
        .env("BACKEND_URL", "http://user:geheim@127.0.0.1:9/path")
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    let stdout = process.stdout.take().expect("piped");
    let lines: Vec<_> = BufReader::new(stdout).lines().take(2).collect();
    process.kill().expect("killed");
    process.wait().expect("gone");
    let said = lines[1].as_ref().expect("a line");
    assert!(
        said.contains("http://127.0.0.1:9,") && said.contains("none is started here"),
        "{said}"
    );
    assert!(!said.contains("geheim"), "{said}");
}
