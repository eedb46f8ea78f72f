# SPDX-License-Identifier: MIT
"""Exit codes: a test for each, with the same failure in two lines for people and in one object for programs."""

import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import tty
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

import nightlatch
from nightlatch import errors
from nightlatch.cli import main as entry
from nightlatch.cli.main import main
from nightlatch.cli.nouns.sim import _ended
from nightlatch.cli.output import Outcome, clean
from nightlatch.vault import Car, KdfParams, Key, Vault
from nightlatch.wire import frame
from nightlatch.wire import numbers as n

PASSPHRASE = b"correct horse battery"
CAR = Car("NL-0001", b"a" * 16, b"v" * 16, b"l" * 16, b"k" * 16)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No vault, simulator or USB port of this machine is seen."""
    (tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("serial.tools.list_ports.comports", list)


@pytest.fixture
def vault(tmp_path: Path) -> list[str]:
    """Options that open a vault with one car and one key."""
    made = Vault.create(tmp_path / "vault.sqlite", PASSPHRASE, KdfParams(1, 8, 1))
    made.add_car(CAR)
    made.add_key(Key("NL-0001", 3, 1, 1, 3, "Anna", b"r" * 16, "active"))
    (tmp_path / "passphrase").write_bytes(PASSPHRASE + b"\n")
    return ["--vault", str(made.path), "--passphrase-file", str(tmp_path / "passphrase")]


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


def check_failure(capfd: pytest.CaptureFixture[str], arguments: list[str], code: int, word: str) -> None:
    """The same failure with and without --json, --json before and behind."""
    assert main(arguments) == code
    out, err = capfd.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert lines[0].startswith("nightlatch: ") and len(lines) <= 2
    assert all(line.startswith("  next: ") for line in lines[1:])
    for argv in (["--json", *arguments], [*arguments, "--json"]):
        assert main(argv) == code
        out, _ = capfd.readouterr()
        answer = json.loads(out)
        assert out.count("\n") == 1
        assert list(answer) == ["schema", "ok", "data", "error"]
        assert (answer["schema"], answer["ok"]) == ("nightlatch/1", False)
        assert list(answer["error"]) == ["code", "message", "hint"]
        assert answer["error"]["code"] == word
        assert lines[0] == f"nightlatch: {clean(answer['error']['message'])}"


@pytest.mark.parametrize("arguments", [["--help"], ["key", "qr", "--help"], ["--version"], ["-h", "--json"]])
def test_0_help(capfd: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main(arguments) == 0
    out, err = capfd.readouterr()
    assert err == ""
    if "--json" in arguments:
        out = json.loads(out)["data"]["text"]
    assert "usage: nightlatch" in out or out == f"nightlatch {nightlatch.__version__}\n"


def test_0_done(tmp_path: Path, capfd: pytest.CaptureFixture[str], vault: list[str]) -> None:
    assert main([*vault, "key", "list", "--offline", "--json"]) == 0
    answer = json.loads(capfd.readouterr().out)
    assert answer["ok"] is True and answer["error"] is None
    key = answer["data"]["keys"][0]
    assert (key["handle"], key["kind"], key["role"], key["rights"]) == (3, "phone", "owner", "unlock,lock")
    assert (key["label"], key["state"]) == ("Anna", "active") and key["created"] > 0
    assert main(["key", "show", "3", "--offline", *vault]) == 0
    assert "label    Anna" in capfd.readouterr().out


def test_1_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str], vault: list[str]) -> None:
    check_failure(capfd, [*vault, "key", "show", "9", "--offline"], 1, "no_key")
    check_failure(capfd, [*vault, "key", "qr", "3", "-o", str(tmp_path / "none" / "a.svg")], 1, "failed")


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            [],
            ["key"],
            ["door", "open"],
            ["key", "open"],
            ["key", "show"],
            ["key", "show", "x"],
            ["key", "show", "-1"],
        ),
        *(["key", "show", "65521"], ["--tim", "3", "device", "list"], ["--timeout", "nan", "device", "list"]),
        *(["--timeout", "0", "device", "list"], ["device", "list", "--port", "usb"], ["key", "add", "coin"]),
        *(
            ["device", "info", "--port"],
            ["log", "show", "--from", "\u0661"],
            ["--passphrase-fd", "x", "vault", "init"],
        ),
        *(["key", "add", "phone", "--label", "x" * 25], ["key", "add", "phone", "--rights", "unlock,fly"]),
        *(["sim", "start", "--name", "../x"], ["sim", "phone", "--key", "nightlatch:key#SECRET"]),
    ],
)
def test_2_usage(capfd: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    check_failure(capfd, arguments, 2, "usage")
    assert main(arguments) == 2
    assert "SECRET" not in capfd.readouterr().err


def test_2_no_confirmation_without_a_terminal(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    terminal: tuple[int, str],
    vault: list[str],
) -> None:
    monkeypatch.setattr("sys.stdin", open(os.devnull))
    check_failure(capfd, [*vault, "--port", terminal[1], "key", "revoke", "3"], 2, "usage")
    assert not select.select([terminal[0]], [], [], 0)[0], "it asked the device first"


def test_2_no_passphrase_without_a_terminal(tmp_path: Path, vault: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nightlatch.cli.main", *vault[:2], "key", "list", "--offline", "--json"],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        check=False,
    )
    assert done.returncode == 2 and b"passphrase" in done.stdout


def test_3_no_device(tmp_path: Path, capfd: pytest.CaptureFixture[str], terminal: tuple[int, str]) -> None:
    check_failure(capfd, ["device", "info"], 3, "no_device")
    check_failure(capfd, ["device", "info", "--port", "pty:/dev/no-such"], 3, "no_device")
    check_failure(capfd, ["device", "info", "--port", "sim:"], 3, "no_device")
    check_failure(capfd, ["device", "info", "--port", terminal[1], "--timeout", "0.1"], 3, "no_answer")
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    simulator(tmp_path, "car", pid)
    check_failure(capfd, ["device", "info", "--port", "sim:car"], 3, "no_device")


def test_4_several_devices(tmp_path: Path, capfd: pytest.CaptureFixture[str], vault: list[str]) -> None:
    simulator(tmp_path, "car", os.getpid())
    simulator(tmp_path, "two", os.getpid())
    check_failure(capfd, ["device", "info"], 4, "several_devices")
    Vault.open(Path(vault[1]), PASSPHRASE).add_car(Car("NL-0002", b"a" * 16, b"v" * 16, b"l" * 16, b"k" * 16))
    check_failure(capfd, [*vault, "key", "list", "--offline"], 4, "several_devices")
    assert main([*vault, "key", "list", "--offline", "--car", "NL-0001"]) == 0


def test_5_port_in_use(capfd: pytest.CaptureFixture[str], terminal: tuple[int, str]) -> None:
    with open(terminal[1].partition(":")[2], "rb", buffering=0) as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        for scheme in ("pty", "serial"):
            port = terminal[1].replace("pty", scheme, 1)
            check_failure(capfd, ["device", "info", "--port", port], 5, "port_unavailable")


def test_6_vault(tmp_path: Path, capfd: pytest.CaptureFixture[str], vault: list[str]) -> None:
    check_failure(capfd, ["key", "list", "--offline"], 6, "no_vault")
    check_failure(capfd, [*vault, "vault", "init"], 6, "vault_exists")
    (tmp_path / "passphrase").write_bytes(b"another passphrase")
    check_failure(capfd, [*vault, "key", "list", "--offline"], 6, "auth_failed")


def test_7_another_protocol(capfd: pytest.CaptureFixture[str], terminal: tuple[int, str]) -> None:
    def refuse() -> None:
        os.read(terminal[0], 4096)
        os.write(terminal[0], frame.encode(bytes([n.F_REFUSAL, n.C_BAD_VERSION])))

    thread = threading.Thread(target=refuse)
    thread.start()
    assert main(["device", "info", "--json", "--port", terminal[1]]) == 7
    thread.join(60)
    answer = json.loads(capfd.readouterr().out)
    assert answer["ok"] is False and answer["error"]["code"] == "version"


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_8_interrupted(terminal: tuple[int, str], as_json: list[str]) -> None:
    argv = [
        sys.executable,
        "-m",
        "nightlatch.cli.main",
        "device",
        "info",
        "--port",
        terminal[1],
        "--timeout",
        "30",
    ]
    process = subprocess.Popen([*argv, *as_json], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert os.read(terminal[0], 1) == b"\0"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 8
    assert b"device info" in err and b"Traceback" not in err
    assert not as_json or json.loads(out)["error"]["code"] == "interrupted"


def test_9_a_manual_step_is_left(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def left(_: object) -> Outcome:
        raise errors.ManualStep("claimed", "turn the key once", data={"serial": "NL"})

    monkeypatch.setattr(entry, "parse", lambda _: SimpleNamespace(run=left, quiet=False))
    assert main(["--json"]) == 9
    answer = json.loads(capfd.readouterr().out)
    assert (
        answer["ok"] is True
        and answer["data"] == {"serial": "NL"}
        and answer["error"]["hint"] == "turn the key once"
    )


def test_a_story_keeps_its_account_when_a_step_fails() -> None:
    steps = [{"name": "claim", "ok": True}, {"name": "unlock", "ok": False}]
    assert _ended({"ok": True, "steps": steps[:1]}).data["steps"] == steps[:1]
    with pytest.raises(errors.HostError, match="unlock") as failed:
        _ended({"ok": False, "steps": steps})
    assert failed.value.exit_code == 1 and failed.value.data == {"ok": False, "steps": steps}
    assert (_ended(None).exit_code, _ended(0).exit_code) == (0, 0)


def test_each_error_has_its_exit_code() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.HostError)
    ]
    assert {kind.exit_code for kind in kinds} == set(range(1, 10))
    assert len({kind.code for kind in kinds}) == len(kinds)
