//! Scripts and Dockerfiles.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};

use tempfile::{TempDir, tempdir};

use crate::program::root;

fn read(file: impl AsRef<Path>) -> String {
    let file = root().join(file);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
fn both_dockerfiles_have_the_same_builder() {
    let builder = |file: &str| {
        let text = read(file);
        let start = text.find("# --- builder").expect("a start");
        let end = text.find("# --- end of the builder").expect("an end");
        text[start..end].to_owned()
    };
    assert_eq!(
        builder("Dockerfile.backend"),
        builder("Dockerfile.frontend")
    );
}

#[test]
fn the_labels_of_the_images_are_correct() {
    for service in ["backend", "frontend"] {
        let text = read(format!("Dockerfile.{service}"));
        let label = |name: &str, value: &str| {
            let label = format!("org.opencontainers.image.{name}=\"{value}\"");
            assert!(text.contains(&label), "{service}: {label}");
        };
        label("title", &format!("unlimited-translation-{service}"));
        label("version", env!("CARGO_PKG_VERSION"));
        label("licenses", "MIT OR Apache-2.0");
        label("base.name", "docker.io/library/debian:trixie-slim");
        assert!(text.contains("\nFROM debian:trixie-slim\n"), "{service}");
    }
    assert!(read("Cargo.toml").contains("license = \"MIT OR Apache-2.0\""));
}

/// Runs a script of `mysql-dump` with a `mysql` that records its arguments and input.
fn run_with_fake_mysql(script: &str, environment: &[(&str, &str)]) -> (Output, String) {
    let folder = tempdir().expect("a folder");
    let client = folder.path().join("mysql");
    let record = folder.path().join("record");
    let fake = format!(
        "#!/bin/sh\n{{ echo \"$MYSQL_PWD\" \"$@\"; cat; }} >'{}'\n",
        record.display()
    );
    fs::write(&client, fake).expect("written");
    fs::set_permissions(&client, fs::Permissions::from_mode(0o755)).expect("executable");
    #[expect(
        clippy::disallowed_methods,
        reason = "PATH is not a setting of the program"
    )]
    let path = std::env::var("PATH").expect("a path");
    // The entrypoint of the image sources files that are not executable.
    let output = Command::new("bash")
        .args([
            "-euo",
            "pipefail",
            "-c",
            ". \"$0\"; echo \"went on ${user-}\"",
        ])
        .arg(root().join("mysql-dump").join(script))
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .envs(environment.iter().copied())
        .output()
        .expect("run");
    (output, fs::read_to_string(record).unwrap_or_default())
}

#[test]
fn rights_are_narrowed_without_a_secret_in_an_argument_or_the_output() {
    let (folder, _) = generated();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let values = SECRETS.map(|name| read(folder.path().join(name)));
    let [root_password, user, ..] = &values;
    let by_value = [("MYSQL_ROOT_PASSWORD", root_password), ("MYSQL_USER", user)];
    let files = [file("db_root_password"), file("db_user")];
    let by_file = [
        ("MYSQL_ROOT_PASSWORD_FILE", &files[0]),
        ("MYSQL_USER_FILE", &files[1]),
    ];
    for environment in [by_value, by_file] {
        let environment = environment.map(|(name, value)| (name, value.as_str()));
        let (output, record) = run_with_fake_mysql("grants.sh", &environment);
        assert!(output.status.success());
        assert_eq!(output.stdout, b"went on \n");
        assert!(output.stderr.is_empty());
        let (called, statements) = record.split_once('\n').expect("a line");
        assert_eq!(called, format!("{root_password} -uroot"));
        let of_the_account = format!("'{user}'@'%';\n");
        assert_eq!(
            statements.matches(&of_the_account).count(),
            2,
            "{statements}"
        );
        assert!(
            statements.starts_with("revoke all privileges"),
            "{statements}"
        );
    }
    let (output, record) = run_with_fake_mysql("grants.sh", &[]);
    assert!(!output.status.success(), "{record}");
    assert_eq!(mode(root().join("mysql-dump/grants.sh")) & 0o111, 0);
}

#[test]
fn the_account_of_the_sql_page_is_created_if_it_has_a_password() {
    let (folder, _) = generated();
    let secret = |name: &str| folder.path().join(name).display().to_string();
    let password = folder.path().join("it's a \\ password");
    fs::write(&password, "it's a \\ password\n").expect("written");
    let (root, password) = (secret("db_root_password"), password.display().to_string());
    let environment = [
        ("MYSQL_ROOT_PASSWORD_FILE", root.as_str()),
        ("DB_QUERY_PASSWORD_FILE", &password),
    ];
    let (output, statements) = run_with_fake_mysql("query.sh", &environment);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"went on \n");
    assert!(output.stderr.is_empty());
    let (called, statements) = statements.split_once('\n').expect("a line");
    assert!(called.ends_with(" -uroot") && !called.contains("it's"));
    let quoted = "identified by 'it\\'s a \\\\ password'";
    assert_eq!(statements.matches(quoted).count(), 2, "{statements}");
    let only = "grant select on translation.translations to 'translation_query'@'%';\n";
    assert!(statements.ends_with(only), "{statements}");

    // Without a password the database starts as before, and the script runs no statement.
    for absent in [secret("absent"), secret("empty")] {
        if absent.ends_with("empty") {
            fs::write(&absent, "").expect("written");
        }
        let environment = [("DB_QUERY_PASSWORD_FILE", absent.as_str())];
        let (output, statements) = run_with_fake_mysql("query.sh", &environment);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(statements, "");
    }
    assert_eq!(
        mode(crate::program::root().join("mysql-dump/query.sh")) & 0o111,
        0
    );
}

/// Returns a folder with the secrets of a copy of `secrets/generate.sh`, and a function that runs it
/// again.
fn generated() -> (TempDir, impl Fn() -> Output) {
    let folder = tempdir().expect("a folder");
    let script = folder.path().join("generate.sh");
    fs::copy(root().join("secrets/generate.sh"), &script).expect("copied");
    let run = move || Command::new("sh").arg(&script).output().expect("run");
    assert!(run().status.success());
    (folder, run)
}

fn mode(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).expect("there").permissions().mode() & 0o777
}

const SECRETS: [&str; 4] = [
    "db_root_password",
    "db_user",
    "db_password",
    "db_query_password",
];

#[test]
fn secrets_are_created_once() {
    let (folder, run) = generated();
    assert_eq!(mode(folder.path()), 0o700);
    let values = || SECRETS.map(|name| read(folder.path().join(name)));
    let first = values();
    for (name, value) in SECRETS.iter().zip(&first) {
        assert_eq!(mode(folder.path().join(name)), 0o444, "{name}");
        assert!(value.len() >= 16, "{name}");
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        assert!(value.bytes().all(plain), "{name}");
    }
    // Maximum length of a user name in MySQL.
    assert!(first[1].len() <= 32);
    assert_ne!(first[0], first[2]);

    for name in ["db_user", "db_query_password"] {
        fs::remove_file(folder.path().join(name)).expect("removed");
    }
    // Docker creates an empty folder if `docker compose up` ran first.
    fs::create_dir(folder.path().join("db_query_password")).expect("made");
    assert!(run().status.success());
    let second = values();
    assert_eq!((&first[0], &first[2]), (&second[0], &second[2]));
    assert_ne!(first[1], second[1]);
    assert_ne!(first[3], second[3]);
}

#[test]
fn a_secret_that_would_break_a_statement_is_refused() {
    let (folder, run) = generated();
    let file = folder.path().join("db_password");
    fs::remove_file(&file).expect("removed");
    fs::write(&file, "it's\n").expect("written");
    let output = run();
    assert!(!output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("db_password"), "{errors}");
    assert!(!errors.contains("it's"), "{errors}");
    assert_eq!(read(&file), "it's\n");
}

/// Runs `models/into-image.sh` as Dockerfile.backend does, with a fake `backend` that fetches a file
/// or fails.
fn into_image(model: &str, hub: bool) -> (TempDir, Output) {
    let folder = tempdir().expect("a folder");
    let backend = folder.path().join("backend");
    let fetch = if hub {
        "mkdir -p \"$3\" && echo \"$2\" >\"$3/fetched\""
    } else {
        "exit 1"
    };
    fs::write(&backend, format!("#!/bin/sh\n{fetch}\n")).expect("written");
    fs::set_permissions(&backend, fs::Permissions::from_mode(0o755)).expect("executable");
    #[expect(
        clippy::disallowed_methods,
        reason = "PATH is not a setting of the program"
    )]
    let path = std::env::var("PATH").expect("a path");
    let output = Command::new("sh")
        .arg(root().join("models/into-image.sh"))
        .arg(root().join("models/demo-de-en"))
        .arg(folder.path().join("fetched"))
        .arg(folder.path().join("models"))
        .env("MODEL", model)
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .output()
        .expect("run");
    (folder, output)
}

#[test]
fn an_image_has_the_full_model_or_a_warning_and_the_demo() {
    let (folder, output) = into_image("", true);
    assert!(output.status.success());
    let current = folder.path().join("models/current");
    assert_eq!(
        fs::canonicalize(&current).expect("a model").file_name(),
        Some("opus-mt-de-en".as_ref())
    );
    assert_eq!(
        read(current.join("fetched")).trim(),
        "Helsinki-NLP/opus-mt-de-en"
    );

    let (folder, output) = into_image("", false);
    assert!(output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("WARNING"), "{errors}");
    let current = folder.path().join("models/current");
    assert_eq!(
        fs::canonicalize(&current).expect("a model").file_name(),
        Some("demo-de-en".as_ref())
    );
    assert!(current.join("model.safetensors").exists());
}

#[test]
fn a_requested_model_is_in_the_image_or_the_build_fails() {
    let (folder, output) = into_image("demo", false);
    assert!(output.status.success());
    assert!(output.stderr.is_empty());
    assert!(folder.path().join("models/demo-de-en").exists());

    let (folder, output) = into_image("Helsinki-NLP/opus-mt-fr-en", true);
    assert!(output.status.success());
    assert!(folder.path().join("models/opus-mt-fr-en/fetched").exists());

    for model in [
        "Helsinki-NLP/opus-mt-de-en",
        "demmo",
        "a/b/c",
        "/",
        "../x",
        "a/..",
    ] {
        let hub = !model.starts_with("Helsinki");
        let (folder, output) = into_image(model, hub);
        assert!(!output.status.success(), "{model}");
        assert!(!folder.path().join("models").exists(), "{model}");
    }
}
