"""Requests that schemathesis derives from the OpenAPI document, right and wrong ones."""

import os
import pathlib
import subprocess
import tempfile
import unittest

import server

CONFIG = pathlib.Path(__file__).with_name("schemathesis.toml")
# Requests per path, beside some for each boundary in the document.
EXAMPLES = 500 if "FULL" in os.environ else 10


class Schema(unittest.TestCase):
    def test_every_answer_is_as_documented(self):
        with server.running() as url, tempfile.TemporaryDirectory() as folder:
            command = ["st", "--no-color", "--config-file", CONFIG, "run", f"{url}/api/openapi.json"]
            command += ["--mode", "all", "--max-examples", str(EXAMPLES)]
            # The ordinary run sends the same requests every time.
            command += [] if "FULL" in os.environ else ["--generation-deterministic"]
            done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main()
