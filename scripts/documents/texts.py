"""German files that are texts. The numbers of their units are from 601."""

from office import sentence


def page():
    """A web page in the encoding of old ones."""
    return (
        '<!DOCTYPE html>\n<html lang="de"><head><meta charset="windows-1252"><title>Das Haus 601</title></head><body>\n'
        f'<h1>Über das Haus 602</h1><p>Frau Müller kommt nach <b>Berlin</b>, in Raum 603.<br>{sentence(604)}</p>\n'
        '<p>Das ist <a href="https://example.org/Haus">Hamburg</a> im Jahr 1605. &lt;script&gt; <code>let Haus = 1;</code>'
        f'</p><ul><li>{sentence(606)}</li></ul><img src="haus.png" alt="{sentence(607)}"></body></html>\n'
    ).encode("windows-1252")


def letter():
    """A letter as plain text."""
    return f"Sehr geehrte Frau Müller,\r\n\r\n{sentence(611)} {sentence(612)}\r\n\r\n  - {sentence(613)}\r\n".encode()


def subtitles():
    """Subtitles in which a sentence goes over two cues."""
    return (
        f"1\r\n00:00:01,000 --> 00:00:02,000\r\n- {sentence(621)}\r\n- {sentence(622)}\r\n\r\n"
        "2\r\n00:00:03,000 --> 00:00:05,000\r\nFrau Müller kommt am Montag\r\n\r\n"
        "3\r\n00:00:05,100 --> 00:00:07,000\r\nnach <i>Berlin</i>, in Raum 623.\r\n"
    ).encode()


def markdown():
    """Markdown with what has to stay."""
    return (
        "---\ntitle: Haus\n---\n\n# Das Haus 631\n\nFrau Müller kommt nach **Berlin**, in Raum 632. Siehe [Hamburg][h].\n\n"
        f"| Ort | Betrag |\n|---|---:|\n| {sentence(633)} | 12,50 € |\n\n```rust\nlet haus = 1; // Haus\n```\n\n"
        f"1. {sentence(634)}\n2. `cargo run` 635\n\n[h]: https://example.org/Haus\n"
    ).encode()


def table():
    """A table as German programs write it."""
    return f'Nr;Bezeichnung;Betrag;Bezahlt\n1;"{sentence(641)}";12,50;RE-2026-0815\n2;{sentence(642)};3,00;\n'.encode()
