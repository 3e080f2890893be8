#!/usr/bin/env bash
# Checks the files for Kubernetes and monitoring, without a cluster, a server or a Docker engine.
#   scripts/deployment/run.sh [TEST...]      all tests, or those with names for `python -m unittest`
# kubectl and promtool come from Debian trixie and are unpacked under target/, not installed, so that
# older versions of Debian work too. On other systems they must be on the path. Needs Python with `venv`.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=scripts/deployment work=$PWD/target/deployment
fail() { printf '%s/run.sh: %s\n' "$here" "$*" >&2; exit 1; }

# unpack PACKAGE: downloads it for Debian trixie from the mirror of this machine, and unpacks it into
# $work/root.
unpack() {
    local apt=$work/apt keyring=/usr/share/keyrings/debian-archive-keyring.gpg mirror options
    mirror=$(apt-get indextargets --no-release-info --format '$(REPO_URI)' 'Created-By: Packages' | grep -m 1 '/debian/$') || return 1
    mkdir -p "$apt"/{lists,archives}/partial
    echo "deb [signed-by=$keyring] $mirror trixie main" >"$apt/sources.list"
    : >"$apt/status" # an empty status, so that installed versions do not matter
    options=(-qq -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::State::lists="$apt/lists" -o Dir::State::status="$apt/status" -o Dir::Cache="$apt"
        -o APT::Sandbox::User="$(id -un)" -o APT::Update::Error-Mode=any)
    apt-get "${options[@]}" update || return 1
    (cd "$apt" && rm -f "$1"_*.deb && apt-get "${options[@]}" download "$1" && dpkg -x "$1"_*.deb "$work/root")
}

for tool in kubectl promtool; do
    [ ! -x "$work/root/usr/bin/$tool" ] || continue
    if command -v apt-get >/dev/null && unpack "$tool"; then
        continue
    fi
    command -v $tool >/dev/null || fail "$tool is not to be had from Debian here: put it on the path"
    echo "Debian's $tool is not to be had: taking $(command -v $tool)"
done
export PATH=$work/root/usr/bin:$PATH

python=$work/venv/bin/python
[ -x "$python" ] || python3 -m venv "$work/venv" || fail "cannot make a virtual environment in $work"
"$python" -m pip install --quiet --disable-pip-version-check --requirement $here/requirements.txt ||
    fail "cannot install what $here/requirements.txt lists"
cd $here
PYTHONDONTWRITEBYTECODE=1 exec "$python" -m unittest ${@:-discover}
