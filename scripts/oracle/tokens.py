#!/usr/bin/env python3
"""Compares the tokeniser with the sentencepiece library, id by id.

    tokens.py check MODEL [TEXT...]     compare on the lines of the texts, and on many unusual variants of them
    tokens.py write TEXT...             rewrite crates/marian/tests/data/tokens.json and .../odd-pair

A text is a file with a German line, a tab, and its English translation in each line.

Needs the Python package sentencepiece. `check` runs the example `encode` of the crate marian.

The oracle converts text (NFC, with unusual spaces, hyphens and ligatures replaced) to pieces of source.spm, and those to
ids of vocab.json, with <unk> for unknown pieces, and appends </s>. Pieces that spell a special token are unknown,
because sentencepiece returns unknown text unchanged.
"""

import json
import pathlib
import random
import subprocess
import sys
import unicodedata

import sentencepiece

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "crates/marian/tests/data"
DEMO = ROOT / "models/demo-de-en"
SPECIAL = {"</s>", "<unk>", "<pad>"}

# As `plain` in crates/marian/src/spm.rs.
PLAIN = {ord(c): " " for c in "\t\n\v\f\r\x85\u00a0\u1680\u200b\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200b)))}
PLAIN |= {0xad: "", 0x200c: "", 0x2060: "", 0xfeff: "", 0x2010: "-", 0x2011: "-", 0xfb00: "ff", 0xfb01: "fi", 0xfb02: "fl",
          0xfb03: "ffi", 0xfb04: "ffl", 0xfb05: "st", 0xfb06: "st"}
SPACES = ["\t", "\u00a0", "\u2009", "\u202f", "\u3000", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "  ", "   "]
# Rules of the character map of the odd pair. One is a prefix of another; the longest match counts.
CHARACTER_MAP = {"\u00a0": " ", "\u3000": " ", "\u200b": " ", "½": "1⁄2", "ﬁ": "fi", "ª": "a", "ª\u0300": "à", "™": "TM", "…": "...",
                 "㎏": "kg", "ｆ": "f", "ｕ": "u", "ｌ": "l", "\t": " "}
SYMBOLS = ["🙂", "👨‍👩‍👧", "👍🏽", "❤️", "1️⃣", "🇨🇭", "東京", "日本語", "한국어", "שלום", "مرحبا", "ไทย", "Ж", "ß", "ẞ", "ﬁ", "ﬄ", "\u2011", "Ǆ",
           "½", "№", "™", "ª", "º", "²", "㎏", "ｆｕｌｌ", "…", "‚", "›", "–", "—", "\u00ad", "\x00", "\x01", "\x1f", "\x7f", "\x85",
           "\u2028", "\u2029", "\ufffd", "\ufffe", "\U0010ffff", "▁", "▁▁", "⁇", "<unk>", "</s>", "<pad>", "<s>", ">>de<<",
           ">>en<< ", "ª\u0300", "½\u0301", "™\u0308", "ﬁ\u0302", "a\u0300\u0301\u0302", "e\u0327\u0301", "\u0308", "\u0300a"]


def lines_of(paths):
    for path in paths:
        for line in pathlib.Path(path).read_text(encoding="utf-8").split("\n"):
            if text := line.split("\t")[0]:
                yield text


def odd(lines, count, seed=1):
    """Yields unusual lines: decomposed, with symbols and unusual white space anywhere."""
    dice = random.Random(seed)
    for _ in range(count):
        text = dice.choice(lines)
        for _ in range(dice.randint(1, 4)):
            at = dice.randint(0, len(text))
            text = text[:at] + dice.choice(SPACES + SYMBOLS * 2) + text[at:]
        form = dice.choice([None, "NFD", "NFD", "NFC", "NFKD"])
        yield unicodedata.normalize(form, text) if form else text
    for symbol in SYMBOLS + SPACES:
        yield from (symbol, symbol * 3, f" {symbol} ", f"a{symbol}b", f"Das ist {symbol} gut.", f"{symbol}Hallo{symbol}")


class Oracle:
    def __init__(self, model):
        self.source = sentencepiece.SentencePieceProcessor(model_file=str(model / "source.spm"))
        self.ids = json.loads((model / "vocab.json").read_text(encoding="utf-8"))

    def encode(self, text):
        pieces = self.source.encode(unicodedata.normalize("NFC", text).translate(PLAIN), out_type=str)
        unknown = self.ids["<unk>"]
        return [unknown if p in SPECIAL else self.ids.get(p, unknown) for p in pieces] + [self.ids["</s>"]]


def check(model, paths):
    plain = list(lines_of(paths))
    lines = plain + list(odd(plain, 20_000))
    oracle = Oracle(model)
    command = ["cargo", "run", "-q", "-p", "marian", "--example", "encode", "--", str(model.resolve())]
    ours = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, encoding="utf-8",
                          input="".join(json.dumps(line) + "\n" for line in lines)).stdout.splitlines()
    assert len(ours) == len(lines)
    differences = ties = 0
    for line, mine in zip(lines, map(json.loads, ours), strict=True):
        if mine != (expected := oracle.encode(line)):
            # "...." is "..." and "." or "." and "..." with the same probability; in sentencepiece, rounding errors
            # that accumulate along the line decide.
            if sorted(mine) == sorted(expected):
                ties += 1
                continue
            differences += 1
            if differences <= 10:
                print(ascii(line), "\n  oracle:", expected, "\n  ours:  ", mine)
    print(f"{len(lines)} lines ({len(plain)} as they are), {differences} differ, {ties} are cut into the same pieces in another order")
    return differences == 0


def write_lines(paths):
    """Writes a few hundred lines with their ids, for the test that does not need Python."""
    plain = list(lines_of(paths))
    dice = random.Random(2)
    lines = dice.sample(plain, 150) + list(odd(plain, 150, seed=3))
    oracle = Oracle(DEMO)
    write_json(DATA / "tokens.json", [[line, oracle.encode(line)] for line in lines])


def write_json(path, rows):
    """Writes one row per line, so that changes are readable."""
    path.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n", encoding="utf-8")


def write_pair(paths):
    """Writes an unusual model directory: two different .spm files, one with a character map, a shuffled vocab.json that
    lacks every seventh piece of the source, and the padding token in the middle."""
    pair = DATA / "odd-pair"
    pair.mkdir(parents=True, exist_ok=True)
    code_points = lambda text: " ".join(f"{ord(character):X}" for character in text)
    rules = pair / "rules.tsv"
    rules.write_text("".join(f"{code_points(a)}\t{code_points(b)}\n" for a, b in CHARACTER_MAP.items()), encoding="utf-8")
    columns = [line.split("\t") for path in paths for line in pathlib.Path(path).read_text("utf-8").splitlines()]
    for name, column, size in [("source", 0, 300), ("target", 1, 250)]:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter([row[column] for row in columns[:1500]]), model_prefix=str(pair / name),
            vocab_size=size, character_coverage=0.995, bos_id=-1, num_threads=1, minloglevel=2,
            **({"normalization_rule_tsv": str(rules)} if name == "source" else {"normalization_rule_name": "identity"}))
        (pair / f"{name}.model").rename(pair / f"{name}.spm")
        (pair / f"{name}.vocab").unlink()
    rules.unlink()
    sides = {}
    for name in ("source", "target"):
        side = sentencepiece.SentencePieceProcessor(model_file=str(pair / f"{name}.spm"))
        sides[name] = [side.id_to_piece(i) for i in range(len(side)) if not side.is_control(i) and not side.is_unknown(i)]
    pieces = {p for i, p in enumerate(sides["source"]) if i % 7} | set(sides["target"])
    pieces = sorted(pieces) + ["</s>", "<unk>", "<pad>"]
    random.Random(4).shuffle(pieces)
    ids = {piece: i for i, piece in enumerate(pieces)}
    (pair / "vocab.json").write_text(json.dumps(ids) + "\n", encoding="utf-8")
    config = {"model_type": "marian", "vocab_size": len(ids), "d_model": 8, "encoder_layers": 1, "decoder_layers": 1,
              "encoder_attention_heads": 1, "decoder_attention_heads": 1, "encoder_ffn_dim": 8, "decoder_ffn_dim": 8,
              "activation_function": "relu", "max_position_embeddings": 64, "max_length": 64, "num_beams": 1,
              "pad_token_id": ids["<pad>"], "eos_token_id": ids["</s>"], "forced_eos_token_id": ids["</s>"],
              "decoder_start_token_id": ids["<pad>"], "bad_words_ids": [[ids["<pad>"]]]}
    (pair / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    oracle = Oracle(pair)
    plain = list(lines_of(paths))
    lines = random.Random(5).sample(plain, 60) + list(odd(plain, 60, seed=6))
    write_json(pair / "tokens.json", [[line, oracle.encode(line)] for line in lines])


def main():
    if sys.argv[1:2] == ["check"] and len(sys.argv) > 2:
        sys.exit(not check(pathlib.Path(sys.argv[2]), sys.argv[3:]))
    if sys.argv[1:2] == ["write"] and len(sys.argv) > 2:
        write_lines(sys.argv[2:])
        write_pair(sys.argv[2:])
        return
    sys.exit(__doc__)


if __name__ == "__main__":
    main()
