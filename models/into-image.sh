#!/bin/sh
# Puts one model into the folder that becomes a layer of the backend's image.
#   into-image.sh DEMO FETCHED MODELS
# DEMO is the demo model's folder, FETCHED keeps what was fetched from build to build, MODELS is
# the result: the model in a folder of its name, and `current`, a link to it.
# Reads MODEL and MODEL_REVISION; needs `backend` on the path unless MODEL is `demo`.
set -eu

# An argument of a build that is not set arrives as an empty one.
[ -n "${MODEL_REVISION:-}" ] || unset MODEL_REVISION

demo=$1 fetched=$2 models=$3
full=Helsinki-NLP/opus-mt-de-en

warn() {
    cat >&2 <<WARNING

##################################################################################
  WARNING: the full model could not be fetched (the reason stands above).
  This image holds the small DEMO model, which makes a mistake in every paragraph.
  Once the hub can be reached:
    MODEL=$full docker compose up -d --build
##################################################################################

WARNING
}

unknown() {
    echo "MODEL is '$MODEL': neither 'demo' nor a repository such as $full" >&2
    exit 2
}

fetch() { backend fetch-model "$1" "$fetched/${1#*/}" >&2; }

case ${MODEL:-} in
demo) source=$demo ;;
"") if fetch "$full"; then source=$fetched/${full#*/}; else warn; source=$demo; fi ;;
*/*/* | /* | */ | .* | */.* | *[!A-Za-z0-9._/-]*) unknown ;;
*/*) fetch "$MODEL"; source=$fetched/${MODEL#*/} ;;
*) unknown ;;
esac

name=${source##*/}
mkdir -p "$models"
cp -R "$source" "$models/$name"
ln -s "$name" "$models/current"
# The same model makes the same layer, whenever and by whomever it was fetched.
find "$models" -exec touch -h -d @0 '{}' +
chmod -R u=rwX,go=rX "$models"
