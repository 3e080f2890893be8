#!/usr/bin/env python3
"""Makes the inputs of the benchmarks: a model with the exact shape of opus-mt-de-en and random weights, the CTranslate2
conversions of that and of the demo model, and the sentences as token ids and as tokens."""

import json
import random
import shutil
import subprocess

import common
import sentencepiece
import torch
from transformers import MarianConfig, MarianMTModel

# Values in config.json of Helsinki-NLP/opus-mt-de-en.
VOCABULARY = 58101
PAD = VOCABULARY - 1
CONFIG = {
    "vocab_size": VOCABULARY,
    "d_model": 512,
    "encoder_layers": 6,
    "decoder_layers": 6,
    "encoder_attention_heads": 8,
    "decoder_attention_heads": 8,
    "encoder_ffn_dim": 2048,
    "decoder_ffn_dim": 2048,
    "activation_function": "swish",
    "scale_embedding": True,
    "static_position_embeddings": True,
    "max_position_embeddings": 512,
    "pad_token_id": PAD,
    "eos_token_id": 0,
    "bos_token_id": 0,
    "forced_eos_token_id": 0,
    "decoder_start_token_id": PAD,
    "bad_words_ids": [[PAD]],
    "num_beams": 4,
    "max_length": 512,
}
# Maximum tokens of a sentence, as in the service, and average tokens, including the end token.
LONGEST = 120
AVERAGE = 40
COUNT = 256


def main():
    arguments = common.options(__doc__, tsv="German, a tab, and English in each line")
    common.WORK.mkdir(parents=True, exist_ok=True)
    shape()
    for model in (common.SHAPE, common.DEMO):
        for precision in common.CT2:
            convert(model, precision)
    average = sentences([german for german, _ in common.lines(arguments.tsv)])
    run = {"--quick": arguments.quick, "--no-amx": arguments.no_amx, "--libretranslate": arguments.libretranslate}
    run["more"] = f" --repeats {arguments.repeats}" if arguments.repeats != 3 else ""
    run["more"] += f" --precisions {','.join(arguments.precisions)}" if arguments.precisions != ["int8", "f32"] else ""
    common.save("run", run | {"tsv": arguments.tsv.name, "average": average, "repeats": common.repeats(arguments)})


def shape():
    """Makes the model, with the pieces of the demo model and filler up to the size of the vocabulary: only the number of
    pieces affects speed."""
    if (common.SHAPE / "vocab.json").exists():
        return
    torch.manual_seed(0)
    model = MarianMTModel(MarianConfig(**CONFIG))
    with torch.no_grad():
        model.model.shared.weight[PAD].zero_()
    model.save_pretrained(common.SHAPE)
    for name in ("source.spm", "target.spm", "tokenizer_config.json"):
        shutil.copy(common.DEMO / name, common.SHAPE)
    pieces = json.loads((common.DEMO / "vocab.json").read_text("utf-8"))
    pieces.pop("<pad>")
    taken = set(pieces.values())
    filler = {f"▁filler{id}": id for id in range(PAD) if id not in taken}
    (common.SHAPE / "vocab.json").write_text(json.dumps(pieces | filler | {"<pad>": PAD}), "utf-8")


def convert(model, precision):
    output = common.ct2(model, precision)
    if not output.exists():
        command = ["ct2-transformers-converter", "--model", model, "--output_dir", output]
        subprocess.run([*command, "--quantization", common.CT2[precision]], check=True)


def sentences(texts):
    """Writes the sentences as ids for our engine and as tokens for CTranslate2, in an order in which the first few are
    representative of all."""
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(common.DEMO / "source.spm"))
    ids = json.loads((common.SHAPE / "vocab.json").read_text("utf-8"))
    tokens = [pieces.encode(text, out_type=str)[:LONGEST] + ["</s>"] for text in texts if text]
    dice = random.Random(1)
    dice.shuffle(tokens)
    tokens = typical(tokens, min(COUNT, len(tokens)))
    dice.shuffle(tokens)
    average = sum(map(len, tokens)) / len(tokens)
    print(f"{len(tokens)} sentences of {average:.1f} tokens on average, the end mark included")
    (common.WORK / "tokens.txt").write_text("".join(" ".join(row) + "\n" for row in tokens), "utf-8")
    (common.WORK / "ids.json").write_text(json.dumps([[ids.get(token, 1) for token in row] for row in tokens]))
    return average


def typical(tokens, count):
    """Returns `count` sentences with the average length: the shortest or longest is replaced until it is reached."""
    chosen, rest = tokens[:count], tokens[count:]
    short = lambda: sum(map(len, chosen)) < AVERAGE * len(chosen)
    at_first = short()
    while rest and short() == at_first:
        chosen.remove((min if at_first else max)(chosen, key=len))
        chosen.append(rest.pop())
    return chosen


if __name__ == "__main__":
    main()
