#!/usr/bin/env python3
"""Compares the engine's token ids with those of transformers, sentence by sentence.

    cargo build --release -p marian --example generate
    python scripts/oracle/compare.py models/demo-de-en text.tsv --count 2000

The texts have one sentence per line, in the first column if there are tabs; the first --count lines are taken, from all
texts in turn. Without a text, random ids are translated, for models without a tokeniser (see random_model.py). Every
difference is printed with the oracle's scores of both outputs. It is excused only if the scores differ by at most 1e-4:
in greedy search those of the first tokens that differ, in beam search those of the complete hypotheses. Exits with 1 if
a difference is not excused. Needs the packages listed in common.py.
"""

import argparse
import itertools
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import common
import torch

EXCUSED = 1e-4


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("texts", type=Path, nargs="*")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--beams", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 7, 64])
    parser.add_argument("--max-length", type=int, default=None)
    parser.add_argument("--engine", type=Path, default=Path("target/release/examples/generate"))
    arguments = parser.parse_args()

    model = common.load(arguments.model)
    max_length = arguments.max_length or model.generation_config.max_length
    sources = read(arguments, model.config)
    lengths = sorted(map(len, sources))
    print(f"{len(sources)} sentences of {lengths[0]} to {lengths[-1]} tokens, median {lengths[len(lengths) // 2]}")
    if len(sources) < arguments.count:
        print(f"!!! ONLY {len(sources)} SENTENCES, not {arguments.count}: give a text with so many lines")
    failures = 0
    for beams in arguments.beams:
        expected = oracle(model, sources, beams, max_length)
        for size in arguments.batches:
            got, report = engine(arguments, sources, beams, size, max_length)
            different = [index for index in range(len(sources)) if got[index] != expected[index]]
            excused = [
                index
                for index in different
                if close(model, sources[index], expected[index], got[index], beams, max_length)
            ]
            failures += len(different) - len(excused)
            print(f"beams {beams} batch {size}: {len(different)} differ, {len(excused)} excused ({report})", flush=True)
    print(f"=== {len(sources)} sentences compared, {failures} differences not excused")
    sys.exit(failures > 0)


def read(arguments, config):
    if not arguments.texts:
        dice = random.Random(1)
        ids = [id for id in range(2, config.vocab_size) if id not in (config.pad_token_id, config.eos_token_id)]
        return [
            [dice.choice(ids) for _ in range(dice.randint(1, 40))] + [config.eos_token_id]
            for _ in range(arguments.count)
        ]
    from transformers import MarianTokenizer

    tokenizer = MarianTokenizer.from_pretrained(arguments.model)
    texts = [text.read_text("utf-8").splitlines() for text in arguments.texts]
    in_turn = itertools.chain.from_iterable(itertools.zip_longest(*texts, fillvalue=""))
    lines = [line.split("\t")[0] for line in in_turn if line.strip()]
    return [tokenizer(line).input_ids for line in lines[: arguments.count]]


def oracle(model, sources, beams, max_length):
    """Returns the translations of the oracle, computed in batches of similar length."""
    started = time.time()
    order = sorted(range(len(sources)), key=lambda index: len(sources[index]))
    targets = [None] * len(sources)
    for start in range(0, len(order), 32):
        part = order[start : start + 32]
        for index, target in zip(part, common.generate(model, [sources[i] for i in part], beams, max_length)):
            targets[index] = target
    print(f"oracle, beams {beams}: {time.time() - started:.0f} s", flush=True)
    return targets


def engine(arguments, sources, beams, size, max_length):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(sources, file)
        file.flush()
        command = [arguments.engine, "--model", arguments.model, "--ids", file.name]
        command += ["--beams", beams, "--batch", size, "--max-length", max_length]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    return json.loads(done.stdout), done.stderr.strip()


def close(model, source, expected, got, beams, max_length):
    score, log_probabilities = common.score(model, source, expected, max_length)
    if beams == 1:
        place = next(i for i in range(len(expected)) if got[i : i + 1] != expected[i : i + 1])
        pair = [log_probabilities[place][ids[place]].item() for ids in (expected, got) if place < len(ids)]
    else:
        pair = [score, common.score(model, source, got, max_length)[0]]
    excused = len(pair) == 2 and abs(pair[0] - pair[1]) <= EXCUSED
    print(f"  {'excused' if excused else 'DIFFERENT'}: {pair}\n    oracle {expected}\n    engine {got}")
    return excused


if __name__ == "__main__":
    torch.manual_seed(0)
    main()
