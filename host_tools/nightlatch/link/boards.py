# SPDX-License-Identifier: MIT
"""The USB ids that boards/*/board.json name, under "nightlatch": "usb": [{"vid": "2E8A", "pid": "0005"}, …].

A folder whose board.json has no such key is no board of the agent's. The list is empty where discovery has no USB port
to look for. Ids are strings of four hexadecimal digits, as boards/board.schema.json says.
"""

import json
import re
from pathlib import Path

from ..errors import HostError

_ID = re.compile(r"[0-9A-F]{4}\Z")


def boards_dir() -> Path:
    """The boards folder beside the sources, or inside the package once installed."""
    package = Path(__file__).resolve().parents[1]
    beside = package.parents[1] / "boards"
    return beside if beside.is_dir() else package / "boards"


def usb_ids(folder: Path | None = None) -> dict[tuple[int, int], list[str]]:
    """(vid, pid) → names of the boards that use it. A malformed board.json raises HostError and is named."""
    ids: dict[tuple[int, int], list[str]] = {}
    for path in sorted((folder or boards_dir()).glob("*/board.json")):
        for vid, pid in _read(path):
            ids.setdefault((vid, pid), []).append(path.parent.name)
    return ids


def _read(path: Path) -> list[tuple[int, int]]:
    try:
        entries = json.loads(path.read_text("utf-8")).get("nightlatch", {}).get("usb", [])
        pairs = [(entry["vid"], entry["pid"]) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pairs = [("", "")]
    if not all(isinstance(x, str) and _ID.match(x) for pair in pairs for x in pair):
        hint = 'write "usb": [{"vid": "2E8A", "pid": "0005"}]'
        raise HostError(f"boards/{path.parent.name}/board.json cannot be used", hint, code="board")
    return [(int(vid, 16), int(pid, 16)) for vid, pid in pairs]
