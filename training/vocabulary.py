"""Makes a SentencePiece model for both languages from data/mix. Needed only for a vocabulary other than the shipped one.

    vocabulary.py FOLDER     writes joint.model and joint.vocab there
"""

import random
import sys
from pathlib import Path

import sentencepiece

from corpus import read

HERE = Path(__file__).parent
SIZE = 12_000
WRITTEN = 8  # times that a pair written for the model is counted: letters are what it is for
SENTENCES = 700_000
# Characters that letters have and that the text may have too seldom.
REQUIRED = (
    "§{}<>\\~^…•²³½¼¾×±µ→✓©®™‹›°€$£%&@#*+=_|„“”‚‘’«»–—¿¡"
    "àáâçèéêëìíîïñòóôõùúûÿÀÁÉÈÇŠšŽžČčĆćŁłŞşİığøåæØÅÆ"
)


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    text = folder / "text.txt"
    with text.open("w", encoding="utf-8") as out:
        for file in sorted((HERE / "data/mix").glob("*.tsv")):
            times = WRITTEN if file.name.startswith("written_") else 1
            out.writelines(f"{side}\n" * times for pair in read(file) for side in pair)
    random.seed(1)
    sentencepiece.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(folder / "joint"), vocab_size=SIZE, model_type="unigram",
        character_coverage=0.9998, split_digits=True, required_chars=REQUIRED, input_sentence_size=SENTENCES,
        shuffle_input_sentence=True, normalization_rule_name="identity", unk_id=1, bos_id=-1, eos_id=0, pad_id=-1,
        max_sentence_length=2000,
    )  # fmt: skip


if __name__ == "__main__":
    main()
