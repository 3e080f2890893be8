"""Cleans pairs and writes them to data/mix, from where train.py reads them.

    prepare.py                 the pairs that were written for the model (pairs/)
    prepare.py FOLDER...       also the files `German TAB English` of these folders (see SOURCES.md)

Sentences of data/held-out/*.tsv are left out of everything.
"""

import sys
from pathlib import Path

from corpus import clean

HERE = Path(__file__).parent


def main():
    if any(argument.startswith("-") for argument in sys.argv[1:]):
        raise SystemExit(__doc__)
    folder, whole = HERE / "data/mix", 0
    folder.mkdir(parents=True, exist_ok=True)
    held_out = sorted((HERE / "data/held-out").glob("*.tsv"))
    for name, pairs, reasons in clean([HERE / "pairs", *sys.argv[1:]], held_out):
        (folder / f"{name}.tsv").write_text("".join(f"{german}\t{english}\n" for german, english in pairs))
        whole += len(pairs)
        left_out = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
        print(f"{name}: {len(pairs)} pairs" + (f", without {left_out}" if left_out else ""))
    print(f"{whole} pairs in {folder}")


if __name__ == "__main__":
    main()
