"""Sentence pairs: files `German TAB English`, cleaned, varied, and cut into batches."""

import json
import random
import re
import unicodedata
from pathlib import Path

import torch

MAX_TOKENS = 200  # of a sentence; longer pairs are left out
MAX_CHARACTERS = 700
SORTED_TOGETHER = 20_000  # pairs that are sorted by length before they are cut into batches

GERMAN = set("der die das und ist nicht ein eine zu den mit von auf für im dem sie wird werden sich bei oder auch".split())
ENGLISH = set("the and is not a an to of with for in on that it you be are or by this".split())
MARKUP = re.compile(r"[<>{}\\|=_@]|&\w+;|\$\(|--|::")
DIGITS = re.compile(r"\d+")


# ---- reading and cleaning ----


def normal(text):
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()


def key(text):
    """The letters and digits of a text: what two pairs are compared by."""
    return re.sub(r"\W", "", text.lower())


def read(path):
    """The pairs of a file."""
    with open(path, encoding="utf-8", errors="replace") as lines:
        cells = (line.rstrip("\n").split("\t") for line in lines)
        return [(normal(line[0]), normal(line[1])) for line in cells if len(line) > 1]


def fault(german, english):
    """Returns why a pair of unknown origin is left out, or None."""
    if max(len(german), len(english)) > 2.2 * min(len(german), len(english)) + 25:
        return "length"
    if german == english and len(german) > 12:
        return "not translated"
    if len(MARKUP.findall(german)) > 1:
        return "markup"
    for text, words in ((german, GERMAN), (english, ENGLISH)):
        found = re.findall(r"\w+", text.lower())
        if len(found) >= 6 and not words.intersection(found):
            return "language"
    digits = [sum(map(len, DIGITS.findall(text))) for text in (german, english)]
    if abs(digits[0] - digits[1]) > 2:
        return "numbers"
    return None


def clean(folders, held_out):
    """Yields `(name, pairs, reasons)` of each file of the folders: without duplicates and without sentences that are
    held out. Pairs of a folder named `pairs`, which were written for this model, pass the other checks unseen."""
    files = [file for folder in folders for file in sorted(Path(folder).glob("*.tsv"))]
    held_out = {key(german) for file in held_out for german, _ in read(file)}
    seen = set()
    for file in sorted(files, key=lambda file: file.parent.name != "pairs"):
        written = file.parent.name == "pairs"
        kept, reasons = [], {}
        for german, english in read(file):
            same = key(german), key(english)
            if not german or not english or "\ufffd" in german + english:
                reason = "empty"
            elif len(german.split()) > 3 and same[0] in held_out:
                reason = "held out"
            elif same in seen:
                reason = "twice"
            elif max(len(german), len(english)) > MAX_CHARACTERS:
                reason = "too long"
            else:
                reason = None if written else fault(german, english)
            if reason is None:
                seen.add(same)
                kept.append((german, english))
            else:
                reasons[reason] = reasons.get(reason, 0) + 1
        yield ("written_" if written else "") + file.stem, kept, reasons


# ---- variation ----

CAPITALISED = re.compile(r"(?<![\w'’-])[A-ZÄÖÜ][a-zäöüßéèàç]{2,}(?![\w'’-])")
STREETS = ("strasse", "straße", "weg", "gasse", "platz")
QUOTED = re.compile(r'[„»«"“]([^„“”»«"]+)[“«»"”]')
QUOTATION_MARKS = ("„“", "»«", "«»", '""', "“”")


def other_digits(digits):
    """Returns other digits that are as plausible in their place: a day stays a day, a year a year."""
    if len(digits) == 1:
        return random.choice("123456789")
    if len(digits) == 2:
        if digits[0] == "0":
            return "0" + random.choice("123456789")
        return str(random.randint(10, 31) if int(digits) <= 31 else random.randint(32, 99))
    if len(digits) == 4 and digits[:2] in ("19", "20"):
        return random.choice(("19", "20", "20", "20")) + f"{random.randint(0, 99):02d}"
    first = random.choice("123456789") if digits[0] != "0" else "0"
    return first + "".join(random.choice("0123456789") for _ in digits[1:])


def vary_numbers(german, english):
    """Replaces digits that both sides have once, so that the model learns to copy them, not to expect them."""
    left, right = DIGITS.findall(german), DIGITS.findall(english)
    ordinal = lambda digits: re.search(rf"(?<!\d){digits}(st|nd|rd|th|s)\b", english)
    shared = {run for run in left if left.count(run) == right.count(run) == 1 and not ordinal(run)}
    new = {run: other_digits(run) for run in shared}
    return tuple(DIGITS.sub(lambda run: new.get(run.group(), run.group()), text) for text in (german, english))


class Names:
    """Words that some pair has on both sides, and that are not English words: names, which are copied."""

    def __init__(self, pairs):
        english, shared = set(), set()
        for left, right in pairs:
            english.update(re.findall(r"[a-z]{3,}", right))
            shared.update(set(CAPITALISED.findall(left)) & set(CAPITALISED.findall(right)))
        self.known = {name for name in shared if name.lower() not in english}
        self.all = sorted(self.known)

    def another(self, word):
        """Returns another name, or one made of the halves of two; a street remains one."""
        name = random.choice(self.all)
        if random.random() < 0.3:
            other = random.choice(self.all)
            name = name[: max(2, len(name) // 2)] + other[len(other) // 2 :].lower()
        for ending in STREETS:
            if word.endswith(ending) and not name.endswith(ending):
                name = name.rstrip("aeiou") + ending
        return name

    def vary(self, german, english):
        left, right = CAPITALISED.findall(german), CAPITALISED.findall(english)
        for word in sorted(self.known.intersection(left)):
            once = left.count(word) == right.count(word) == german.count(word) == english.count(word) == 1
            if once and random.random() < 0.6:
                name = self.another(word)
                german, english = german.replace(word, name), english.replace(word, name)
        return german, english


def vary(german, english, names):
    """Returns a pair with other names, numbers, quotation marks, spelling of ß, capitals or end, at random."""
    if random.random() < 0.35:
        german, english = names.vary(german, english)
    if random.random() < 0.5:
        german, english = vary_numbers(german, english)
    if random.random() < 0.4:
        german = german.replace("ß", "ss")
    if random.random() < 0.3:
        opening, closing = random.choice(QUOTATION_MARKS)
        german = QUOTED.sub(lambda match: opening + match.group(1) + closing, german)
    if random.random() < 0.025:
        return german.upper(), english.upper()
    if random.random() < 0.03 and german[-1:] in ".!" and english[-1:] in ".!":
        return german[:-1], english[:-1]
    return german, english


# ---- samples and batches ----


class Corpus:
    """The files of a folder, in groups that each have a share of every sample (mix.json)."""

    def __init__(self, folder, mix):
        self.groups = []
        for group in json.loads(Path(mix).read_text()):
            files = sorted({file for pattern in group["files"] for file in Path(folder).glob(f"{pattern}.tsv")})
            if pairs := [pair for file in files for pair in read(file)]:
                self.groups.append((group["share"], pairs))
        if not self.groups:
            raise SystemExit(f"there are no pairs in {folder}: run prepare.py first")
        self.names = Names(pair for _, pairs in self.groups for pair in pairs)

    def sample(self, count):
        """Draws about `count` pairs, varied."""
        whole, drawn = sum(share for share, _ in self.groups), []
        for share, pairs in self.groups:
            part = int(count * share / whole)
            drawn += random.choices(pairs, k=part) if part > len(pairs) else random.sample(pairs, part)
        return [vary(*pair, self.names) for pair in drawn]


def batches(pairs, pieces, max_tokens, device, training=True):
    """Yields `(source, given, wanted)` of pairs of similar length: ids `[batch, length]`, padded with the last id.

    `max_tokens` counts the longer side with its padding. In training, half of the sources are cut into pieces at
    random (subword regularisation, Kudo 2018).
    """
    end, pad = pieces.eos_id(), pieces.get_piece_size()
    german, english = (list(side) for side in zip(*pairs))
    sources, targets = pieces.encode(german), pieces.encode(english)
    if training:
        cut = pieces.encode(german, enable_sampling=True, alpha=0.2, nbest_size=-1)
        sources = [random.choice(both) for both in zip(sources, cut)]
    rows = [(x + [end], y + [end]) for x, y in zip(sources, targets) if max(len(x), len(y)) < MAX_TOKENS]
    random.shuffle(rows)
    cut = []
    for start in range(0, len(rows), SORTED_TOGETHER):
        batch, longest = [], 0
        for row in sorted(rows[start : start + SORTED_TOGETHER], key=lambda row: (len(row[1]), len(row[0]))):
            longest = max(longest, *map(len, row))
            if batch and longest * (len(batch) + 1) > max_tokens:
                cut.append(batch)
                batch, longest = [], max(map(len, row))
            batch.append(row)
        cut.append(batch)
    if training:
        random.shuffle(cut)
    for batch in cut:
        source, wanted = (padded([row[side] for row in batch], pad, device) for side in (0, 1))
        given = torch.full_like(wanted, pad)
        given[:, 1:] = wanted[:, :-1].masked_fill(wanted[:, :-1] == end, pad)
        yield source, given, wanted


def padded(rows, pad, device):
    length = max(map(len, rows))
    return torch.tensor([row + [pad] * (length - len(row)) for row in rows], device=device)
