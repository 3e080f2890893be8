"""A translated document, and the sentences that its maker warns of."""

from dataclasses import dataclass, field

# The service's name for a sentence whose atoms could not all be kept.
FLAG = "atoms"


@dataclass
class Translation:
    """A text in English. `flagged` has for each sentence that is marked its start and end in the source, and its start
    and end in `text`, in characters."""

    text: str
    flagged: list = field(default_factory=list)

    def marks_source(self, at):
        return any(start <= at < end for start, end, _, _ in self.flagged)

    def marks(self, at):
        return any(start <= at < end for _, _, start, end in self.flagged)


def assemble(text, segments):
    """The translation of a text from the events of a stream: each sentence in its place, and the gaps as they are."""
    source = text.encode()
    parts, flagged, at, length = [], [], 0, 0
    for segment in sorted(segments, key=lambda segment: segment["index"]):
        gap, own = source[at : segment["start"]].decode(), segment["translation"]
        start = length + len(gap)
        if FLAG in segment["flags"] + segment.get("more_flags", []):
            places = (len(source[: segment[name]].decode()) for name in ("start", "end"))
            flagged.append((*places, start, start + len(own)))
        parts += [gap, own]
        at, length = segment["end"], start + len(own)
    return Translation("".join(parts) + source[at:].decode(), flagged)
