# SPDX-License-Identifier: MIT
"""Write what the docs of a board take from its data: wiring.svg, and the tables in deploy.md between their markers.

Run by hand after a change of pins.csv or board.json: `.venv/bin/python boards/setup/docs.py`. Nothing else is the
source of these, and a test says when they are stale.
"""

import re
from pathlib import Path

from boardfiles import BOARDS, MEANING, Board, every
from wiring_svg import picture

MARKED = re.compile(r"(<!-- (pins|flash): by boards/setup/docs\.py -->\n)(.*?)(<!-- end -->)", re.DOTALL)
HOLDS = {
    "firmware": "MicroPython, and the agent frozen into it",
    "vfs": "file system of a stock MicroPython image; not mounted by ours",
    "slot_a": "update slot A",
    "slot_b": "update slot B",
    "store": "keys, settings, log: the agent's journal on raw flash",
}


def pins(board: Board) -> str:
    """The roles as a table."""
    rows = [f"| `{role}` | {pin} | {MEANING[role]} |\n" for role, pin in board.roles.items()]
    return "| role | pin | what |\n|---|---|---|\n" + "".join(rows)


def flash(board: Board) -> str:
    """The regions of the flash as a table, by offset."""
    regions = sorted(board.ours["regions"], key=lambda region: int(region["offset"]))
    rows = [
        f"| `{one['name']}` | {one['offset']:#x} | {one['size'] // 1024} KB | {HOLDS[one['name']]} |\n"
        for one in regions
    ]
    return "| region | offset | size | what |\n|---|---|---|---|\n" + "".join(rows)


def filled(board: Board, text: str) -> str:
    """deploy.md with its tables as the data are now."""
    tables = {"pins": pins, "flash": flash}
    return MARKED.sub(lambda mark: f"{mark[1]}\n{tables[mark[2]](board)}\n{mark[4]}", text)


def wanted(board: Board) -> dict[Path, str]:
    """Every file that is made, or made in part, and what it should hold now."""
    deploy = board.folder / "deploy.md"
    files = {deploy: filled(board, deploy.read_text())}
    if board.drawn():
        files[board.folder / "wiring.svg"] = picture(board)
    return files


def main(root: Path = BOARDS) -> list[Path]:
    """Bring every board's files up to date; those that were stale."""
    stale = []
    for board in every(root):
        for path, text in wanted(board).items():
            if not path.is_file() or path.read_text() != text:
                path.write_text(text)
                stale.append(path)
    return stale


if __name__ == "__main__":
    for path in main():
        print(path)
