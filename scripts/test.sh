#!/usr/bin/env bash
# Runs all tests on a fresh Debian machine with Rust, and installs the packages that they need.
#   scripts/test.sh          formatting, lints, deployment files, scripts, tests and documentation; the containers if
#                            a Docker engine is running
#   scripts/test.sh --full [FILE...]
#                            also the comparisons with transformers and sentencepiece, which install torch from PyPI:
#                            on 2000 sentences of the files (German, one per line; the first column of a line with
#                            tabs), or, without a file, on the few hundred lines of the committed answers
# Asks no questions, and ends with an error at the first failure.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # Debian's folders of database servers, which are not on a user's path
export REQUIRE_BROWSER=1 REQUIRE_DATABASE=1 REQUIRE_OCR=1 # installed below: tests may not be ignored because they are missing
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto} DEBIAN_FRONTEND=noninteractive

full=
case ${1:-} in
"") ;;
--full) full=yes; shift ;;
--help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0 ;;
*) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

step() { printf '\n=== %s  (%dm%02ds)\n' "$*" $((SECONDS / 60)) $((SECONDS % 60)); }
fail() { printf 'scripts/test.sh: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif has sudo && sudo -n true 2>/dev/null; then
        sudo -n --preserve-env=DEBIAN_FRONTEND "$@"
    else
        fail "root or sudo without a password is required for: $*"
    fi
}

step "Packages for the tests"
packages=()
has cc && has c++ || packages+=(gcc g++ libc6-dev)
# Only the programs of the server: the full package would also start a service.
has mariadbd || has mysqld || packages+=(mariadb-server-core)
has mariadb || has mysql || packages+=(mariadb-client-core)
has chromium || packages+=(chromium)
has chromedriver || packages+=(chromium-driver)
has pdftotext || packages+=(poppler-utils)
{ has tesseract && tesseract --list-langs | grep -qx deu; } || packages+=(tesseract-ocr tesseract-ocr-deu)
has soffice || packages+=(libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui)
python3 -c 'import venv, ensurepip' 2>/dev/null || packages+=(python3-venv)
if [ ${#packages[@]} -gt 0 ]; then
    has apt-get || fail "there is no apt-get here; install these packages: ${packages[*]}"
    echo "installing ${packages[*]}"
    as_root apt-get update -qq
    as_root apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
has cargo || fail "there is no Rust: install the version in rust-toolchain.toml with https://rustup.rs"
for tool in clippy fmt; do
    cargo $tool --version || fail "Rust lacks clippy or rustfmt: rustup component add clippy rustfmt"
done

step "cargo fmt"
cargo fmt --all --check

step "Third-party notices"
scripts/third-party.sh | diff THIRD-PARTY.md - || fail "THIRD-PARTY.md is out of date: scripts/third-party.sh >THIRD-PARTY.md"

step "Deployment files"
scripts/deployment/run.sh

step "Fidelity scripts"
PYTHONDONTWRITEBYTECODE=1 python3 -m unittest discover --quiet scripts/fidelity

step "cargo clippy"
cargo clippy --workspace --all-targets --locked -- -D warnings
# Neither part of `--all-targets` nor of a plain `cargo test`: it has its own step below.
cargo clippy --workspace --test containers --locked -- -D warnings

step "cargo test"
cargo test --workspace --locked

# Built by the tests above. To build its package alone selects other features of crates, and compiles most of them again.
PROGRAM=$(realpath "${CARGO_TARGET_DIR:-target}")/debug/unlimited-translation
export PROGRAM

step "Clients of the APIs"
scripts/clients/run.sh ${full:+--full}

step "Documents"
scripts/documents/run.sh

step "cargo doc"
RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --locked

step "Containers"
cargo test --workspace --test containers --locked

if [ -n "$full" ]; then
    step "Oracle"
    oracle=target/oracle python=target/oracle/bin/python
    [ -x $python ] || python3 -m venv $oracle
    # transformers 5 ties weights incorrectly.
    $python -m pip install --quiet --disable-pip-version-check torch 'transformers==4.57.*' sentencepiece
    if [ $# = 0 ]; then
        $python -c 'import json, sys; print(*(line for line, _ in json.load(sys.stdin)), sep="\n")' \
            <crates/marian/tests/data/tokens.json >$oracle/sentences.txt
        set -- $oracle/sentences.txt
    fi
    cargo build --release --locked --package marian --examples
    $python scripts/oracle/tokens.py check models/demo-de-en "$@"
    $python scripts/oracle/compare.py models/demo-de-en "$@" --count 2000
    $python scripts/oracle/random_model.py $oracle/random
    $python scripts/oracle/compare.py $oracle/random --count 200 --max-length 65
fi

step "All passed"
