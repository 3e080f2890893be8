#!/usr/bin/env bash
# Counts the numbers, names and marks that come through a translation, for us and for CTranslate2 with the same weights,
# and writes docs/fidelity.md.
#   scripts/fidelity/run.sh [--documents N] [--seed S] [--worst N] [--without-peer] [--print]
# Writes N German documents (5000) from grammar.txt, translates them with the demo model, and checks them by value.
# --worst prints N faults of each kind; --without-peer installs nothing, and leaves docs/fidelity.md as it is; --print
# shows the documents alone. CTranslate2 is installed under target/bench, as scripts/bench does.
set -euo pipefail
case " $* " in *" --help "*) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
cd "$(dirname "$0")/../.."
export PYTHONPATH=$PWD/scripts/bench PYTHONDONTWRITEBYTECODE=1
python=python3
case " $* " in
*" --print "*) ;;
*" --without-peer "*) cargo build --release --locked --package backend ;;
*)
    venv=target/bench/venv python=target/bench/venv/bin/python
    [ -x $python ] || python3 -m venv $venv
    $python -m pip install --quiet --disable-pip-version-check --requirement scripts/bench/requirements.txt
    export PATH=$PWD/$venv/bin:$PATH
    cargo build --release --locked --package backend
    ;;
esac
exec $python scripts/fidelity/fidelity.py "$@"
