"""German documents from the grammar, each with the atoms that it is made of and where they stand."""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import names
import values
from atoms import KINDS, Atom, Dice, exact, literal

MAKERS = values.MAKERS | names.MAKERS
GRAMMAR = Path(__file__).with_name("grammar.txt")
MARK = re.compile("«([^»]*)»")

# What separates the cells of a line, by the style of the table.
TABS, SPACES, PIPES, DOTS, SEMICOLONS = r"\t", r" {2,}", r" *\| *", r" *\.{3,} *", ";"


@dataclass(frozen=True)
class Placed:
    """An atom at a place of its line, in characters."""

    atom: Atom
    start: int


@dataclass
class Line:
    """A line: what precedes its words (indentation, a list mark), text and atoms in turn, and the pattern of what
    separates its cells, or nothing."""

    lead: str = ""
    parts: list = field(default_factory=list)
    separator: str = ""

    @property
    def text(self):
        return self.lead + plain(self.parts)

    @property
    def atoms(self):
        found, at = [], len(self.lead)
        for part in self.parts:
            if isinstance(part, Atom):
                found.append(Placed(part, at))
            at += len(plain([part]))
        return found


@dataclass
class Document:
    sort: str
    lines: list

    @property
    def text(self):
        return "\n".join(line.text for line in self.lines)


def plain(parts):
    return "".join(part.source if isinstance(part, Atom) else part for part in parts)


@cache
def rules():
    """Alternatives of each rule of the grammar."""
    found, current = {}, None
    for line in GRAMMAR.read_text("utf-8").splitlines():
        if header := re.fullmatch(r"\[([\w.]+)\]", line):
            current = found.setdefault(header[1], [])
        elif line and not line.startswith("#"):
            current.append(line)
    return found


def expand(name, dice):
    """Text and atoms of a rule or an atom by its name."""
    if name in MAKERS:
        return [MAKERS[name](dice)]
    kind, _, text = name.partition(":")
    if text:
        return [literal(kind, text)]
    return fill(dice.choice(rules()[name]), dice)


def fill(template, dice):
    """Text and atoms of a line of the grammar."""
    parts = []
    for at, piece in enumerate(MARK.split(template)):
        parts += expand(piece, dice) if at % 2 else [piece] * bool(piece)
    return parts


def paragraph(dice, name, count):
    """A line of several sentences; one that does not end in a mark is the last."""
    parts = []
    alternatives = rules()[name]
    for template in dice.sample(alternatives, min(count, len(alternatives))):
        sentence = fill(template, dice)
        parts += [" "] * bool(parts) + sentence
        if not re.search(r"[.!?]$", plain(sentence)):
            break
    return Line(parts=parts)


def text(dice, *templates):
    return [Line(parts=fill(template, dice)) for template in templates]


# Tables: the name of a column, what its cells are, and whether digits are set to the right.
COLUMNS = [
    ("Menge", "small"), ("Preis", "price"), ("Betrag", "amount"), ("Datum", "date"), ("Anteil", "percent"), ("Nummer", "invoice"),
    ("Gewicht", "weight"), ("Stand", "state"), ("Fertig", "emoji"), ("Anzahl", "count"), ("Zeit", "time"), ("Konto", "iban"),
    ("Mail", "mail"), ("Dauer in Tagen", "span"), ("Kunde", "name"),
]  # fmt: skip
STYLES = ["tabs", "spaces", "pipes", "markdown", "dots", "semicolons"]


def table(dice, style=None, subject=None):
    """Lines of a table: a header, and rows of one thing each."""
    style = style or dice.choice(STYLES)
    subject = subject or dice.choice([("Artikel", "ware"), ("Leistung", "service")])
    columns = [subject, *dice.sample(COLUMNS, 1 if style == "dots" else dice.randrange(1, 5))]
    rows = [[[title] for title, _ in columns]] if style != "dots" else []
    rows += [[expand(name, dice) for _, name in columns] for _ in range(dice.randrange(2, 7))]
    widths = [max(len(plain(row[at])) for row in rows) for at in range(len(columns))]
    lines = []
    for row in rows:
        lines.append(tabular(row, style, widths, dice.randrange(2, 5) if style == "spaces" else 0))
    if style == "markdown":
        lines.insert(1, Line(parts=["|" + "|".join(["---"] * len(columns)) + "|"], separator=PIPES))
    return lines


def tabular(row, style, widths, gap):
    """One row as a line in a style."""
    if style in ("pipes", "markdown"):
        joined = join(row, [" | "] * (len(row) - 1))
        return Line(parts=["| ", *joined, " |"] if style == "markdown" else joined, separator=PIPES)
    if style == "spaces":
        padding = [" " * (width - len(plain(cell)) + gap) for cell, width in zip(row, widths)]
        return Line(parts=join(row, padding[:-1]), separator=SPACES)
    if style == "dots":
        dots = "." * (widths[0] - len(plain(row[0])) + 5)
        return Line(parts=join(row, [f" {dots} "]), separator=DOTS)
    between, separator = ("\t", TABS) if style == "tabs" else (";", SEMICOLONS)
    return Line(parts=join(row, [between] * (len(row) - 1)), separator=separator)


def join(cells, separators):
    parts = list(cells[0])
    for cell, separator in zip(cells[1:], separators):
        parts += [separator, *cell]
    return parts


# Kinds of documents


def letter(dice):
    lines = text(dice, "«name»", "«street»", "«town»") + [Line()]
    lines += text(
        dice, "«name»", "«street»", "«town»", "", "Winterthur, «named_date»", "", "«subject»", "", "«salutation»", ""
    )
    for _ in range(dice.randrange(2, 5)):
        lines += [paragraph(dice, dice.choice(["letter", "letter", "letter", "plain"]), dice.randrange(1, 5)), Line()]
    lines += text(dice, "«closing»", "", "«name»")
    return lines + text(dice, *dice.sample(["Telefon «phone»", "«mail»", "«domain»", "«handle»"], dice.randrange(3)))


def invoice(dice):
    lines = text(dice, "«street»", "«town»", "", "Rechnung", "") + items(dice) + [Line()]
    lines += table(dice) + [Line()]
    lines += text(
        dice,
        dice.choice(["Summe: «amount»", "Summe ohne Steuer: «amount»", "Total «amount»"]),
        "Mehrwertsteuer «percent»: «amount»",
        "",
    )
    return lines + [paragraph(dice, "payment", dice.randrange(1, 4))]


def items(dice):
    """Names and values, a line each."""
    rows = dice.sample(rules()["item.plain"], dice.randrange(3, 7))
    style = dice.choice(["plain", "plain", "spaces", "tabs", "dots"])
    if style == "plain":
        return text(dice, *rows)
    cells = [row.split(": ") for row in rows]
    filled = [[[label + ":" if style != "dots" else label], fill(value, dice)] for label, value in cells]
    width = max(len(label[0]) for label, _ in filled)
    return [tabular(row, style, [width, 0], 3) for row in filled]


def listing(dice):
    lines = [paragraph(dice, "plain", 1), Line()] + table(dice)
    return lines + [Line(), paragraph(dice, "figures", dice.randrange(1, 4))]


def identifiers(dice):
    """Lines that are nothing but an identifier or an address."""
    lines = [paragraph(dice, "plain", 1)]
    for _ in range(dice.randrange(2, 7)):
        lines += [Line(dice.choice(["", "", "- ", "  "]), expand("identity", dice))]
    return lines


def terms(dice):
    lines = text(dice, "Allgemeine Bedingungen der Muster AG", "")
    for number in range(1, dice.randrange(3, 7)):
        lines.append(Line(f"{number}. ", expand("heading", dice)))
        for part in range(1, dice.randrange(2, 4)):
            body = paragraph(dice, "clause", dice.randrange(1, 3))
            lines.append(Line(dice.choice([f"{number}.{part} ", f"{'abc'[part - 1]}) ", "- "]), body.parts))
        lines.append(Line())
    return lines + text(dice, "Ausgabe vom «date»")


def notes(dice):
    lines = text(dice, "# Hinweise zur Version «version»", "")
    for _ in range(dice.randrange(2, 6)):
        lines.append(
            Line(dice.choice(["", "- ", "* "]), paragraph(dice, dice.choice(["interface", "markdown"]), 1).parts)
        )
    if dice.random() < 0.4:
        command = dice.choice(
            ["sudo systemctl restart app", "for i in 1 2 3; do echo $i; done", "curl -s http://localhost:8080/status"]
        )
        lines += [Line(), *(Line(parts=[exact("code", row)]) for row in ("```sh", command, "```"))]
    return lines + [Line(), paragraph(dice, "markdown", dice.randrange(1, 3))]


def strings(dice):
    """Texts of an interface, one a line."""
    return [Line(parts=expand("interface", dice)) for _ in range(dice.randrange(4, 12))]


SORTS = {
    "letter": letter,
    "invoice": invoice,
    "table": listing,
    "identifiers": identifiers,
    "terms": terms,
    "notes": notes,
    "strings": strings,
}
SHARES = [6, 3, 3, 1, 3, 3, 1]


def documents(count, seed):
    """So many documents, the same for the same seed; each depends on its own number alone."""
    for number in range(count):
        dice = Dice(f"{seed}/{number}")
        sort = dice.choices(list(SORTS), SHARES)[0]
        yield Document(sort, SORTS[sort](dice))


def check_grammar():
    """Rules and atoms that the grammar names and nobody makes."""
    names = {name for lines in rules().values() for line in lines for name in MARK.findall(line)}
    return {name for name in names if name.partition(":")[0] not in {*MAKERS, *rules(), *KINDS}}
