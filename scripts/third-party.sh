#!/usr/bin/env bash
# Lists what the programs are made of besides this repository, with licences.
#   scripts/third-party.sh >THIRD-PARTY.md
set -euo pipefail
cd "$(dirname "$0")/.."
cat <<'HEAD'
# Third-party notices

## Model
`models/demo-de-en` was made for this project; its data and terms are in its [card](models/demo-de-en/MODEL_CARD.md) and in its [list of sources](models/demo-de-en/SOURCES.md): pairs written for this project (CC BY 4.0), sentence pairs by the contributors of [tatoeba.org](https://tatoeba.org) (CC BY 2.0 FR), WMT test sets (published by the WMT shared tasks for research on translation), proceedings of the European Parliament (© European Union, reuse allowed with acknowledgement of the source), and texts of public-sector apps, laws, free software and its documentation under free licences. The weights are offered under CC BY 4.0 as far as we hold rights in them; the card says what that leaves open.

`Helsinki-NLP/opus-mt-de-en`, which `fetch-model` brings, is by the Language Technology Research Group at the University of Helsinki (CC BY 4.0; Jörg Tiedemann and Santhosh Thottingal, *OPUS-MT – Building open translation services for the World*, EAMT 2020). It is not part of this repository.

## Container images
The images stand on Debian's `debian:trixie-slim`; the licences of its packages are in `/usr/share/doc/*/copyright` there. The image of the frontend contains poppler (GPL-2.0 or GPL-3.0) and tesseract (Apache-2.0), which it runs as separate programs to read PDFs and photos; without them (`OCR=no`) everything else works. The database is the separate image `mysql:9.7` (GPL-2.0).

## Crates
Compiled into the programs on Linux; made by `scripts/third-party.sh`. The text of each licence is in the crate's package on [crates.io](https://crates.io). SQLite, which `libsqlite3-sys` compiles in, is in the public domain.

| crate | version | licence |
|---|---|---|
HEAD
# `ring` and such differ by platform: the list is that of the commonest one, on any machine.
cargo tree --locked --package backend --package frontend --package standalone --edges normal \
    --target x86_64-unknown-linux-gnu --prefix none --format '{p}|{l}|{r}' |
    grep -v -e '^$' -e '^[^|]*(/' | # a path: our own
    sed 's/ (\*)$//' |             # a crate seen before
    LC_ALL=C sort -u |
    awk -F'|' '{
        split($1, name, " ")
        licence = $2 == "" ? "see its repository" : $2
        crate = $3 == "" ? name[1] : "[" name[1] "](" $3 ")"
        print "| " crate " | " substr(name[2], 2) " | " licence " |"
    }'
