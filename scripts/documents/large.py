"""Translates a Word file of 300 pages with the two services, as in containers, and prints the time to the first sentence,
the memory of the frontend, and whether a kill in the middle changes the result.

Run by scripts/documents/run.sh --large, which builds the services.
"""

import io
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import docx
from odf import text
from odf.opendocument import OpenDocumentText

import program

sys.path.append(str(program.ROOT / "scripts/clients"))
import server

PAGES = 300
PARAGRAPHS_OF_A_PAGE = 8
SENTENCES = [
    "Die Mieterin zahlt im Monat {} Franken für die Wohnung und die Nebenkosten.",
    "Nach der Besichtigung vom Montag blieben noch {} Fragen offen, die wir heute beantworten.",
    "Bitte prüfen Sie die Rechnung Nummer {} und überweisen Sie den Betrag bis Ende Monat.",
    "Der Garten hinter dem Haus hat {} Bäume, einen Brunnen und einen alten Schuppen.",
    "Im Jahr {} wurde das Dach erneuert, ohne dass die Bewohner ausziehen mussten.",
]
MIB = 1 << 20


def document():
    """A document of about 300 printed pages."""
    document = docx.Document()
    number = 1000
    for page in range(PAGES):
        document.add_heading(f"Kapitel {page + 1}", 2)
        for _ in range(PARAGRAPHS_OF_A_PAGE):
            paragraph = document.add_paragraph()
            for sentence in SENTENCES:
                number += 1
                paragraph.add_run(sentence.format(number) + " ").bold = number % 7 == 0
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def opendocument():
    """The same of LibreOffice, of 19 pages."""
    document = OpenDocumentText()
    for number in range(19 * PARAGRAPHS_OF_A_PAGE):
        sentences = (sentence.format(1000 + number) for sentence in SENTENCES)
        document.text.addElement(text.P(text=" ".join(sentences)))
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


class Service:
    """One of the programs, on a port of its own, which stays the same when it is started again."""

    def __init__(self, name, **settings):
        with socket.create_server(("127.0.0.1", 0)) as free:
            bind = f"127.0.0.1:{free.getsockname()[1]}"
        self.address = f"http://{bind}"
        self.command = [os.path.join(os.environ["PROGRAMS"], name)]
        self.settings = {"RUST_LOG": "error", f"{name.upper()}_BIND": bind} | settings
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, env=self.settings)
        while self.process.poll() is None:
            try:
                if server.send("GET", f"{self.address}/readyz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"{self.command} ended: its error is above")

    def memory(self, field):
        """The memory of the process now (`VmRSS`), or the most of it so far (`VmHWM`), in bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{field}:\s+(\d+) kB", status)[1]) * 1024

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait()


def upload(frontend, name, file):
    """Sends the form of the page, and returns the page of the translation."""
    head = f'--limit\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = head.encode() + file + b"\r\n--limit--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=limit"}
    # The answer redirects to the page, which streams.
    return urllib.request.urlopen(urllib.request.Request(f"{frontend.address}/", body, headers))


def read_until(page, pattern):
    """Reads a page up to a pattern."""
    seen = ""
    while not re.search(pattern, seen):
        chunk = page.read1()
        if not chunk:
            raise AssertionError(f"the page ends before {pattern}: {seen[-300:]}")
        seen = seen[-1000:] + chunk.decode(errors="replace")


def translated(frontend, page):
    """Waits for the end of a page, and returns the translated file."""
    path = re.search(r"/translations/[0-9a-f-]+", page.url)[0]
    while page.read1():
        pass
    _, file = server.fetch(f"{frontend.address}{path}/file")
    return file


def main():
    file = document()
    with tempfile.TemporaryDirectory() as folder:
        model = str(program.ROOT / "models/demo-de-en")
        backend = Service("backend", MODEL_DIR=model, DATA_DIR=f"{folder}/backend")
        frontend = Service("frontend", BACKEND_URL=backend.address, DATA_DIR=f"{folder}/frontend")
        try:
            idle = frontend.memory("VmRSS")
            start = time.monotonic()
            page = upload(frontend, "large.docx", file)
            read_until(page, r"Chapter 1\b")
            print(f"file: {len(file) / MIB:.1f} MiB, {PAGES * (1 + PARAGRAPHS_OF_A_PAGE)} paragraphs")
            print(f"first sentence: {time.monotonic() - start:.1f} s after the upload began", flush=True)
            whole = translated(frontend, page)
            print(f"whole file: {time.monotonic() - start:.0f} s")
            peak = frontend.memory("VmHWM")
            print(f"frontend: {idle / MIB:.0f} MiB idle, at most {(peak - idle) / MIB:.0f} MiB more", flush=True)

            start = time.monotonic()
            translated(frontend, upload(frontend, "large.odt", opendocument()))
            print(f"file of LibreOffice with 19 pages: {time.monotonic() - start:.0f} s", flush=True)

            page = upload(frontend, "large.docx", file)
            read_until(page, r"Chapter 30\b")
            frontend.end(signal.SIGKILL)
            path = re.search(r"/translations/[0-9a-f-]+", page.url)[0]
            frontend.start()
            page = urllib.request.urlopen(f"{frontend.address}{path}")
            same = translated(frontend, page) == whole
            print(f"killed in chapter 30 and started again: {'the same bytes' if same else 'ANOTHER FILE'}")
            if not same:
                sys.exit(1)
        finally:
            frontend.end()
            backend.end()


if __name__ == "__main__":
    main()
