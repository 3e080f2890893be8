#!/usr/bin/env python3
"""Measures 5 000 sentences with the batch size that was fastest for each engine on a few hundred, in a single run, which is
long enough."""

import common
from engines import TOKENS, contenders, sources

COUNT = 5000
SIZES = (32, 64, 128, 256)
# Sentences for the choice of the batch size: every size has at least three batches.
SAMPLE = 768


def main():
    arguments = common.options(__doc__, tsv="not read: the sentences are prepare.py's")
    count, sample, tokens, sizes = COUNT, SAMPLE, TOKENS, SIZES
    if arguments.quick:
        count, sample, tokens, sizes = 40, 20, 5, SIZES[:2]
    results = []
    for beams in (1, 4):
        commands = {}
        for names, choices in engines(arguments).items():
            print(f"\nbeams {beams}: the best of {names}", flush=True)
            best = 0.0
            for (name, command), size in ((choice, size) for choice in choices.items() for size in sizes):
                _, figures = common.figures(command(sources(sample), beams=beams, batch=size, tokens=tokens))
                print(f"  {name}, batch {size}: {figures['tokens_per_s']:.0f} tokens/s", flush=True)
                if figures["tokens_per_s"] > best:
                    best = figures["tokens_per_s"]
                    chosen = f"{name}, batch {size}", command(sources(count), beams=beams, batch=size, tokens=tokens)
            commands[chosen[0]] = chosen[1]
        engines_found = {name: common.figures(command)[1] for name, command in commands.items()}
        results.append({"beams": beams, "count": count, "engines": engines_found})
        common.save("batches", results)


def engines(arguments):
    """Returns the commands of ours with the first precision, and of CTranslate2 int8 with each layout."""
    found = {}
    for name, command in contenders(arguments).items():
        engine, layout = (name.split(", ") + [""])[:2]
        if engine == "CTranslate2 int8":
            found.setdefault(engine, {})[name] = command
        elif name == f"ours {arguments.precisions[0]}":
            found[name] = {name: command}
    return found


if __name__ == "__main__":
    main()
