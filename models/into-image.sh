#!/bin/sh
# Copies a model into the folder that becomes a layer of the backend's image.
#   into-image.sh DEMO FETCHED MODELS
# DEMO is the folder of the demo model, FETCHED keeps fetched models between builds, and MODELS is the
# result: a folder with the name of the model, and the link `current` to it.
# Reads MODEL and MODEL_REVISION; needs `backend` on the path unless MODEL is `demo`.
set -eu

# A build argument that is not set is passed as an empty one.
[ -n "${MODEL_REVISION:-}" ] || unset MODEL_REVISION

demo=$1 fetched=$2 models=$3
full=Helsinki-NLP/opus-mt-de-en

warn() {
    cat >&2 <<WARNING

##################################################################################
  WARNING: the full model could not be fetched (see the reason above).
  This image contains the small DEMO model, which makes a mistake in every paragraph.
  When the hub can be reached:
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
# The same model gives the same layer, whenever it was fetched.
find "$models" -exec touch -h -d @0 '{}' +
chmod -R u=rwX,go=rX "$models"
