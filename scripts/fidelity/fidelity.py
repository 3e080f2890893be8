#!/usr/bin/env python3
"""Translates generated documents with the product and with CTranslate2, and counts what came through."""

import argparse
import random
from collections import Counter, defaultdict

import common
import report
from check import check
from documents import documents


def main():
    parser = argparse.ArgumentParser(prog="scripts/fidelity/run.sh", description=__doc__)
    parser.add_argument("--documents", type=int, default=5000, help="how many (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="other documents for another one")
    parser.add_argument(
        "--without-peer", action="store_true", help="the product alone; docs/fidelity.md stays as it is"
    )
    parser.add_argument(
        "--worst", type=int, default=0, metavar="N", help="prints N of the product's faults of each kind"
    )
    parser.add_argument("--print", action="store_true", help="prints the documents and translates nothing")
    arguments = parser.parse_args()

    texts = list(documents(arguments.documents, arguments.seed))
    if arguments.print:
        print("\n\n----\n".join(document.text for document in texts))
        return
    # The peer's programs need not be installed for what runs without them.
    import translators

    systems = {"ours": translators.ours}
    if not arguments.without_peer:
        translators.convert()
        systems["CTranslate2"] = translators.ctranslate2
    results = {"documents": len(texts), "seed": arguments.seed, "systems": {}}
    for name, translate in systems.items():
        print(f"{name}: {len(texts)} documents", flush=True)
        translations, cost = translate([document.text for document in texts])
        outcomes = [check(document, translation) for document, translation in zip(texts, translations)]
        results["systems"][name] = {"cost": cost} | count(texts, outcomes)
        if name == "ours" and arguments.worst:
            print_worst(texts, translations, outcomes, arguments.worst)
    print("\n".join(report.tables(results)))
    if not arguments.without_peer:
        output = common.ROOT / "docs/fidelity.md"
        output.write_text(report.page(results), "utf-8")
        print(f"written: {output}")


def count(texts, outcomes):
    """All that the report says, as numbers."""
    kinds = defaultdict(Counter)
    for outcome in outcomes:
        for fate in outcome.fates:
            kinds[fate.atom.kind].update(["found", fate.state, mark(fate)])
    strays = Counter(mark(stray) for outcome in outcomes for stray in outcome.strays)
    lines = Counter()
    for document, outcome in zip(texts, outcomes):
        lines.update(documents=1, same_lines=outcome.same_lines)
        if outcome.same_lines:
            broken = set(outcome.broken)
            for number, line in enumerate(document.lines):
                lines.update([f"{'rows' if line.separator else 'lines'} {'broken' if number in broken else 'exact'}"])
        else:
            lines.update("rows broken" if line.separator else "lines broken" for line in document.lines)
    return {
        "kinds": {kind: dict(counts) for kind, counts in kinds.items()},
        "strays": dict(strays),
        "lines": dict(lines),
    }


def mark(one):
    return f"{one.state} {'flagged' if one.flagged else 'unflagged'}"


def print_worst(texts, translations, outcomes, most):
    """Faults of each kind: the unflagged ones first, else in an order by chance, the same at each run."""
    faults = defaultdict(list)
    for document, translation, outcome in zip(texts, translations, outcomes):
        theirs = translation.text.split("\n")
        pairs = [(line.text, translation.text) for line in document.lines]
        if outcome.same_lines:
            pairs = [(line.text, own) for line, own in zip(document.lines, theirs, strict=True)]
        for fate in outcome.fates:
            if fate.state != "kept":
                word = "in German style" if fate.state == "german" else "missing"
                faults[f"{fate.atom.kind} {word}"].append((fate.flagged, fate.atom.source, pairs[fate.line]))
        for stray in outcome.strays:
            faults[f"number {stray.state}"].append((stray.flagged, stray.text, pairs[stray.line]))
        for number in outcome.broken:
            faults["cells or white space"].append((False, "", pairs[number]))
        if not outcome.same_lines:
            faults["number of lines"].append((False, "", (document.text, translation.text)))
    for kind, found in sorted(faults.items()):
        random.Random(kind).shuffle(found)
        found.sort(key=lambda fault: fault[0])
        print(f"\n=== {kind}: {len(found)}")
        for flagged, text, (source, translated) in found[:most]:
            print(f"  {text!r}{' (flagged)' if flagged else ''}\n    {source!r}\n    {translated!r}")


if __name__ == "__main__":
    main()
