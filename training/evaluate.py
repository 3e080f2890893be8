"""BLEU, chrF and numbers kept of the program on files `German TAB English`, and its worst lines.

    evaluate.py PROGRAM MODEL FILE.tsv... [--worst 10]

Each line is a text of its own: the program reads one line a sentence, as people use it (int8, its own number of beams).
"""

import argparse
import collections
import re
import subprocess
from pathlib import Path

import sacrebleu

from corpus import read

NUMBER = re.compile(r"\d[\d.,'’ ]*\d|\d")


def numbers(text):
    """The numbers of a text, without the marks inside them, with how often each is there."""
    return collections.Counter(re.sub(r"\D", "", number) for number in NUMBER.findall(text))


def translate(program, model, lines):
    """Translates lines, each for itself: an empty line between them keeps them apart."""
    text = "\n\n".join(lines) + "\n"
    command = [program, "translate", "--model-dir", model, "-"]
    answer = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    found = answer.rstrip("\n").split("\n\n")
    if len(found) != len(lines):
        raise SystemExit(f"{len(lines)} lines became {len(found)}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--worst", type=int, default=10, help="lines of each file that are printed")
    options = parser.parse_args()
    print("| file | lines | BLEU | chrF | lines with all numbers of the reference |\n|---|---|---|---|---|")
    worst = []
    for file in options.files:
        pairs = read(file)
        german, english = zip(*pairs)
        found = translate(options.program, options.model, german)
        with_numbers = [(ours, theirs) for ours, theirs in zip(found, english) if numbers(theirs)]
        kept = sum(numbers(ours) == numbers(theirs) for ours, theirs in with_numbers)
        share = f"{100 * kept / len(with_numbers):.1f} % of {len(with_numbers)}" if with_numbers else "–"
        bleu, chrf = sacrebleu.corpus_bleu(found, [english]), sacrebleu.corpus_chrf(found, [english])
        print(f"| {file.stem} | {len(pairs)} | {bleu.score:.2f} | {chrf.score:.2f} | {share} |", flush=True)
        scores = (sacrebleu.sentence_chrf(ours, [theirs]).score for ours, theirs in zip(found, english))
        worst += sorted(zip(scores, german, found, english))[: options.worst]
    for score, *line in worst:
        print(f"\nchrF {score:.0f}", *line, sep="\n  ")


if __name__ == "__main__":
    main()
