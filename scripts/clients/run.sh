#!/usr/bin/env bash
# Drives the APIs for other programs with the clients that people use, against the program and the demo model.
#   scripts/clients/run.sh [--full] [TEST...]    all tests, or those with names for `python -m unittest`
# --full has schemathesis send about 5000 requests instead of a few hundred. The clients come from PyPI and are
# installed under target/clients. Needs Python 3.11 or later with `venv`.
set -euo pipefail
case ${1:-} in --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
cd "$(dirname "$0")/../.."
here=scripts/clients work=$PWD/target/clients
fail() { printf '%s/run.sh: %s\n' "$here" "$*" >&2; exit 1; }

if [ "${1:-}" = --full ]; then
    export FULL=1
    shift
fi
if [ -z "${PROGRAM:-}" ]; then
    cargo build --locked --package standalone
    PROGRAM=$(realpath "${CARGO_TARGET_DIR:-target}")/debug/unlimited-translation
    export PROGRAM
fi

python=$work/venv/bin/python
[ -x "$python" ] || python3 -m venv "$work/venv" || fail "cannot make a virtual environment in $work"
"$python" -m pip install --quiet --disable-pip-version-check --requirement $here/requirements.txt ||
    fail "cannot install what $here/requirements.txt lists"
export PATH=$work/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1
cd $here
exec "$python" -m unittest ${@:-discover}
