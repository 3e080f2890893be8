"""Reads compose.yaml, and what Kustomize makes of the overlays."""

import functools
import hashlib
import os
import pathlib
import re
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
OVERLAYS = sorted(folder.name for folder in (ROOT / "kubernetes/overlays").iterdir())
NAMESPACE = "unlimited-translation"

# In mysql-dump, for Kubernetes alone; the database's image ignores it.
KUSTOMIZATION = "kustomization.yaml"


def compose():
    """compose.yaml as it is where no variable is set."""
    text = (ROOT / "compose.yaml").read_text()
    return yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))


def init_files(folder):
    """The files that the database runs on an empty volume: name -> (text, whether it may be executed)."""
    files = (file for file in (ROOT / folder).iterdir() if file.name != KUSTOMIZATION)
    return {file.name: (file.read_text(), os.access(file, os.X_OK)) for file in files}


def init_file(name, text, is_executable):
    """What the database's image makes of such a file, in words."""
    how = ("executed" if is_executable else "sourced") if name.endswith(".sh") else "read"
    return f"{how}, sha256 {hashlib.sha256(text.encode()).hexdigest()[:12]}"


@functools.cache
def _rendered(overlay):
    command = ["kubectl", "kustomize", ROOT / "kubernetes/overlays" / overlay]
    output = subprocess.run(command, capture_output=True, text=True)
    if output.returncode != 0 or output.stderr:
        # A warning is about a field that will go away.
        raise RuntimeError(f"kubectl kustomize {overlay}: {output.stderr}")
    return output.stdout


def rendered(overlay):
    """The overlay's objects, the caller's to change."""
    return list(yaml.safe_load_all(_rendered(overlay)))


def find(objects, kind, name):
    """The one object of that kind and name; None if there is none."""
    found = [o for o in objects if o["kind"] == kind and o["metadata"]["name"] == name]
    assert len(found) < 2, f"{len(found)} of {kind}/{name}"
    return found[0] if found else None
