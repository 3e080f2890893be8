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


@contextlib.contextmanager
def running(service):
    """Runs the service; its port is the value of the context."""
    command, environment = service
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {"BACKEND_BIND": f"127.0.0.1:{port}", "RUST_LOG": "error"} | environment
    if "uvicorn" in command:
        command = [*command, "--port", str(port)]
    process = subprocess.Popen(command, env=os.environ | {name: str(value) for name, value in environment.items()})
    try:
        ready(process, port)
        yield port
    finally:
        process.terminate()
        process.wait()


def ready(process, port):
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            with Client(port) as client:
                return client.translate("Guten Morgen!")
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
        body = json.dumps({"text_de": text}).encode()
        self.connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        if answer.status != 200:  # as 503 while the model is being loaded
            raise ConnectionError(answer.status, answer.read())
        return answer

    def translate(self, text):
        """Returns the seconds until the response is complete."""
        begun = time.perf_counter()
        answer = json.loads(self.post("/translate", text).read())
        assert "text_en" in answer
        return time.perf_counter() - begun
