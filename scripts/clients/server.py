"""The program with the demo model, started for the tests, and plain requests to it."""

import contextlib
import json
import os
import pathlib
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def running(keys=None, **settings):
    """Runs the program with an empty data folder, these API keys and these settings. The value is its address."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "DATA_DIR": folder,
            "FRONTEND_BIND": "127.0.0.1:0",
            "MODEL_DIR": str(ROOT / "models/demo-de-en"),
            "RUST_LOG": "error",
        }
        if keys is not None:
            file = pathlib.Path(folder, "keys")
            file.write_text("".join(f"{key}\n" for key in keys))
            environment["API_KEYS_FILE"] = str(file)
        program = subprocess.Popen(
            [os.environ["PROGRAM"]], env=environment | settings, stdout=subprocess.PIPE, text=True
        )
        try:
            # It prints its address as soon as the page is served, and closes its output if it fails.
            line = program.stdout.readline()
            if " is at http://" not in line:
                raise RuntimeError("the program does not start: its error is above")
            yield line.split()[-1]
        finally:
            program.terminate()
            program.wait()
            program.stdout.close()


def send(method, url, body=None, **headers):
    """Sends a request; in the names of headers, `_` stands for `-`. Returns status, headers and body."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def post_json(url, body, **headers):
    """Returns the status and the JSON of the answer to a POST of JSON."""
    status, _, text = send("POST", url, json.dumps(body).encode(), Content_Type="application/json", **headers)
    return status, json.loads(text)


def post_file(url, name, content, fields):
    """Returns the status and the JSON of the answer to a POST of a form with a file."""
    part = lambda names, value: b"--limit\r\nContent-Disposition: form-data; " + names.encode() + b"\r\n\r\n" + value + b"\r\n"
    body = part(f'name="file"; filename="{name}"', content)
    body += b"".join(part(f'name="{field}"', value.encode()) for field, value in fields.items()) + b"--limit--\r\n"
    status, _, text = send("POST", url, body, Content_Type="multipart/form-data; boundary=limit")
    return status, json.loads(text)


def fetch(url):
    """Returns the name and the content of a file that is offered for download."""
    with urllib.request.urlopen(url, timeout=120) as answer:
        # Python's own reader of this header takes the form in ASCII for old clients.
        _, _, name = answer.headers["Content-Disposition"].partition("filename*=UTF-8''")
        return urllib.parse.unquote(name), answer.read()


def post_form(url, fields, **headers):
    """Returns the status and the JSON of the answer to a POST of a form: a dictionary, or a list of pairs."""
    body = urllib.parse.urlencode(fields).encode()
    # urllib sets the content type of a form by itself.
    status, _, text = send("POST", url, body, **headers)
    return status, json.loads(text)
