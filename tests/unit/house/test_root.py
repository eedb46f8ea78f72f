# SPDX-License-Identifier: MIT
"""What lies about: the root holds a short list of files, and nothing that is tracked is a binary."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from nightlatch.micropython import ROOT

ROOT_FILES = {".gitignore", "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "SECURITY.md", "pyproject.toml"}


def listed(*options: str) -> list[str]:
    """Paths of the checkout, as git lists them."""
    done = subprocess.run(["git", "ls-files", "-z", *options], cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in done.stdout.split("\0") if name]


def astray(names: Iterable[str]) -> list[str]:
    """Files in the root that are not on the list."""
    return sorted({name for name in names if "/" not in name} - ROOT_FILES)


def binaries(root: Path, names: Iterable[str]) -> list[str]:
    """Those that are no text: a zero byte, or not UTF-8."""
    found = []
    for name in names:
        file = root / name
        if file.is_symlink() or not file.is_file():
            continue
        try:
            text = file.read_bytes().decode()
        except UnicodeDecodeError:
            found.append(name)
        else:
            found += [name] if "\0" in text else []
    return found


def test_the_root_holds_what_is_on_the_list() -> None:
    assert "README.md" in listed()
    assert astray(listed()) == []
    assert astray(listed("--others", "--exclude-standard")) == [], "not tracked, not ignored: work/ is for such"


def test_no_binary_is_tracked() -> None:
    assert binaries(ROOT, listed()) == []


def test_what_the_steps_of_the_readme_write_is_ignored() -> None:
    steps = {word for word in (ROOT / "README.md").read_text().split() if word.startswith("work/")}
    assert len(steps) >= 8
    ask = ["git", "check-ignore", "--no-index", *sorted(steps), "x.whl", "x.pem", "x.nlu"]
    done = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines() == ask[3:]


def test_what_is_astray_is_seen(tmp_path: Path) -> None:
    assert astray(["README.md", "docs/store.md", "sheet.svg", "a.whl"]) == ["a.whl", "sheet.svg"]
    for name, data in (("text", "é\n".encode()), ("latin", b"\xe9\n"), ("zero", b"a\0"), ("empty", b"")):
        (tmp_path / name).write_bytes(data)
    assert binaries(tmp_path, ["text", "latin", "zero", "empty", "gone"]) == ["latin", "zero"]
