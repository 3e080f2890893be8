"""Shared code of the benchmark scripts. It imports little, and only from the standard library, because it also runs in
processes whose memory is measured."""

import argparse
import json
import math
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "scripts/bench"
WORK = ROOT / "target/bench"
PROGRAMS = ROOT / "target/release"
DEMO = ROOT / "models/demo-de-en"
SHAPE = WORK / "shape"
THREADS = 2
# CTranslate2's names for the types of its weights and activations.
CT2 = {"int8": "int8_float32", "f32": "float32"}


def options(description, **extra):
    """Parses the command line of a script: its own arguments, and the options of all scripts, which run.sh passes on."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, help in extra.items():
        parser.add_argument(name, type=Path, help=help)
    parser.add_argument("--quick", action="store_true", help="small counts, one repeat: whether it works, no figures")
    parser.add_argument("--no-amx", action="store_true", help="our int8 also with each lesser set of instructions")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each, of which the median counts")
    parser.add_argument("--libretranslate", action="store_true", help="the services also with LibreTranslate")
    parser.add_argument("--precisions", type=lambda text: text.split(","), default=["int8", "f32"], help="ours: int8,f32")
    return parser.parse_args()


def lines(tsv):
    """Returns the pairs of a file with German, a tab, and English in each line."""
    pairs = (line.split("\t") for line in tsv.read_text("utf-8").split("\n"))
    return [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]


def ct2(model, precision):
    """Returns the folder of the CTranslate2 conversion of a model, which prepare.py makes."""
    return WORK / f"{model.name}-ct2-{CT2[precision]}"


def available(sets):
    """Returns the names of the instruction sets (name -> flag of Linux) that this processor has."""
    line = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags"))
    return [name for name, flag in sets.items() if flag in line.split()]


def flags(settings):
    return [text for name, value in settings.items() for text in (f"--{name}", str(value))]


def ours(command, precision, *more, model=DEMO, **settings):
    """Returns a command of the crate bench."""
    settings = {"model": model, "precision": precision, "threads": THREADS} | settings
    return [PROGRAMS / "bench", command, *flags(settings), *more]


def figures(command, stdin=None):
    """Runs a command that measures itself. Returns its translations and its figures, which are its last line."""
    done = subprocess.run(command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return done.stdout.splitlines(), json.loads((done.stderr if stdin else done.stdout).strip().splitlines()[-1])


def percentile(values, share):
    """Returns the smallest value that a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


def median(runs):
    """Returns the median of each figure of several runs."""
    middle = lambda values: (sorted(values)[(len(values) - 1) // 2] + sorted(values)[len(values) // 2]) / 2
    return {key: middle([run[key] for run in runs]) for key in runs[0]}


def repeats(arguments):
    return 1 if arguments.quick else arguments.repeats


def alternate(commands, arguments):
    """Runs all commands in turns, so that other load on the machine affects all equally. Returns the medians by name."""
    runs = {name: [] for name in commands}
    for _ in range(repeats(arguments)):
        for name, command in commands.items():
            runs[name].append(figures(command)[1])
            print(f"  {name}: {runs[name][-1]['tokens_per_s']:.0f} tokens/s", flush=True)
    return {name: median(run) for name, run in runs.items()}


def peak_rss_mb():
    """Returns the peak resident memory of this process, in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def line(load, run, tokens, latencies):
    """Returns the figures of another engine in the format of the crate bench; times are in seconds."""
    return json.dumps(
        {
            "tokens_per_s": tokens / run,
            "sentences_per_s": len(latencies) / run,
            "p50_ms": percentile(latencies, 0.5) * 1000,
            "p95_ms": percentile(latencies, 0.95) * 1000,
            "peak_rss_mb": peak_rss_mb(),
            "load_ms": load * 1000,
        }
    )


def save(name, results):
    """Saves results for report.py."""
    folder = WORK / "results"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(results, indent=1) + "\n")
