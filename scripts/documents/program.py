"""The program, and LibreOffice, on files."""

import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Memory, in bytes, in which every file is refused that is not translated. Most of it are the stacks of threads.
MAX_MEMORY = 128 << 20


class Refused(Exception):
    """The program's message for a file that it does not translate."""


def run(arguments, folder, before=()):
    """Runs the program with the demo model in a folder, by the command `before`. Returns its code, its output, and the
    seconds of processor time that it and the programs that it ran took."""
    environment = {"DATA_DIR": str(folder), "MODEL_DIR": str(ROOT / "models/demo-de-en"), "PATH": "/usr/bin:/bin"}
    program = subprocess.Popen(
        [*before, os.environ["PROGRAM"], *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output = program.stdout.read()
    program.stdout.close()
    _, status, usage = os.wait4(program.pid, 0)
    program.returncode = os.waitstatus_to_exitcode(status)
    return program.returncode, output, usage.ru_utime + usage.ru_stime


def translate(name, content, output=None):
    """Returns the translation of a file, and the program's remarks."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / name).write_bytes(content)
        arguments = ["translate", name] + (["-o", output] if output else [])
        code, printed, _ = run(arguments, folder)
        if code != 0:
            raise Refused(printed)
        # Its last line is the name of the translation, unless that is a text in a file that was named.
        lines = printed.splitlines()
        return (folder / (output or lines[-1])).read_bytes(), lines[:-1]


def refusal(name, content):
    """Returns the message with which the program refuses a file, and the seconds of processor time that this takes. The
    program has little memory: it is aborted if it wants more."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / name).write_bytes(content)
        code, printed, seconds = run(["translate", name], folder, ["prlimit", f"--data={MAX_MEMORY}"])
        left = sorted(path.name for path in folder.iterdir())
        if code != 1 or left != [name]:
            raise AssertionError(f"{name}: code {code}, {left}: {printed}")
        return printed, seconds


def convert(files, extension):
    """Converts files (a name and bytes each) with LibreOffice. Returns the results in the same order."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, content in files:
            (folder / name).write_bytes(content)
        names = [name for name, _ in files]
        # An own profile, because a running LibreOffice locks the usual one.
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = ["soffice", profile, "--headless", "--convert-to", extension, "--outdir", "converted", *names]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
        if result.returncode != 0 or "Error" in result.stderr:
            raise AssertionError(f"LibreOffice: {result.stdout} {result.stderr}")
        converted = [(folder / "converted" / name).with_suffix(f".{extension.split(':')[0]}") for name in names]
        missing = [path.name for path in converted if not path.exists()]
        if missing:
            raise AssertionError(f"LibreOffice cannot open {missing}: {result.stdout} {result.stderr}")
        return [path.read_bytes() for path in converted]


def shown(files):
    """Returns the text that a reader sees of each file: as LibreOffice prints it."""
    texts = []
    for pdf in convert(files, "pdf"):
        command = ["pdftotext", "-layout", "-", "-"]
        texts.append(subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode())
    return texts
