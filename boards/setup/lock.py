# SPDX-License-Identifier: MIT
"""Write requirements.txt and requirements-pcsc.txt: each package at one version, with the hashes of that release.

Run by hand after a change of the dependencies in pyproject.toml: `.venv/bin/python boards/setup/lock.py`. It resolves
with pip, then reads the page of each project (PEP 503) from the index that pip is configured for, so that one lock
serves every Python and every machine. The lock names no index.
"""

import html
import json
import os
import re
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = Path(__file__).with_name("requirements.txt")
PCSC = Path(__file__).with_name("requirements-pcsc.txt")  # built from source, so it is no part of the other
HEADER = "# Made by boards/setup/lock.py. Each hash is the SHA-256 of one file of the release.\n"
LINK = re.compile(r'<a [^>]*href="[^"#]*#sha256=([0-9a-f]{64})"[^>]*>\s*([^<\s]+)\s*</a>')


def wanted() -> dict[Path, list[str]]:
    """Requirements of each lock: the project, its development extra and pip itself (venvs come with any version of it);
    and the extra for PC/SC."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    return {LOCK: [*project["dependencies"], *extras["dev"], "pip"], PCSC: extras["pcsc"]}


def normal(name: str) -> str:
    """Name of a project as PEP 503 spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def resolve(requirements: list[str]) -> dict[str, str]:
    """Name to version, dependencies included, as pip chooses them from scratch."""
    command = [sys.executable, "-m", "pip", "install", "-q", "--dry-run", "--ignore-installed", "--report", "-"]
    done = subprocess.run([*command, *requirements], stdout=subprocess.PIPE, check=True, text=True)
    report = json.loads(done.stdout)
    return {normal(item["metadata"]["name"]): item["metadata"]["version"] for item in report["install"]}


def indexes() -> Iterator[str]:
    """Addresses of pip's indexes, the main one first."""
    from pip._internal.models.index import PyPI

    def setting(key: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "config", "get", f"global.{key}"], capture_output=True, text=True
        )
        return done.stdout.split()

    main = os.environ.get("PIP_INDEX_URL", "").split() or setting("index-url")
    yield from main or [PyPI.simple_url]
    yield from os.environ.get("PIP_EXTRA_INDEX_URL", "").split() or setting("extra-index-url")


def hashes(name: str, version: str) -> set[str]:
    """SHA-256 of each wheel and source archive of a release."""
    tails = (f"-{version}-", f"-{version}.tar", f"-{version}.zip")
    found: set[str] = set()
    for index in indexes():
        try:
            with urllib.request.urlopen(f"{index.rstrip('/')}/{name}/", timeout=60) as page:
                text = page.read().decode()
        except OSError:
            continue
        files = [(digest, html.unescape(file)) for digest, file in LINK.findall(text)]
        found |= {digest for digest, file in files if any(tail in file for tail in tails)}
    if not found:
        raise SystemExit(f"no index lists {name} {version} with hashes")
    return found


def main() -> None:
    """Write the locks."""
    for lock, requirements in wanted().items():
        lines = [HEADER]
        for name, version in sorted(resolve(requirements).items()):
            digests = "".join(f" \\\n    --hash=sha256:{digest}" for digest in sorted(hashes(name, version)))
            lines.append(f"{name}=={version}{digests}\n")
        lock.write_text("".join(lines))


if __name__ == "__main__":
    main()
