"""Atoms: what must come through a translation unchanged or in an equal English form."""

from dataclasses import dataclass
from random import Random

import forms
from forms import Forms

# Kinds that come through letter by letter, those that have a value, and parts of addresses.
EXACT = ("identifier", "address", "placeholder", "tag", "markdown", "code", "emoji")
VALUES = (
    "number", "amount", "percentage", "date", "range of dates", "time", "range of times", "range", "measure",
    "fraction or exponent", "ordinal", "law reference",
)  # fmt: skip
OTHER = ("entity", "place", "name")
KINDS = EXACT + VALUES + OTHER

# Currencies, and their names in German.
NAMES = {"CHF": "Franken", "EUR": "Euro", "USD": "Dollar"}


class Dice(Random):
    """The chances of one document, which has one currency."""

    def __init__(self, seed):
        super().__init__(seed)
        self.currency = self.choice(["CHF", "CHF", "EUR", "EUR", "USD"])


@dataclass(frozen=True)
class Atom:
    """An atom's kind, its German spelling and, computed from its value, its English forms."""

    kind: str
    source: str
    forms: Forms


def exact(kind, text):
    return Atom(kind, text, forms.exact(text))


# Entities, and the characters that say the same.
ENTITIES = {"&amp;": "&", "&quot;": '"“”', "&copy;": "©", "&ndash;": "–", "&auml;": "ä"}


def entity(text):
    return Atom("entity", text, forms.entity(text, ENTITIES[text]))


def literal(kind, text):
    """An atom that the grammar spells out, as «tag:<b>»."""
    return entity(text) if kind == "entity" else exact(kind, text)
