#!/usr/bin/env python3
"""Counts habits of language in the comments of the Rust code, per 10 000 words of comments: scripts/style/comments.py

Plain English names a thing instead of circling it: "Maximum rows of a batch", not "How many rows there may be at most".
Prints the counts beside their limits, the worst files, and exits with 1 where a limit is passed.
"""

import collections
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMENT = re.compile(r"(?:^|\s)(//[/!]?)\s?(.*)$")

# name: (pattern, where it is looked for, least, most), the last two per 10 000 words.
HABITS = {
    "doc lines that open with What, Who, When, …": (r"(?:What|Who|When|Where|How|Whether)\b", "opening", 0, 25),
    "Most, Longest, Least … as a limit": (r"(?:Most|Longest|Least|Fewest|Shortest|Greatest)\b", "opening", 0, 0),
    "at work": (r"\bat work\b", "anywhere", 0, 0),
    "Returns": (r"\bReturns\b", "anywhere", 30, 10_000),
}


def comments(path):
    """The comments of a file as (is_doc, opens, words): whether it is a doc comment, and the first line of its block."""
    previous = None
    for line in path.read_text().splitlines():
        match = COMMENT.search(line) if "//" in line else None
        # A URL in a string is no comment.
        if match is None or match[2].startswith("/") or line[: match.start(1)].count('"') % 2:
            previous = None
            continue
        is_doc = match[1] != "//"
        opens = previous != match[1] or not previous_text.strip()
        previous, previous_text = match[1], match[2]
        yield is_doc, opens, match[2]


def main():
    files = subprocess.run(["git", "ls-files", "crates/*.rs"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    words, found, places = 0, collections.Counter(), collections.defaultdict(collections.Counter)
    for file in files:
        for is_doc, opens, text in comments(ROOT / file):
            words += len(re.findall(r"[A-Za-z][\w'-]*", text))
            for habit, (pattern, where, _, _) in HABITS.items():
                hits = int(bool(is_doc and opens and re.match(pattern, text))) if where == "opening" else len(re.findall(pattern, text))
                found[habit] += hits
                places[habit][file] += hits
    print(f"{words} words of comments in {len(files)} files")
    failed = False
    for habit, (_, _, least, most) in HABITS.items():
        rate = found[habit] * 10_000 / words
        ok = least <= rate <= most
        failed |= not ok
        limit = f"at most {most}" if most < 10_000 else f"at least {least}"
        print(f"{'ok    ' if ok else 'FAILED'} {rate:6.1f}  ({limit:>12})  {habit}: {found[habit]}")
        if not ok and most < 10_000:
            for file, count in places[habit].most_common(8):
                print(f"                {count:4}  {file}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
