#!/usr/bin/env python3
"""Measures whether the time per sentence and the memory grow with the text: the demo model on 100, 10 000 and up to
50 000 sentences, all different, with about the same lengths in each hundred."""

import common

# Sentences of the text from which the others are made.
BASE = 100


def main():
    arguments = common.options(__doc__, tsv="German, a tab, and English in each line")
    base = [german for german, _ in common.lines(arguments.tsv)[:BASE]]
    few, many, less, more = (100, 300, 200, 400) if arguments.quick else (100, 10_000, 5_000, 50_000)
    precision = arguments.precisions[0]
    command = common.ours("text", precision)
    results = {"precision": precision, "few": few, "many": many, "less": less, "more": more}

    costs = {few: [], many: []}
    for _ in range(common.repeats(arguments)):
        for count, runs in costs.items():
            # Few sentences many times, for a figure as exact as that of many at once.
            times = max(many // count // 10, 1)
            for _ in range(times):
                _, figures = common.figures(command, stdin=text(base, count))
                runs.append({"ms": 1000 / figures["sentences_per_s"]})
            print(f"{count} sentences: {common.median(runs)['ms']:.2f} ms each", flush=True)
    results |= {"ms_few": common.median(costs[few])["ms"], "ms_many": common.median(costs[many])["ms"]}

    for name, count in (("less", less), ("more", more)):
        stdin = text(base, count)
        _, figures = common.figures(command, stdin=stdin)
        results |= {f"mb_{name}": figures["peak_rss_mb"], f"text_mb_{name}": len(stdin.encode()) / 2**20}
        print(f"{count} sentences: {figures['peak_rss_mb']:.0f} MiB, the text {results[f'text_mb_{name}']:.1f}", flush=True)
    common.save("growth", results)


def text(base, count):
    """Returns `count` sentences, numbered so that all are different; the numbers have the same length."""
    return "".join(f"{base[at % BASE]} ({100_000 + at})\n" for at in range(count))


if __name__ == "__main__":
    main()
