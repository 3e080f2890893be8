//! Help, version, invalid settings, and `translate`.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Output, Stdio},
};

use tempfile::tempdir;

use crate::{
    app::free_address,
    program::{program, root},
};

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

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// Returns the names of variables in a help text, as clap prints them: `[env: NAME=]`.
fn variables(help: &str) -> Vec<&str> {
    let rest = help.split("[env: ").skip(1);
    rest.filter_map(|rest| rest.split(['=', ']']).next())
        .collect()
}

#[test]
fn the_help_and_the_readme_list_the_same_variables() {
    let output = run(&["--help"], b"");
    assert!(output.status.success());
    let help = text(&output.stdout);
    let found = variables(help);
    let fetching = run(&["fetch-model", "--help"], b"");
    let fetching = variables(text(&fetching.stdout));
    for name in &fetching {
        assert!(help.contains(name), "{name} is missing in {help}");
    }
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let (_, table) = readme.split_once("## Configuration").expect("a section");
    let (_, table) = table.split_once("|---|").expect("a table");
    let rows = table
        .lines()
        .skip(1)
        .map_while(|row| row.strip_prefix("| "));
    let promised: BTreeSet<&str> = rows
        .flat_map(|row| row.split(" |").next().expect("a first cell").split(' '))
        .map(|name| name.trim_matches('`'))
        .collect();
    assert_eq!(promised, found.into_iter().chain(fetching).collect());
}

#[test]
fn the_version_is_printed() {
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
    // No progress bar if standard error is not a terminal.
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
fn a_sentence_of_a_wrapped_text_spans_lines() {
    let german = "Guten Morgen, Frau Doktor Meier, und guten\nMorgen, Herr Huber!\n";
    let translate = |arguments: &[&str]| {
        let output = run(arguments, german.as_bytes());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).replace('\n', " ")
    };
    let whole = translate(&["translate", "--wrapped", "-"]);
    let one_line = german.trim().replace('\n', " ");
    let output = run(&["translate", "-"], one_line.as_bytes());
    assert_eq!(whole.trim(), text(&output.stdout));
    assert_ne!(whole, translate(&["translate", "-"]));
}

#[test]
fn a_text_in_utf_16_is_translated() {
    let text = "\u{feff}Guten Morgen!\r\n";
    for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let input: Vec<u8> = text.encode_utf16().flat_map(bytes).collect();
        let output = run(&["translate", "-"], &input);
        assert!(output.status.success(), "{}", self::text(&output.stderr));
        let english = self::text(&output.stdout);
        assert!(
            english.starts_with("Good morning") && english.ends_with("\r\n"),
            "{english}"
        );
        let output = run(&["translate", "-"], &input[..input.len() - 1]);
        assert_eq!(output.status.code(), Some(1));
        assert!(self::text(&output.stderr).contains("UTF-16"));
    }
}

#[test]
fn an_empty_text_stays_empty() {
    let output = run(&["translate", "-"], b"");
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn a_text_in_windows_1252_is_translated_to_utf_8() {
    let output = run(&["translate", "-"], b"Gr\xfc\xdfe aus Z\xfcrich");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(
        text(&output.stdout).contains("Z\u{fc}rich") || text(&output.stdout).contains("Zurich")
    );
    let output = run(&["translate", "-"], b"PK\0\x01");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("not text"));
}

#[test]
fn a_missing_file_is_named() {
    let output = run(&["translate", "/nowhere/brief.txt"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("/nowhere/brief.txt"));
}

#[test]
fn a_closed_output_ends_the_translation_without_an_error() {
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
fn invalid_settings_are_refused() {
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
    let errors = text(&output.stderr);
    assert!(
        errors.starts_with("error: cannot read /does/not/exist: "),
        "{errors}"
    );
    assert_eq!(errors.lines().count(), 1, "{errors}");
}

#[test]
fn the_translation_service_of_another_process_is_printed_at_the_start() {
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
    let line = lines[1].as_ref().expect("a line");
    assert!(
        line.contains("http://127.0.0.1:9,") && line.contains("none is started here"),
        "{line}"
    );
    assert!(!line.contains("geheim"), "{line}");
}
