"""Whether a translation has everything that its document's atoms say, where they say it, and nothing else."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from atoms import EXACT

# A number in a translation that nothing in the source accounts for.
STRAY = re.compile(r"[0-9](?:[0-9.,:'’/–-]*[0-9])?[²³]?|[½¼¾²³]")
CLAIMED = "\0"


@dataclass(frozen=True)
class Fate:
    """What became of an atom: `kept` in English style, in `german` style, or `missed`."""

    atom: object
    line: int
    state: str
    flagged: bool


@dataclass(frozen=True)
class Stray:
    """A number or mark of a translation that is there `twice`, `garbled` where an atom is missing, or from `nowhere`."""

    text: str
    line: int
    state: str
    flagged: bool


@dataclass
class Outcome:
    fates: list = field(default_factory=list)
    strays: list = field(default_factory=list)
    # Whether there are as many lines; and of the lines those whose cells, white space and marks differ.
    same_lines: bool = True
    broken: list = field(default_factory=list)


# One document's patterns serve two translations; those of all documents would fill the memory.
_compiled = lru_cache(4096)(re.compile)


@dataclass(frozen=True)
class Candidate:
    """A place of a translation that says an atom's value."""

    start: int
    end: int
    state: str

    def overlaps(self, other):
        return self.start < other.end and other.start < self.end


def check(document, translation):
    """The outcome of a document."""
    outcome = Outcome()
    theirs = translation.text.split("\n")
    outcome.same_lines = len(theirs) == len(document.lines)
    start = at = 0
    everything = []
    for number, line in enumerate(document.lines):
        atoms = [(placed.atom, number, start + placed.start) for placed in line.atoms]
        if outcome.same_lines:
            for cell, text, offset in _cells(line, start, atoms, theirs[number], number, outcome):
                _settle(cell, text, at + offset, number, translation, outcome)
            at += len(theirs[number]) + 1
        everything += atoms
        start += len(line.text) + 1
    if not outcome.same_lines:
        # No line can be told from another: what is somewhere is kept.
        _settle(everything, translation.text, 0, 0, translation, outcome)
    return outcome


def _cells(line, start, atoms, text, number, outcome):
    """The atoms of each cell, its translation, and where that begins in its line; a broken line is one cell."""
    lead = len(line.lead) if text.startswith(line.lead) else 0
    if layout(line, line.text) != layout(line, text):
        outcome.broken.append(number)
        return [(atoms, text[lead:], lead)]
    if not line.separator:
        return [(atoms, text[lead:], lead)]
    cells = []
    for (begin, end), (own, own_end) in zip(_bounds(line.separator, line.text), _bounds(line.separator, text)):
        cells.append(([one for one in atoms if begin <= one[2] - start < end], text[own:own_end], own))
    return cells


def _bounds(separator, text):
    """From and to of each cell."""
    between = [(place.start(), place.end()) for place in re.finditer(separator, text)]
    return zip([0, *(end for _, end in between)], [*(begin for begin, _ in between), len(text)])


def layout(line, text):
    """All of a line that is neither words nor atoms: its lead, its separators and the white space around it."""
    blank = re.match(r"\s*", text)[0], re.search(r"\s*$", text)[0]
    return text[: len(line.lead)], blank, re.findall(line.separator or r"\t| {2,}", text)


def _settle(atoms, text, offset, number, translation, outcome):
    """Finds the atoms of a cell in its translation, and what is left of that."""
    found = match([atom for atom, _, _ in atoms], text)
    rest = text
    for (atom, own, place), claim in zip(atoms, found):
        outcome.fates.append(Fate(atom, own, claim.state if claim else "missed", translation.marks_source(place)))
        rest = _without(rest, claim) if claim else rest
    for atom in dict.fromkeys(atom for (atom, _, _), claim in zip(atoms, found) if claim):
        for again in _options(atom, rest):
            # Words such as `second` and `half` may be there for reasons of their own.
            if atom.kind in EXACT or re.search("[0-9]", rest[again.start : again.end]):
                warned = translation.marks(offset + again.start)
                outcome.strays.append(Stray(rest[again.start : again.end], number, "twice", warned))
                rest = _without(rest, again)
    for stray in STRAY.finditer(rest):
        state = "nowhere" if all(found) else "garbled"
        outcome.strays.append(Stray(stray[0], number, state, translation.marks(offset + stray.start())))


def _without(text, claim):
    return text[: claim.start] + CLAIMED * (claim.end - claim.start) + text[claim.end :]


def match(atoms, text):
    """For each atom its own place in a text, or nothing; long ones choose first, for a number may be part of a date."""
    options = [_options(atom, text) for atom in atoms]
    order = sorted(
        ((candidate, at) for at, own in enumerate(options) for candidate in own),
        key=lambda pair: (pair[0].start - pair[0].end, pair[0].state != "kept", pair[0].start),
    )
    found = [None] * len(atoms)
    for candidate, at in order:
        if found[at] is None and not any(other and candidate.overlaps(other) for other in found):
            found[at] = candidate
    for at, claim in enumerate(found):
        if claim is None:
            _make_room(at, options, found)
    _keep_order_of_tags(atoms, found)
    return found


def _options(atom, text):
    """Places of a text that say an atom's value."""
    found = {}
    for state, pattern in (("kept", atom.forms.english), ("german", atom.forms.german)):
        for place in _places(pattern, text) if pattern else ():
            found.setdefault(place.span(), Candidate(*place.span(), state))
    return [candidate for candidate in found.values() if not _glued(atom, text, candidate)]


def _places(pattern, text):
    """All matches, also those that overlap: in `12 EUR 34 euros` the first amount may be `12 EUR`."""
    at = 0
    while place := _compiled(pattern).search(text, at):
        yield place
        at = place.start() + 1


def _glued(atom, text, place):
    """Whether a letter or digit touches what is no part of a word in any source."""
    if atom.kind not in ("placeholder", "code", "address", "identifier"):
        return False
    return text[place.start - 1 : place.start].isalnum() or text[place.end : place.end + 1].isalnum()


def _make_room(at, options, found):
    """Gives an atom a place that another has taken, if that one has a further choice."""
    for candidate in options[at]:
        rivals = [other for other, claim in enumerate(found) if claim and candidate.overlaps(claim)]
        if len(rivals) > 1:
            continue
        taken = [claim for other, claim in enumerate(found) if claim and other not in rivals] + [candidate]
        for rival in rivals:
            other = next((it for it in options[rival] if not any(it.overlaps(claim) for claim in taken)), None)
            if other is None:
                break
            found[rival] = other
        else:
            found[at] = candidate
            return


def _keep_order_of_tags(atoms, found):
    """A closing tag before its opening one closes nothing: it counts as missed."""
    opened = {}
    for at, atom in enumerate(atoms):
        if atom.kind != "tag" or not found[at]:
            continue
        if closing := re.match(r"</(\w+)>", atom.source):
            if found[at].start < opened.get(closing[1], 0):
                found[at] = None
        elif opening := re.match(r"<(\w+)", atom.source):
            opened[opening[1]] = found[at].end
