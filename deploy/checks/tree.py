"""The files that are checked, and the binary that they are held against."""

import functools
import json
import os
import pathlib
import re
import shutil
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ["IMGPRESS_BINARY"]
COMMAND = ["cargo", "metadata", "--no-deps", "--locked", "--format-version", "1", "--manifest-path", ROOT / "Cargo.toml"]
PACKAGES = json.loads(subprocess.run(COMMAND, capture_output=True, check=True, timeout=120).stdout)["packages"]
(PACKAGE,) = [package for package in PACKAGES if package["name"] == "imgpress"]


def documents(path):
    """What a file of YAML holds."""
    return [document for document in yaml.safe_load_all((ROOT / path).read_text()) if document]


@functools.cache
def settings(role):
    """The variables that a role takes, as the binary itself lists them."""
    shown = subprocess.run(
        [BINARY, role, "--help"], env={"COLUMNS": "200"}, capture_output=True, text=True, check=True, timeout=30,
    )
    return set(re.findall(r"\[env: ([A-Z0-9_]+)", shown.stdout))


def installed(command, *ask):
    """A command's words, if it is there and answers what is asked of it, else None."""
    return command if shutil.which(command[0]) and run([*command, *ask], check=False).returncode == 0 else None


def run(command, check=True, **options):
    """A command's outcome, within two minutes."""
    return subprocess.run(command, capture_output=True, text=True, check=check, timeout=120, cwd=ROOT, **options)
