# SPDX-License-Identifier: MIT
"""The command lines in the docs: blocks that are indented by four spaces, lines that end in a backslash joined."""

import re
import shlex
from pathlib import Path

from nightlatch.micropython import ROOT

DOCS = sorted(
    [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "firmware" / "README.md"]
    + [*(ROOT / "boards").rglob("*.md"), *(ROOT / "docs").glob("*.md")]
)
CHECKED = {"esptool", "espsecure", "espefuse", "nightlatch"}
# Their parsers are in no package of the development set-up: only that a line is one of theirs is known.
FOREIGN = {"cp", "idf.py", "make", "micropython", "mkdir", "openssl", "picotool", "python", "qemu-system-arm"}
_SETTING = re.compile(r"[A-Z][A-Z0-9_]*=\S*\Z")


def lines(doc: Path) -> list[list[str]]:
    """The words of each indented line, without settings before them and without a comment."""
    text = doc.read_text().replace("\\\n", " ")
    found = []
    for line in re.findall(r"^    (\S.*)$", text, re.MULTILINE):
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            words = line.split()  # a formula, or a quotation that ends elsewhere
        while words and _SETTING.match(words[0]):
            words.pop(0)
        if words:
            found.append(words)
    return found


def tool(words: list[str]) -> str:
    """What a line calls, without its path."""
    return words[0].rpartition("/")[2]


def of(doc: Path, *tools: str) -> list[list[str]]:
    """The lines that call one of these tools; `&` and what follows `;` left out."""
    chosen = []
    for words in lines(doc):
        if tool(words) in tools:
            ends = [index for index, word in enumerate(words) if word == "&" or word.endswith(";")]
            words = words[: ends[0] + 1] if ends else words
            chosen.append([word.removesuffix(";") for word in words if word != "&"])
    return chosen
