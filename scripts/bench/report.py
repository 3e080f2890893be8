#!/usr/bin/env python3
"""Writes docs/benchmarks.md from the results of the other scripts."""

import datetime
import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import common
from engines import TOKENS

HEAD = """# Benchmarks

Made by `scripts/bench/run.sh{flags} TSV`{quick} on {date}: {cpu}, {cores} cores ({flagged}), {memory} GiB, {system}. Against \
CTranslate2 {ctranslate2}, transformers {transformers} with torch {torch}; this repository at {commit}. The text was {tsv}.

Every engine has {threads} threads. Figures are {runs}, the engines in turns, where nothing else is said. Latency is a sentence's time from \
the start of its batch to its end; memory is the greatest resident memory (VmHWM) of the process, in MiB. Of CTranslate2's \
layouts, 1 worker × 2 threads and 2 × 1, the better one is shown. candle-transformers has no beams, and of a batch it decodes only \
sentences of equal length together. Ratios are to CTranslate2 int8.
"""


def main():
    results = {path.stem: json.loads(path.read_text()) for path in sorted((common.WORK / "results").glob("*.json"))}
    parts = {"engines": engines, "batches": batches, "quality": quality, "growth": growth, "service": service}
    missing = [name for name in parts if name not in results]
    note = [f"Not run: {', '.join(missing)} (`scripts/bench/` has each).\n"] if missing else []
    text = [head(results["run"])] + note + [part(results[name], results["run"]) for name, part in parts.items() if name in results]
    output = common.ROOT / "docs/benchmarks.md"
    output.write_text("\n".join(text), "utf-8")
    print(f"written: {output}")


def head(run):
    cpu = Path("/proc/cpuinfo").read_text()
    field = lambda name: next(line.split(":")[1].strip() for line in cpu.splitlines() if line.startswith(name))
    sets = {"amx_int8": "AMX", "avx512_vnni": "AVX-512 VNNI", "avx2": "AVX2"}
    return HEAD.format(
        flags="".join(f" {flag}" for flag in ("--quick", "--no-amx", "--libretranslate") if run[flag]) + run["more"],
        quick=" (**a trial with small counts: the figures mean nothing**)" if run["--quick"] else "",
        date=datetime.date.today(),
        cpu=field("model name"),
        cores=os.cpu_count(),
        flagged=", ".join(name for flag, name in sets.items() if flag in field("flags").split()) or "no AVX2",
        memory=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        system=f"{platform.system()} {platform.release()}",
        commit=subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip(),
        tsv=run["tsv"],
        threads=common.THREADS,
        runs=f"medians of {run['repeats']} runs" if run["repeats"] > 1 else "of one run",
        **{name: version(name) for name in ("ctranslate2", "transformers", "torch")},
    )


def engines(cells, run):
    text = ["## Speed: the shape of opus-mt-de-en, random weights", ""]
    text += [f"Sentences of {run['average']:.1f} tokens on average, each decoded to exactly {TOKENS}; tokenising is not counted.", ""]
    for cell in cells:
        text += [f"### {beams(cell)}, {'one sentence at a time' if cell['batch'] == 1 else 'batch ' + str(cell['batch'])}", ""]
        text += speed(cell["engines"])
    return "\n".join(text)


def batches(cells, _):
    text = [f"## Speed: {cells[0]['count']} sentences, each engine with the batch size that suits it best, one run", ""]
    for cell in cells:
        text += [f"### {beams(cell)}", ""] + speed(cell["engines"])
    return "\n".join(text)


def beams(cell):
    return "1 beam" if cell["beams"] == 1 else f"{cell['beams']} beams"


def speed(rows):
    rows = better(rows, "tokens_per_s")
    peer = next(row for name, row in rows.items() if name.startswith("CTranslate2 int8"))
    header = ["engine", "tokens/s", "ratio", "p50 ms", "p95 ms", "memory", "ratio", "load ms"]
    return table(header, [
        [
            name,
            f"{row['tokens_per_s']:.0f}",
            f"{row['tokens_per_s'] / peer['tokens_per_s']:.2f}",
            f"{row['p50_ms']:.0f}",
            f"{row['p95_ms']:.0f}",
            f"{row['peak_rss_mb']:.0f}",
            f"{row['peak_rss_mb'] / peer['peak_rss_mb']:.2f}",
            f"{row['load_ms']:.0f}",
        ]
        for name, row in rows.items()
    ])  # fmt: skip


def better(rows, figure):
    """Keeps only the layout with the higher figure of each CTranslate2."""
    best = {}
    for name, row in rows.items():
        engine = name.split(",")[0] if name.startswith("CTranslate2") else name
        if engine not in best or row[figure] > best[engine][1][figure]:
            best[engine] = name, row
    return dict(best.values())


def quality(cells, _):
    text = ["## Words: the demo model on real sentences", ""]
    text += [f"{cells[0]['count']} sentences; the last column is the share that int8 leaves as the same engine's f32 has it.", ""]
    for cell in cells:
        text += [f"### {beams(cell)}", ""]
        text += table(["engine", "BLEU", "chrF", "identical to own f32"], [
            [name, f"{row['bleu']:.2f}", f"{row['chrf']:.2f}", "" if "f32" in name or row["identical"] is None else f"{100 * row['identical']:.1f} %"]
            for name, row in cell["engines"].items()
        ])  # fmt: skip
    return "\n".join(text)


def growth(found, _):
    rows = [
        [f"a sentence of {found['few']}", f"{found['ms_few']:.2f} ms", ""],
        [f"a sentence of {found['many']}", f"{found['ms_many']:.2f} ms", f"{found['ms_many'] / found['ms_few']:.3f}"],
        [f"memory for {found['less']}, the text of {found['text_mb_less']:.1f} MiB", f"{found['mb_less']:.0f} MiB", ""],
        [
            f"memory for {found['more']}, the text of {found['text_mb_more']:.1f} MiB",
            f"{found['mb_more']:.0f} MiB",
            f"{found['mb_more'] / found['mb_less']:.3f}",
        ],
    ]
    text = [f"## Growth: the demo model in {found['precision']}", ""]
    return "\n".join(text + table(["", "cost", "ratio"], rows))


def service(found, _):
    text = ["## Whole services: the demo model, a sentence a request", ""]
    for cell in found["clients"]:
        text += loads(cell)
    text += ["## Whole services: the demo model, 50 sentences a request, in the way of DeepL", ""]
    for cell in found["lists"]:
        text += loads(cell)
    if found["libretranslate"]:
        text += ["## Whole services: the demo model, 50 sentences a request, in the way of LibreTranslate", ""]
    for cell in found["libretranslate"]:
        text += loads(cell)
    if not found["book"]:
        return "\n".join(text)
    text += ["### 64 clients behind a book of 1 MB", ""]
    text += ["Each sends a sentence, waits for the answer and rests for two seconds.", ""]
    header = ["service", "book alone, sentences/s", "with the clients", "ratio", "short requests", "p50 ms", "longest ms"]
    return "\n".join(text + table(header, [
        [
            row["service"],
            f"{row['alone_per_s']:.1f}",
            f"{row['together_per_s']:.1f}",
            f"{row['together_per_s'] / row['alone_per_s']:.2f}",
            str(row["short_requests"]),
            f"{row['short_p50_ms']:.0f}",
            f"{row['short_max_ms']:.0f}",
        ]
        for row in found["book"]
    ]))  # fmt: skip


def loads(cell):
    rows = better(cell["services"], "requests_per_s")
    peer = next(row for name, row in rows.items() if name.startswith(("CTranslate2", "LibreTranslate")))
    header = ["service", "requests/s", "ratio", "p50 ms", "p95 ms"]
    return [f"### {cell['clients']} client{'s' if cell['clients'] > 1 else ''} at a time", ""] + table(header, [
        [
            name,
            f"{row['requests_per_s']:.1f}",
            f"{row['requests_per_s'] / peer['requests_per_s']:.2f}",
            f"{row['p50_ms']:.0f}",
            f"{row['p95_ms']:.0f}",
        ]
        for name, row in rows.items()
    ])  # fmt: skip


def table(header, rows):
    alignment = ["---", *["--:"] * (len(header) - 1)]
    return ["| " + " | ".join(row) + " |" for row in (header, alignment, *rows)] + [""]


if __name__ == "__main__":
    main()
