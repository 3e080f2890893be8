#!/usr/bin/env python3
"""Measures speed and memory of all engines with a model of the shape of opus-mt-de-en, for 1 and 4 beams, and batches of
1 and 32. Each run is its own process; the engines run in turns, and medians count."""

import itertools
import json
from functools import partial

import common

TOKENS = 30
# Sentences of a run by batch size: some seconds for most engines.
COUNTS = {1: 32, 32: 128}
# Transformers would take minutes, candle-transformers too.
FEW = {1: 8, 32: 64}
# Engines without beam search.
GREEDY = ["candle-transformers f32"]
# Instruction sets below AMX, with their flags in Linux.
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
    """Returns the command of each engine, as a function of the sources and the settings."""
    found = {}
    for precision in arguments.precisions:
        found[f"ours {precision}"] = partial(ours, precision, [])
        if precision == "int8" and arguments.no_amx:
            for lesser in common.available(LESSER):
                found[f"ours int8, {lesser}"] = partial(ours, precision, ["--instructions", lesser])
    for precision in common.CT2:
        # One worker with all threads, or one worker per thread; the better one counts.
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
    """Returns a folder with `count` sentences, repeated if necessary, in the formats of the engines."""
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
