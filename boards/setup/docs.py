# SPDX-License-Identifier: MIT
"""Write what the docs of a board take from its data: wiring.svg, and what stands in deploy.md between markers.

Run by hand after a change of pins.csv, of board.json, or of what a key costs the store (`Store.capacity()`, which also
stands in README.md): `.venv/bin/python boards/setup/docs.py`. Nothing else is the source of these, and a test says when
they are stale.
"""

import re
from pathlib import Path

from boardfiles import BOARDS, MEANING, Board, every
from page import capacity
from page.wiring_svg import picture

MARKED = re.compile(r"(<!-- (pins|flash|keys): by boards/setup/docs\.py -->\n)(.*?)(<!-- end -->)", re.DOTALL)
COUNT = re.compile(r"up to [\d,]+ keys, cards, passes and recovery codes")
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


def count(number: int) -> str:
    """What fits, in the words that COUNT finds again."""
    return f"up to {number:,} keys, cards, passes and recovery codes"


def keys(board: Board) -> str:
    """How many keys the board's flash holds."""
    return (
        f"This unit takes {count(capacity.of(board))}. Those that were revoked, ran out or were\n"
        "used count as well, since no number is given twice: only a reset, which erases all of them, makes room.\n"
        "`nightlatch device info --status` says how many are left, `nightlatch device doctor` when there are few.\n"
    )


def filled(board: Board, text: str) -> str:
    """deploy.md with its made parts as the data are now."""
    tables = {"pins": pins, "flash": flash, "keys": keys}
    return MARKED.sub(lambda mark: f"{mark[1]}\n{tables[mark[2]](board)}\n{mark[4]}", text)


def wanted(board: Board) -> dict[Path, str]:
    """Every file that is made, or made in part, and what it should hold now."""
    deploy = board.folder / "deploy.md"
    files = {deploy: filled(board, deploy.read_text())}
    if board.drawn():
        files[board.folder / "wiring.svg"] = picture(board)
    return files


def readme(text: str, boards: list[Board]) -> str:
    """README.md with what every board holds, which is what the least of them does."""
    return COUNT.sub(count(min(map(capacity.of, boards))), text)


def main(root: Path = BOARDS) -> list[Path]:
    """Bring every board's files up to date; those that were stale."""
    boards = every(root)
    front = root.parent / "README.md"
    files = {front: readme(front.read_text(), boards)}
    for board in boards:
        files |= wanted(board)
    stale = [path for path, text in files.items() if not path.is_file() or path.read_text() != text]
    for path in stale:
        path.write_text(files[path])
    return stale


if __name__ == "__main__":
    for path in main():
        print(path)
