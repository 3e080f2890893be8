#!/usr/bin/env bash
# Trains the demo model, in the environment of Python that the first call installs (6 GB, with torch).
#   training/run.sh prepare [FOLDER...]     cleans the written pairs, and those of the folders
#   training/run.sh train [OPTION...]       see `train.py --help`
#   training/run.sh export CHECKPOINT FOLDER
#   training/run.sh evaluate PROGRAM MODEL FILE...
#   training/run.sh vocabulary FOLDER
#   training/run.sh smoke FOLDER            half a minute of a tiny shape, exported to FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=$here/venv/bin/python

case ${1:-} in
prepare | train | export | evaluate | vocabulary) ;;
smoke) : "${2:?a folder for the model}" ;;
*)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac

[ -x "$python" ] || python3 -m venv "$here/venv"
cmp -s "$here/requirements.txt" "$here/venv/installed" || {
    "$python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$here/venv/installed"
}

if [ "$1" = smoke ]; then
    "$python" "$here/prepare.py"
    "$python" "$here/train.py" --minutes 0.5 --out "$here/run/smoke" --d-model 64 --heads 4 --feed-forward 128 \
        --encoder-layers 1 --decoder-layers 1 --round 4000
    exec "$python" "$here/export.py" "$here/run/smoke/final.pt" "$2"
fi
script=$1
shift
exec "$python" "$here/$script.py" "$@"
