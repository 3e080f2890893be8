"""LibreTranslate with the demo model, packed as it packs its own; servers.py sets the environment. Runs in its own Python:
it demands other versions of what the other services need."""

import json
import logging
import os
import pathlib
import shutil
import sys

PACKAGES = pathlib.Path(os.environ["ARGOS_PACKAGES_DIR"])


def pack(name, source, target):
    """Writes a package of Argos, which LibreTranslate loads, with the model of CTranslate2."""
    folder = PACKAGES / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(os.environ["CT2_DIR"], folder / "model")
    # The end token, which the others add to each sentence.
    config = json.loads((folder / "model/config.json").read_text())
    (folder / "model/config.json").write_text(json.dumps(config | {"add_source_eos": True}))
    shutil.copy(f"{os.environ['MODEL_DIR']}/source.spm", folder / "sentencepiece.model")
    names = {"de": "German", "en": "English"}
    metadata = {"package_version": "1.0", "argos_version": "1.9", "type": "translate"}
    metadata |= {"from_code": source, "from_name": names[source], "to_code": target, "to_name": names[target]}
    (folder / "metadata.json").write_text(json.dumps(metadata))


pack("de_en", "de", "en")
# With a single package it looks for more on the network.
pack("en_de", "en", "de")

from argostranslate import sbd  # noqa: E402: it reads the packages
from libretranslate.main import main  # noqa: E402

# It would write several lines about each sentence.
logging.disable(logging.INFO)
# Every text of the comparison is a sentence, and the models that cut texts would have to be downloaded.
sbd.MiniSBDSentencizer.split_sentences = lambda self, text: [text]
sys.argv[1:] = ["--host", "127.0.0.1", "--load-only", "de,en", "--disable-web-ui", "--disable-files-translation"] + sys.argv[1:]
main()
