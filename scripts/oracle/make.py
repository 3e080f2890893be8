#!/usr/bin/env python3
"""Writes the answers of the oracle for the tests of the engine, in crates/marian/tests/data:

    python scripts/oracle/make.py tatoeba-dev.de-en.tsv

demo.json: German sentences (from the given Tatoeba pairs, German in the first column, and longer ones made by joining
them) as source ids, with the translations of each alone by transformers and the demo model, for 1 and 4 beams. tiny/: a
model with random weights in all supported file formats, and its answers. Needs the packages listed in common.py.
"""

import json
import random
import sys
from pathlib import Path

import common
import torch
from random_model import make
from safetensors.torch import save_file
from transformers import MarianTokenizer

DATA = Path("crates/marian/tests/data")
DEMO = Path("models/demo-de-en")


def main():
    DATA.mkdir(parents=True, exist_ok=True)
    tiny()
    demo(Path(sys.argv[1]))


def demo(texts):
    lines = [line.split("\t")[0] for line in texts.read_text("utf-8").splitlines()]
    random.Random(5).shuffle(lines)
    tokenizer = MarianTokenizer.from_pretrained(DEMO)
    short, rest = lines[:240], lines[240:]
    long = []
    # From 2 to 11 sentences each, up to about 120 tokens.
    for count in range(80):
        size = 2 + count % 10
        long.append(" ".join(rest[:size]))
        rest = rest[size:]
    sources = [ids for ids in (tokenizer(line).input_ids for line in short + long) if len(ids) <= 120]
    print(len(sources), "sentences, the longest of", max(map(len, sources)), "tokens")
    answers(DATA / "demo.json", common.load(DEMO), sources, lambda source: 2 * len(source) + 10)


def tiny():
    # Multiples of 1/64 below 4: the same numbers in f32, f16 and bf16.
    shape = {"vocab_size": 100, "d_model": 24, "encoder_layers": 2, "decoder_layers": 2, "max_position_embeddings": 64}
    heads = {"encoder_attention_heads": 4, "decoder_attention_heads": 2, "encoder_ffn_dim": 20, "decoder_ffn_dim": 40}
    model = make(seed=3, **shape, **heads, activation_function="gelu")
    with torch.no_grad():
        for value in [*model.parameters(), model.final_logits_bias]:
            value.copy_((value * 64).round().clamp(-255, 255) / 64)
        # The standard positions, which are also used for a file without them.
        for side in (model.model.encoder, model.model.decoder):
            side.embed_positions._init_weight()
    folder = DATA / "tiny"
    model.save_pretrained(folder)
    (folder / "model.safetensors").unlink()
    settings = json.loads((folder / "generation_config.json").read_text())
    (folder / "generation_config.json").write_text(json.dumps(settings | {"renormalize_logits": True}, indent=2))
    # As in the uploads of 2020, with every tied name and the positions.
    state = model.state_dict()
    assert {"lm_head.weight", "model.decoder.embed_tokens.weight", "model.encoder.embed_positions.weight"} <= set(state)
    torch.save(state, folder / "legacy.bin", _use_new_zipfile_serialization=False)
    torch.save({name: value.half() for name, value in state.items() if "positions" not in name}, folder / "zip.bin")
    plain = {name: value for name, value in state.items() if "embed_" not in name and name != "lm_head.weight"}
    save_file({name: value.contiguous() for name, value in plain.items()}, folder / "f32.safetensors")
    save_file({name: value.bfloat16().contiguous() for name, value in plain.items()}, folder / "bf16.safetensors")
    model = model.float()
    model.generation_config.renormalize_logits = True
    dice = random.Random(7)
    sources = [[dice.randint(1, 98) for _ in range(dice.randint(1, 30))] + [0] for _ in range(60)]
    answers(DATA / "tiny.json", model, sources, lambda source: min(2 * len(source) + 10, 64))
    variants(model, sources[:20])


def variants(model, sources):
    """Writes answers of the tiny model with settings of the search that are rare in practice."""
    cases = []
    for options in [
        {"early_stopping": True},
        {"early_stopping": "never"},
        {"early_stopping": "never", "length_penalty": -1.0},
        {"length_penalty": 0.0},
        {"length_penalty": 2.5},
        {"early_stopping": True, "length_penalty": 2.5},
        {"early_stopping": "never", "length_penalty": 2.5},
        {"num_beams": 2},
        {"num_beams": 7},
        {"no_repeat_ngram_size": 2},
        {"no_repeat_ngram_size": 1, "num_beams": 1},
        {"bad_words_ids": [[99], [5], [7, 8], [0]]},
        {"forced_eos_token_id": None},
        {"renormalize_logits": False},
    ]:
        # A random model rarely generates </s>. With a higher bias its beams end at various lengths, with 4 mostly at once.
        for raised in (0.0, 2.0, 4.0):
            model.final_logits_bias[0, 0] += raised
            settings = {"num_beams": 4, **options}
            beams = settings.pop("num_beams")
            if "forced_eos_token_id" in settings:
                model.generation_config.forced_eos_token_id = None
                settings = {}
            targets = [common.generate(model, [source], beams, 30, **settings)[0] for source in sources]
            model.generation_config.forced_eos_token_id = 0
            model.final_logits_bias[0, 0] -= raised
            cases.append({"options": {"num_beams": beams, **options}, "raised": raised, "targets": targets})
    write(DATA / "variants.json", {"max_length": 30, "sources": sources, "cases": cases})


def answers(path, model, sources, longest):
    """Writes the targets of each source, computed alone, with the scores of beam search."""
    result = {"sources": sources, "max_lengths": [longest(source) for source in sources]}
    for beams in (1, 4):
        targets, scores = [], []
        for source, limit in zip(sources, result["max_lengths"]):
            target = common.generate(model, [source], beams, limit)[0]
            targets.append(target)
            scores.append(round(common.score(model, source, target, limit)[0], 6))
        result[f"beams_{beams}"] = {"targets": targets, "scores": scores}
        print(path.name, "beams", beams, flush=True)
    write(path, result)


def write(path, result):
    path.write_text(json.dumps(result, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
