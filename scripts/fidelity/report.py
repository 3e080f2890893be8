"""The tables of a run, and docs/fidelity.md around them."""

import datetime
import os
import subprocess
from collections import Counter
from pathlib import Path

from atoms import EXACT, KINDS, VALUES

# Shares that the product is held to: kept or flagged, and kept in a sentence without a flag.
TARGETS = {kind: (1, 1) for kind in EXACT} | {kind: (0.999, 0.99) for kind in VALUES}

PAGE = """# Fidelity: what must not change does not change

People pay the amount, keep the date and dial the number that they read. This page counts how many numbers, names and \
marks come through a translation, for the product and for CTranslate2 with the same weights. The tables are written by

```sh
scripts/fidelity/run.sh{arguments}
```

on {date}: {cpu}, {cores} cores, the demo model in int8 with {beams} beams, CTranslate2 {ctranslate2}, this repository at \
{commit}. The tests of the generator and the checker need nothing but Python: `python3 -m unittest discover \
scripts/fidelity`.

## Method
`scripts/fidelity/grammar.txt` and `documents.py` write German documents: letters, invoices, tables (tabs, runs of spaces, \
`|`, Markdown, dot leaders, `;`), terms of contract, technical notes with markup, texts of an interface, and lines that are \
nothing but an identifier. Outside of atoms (what must not change) there is no digit. The generator knows each atom's \
value and computes the right English forms from it (`forms.py`), so the check shares no code with the product.

- The **product** gets each document through `POST /translate/stream`, {clients} at a time. A sentence is *flagged* if it \
carries the flag `atoms`. A sentence that comes again may come from its cache.
- **CTranslate2** gets each sentence by itself, from a split at line breaks and after `.`, `!` and `?`, as a short script \
would do it. It has no flags.
- An atom is *kept* if its cell of the translation (its line, where there are no cells) has one of its forms, at a place \
that no other atom has taken. It must not be part of a longer number or word. A number in German notation is kept only \
if an English reader reads the same value: `1.234,50` is, `9.875` is not. The column "English style" is the share of the \
kept atoms that are in English notation.
- A number that no atom accounts for is *twice* there if the atom is kept elsewhere in the cell, *garbled* if the cell lacks \
an atom, else *from nowhere*. Identifiers, addresses, placeholders, tags and emoji that come twice count too.
- Lines and table rows are *exact* if their indentation, list mark, separators and white space are those of the source.

## Numbers in English style
| German | English | |
|---|---|---|
| `9.875 Euro`, `2'500` | `9,875 euros`, `2,500` | thousands by comma; `15230`, which has no separator, gets none |
| `2,5 %`, `1.234,56` | `2.5%`, `1,234.56` | decimal point |
| `2 Mrd.`, `21,5 °C` | `2 billion`, `21.5 °C` | |
| `Fr. 2'500.–`, `1.234,50 €` | `CHF 2,500`, `€1,234.50` | symbols and codes first, names (`euros`) after the number |
| `3. März 2024` | `3 March 2024` | day before month; month before day counts as kept |
| `17.08.2024`, `2024-05-17` | as they are | numeric dates |
| `14 Uhr`, `14.30 Uhr` | `14:00` or `2 p.m.`, `14:30` or `2.30 p.m.` | |
| `halb acht`, `Mo–Fr` | `half past seven`, `Mon–Fri` | times in words; weekdays in two letters |
| `5–7 Tage`, `5 bis 7 Tage` | `5–7 days`, `5 to 7 days` | |
| `3. Kapitel`, `II. Kapitel` | `3rd`, `third` or `chapter 3`; `II` or `second` | |
| `§ 139 Abs. 2 StG` | `§ 139 para. 2 StG`, or `section 139(2) StG` | with all numbers in their order |
| identifiers, accounts, phone numbers, places, addresses, placeholders, tags, entities, code, emoji | as they are | |

Where the model's own words have the value in English notation, they stay. Where they have it in German notation, \
or have another number in its place, `atoms::english` is written instead: the first form for each example.

## Results: {documents} documents, seed {seed}

"""


def page(results):
    cpu = Path("/proc/cpuinfo").read_text()
    count, seed = results["documents"], results["seed"]
    # Only where the peer ran is there a page, so its packages are there.
    from importlib.metadata import version

    import translators

    head = PAGE.format(
        arguments=f" --documents {count} --seed {seed}",
        date=datetime.date.today(),
        cpu=next(line.split(":")[1].strip() for line in cpu.splitlines() if line.startswith("model name")),
        cores=os.cpu_count(),
        beams=translators.BEAMS,
        clients=translators.CLIENTS,
        ctranslate2=version("ctranslate2"),
        commit=subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip(),
        documents=f"{count:,}",
        seed=seed,
    )
    return head + "\n".join(tables(results))


def tables(results):
    systems = results["systems"]
    return kinds(systems) + strays(systems) + layout(systems) + costs(systems)


def kinds(systems):
    """A row for each kind of atom."""
    ours, peer = systems["ours"]["kinds"], systems.get("CTranslate2", {}).get("kinds")
    header = ["kind", "atoms", "kept, no flag", "kept or flagged", "lost without a flag", "English style", "target"]
    rows = []
    for kind in [kind for kind in KINDS if kind in ours]:
        rows.append(
            kind_row(kind, ours[kind], TARGETS.get(kind))
            + ([percent(kept(peer[kind]), peer[kind]["found"])] if peer else [])
        )
    sums = [sum((Counter(counts) for counts in one.values()), Counter()) for one in (ours, peer) if one]
    rows.append(kind_row("all", sums[0], None) + ([percent(kept(sums[1]), sums[1]["found"])] if peer else []))
    return table(header + ["CTranslate2 kept"] * bool(peer), rows)


def kept(counts):
    return counts.get("kept", 0) + counts.get("german", 0)


def kind_row(kind, counts, target):
    found, lost = counts["found"], counts.get("missed unflagged", 0)
    clean = counts.get("kept unflagged", 0) + counts.get("german unflagged", 0)
    reached = target and found - lost >= target[0] * found and clean >= target[1] * found
    return [
        kind,
        f"{found:,}",
        percent(clean, found),
        percent(found - lost, found),
        f"{lost:,}",
        percent(counts.get("kept", 0), kept(counts)),
        "" if not target else "met" if reached else "not met",
    ]


def strays(systems):
    """Numbers that are there and should not be."""
    states = {"twice": "an atom twice", "nowhere": "a number from nowhere", "garbled": "beside a lost atom"}
    header = ["numbers and marks that the source does not have", *systems, *(["ours, flagged"])]
    count = lambda name, state, flags: sum(systems[name]["strays"].get(f"{state} {flag}", 0) for flag in flags)
    rows = [
        [
            words,
            *(f"{count(name, state, ('flagged', 'unflagged')):,}" for name in systems),
            f"{count('ours', state, ['flagged']):,}",
        ]
        for state, words in states.items()
    ]
    return table(header, rows)


def layout(systems):
    rows = []
    for words, kept, of in (
        ("documents with all lines", "same_lines", ["documents"]),
        ("exact lines", "lines exact", ["lines exact", "lines broken"]),
        ("exact table rows", "rows exact", ["rows exact", "rows broken"]),
    ):
        counts = [systems[name]["lines"] for name in systems]
        total = sum(counts[0].get(name, 0) for name in of)
        rows.append([words, f"{total:,}", *(percent(one.get(kept, 0), total) for one in counts)])
    return table(["lines and cells", "count", *systems], rows)


def costs(systems):
    rows = [
        [name, f"{one['cost']['seconds']:.0f}", f"{one['cost']['sentences']:,}", f"{one['cost']['tokens']:,}"]
        for name, one in systems.items()
    ]
    return table(["cost", "seconds", "sentences", "tokens written"], rows)


def percent(part, whole):
    """Rounded down, so that 100 % means all."""
    return f"{int(10000 * part / whole) / 100:.2f} %" if whole else ""


def table(header, rows):
    alignment = ["---", *["--:"] * (len(header) - 1)]
    return ["| " + " | ".join(row) + " |" for row in (header, alignment, *rows)] + [""]
