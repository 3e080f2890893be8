#!/usr/bin/env bash
# Translates German files of all formats, and files made to do harm, with the program and the demo model, and opens the
# results with LibreOffice.
#   scripts/documents/run.sh [--full] [TEST...]    all tests, or those with names for `python -m unittest`
#   scripts/documents/run.sh --argos               the table of docs/documents.md: the program and argos-translate-files
#   scripts/documents/run.sh --large               a file of 300 pages: first sentence, memory, a kill in the middle
# --full also translates what LibreOffice has saved, and checks books with epubcheck. Needs Debian's packages
# libreoffice-writer-nogui, libreoffice-calc-nogui, libreoffice-impress-nogui and poppler-utils, for --full epubcheck, and
# Python 3.11 or later with `venv`; installs the rest from PyPI under target/documents.
set -euo pipefail
case ${1:-} in --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
cd "$(dirname "$0")/../.."
here=scripts/documents work=$PWD/target/documents
fail() { printf '%s/run.sh: %s\n' "$here" "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

requirements=requirements.txt
case ${1:-} in
--full) export FULL=1; shift ;;
--argos) requirements=requirements-argos.txt ;;
esac
if [ "${1:-}" = --large ]; then
    cargo build --release --locked --package backend --package frontend
    PROGRAMS=$(realpath "${CARGO_TARGET_DIR:-target}")/release
    export PROGRAMS
else
    has soffice || fail "LibreOffice is missing: apt-get install libreoffice-{writer,calc,impress}-nogui"
    has pdftotext || fail "poppler is missing: apt-get install poppler-utils"
fi
if [ "${1:-}" != --large ] && [ -z "${PROGRAM:-}" ]; then
    cargo build --locked --package standalone
    PROGRAM=$(realpath "${CARGO_TARGET_DIR:-target}")/debug/unlimited-translation
    export PROGRAM
fi

# argos-translate-files needs old versions of some packages.
venv=$work/${requirements%.txt} python=$work/${requirements%.txt}/bin/python
[ -x "$python" ] || python3 -m venv "$venv" || fail "cannot make a virtual environment in $work"
"$python" -m pip install --quiet --disable-pip-version-check --requirement $here/$requirements ||
    fail "cannot install what $here/$requirements lists"
export PYTHONDONTWRITEBYTECODE=1
cd $here
case ${1:-} in
--argos) exec "$python" argos.py ;;
--large) exec "$python" large.py ;;
esac
exec "$python" -m unittest ${@:-discover}
