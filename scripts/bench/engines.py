#!/usr/bin/env python3
"""Speed and memory of all engines side by side on the model of opus-mt-de-en's shape, for beams 1 and 4, one sentence
at a time and 32: each run a process of its own, in turns, medians."""

import itertools
import json
from functools import partial

import common

TOKENS = 30
# Sentences of a run by batch: some seconds for most engines.
COUNTS = {1: 32, 32: 128}
# Transformers would take minutes, candle-transformers too.
FEW = {1: 8, 32: 64}
# Engines without beams.
GREEDY = ["candle-transformers f32"]
# Sets of instructions below AMX, and what Linux calls what they need.
LESSER = {"avx512": "avx512_vnni", "avx2": "avx2"}


def main():
    arguments = common.options(__doc__, tsv="not read: the sentences are prepare.py's")
    results = []
    for batch, beams in itertools.product((1, 32), (1, 4)):
        commands = {}
        for name, command in contenders(arguments).items():
            if name in GREEDY and beams > 1:
                continue
            count = (FEW if name.startswith(("transformers", "candle")) else COUNTS)[batch]
            count, tokens = (batch + 1, 5) if arguments.quick else (count, TOKENS)
            commands[name] = command(sources(count), beams=beams, batch=batch, tokens=tokens)
        print(f"\nbeams {beams}, batch {batch}", flush=True)
        results.append({"beams": beams, "batch": batch, "engines": common.alternate(commands, arguments)})
        common.save("engines", results)


def contenders(arguments):
    """Each engine's command, as a function of the sources and the settings."""
    found = {}
    for precision in arguments.precisions:
        found[f"ours {precision}"] = partial(ours, precision, [])
        if precision == "int8" and arguments.no_amx:
            for lesser in common.available(LESSER):
                found[f"ours int8, {lesser}"] = partial(ours, precision, ["--instructions", lesser])
    for precision in common.CT2:
        # One worker with all threads, or one worker a thread: the better counts.
        for workers in (1, common.THREADS):
            layout = f"{workers} × {common.THREADS // workers}"
            model = common.ct2(common.SHAPE, precision)
            found[f"CTranslate2 {precision}, {layout}"] = partial(peer, "ctranslate2", model, "tokens.txt", workers)
    found["candle-transformers f32"] = partial(ours, "f32", ["--engine", "candle"])
    found["transformers f32"] = partial(peer, "transformers", common.SHAPE, "ids.txt", 1)
    return found


def ours(precision, more, folder, **settings):
    return common.ours("engine", precision, *more, model=common.SHAPE, ids=folder / "ids.json", **settings)


def peer(engine, model, file, workers, folder, **settings):
    settings |= {"model": model, "sources": folder / file, "workers": workers}
    return ["python", common.HERE / "peer.py", engine, *common.flags(settings)]


def sources(count):
    """A folder with so many of the sentences, over and over, in the forms that the engines take."""
    folder = common.WORK / f"sources-{count}"
    folder.mkdir(exist_ok=True)
    tokens = (common.WORK / "tokens.txt").read_text("utf-8").splitlines()
    ids = json.loads((common.WORK / "ids.json").read_text())
    take = lambda rows: list(itertools.islice(itertools.cycle(rows), count))
    (folder / "tokens.txt").write_text("\n".join(take(tokens)), "utf-8")
    (folder / "ids.txt").write_text("\n".join(" ".join(map(str, row)) for row in take(ids)))
    (folder / "ids.json").write_text(json.dumps(take(ids)))
    return folder


if __name__ == "__main__":
    main()
