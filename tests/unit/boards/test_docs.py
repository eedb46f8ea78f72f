# SPDX-License-Identifier: MIT
"""What the docs of the boards say: made parts are current, links lead somewhere, commands are those of the tools.

esptool's lines meet its own parser, espsecure's do what they say with files of this test, and espefuse's burn a virtual
chip: the lock-down of each ESP32 board is played from its deploy.md.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import boardfiles
import esptool
import pytest
from boardfiles import BOARDS, Board
from page import capacity

import docs
from nightlatch.cli.grammar import parse
from nightlatch.errors import UsageError
from nightlatch.micropython import ROOT
from tests.unit.boards.doc_commands import CHECKED, DOCS, FOREIGN, lines, of, tool

ALL = boardfiles.every()
ESP = [board for board in ALL if board.ours["flash"]["method"] == "esptool"]
each = pytest.mark.parametrize("board", ALL, ids=lambda board: board.name)
each_esp = pytest.mark.parametrize("board", ESP, ids=lambda board: board.name)
each_doc = pytest.mark.parametrize("doc", DOCS, ids=lambda doc: str(doc.relative_to(ROOT)))
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")
PARTS = {"## Wiring", "## Flash", "## Flashing", "## Claim", "## Watchdog", "## Lock-down", "## What remains"}
BURNT = {"SECURE_BOOT_EN", "DIS_PAD_JTAG", "DIS_USB_JTAG", "DIS_DIRECT_BOOT", "DIS_DOWNLOAD_MODE"}


def esptool_parsed(words: list[str]) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """What esptool's own parser makes of a command line: its globals, its command, the command's parameters."""
    group = esptool.cli
    group._esp = None
    with group.make_context("esptool", words) as context:
        rest = [*getattr(context, "_protected_args", []), *context.args]
        name, command, arguments = group.resolve_command(context, rest)
        assert name and command
        with command.make_context(name, arguments, parent=context) as inner:
            return dict(context.params), name, dict(inner.params)


def run(folder: Path, *words: str | Path) -> str:
    done = subprocess.run([sys.executable, "-m", *map(str, words)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@each
def test_what_is_made_from_the_data_is_current(board: Board) -> None:
    stale = [path.name for path, text in docs.wanted(board).items() if not path.is_file() or path.read_text() != text]
    assert stale == [], "run boards/setup/docs.py"


@each
def test_every_board_says_how_it_is_deployed(board: Board) -> None:
    for name in board.data["deploy"]:
        text = (board.folder / name).read_text()
        marks = [mark[2] for mark in docs.MARKED.finditer(text)]
        assert marks == (["pins", "flash", "keys"] if board.drawn() else ["keys"])
        if board.drawn():
            assert set(text.splitlines()) >= PARTS
            assert "wiring.svg" in text


def test_the_readme_says_what_every_board_holds() -> None:
    text = (ROOT / "README.md").read_text()
    assert len(docs.COUNT.findall(text)) == 1
    assert docs.readme(text, ALL) == text, "run boards/setup/docs.py"


def test_how_many_keys_fit_is_what_the_store_says_of_that_flash() -> None:
    """More flash, more keys; the words are found again whatever the number."""
    few, more, most = capacity.keys(64 << 10), capacity.keys(256 << 10), capacity.keys(4 << 20)
    assert 0 < few < more < most
    for number in (0, few, more, 1_234_567):
        assert docs.COUNT.fullmatch(docs.count(number))


def test_a_table_is_made_of_the_data_alone() -> None:
    board = boardfiles.read(BOARDS / "ESP32_C3")
    other = Board(board.folder, board.data, {"UNLOCK": "GPIO3"})
    text = "a\n<!-- pins: by boards/setup/docs.py -->\nstale\n<!-- end -->\nz\n"
    assert docs.filled(other, text).splitlines()[3:7] == [
        "| role | pin | what |", "|---|---|---|", "| `UNLOCK` | GPIO3 | high for one pulse: unlock |", ""
    ]  # fmt: skip
    assert docs.filled(other, docs.filled(other, text)) == docs.filled(other, text)


@each_doc
def test_links_lead_somewhere(doc: Path) -> None:
    for target, _ in LINK.findall(doc.read_text()):
        if not target.startswith("https://"):
            assert (doc.parent / target).exists(), target


@each_doc
def test_commands_of_ours_are_understood(doc: Path) -> None:
    for words in of(doc, "nightlatch"):
        parse(words[1:])


@each_doc
def test_the_targets_of_make_are_there(doc: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {word for words in of(doc, "make") for word in words[1:] if "=" not in word} <= targets


def test_a_command_that_is_none_is_seen(tmp_path: Path) -> None:
    doc = tmp_path / "a.md"
    doc.write_text("text\n\n    A=1 .venv/bin/nightlatch device \\\n      clam   # now\n    esptol flash 0 x\n")
    assert [tool(words) for words in lines(doc)] == ["nightlatch", "esptol"]
    with pytest.raises(UsageError):
        parse(of(doc, "nightlatch")[0][1:])


@each_esp
def test_esptools_parser_takes_every_line(board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = of(board.folder / "deploy.md", "esptool")
    assert {"write-flash", "erase-flash", "verify-flash", "merge-bin"} <= {word for words in lines for word in words}
    offsets = set()
    for words in lines:
        for word in words:
            if word.endswith(".bin"):
                Path(word).write_bytes(b"\xe9" * 64)
        common, name, parameters = esptool_parsed(words[1:])
        assert common["chip"] == board.chip.esptool
        if name in ("write-flash", "verify-flash", "merge-bin"):
            offsets |= {address for address, _ in parameters["addr_filename"]}
    firmware = next(region for region in board.ours["regions"] if region["name"] == "firmware")
    assert offsets == {0, board.chip.table_at, firmware["offset"]}


def test_esptools_parser_refuses_what_is_wrong() -> None:
    for line in ("--chip esp33 erase-flash", "erase-flush", "erase-flash --bogus", "write-flash 0x0 none.bin"):
        with pytest.raises(Exception, match=r"esp33|erase-flush|bogus|none\.bin"):
            esptool_parsed(line.split())


@pytest.mark.sample("espefuse", 2)  # each calls it many times, and each call takes a second
@each_esp
def test_the_lock_down_is_played_on_a_virtual_chip(board: Board, tmp_path: Path) -> None:
    for name in ("bootloader.bin", "micropython.bin"):
        (tmp_path / name).write_bytes(b"\xe9" * 5000)
    chip = ("espefuse", "--virt", "--path-efuse-file", tmp_path / "chip", "--chip", str(board.chip.esptool))
    for words in of(board.folder / "deploy.md", "espsecure", "espefuse"):
        if words[0] == "espsecure":
            run(tmp_path, *words)
            continue
        assert words[1:5] == ["--chip", board.chip.esptool, "--port", "/dev/ttyACM0"]
        run(tmp_path, *chip, "--do-not-confirm", *words[5:])
    summary = run(tmp_path, *chip, "summary", "--format", "json")
    fuses = json.loads(summary[summary.index("{") : summary.rindex("}") + 1])
    assert {name for name in BURNT if fuses[name]["value"] is True} == BURNT
    assert fuses["KEY_PURPOSE_0"]["value"] == "SECURE_BOOT_DIGEST0"
    assert fuses["SPI_BOOT_CRYPT_CNT"]["value"] == "Disable"  # the journal's partition stays writable bit by bit
    digest = (tmp_path / "boot-digest.bin").read_bytes()
    assert fuses["BLOCK_KEY0"]["value"].split() == [f"{byte:02x}" for byte in digest]
    assert (tmp_path / "micropython-signed.bin").stat().st_size > 8192


@pytest.mark.sample("espefuse", 2)
@each_esp
def test_sixteen_steps_are_all_that_efuses_count(board: Board, tmp_path: Path) -> None:
    """What deploy.md says of a counter: one field takes bit after bit and gives none back, a block is burnt once."""
    chip = ("espefuse", "--virt", "--path-efuse-file", tmp_path / "chip", "--chip", str(board.chip.esptool))
    burn = (*chip, "--do-not-confirm")
    for steps in (1, 2, 16):
        run(tmp_path, *burn, "burn-efuse", "SECURE_VERSION", str((1 << steps) - 1))
    data = tmp_path / "data"
    data.write_bytes(b"\x01" * 32)
    run(tmp_path, *burn, "burn-block-data", "BLOCK3", data)
    data.write_bytes(b"\x03" * 32)
    for refused in (("burn-efuse", "SECURE_VERSION", "1"), ("burn-block-data", "BLOCK3", data)):
        words = [sys.executable, "-m", *map(str, (*burn, *refused))]
        assert subprocess.run(words, cwd=tmp_path, capture_output=True).returncode != 0, refused
    summary = run(tmp_path, *chip, "summary", "--format", "json")
    fuses = json.loads(summary[summary.index("{") : summary.rindex("}") + 1])
    assert fuses["SECURE_VERSION"]["value"] == 0xFFFF


@each
def test_every_line_of_a_deploy_md_calls_a_tool_that_is_known(board: Board) -> None:
    for name in board.data["deploy"]:
        assert {tool(words) for words in lines(board.folder / name)} <= CHECKED | FOREIGN
