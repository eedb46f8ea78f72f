# SPDX-License-Identifier: MIT
"""The simulator as a user meets it: the demonstration, a car that stays, a phone in another process."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nightlatch.cli.main import main
from nightlatch.micropython import ROOT
from nightlatch.vault import KdfParams

pytestmark = pytest.mark.machine_time  # that of other processes
NIGHTLATCH = Path(sys.executable).with_name("nightlatch")
STEPS = [
    "blank",
    "claim",
    "enrol",
    "card-issue",
    "offline",
    "ble",
    "nfc",
    "card",
    "card-torn",
    "card-clone",
    "replay",
    "stranger",
    "kill",
    "lost-answer",
    "copies",
    "clear",
    "sheet",
    "time",
    "lend",
    "power",
    "recover",
    "lost-phone",
    "lost-by-card",
    "revoke",
    "log",
]
PASSPHRASE = "four words and a number 7"


def run(home: Path, *words: str, code: int = 0, timeout: float = 300) -> str:
    """stdout of one command, a process of its own, which must end with that code."""
    done = subprocess.run(
        [NIGHTLATCH, *words],
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout,
        text=True,
    )
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done.stdout


def command(home: Path, *words: str, code: int = 0) -> str:
    """The same in this process, for each takes a second to import what it needs; a vault that it makes opens fast."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        for name, value in environment(home).items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdin", io.StringIO())
        patch.setattr("nightlatch.vault.vault.KdfParams", lambda: KdfParams(1, 8, 1))
        ended = main(words)
    assert ended == code, (words, ended, out.getvalue(), err.getvalue())
    assert "Traceback" not in err.getvalue()
    return out.getvalue()


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "XDG_DATA_HOME": "", "XDG_STATE_HOME": ""}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    (tmp_path / "pass").write_text(PASSPHRASE)
    return tmp_path


class Started:
    """A `sim start --plain` in the background."""

    def __init__(self, home: Path, *words: str) -> None:
        self.log = home / "start.log"
        with self.log.open("w") as out:
            argv = [str(NIGHTLATCH), "sim", "start", "--plain", *words]
            self.process = subprocess.Popen(argv, env=environment(home), stdout=out, stderr=subprocess.STDOUT)
        self.wait("is up")

    def wait(self, text: str, limit: float = 120.0) -> None:
        end = time.monotonic() + limit
        while text not in self.log.read_text():
            assert time.monotonic() < end and self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(120)


@pytest.fixture
def started(home: Path) -> Iterator[Started]:
    car = Started(home, "--hci", "tcp-server:127.0.0.1:0")
    yield car
    if car.process.poll() is None:
        car.stop(signal.SIGKILL)


def test_the_demonstration_holds_and_tells_it_as_one_object(home: Path) -> None:
    whole: dict[str, Any] = json.loads(run(home, "sim", "demo", "--json"))
    assert whole["ok"] is True and whole["error"] is None
    assert [step["name"] for step in whole["steps"]] == STEPS
    for step in whole["steps"]:
        assert set(step) == {"name", "ok", "detail", "ms"} and step["ok"] is True and step["detail"]
    assert all(step["ms"] >= 0 for step in whole["steps"])


def test_the_account_is_for_people(home: Path) -> None:
    text = run(home, "sim", "demo")
    assert text.count("✓") == len(STEPS) and "✗" not in text and "every step held" in text


def test_a_step_that_fails_fails_the_demonstration(home: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text(
        "import sys\n"
        "from nightlatch.sim.story import demo, story\n"
        "async def fall(self): raise demo.Broken('on purpose')\n"
        "story.Story._nfc = fall\n"
        "from nightlatch.cli.main import main\n"
        "sys.exit(main(['sim', 'demo', '--json']))\n"
    )
    done = subprocess.run([sys.executable, broken], cwd=ROOT, capture_output=True, timeout=300, text=True)
    whole = json.loads(done.stdout)
    assert done.returncode == 1 and whole["ok"] is False
    assert whole["steps"][-1] == {**whole["steps"][-1], "name": "nfc", "ok": False, "detail": "on purpose"}


def test_a_car_that_stays(home: Path, started: Started) -> None:
    vault = ["--passphrase-file", str(home / "pass"), "--json"]
    key = str(home / "ada.txt")
    assert json.loads(command(home, "device", "list", "--json"))["data"]["devices"][0]["state"] == "blank"
    command(home, *vault, "vault", "init")
    run(home, *vault, "device", "claim")
    command(home, *vault, "key", "add", "phone", "--role", "owner", "--label", "Ada")
    command(home, *vault, "key", "qr", "0", "-o", key)
    acts = json.loads(command(home, "sim", "phone", "--key", key, "--json", "unlock", "lock"))["data"]["acts"]
    assert [act["doors"] for act in acts] == ["unlocked", "locked"]
    assert "unlock: done" in command(home, "sim", "phone", "--key", key, "--nfc", "unlock")
    outside = next(line for line in started.log.read_text().splitlines() if "outside" in line).split()[-1]
    assert outside.startswith("tcp-client:127.0.0.1:")
    assert "lock: done" in run(home, "sim", "phone", "--key", key, "--hci", outside, "lock")
    # the car and the phone remember over a restart of both; a second car of the name is refused
    run(home, "sim", "start", code=5)
    assert started.stop() == 0
    command(home, "device", "info", code=3)
    again = Started(home)
    try:
        assert "unlock: done" in command(home, "sim", "phone", "--key", key, "unlock")
        report = json.loads(command(home, *vault, "log", "verify"))
        assert report["ok"] and report["data"]["entries"] >= 9
        command(home, *vault, "key", "add", "phone", "--role", "owner", "--label", "Ben")
        command(home, *vault, "key", "revoke", "0", "--yes")
        told = json.loads(command(home, "sim", "phone", "--key", key, "--json", "unlock", code=1))
        assert "revoked" in told["error"]["message"] and told["data"]["acts"][0]["ok"] is False
    finally:
        assert again.stop(signal.SIGINT) == 0
    fresh = Started(home, "--fresh")
    try:
        assert json.loads(command(home, "device", "info", "--json"))["data"]["state"] == "blank"
    finally:
        fresh.stop()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--key", "missing.txt", "unlock"), 2),
        (("--key", "nightlatch:key#AAAA", "unlock"), 2),
        (("--key", "/dev/null", "unlock"), 2),
        (("--key", "pass", "unlock"), 2),
    ],
)
def test_a_phone_without_a_key(home: Path, words: tuple[str, ...], code: int) -> None:
    there = tuple(str(home / word) if word == "pass" else word for word in words)
    whole = json.loads(command(home, "sim", "phone", "--json", *there, code=code))
    assert whole["error"]["code"] == "usage"
