"""Reads compose.yaml and the rendered overlays."""

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

# File in mysql-dump for Kubernetes alone; the image of the database ignores it.
KUSTOMIZATION = "kustomization.yaml"


def compose():
    """Returns compose.yaml with the defaults of all variables."""
    text = (ROOT / "compose.yaml").read_text()
    return yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))


def init_files(folder):
    """Returns the files that the database runs on an empty volume: name -> (text, is executable)."""
    files = (file for file in (ROOT / folder).iterdir() if file.name != KUSTOMIZATION)
    return {file.name: (file.read_text(), os.access(file, os.X_OK)) for file in files}


def init_file(name, text, is_executable):
    """Returns a description of how the image of the database runs such a file."""
    how = ("executed" if is_executable else "sourced") if name.endswith(".sh") else "read"
    return f"{how}, sha256 {hashlib.sha256(text.encode()).hexdigest()[:12]}"


@functools.cache
def _rendered(overlay):
    command = ["kubectl", "kustomize", ROOT / "kubernetes/overlays" / overlay]
    output = subprocess.run(command, capture_output=True, text=True)
    if output.returncode != 0 or output.stderr:
        # Warnings are about deprecated fields.
        raise RuntimeError(f"kubectl kustomize {overlay}: {output.stderr}")
    return output.stdout


def rendered(overlay):
    """Returns a copy of the objects of an overlay."""
    return list(yaml.safe_load_all(_rendered(overlay)))


def find(objects, kind, name):
    """Returns the only object of that kind and name, or None if there is none."""
    found = [o for o in objects if o["kind"] == kind and o["metadata"]["name"] == name]
    assert len(found) < 2, f"{len(found)} of {kind}/{name}"
    return found[0] if found else None
