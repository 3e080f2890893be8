"""The services that are compared, started anew for each run on 127.0.0.1, and requests to them."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import time

import common

START_SECONDS = 120
GREETING = "Guten Morgen!"


def services(arguments):
    """Returns command and environment of each service, by name."""
    beams = json.loads((common.DEMO / "generation_config.json").read_text())["num_beams"]
    demo = {"MODEL_DIR": common.DEMO, "THREADS": common.THREADS, "BEAMS": beams}
    found = {}
    for precision in arguments.precisions:
        found[f"ours {precision}"] = [common.PROGRAMS / "backend"], {
            "MODEL_DIR": common.DEMO, "MODEL_PRECISION": precision, "MODEL_THREADS": common.THREADS}
    uvicorn = ["python", "-m", "uvicorn", "--app-dir", common.HERE, "--log-level", "warning"]
    for workers in (1, common.THREADS):
        name = f"CTranslate2 int8, {workers} × {common.THREADS // workers}"
        own = {"CT2_DIR": common.ct2(common.DEMO, "int8"), "WORKERS": workers}
        found[name] = [*uvicorn, "serve_ctranslate2:app"], demo | own
    found["transformers f32"] = [*uvicorn, "serve_transformers:app"], demo
    return found


def list_services(arguments):
    """Returns those of the services that translate a list of texts a request. Ours is the whole program, with the page."""
    found = services(arguments)
    for precision in arguments.precisions:
        _, environment = found[f"ours {precision}"]
        own = {"FRONTEND_BIND": "127.0.0.1:{port}", "BACKEND_BIND": "127.0.0.1:0", "DATA_DIR": common.WORK / "data"}
        found[f"ours {precision}"] = [common.PROGRAMS / "unlimited-translation"], environment | own
    return {name: service for name, service in found.items() if not name.startswith("transformers")}


def libre_services(arguments):
    """Returns ours and LibreTranslate, which has its own Python."""
    argos = common.WORK / "argos"
    environment = {
        "MODEL_DIR": common.DEMO,
        "CT2_DIR": common.ct2(common.DEMO, "int8"),
        "XDG_DATA_HOME": argos / "data",
        "XDG_CONFIG_HOME": argos / "config",
        "XDG_CACHE_HOME": argos / "cache",
        "ARGOS_PACKAGES_DIR": argos / "packages",
        "ARGOS_INTRA_THREADS": common.THREADS,
        "OMP_NUM_THREADS": common.THREADS,
    }
    command = [common.WORK / "libretranslate/bin/python", common.HERE / "serve_libretranslate.py", "--port", "{port}"]
    ours = {name: service for name, service in list_services(arguments).items() if name.startswith("ours")}
    return ours | {"LibreTranslate": (command, environment)}


@contextlib.contextmanager
def running(service):
    """Runs the service; its port is the value of the context, and takes the place of `{port}` in what starts it."""
    command, environment = service
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {"BACKEND_BIND": "127.0.0.1:{port}", "RUST_LOG": "error"} | environment
    environment = {name: str(value).format(port=port) for name, value in environment.items()}
    command = [str(part).format(port=port) for part in command]
    if "uvicorn" in command:
        command += ["--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | environment)
    try:
        # LibreTranslate does not know the request of the original app.
        is_libre = any("serve_libretranslate" in part for part in command)
        ready(process, port, {"q": [GREETING], "source": "de", "target": "en"} if is_libre else GREETING)
        yield port
    finally:
        process.terminate()
        process.wait()


def ready(process, port, greeting):
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            with Client(port) as client:
                return client.translate(greeting)
        except OSError:
            assert process.poll() is None, "the service has ended"
            assert time.monotonic() < until, "the service does not answer"
            time.sleep(0.2)


class Client:
    """A persistent connection."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def post(self, path, text):
        return self.send(path, {"text_de": text})

    def send(self, path, fields):
        body = json.dumps(fields).encode()
        self.connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        if answer.status != 200:  # as 503 while the model is being loaded
            raise ConnectionError(answer.status, answer.read())
        return answer

    def translate(self, text):
        """Sends a text, a list of texts in the way of DeepL, or a request to LibreTranslate. Returns the seconds until the response is complete."""
        begun = time.perf_counter()
        if isinstance(text, dict):
            answer = json.loads(self.send("/translate", text).read())
            assert len(answer["translatedText"]) == len(text["q"])
        elif isinstance(text, list):
            answer = json.loads(self.send("/v2/translate", {"text": text, "target_lang": "EN-GB"}).read())
            assert len(answer["translations"]) == len(text)
        else:
            answer = json.loads(self.post("/translate", text).read())
            assert "text_en" in answer
        return time.perf_counter() - begun
