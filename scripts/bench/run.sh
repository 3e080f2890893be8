#!/usr/bin/env bash
# Compares the engine with CTranslate2 and transformers, and writes docs/benchmarks.md.
#   scripts/bench/run.sh [--quick] [--no-amx] [--libretranslate] [--repeats N] TSV
# The file has German, a tab, and English in each line, and at least 2 000 lines, like the WMT news test sets. Takes an
# hour; --quick takes minutes and only shows that everything runs. --no-amx also measures our int8 with fewer
# instructions than the processor has, --libretranslate also LibreTranslate. Installs the other engines under
# target/bench. Nothing else should run meanwhile.
set -euo pipefail
[ $# -ge 1 ] && [ -f "${*: -1}" ] || { sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2; }
tsv=$(realpath "${*: -1}")
set -- "${@:1:$#-1}" "$tsv"
cd "$(dirname "$0")/../.."
venv=target/bench/venv python=target/bench/venv/bin/python
[ -x $python ] || python3 -m venv $venv
$python -m pip install --quiet --disable-pip-version-check --requirement scripts/bench/requirements.txt
case " $* " in *" --libretranslate "*)
    libre=target/bench/libretranslate
    [ -x $libre/bin/python ] || python3 -m venv $libre
    $libre/bin/python -m pip install --quiet --disable-pip-version-check libretranslate==1.9.6 ;;
esac
cargo build --release --locked --package bench --package backend --package standalone

export PATH=$PWD/$venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 TRANSFORMERS_VERBOSITY=error HF_HUB_OFFLINE=1
rm -rf target/bench/results
for part in prepare engines service quality growth batches; do
    printf '\n=== %s  (%dm)\n' $part $((SECONDS / 60))
    python scripts/bench/$part.py "$@"
done
python scripts/bench/report.py
