# SPDX-License-Identifier: MIT
"""What the command line says: data on stdout alone, one JSON object always, nothing that a device could forge."""

import json
import os
import pty
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from nightlatch.cli import main as entry
from nightlatch.cli.main import main
from nightlatch.cli.output import Outcome, show
from nightlatch.wire import frame, messages, record
from nightlatch.wire import numbers as n


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No vault, simulator or USB port of this machine is seen."""
    (tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("serial.tools.list_ports.comports", list)


@pytest.fixture
def terminal() -> Iterator[tuple[int, str]]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield master, f"pty:{os.ttyname(slave)}"
    os.close(master)
    os.close(slave)


def simulator(tmp_path: Path, name: str, pid: int) -> None:
    folder = tmp_path / "run" / "nightlatch" / "sim" / name
    folder.mkdir(parents=True)
    (folder / "sim.json").write_text(json.dumps({"pid": pid, "serial": "/dev/no-such"}))


def answer_hello(master: int, state: int, version: int = n.PROTOCOL) -> threading.Thread:
    """A device that says one HELLO."""
    values = {"version": version, "state": state, "board": "UNIX", "firmware": "1", "serial": "NL-\x1b[2J"}

    def run() -> None:
        os.read(master, 4096)
        body = bytes([n.F_HELLO | n.F_ANSWER]) + record.pack(messages.HELLO_ANSWER, values)
        os.write(master, frame.encode(body))

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_ctrl_c_before_any_device_changed_nothing(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_: object) -> Outcome:
        raise KeyboardInterrupt

    monkeypatch.setattr(entry, "parse", lambda _: SimpleNamespace(run=stop, quiet=False))
    assert main([]) == 1
    assert "nothing was changed" in capfd.readouterr().err


def test_a_bug_is_a_traceback_and_still_one_object(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(_: object) -> Outcome:
        print("stray")
        return Outcome({"a": 1 / 0})

    monkeypatch.setattr(entry, "parse", lambda _: SimpleNamespace(run=bug, quiet=False))
    assert main(["--json"]) == 1
    out, err = capfd.readouterr()
    assert json.loads(out)["error"]["code"] == "internal"
    assert "Traceback" in err and "stray" in err


def test_a_reader_that_leaves(tmp_path: Path) -> None:
    argv = f"{sys.executable} -m nightlatch.cli.main --help --json"
    done = subprocess.run(
        ["bash", "-c", f"{argv} | true; echo ${{PIPESTATUS[0]}}"], capture_output=True, check=False
    )
    assert done.stderr == b""
    assert done.stdout in (b"0\n", b"1\n")


def test_globals_before_and_behind(capfd: pytest.CaptureFixture[str], terminal: tuple[int, str]) -> None:
    for arguments in (
        ["--json", "--port", terminal[1], "device", "info"],
        ["device", "--json", "info", "--port", terminal[1]],
        ["device", "--port", terminal[1], "info", "--json"],
    ):
        thread = answer_hello(terminal[0], n.AGENT_BLANK)
        assert main(arguments) == 0
        thread.join(60)
        assert json.loads(capfd.readouterr().out)["data"]["state"] == "blank"


def test_a_device_cannot_write_to_the_terminal(
    capfd: pytest.CaptureFixture[str], terminal: tuple[int, str]
) -> None:
    thread = answer_hello(terminal[0], n.AGENT_CLAIMED)
    assert main(["device", "info", "--port", terminal[1]]) == 0
    thread.join(60)
    out = capfd.readouterr().out
    assert "\x1b" not in out and "serial    NL-\\x1b[2J" in out


def test_a_list_survives_a_silent_device(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], terminal: tuple[int, str]
) -> None:
    master, silent = pty.openpty()
    for name, path in (("car", terminal[1].partition(":")[2]), ("two", os.ttyname(silent))):
        simulator(tmp_path, name, os.getpid())
        run_file = tmp_path / "run" / "nightlatch" / "sim" / name / "sim.json"
        run_file.write_text(json.dumps({"pid": os.getpid(), "serial": path}))
    simulator(tmp_path, "bad", os.getpid())
    thread = answer_hello(terminal[0], n.AGENT_BLANK)
    start = time.monotonic()
    assert main(["device", "list", "--json", "--timeout", "5"]) == 0
    assert time.monotonic() - start < 60
    thread.join(60)
    os.close(master)
    os.close(silent)
    rows = {row["url"]: row for row in json.loads(capfd.readouterr().out)["data"]["devices"]}
    assert rows["sim:car"]["state"] == "blank" and rows["sim:car"]["error"] is None
    assert rows["sim:two"]["error"]["code"] == "no_answer"
    assert rows["sim:bad"]["error"]["code"] == "no_device"


def test_an_empty_list_is_an_answer(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["device", "list"]) == 0
    out, err = capfd.readouterr()
    assert out == "PORT  SERIAL  STATE  BOARD  FIRMWARE\n" and "no device" in err
    assert main(["-q", "device", "list"]) == 0
    assert capfd.readouterr().err == ""


def test_a_table_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    show(Outcome({}, table=(("A", "B"), [("[bold]x[/]", "y\x1b[0m")])), as_json=False, quiet=False)
    out = capsys.readouterr().out
    assert "[bold]x[/]" in out and "\x1b" not in out and "\\x1b[0m" in out


def test_json_holds_bytes_as_hexadecimal(capsys: pytest.CaptureFixture[str]) -> None:
    show(Outcome({"raw": b"\x01\xff", "label": "é\ud800"}), as_json=True, quiet=False)
    out = capsys.readouterr().out
    assert out.isascii() and json.loads(out)["data"]["raw"] == "01ff"
