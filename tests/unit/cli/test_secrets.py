# SPDX-License-Identifier: MIT
"""Secrets at the command line: where a passphrase comes from, and where a phone's key may go."""

import json
import os
import pty
import select
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nightlatch.cli.main import main
from nightlatch.cli.passphrase import _tidy
from nightlatch.errors import UsageError
from nightlatch.phone import bundle
from nightlatch.vault import Car, KdfParams, Key, Vault

PASSPHRASE = b"correct horse battery"
CAR = Car("NL-0001", b"a" * 16, b"v" * 16, b"l" * 16, b"k" * 16)
KEY = Key("NL-0001", 3, 1, 1, 3, "Anna", b"r" * 16, "active")
COMMAND = [sys.executable, "-m", "nightlatch.cli.main"]


@pytest.fixture
def vault(tmp_path: Path) -> list[str]:
    made = Vault.create(tmp_path / "vault.sqlite", PASSPHRASE, KdfParams(1, 8, 1))
    made.add_car(CAR)
    made.add_key(KEY)
    (tmp_path / "passphrase").write_bytes(PASSPHRASE)
    return ["--vault", str(made.path), "--passphrase-file", str(tmp_path / "passphrase")]


class AtTerminal:
    """A command whose stdin, stdout, stderr and controlling terminal are a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "dumb"
            os.execv(sys.executable, [*COMMAND, *arguments])
        self.bytes = b""

    @property
    def shown(self) -> str:
        return self.bytes.decode(errors="replace")

    def until(self, text: str) -> None:
        """Read until the command shows `text` or ends."""
        end = time.monotonic() + 120
        while text not in self.shown and time.monotonic() < end:
            if select.select([self.fd], [], [], 1)[0]:
                try:
                    self.bytes += os.read(self.fd, 4096)
                except OSError:
                    break
        assert text in self.shown, self.shown

    def type(self, text: str) -> None:
        time.sleep(0.05)  # getpass flushes what was typed before its prompt
        os.write(self.fd, text.encode())

    def end(self) -> int:
        while True:
            try:
                data = os.read(self.fd, 4096)
            except OSError:
                data = b""
            if not data:
                break
            self.bytes += data
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


# --- passphrases


def test_from_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "v.sqlite"
    init = AtTerminal("vault", "init", "--vault", str(path))
    init.until("new vault: ")
    init.type("tr\u00e4nen und sand\n")
    init.until("again: ")
    init.type("tra\u0308nen und sand\n")
    assert init.end() == 0, init.shown
    assert "sand" not in init.shown and path.exists()
    Vault.open(path, "tr\u00e4nen und sand".encode())


def test_two_that_differ(tmp_path: Path) -> None:
    init = AtTerminal("vault", "init", "--vault", str(tmp_path / "v.sqlite"))
    init.until("new vault: ")
    init.type("correct horse\n")
    init.until("again: ")
    init.type("correct house\n")
    assert init.end() == 2
    assert "differ" in init.shown and os.listdir(tmp_path) == []


def test_ctrl_c_at_the_prompt(tmp_path: Path) -> None:
    init = AtTerminal("vault", "init", "--vault", str(tmp_path / "v.sqlite"))
    init.until("new vault: ")
    init.type("\x03")
    assert init.end() == 1
    assert "nothing was changed" in init.shown and "Traceback" not in init.shown
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("source", ["file", "fd"])
def test_from_elsewhere(tmp_path: Path, source: str, capfd: pytest.CaptureFixture[str]) -> None:
    path, given = tmp_path / "v.sqlite", tmp_path / "given"
    given.write_bytes(PASSPHRASE + b"\r\n")
    with given.open("rb") as file:
        option = (
            ["--passphrase-file", str(given)] if source == "file" else ["--passphrase-fd", str(file.fileno())]
        )
        assert main(["vault", "init", "--vault", str(path), "--json", *option]) == 0
    out, err = capfd.readouterr()
    assert json.loads(out)["data"] == {"path": str(path)}
    assert PASSPHRASE.decode() not in out + err
    Vault.open(path, PASSPHRASE)


def test_from_stdin(vault: list[str]) -> None:
    argv = [*COMMAND, *vault[:2], "--passphrase-file", "-", "key", "list", "--offline", "--json"]
    done = subprocess.run(argv, input=PASSPHRASE + b"\n", capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["data"]["keys"][0]["handle"] == 3


def test_the_environment_is_not_a_source(tmp_path: Path) -> None:
    names = ("PASSPHRASE", "NIGHTLATCH_PASSPHRASE", "NIGHTLATCH_VAULT_PASSPHRASE")
    done = subprocess.run(
        [*COMMAND, "vault", "init", "--vault", str(tmp_path / "v")],
        env=os.environ | dict.fromkeys(names, PASSPHRASE.decode()),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2 and os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "options",
    [
        *(["--passphrase-fd", "987"], ["--passphrase-fd", "-1"], ["--passphrase-file", "/no/such"]),
        *(
            ["--passphrase-file", "/"],
            ["--passphrase-file", os.devnull],
            ["--passphrase-fd", "0", "--passphrase-file", "x"],
        ),
    ],
)
def test_a_source_that_gives_nothing(
    tmp_path: Path, options: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["vault", "init", "--vault", str(tmp_path / "v"), *options]) == 2
    assert capfd.readouterr().out == "" and os.listdir(tmp_path) == []


def test_a_short_one_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p").write_bytes(b"short\n")
    assert (
        main(["vault", "init", "--vault", str(tmp_path / "v"), "--passphrase-file", str(tmp_path / "p")]) == 2
    )
    assert "short" not in capfd.readouterr().err and os.listdir(tmp_path) == ["p"]


def test_line_ends_and_bytes() -> None:
    assert _tidy(b"a b \n") == b"a b " and _tidy(b"a\r\n") == b"a" and _tidy(b"a\n\n") == b"a\n"
    assert _tidy(b"\xff\xfe") == b"\xff\xfe"
    for bad in (b"", b"\n", b"\r\n", bytes(4097)):
        with pytest.raises(UsageError):
            _tidy(bad)


# --- a phone's key


@pytest.mark.parametrize(
    ("kind", "magic"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("txt", b"nightlatch:key#")]
)
def test_a_key_into_a_private_file(
    tmp_path: Path, vault: list[str], kind: str, magic: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"anna.{kind}"
    old = os.umask(0)
    try:
        assert main([*vault, "key", "qr", "3", "-o", str(path)]) == 0
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(magic)
    assert "nightlatch:key" not in "".join(capfd.readouterr())
    if kind == "txt":
        made = bundle.decode(path.read_text())
        assert made == bundle.KeyBundle(CAR.agent_id, CAR.veil, 3, 1, 3, KEY.root, "Anna")
    path.write_bytes(b"mine")
    path.chmod(0o644)
    assert main([*vault, "key", "qr", "3", "-o", str(path)]) == 2
    assert path.read_bytes() == b"mine"
    assert main([*vault, "key", "qr", "3", "-o", str(path), "--yes"]) == 0
    assert path.read_bytes().startswith(magic) and stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "options", [[], ["--yes"], ["--json"], ["--json", "--yes"], ["-o", "-"], ["-o", "key.pdf"]]
)
def test_never_into_a_pipe(vault: list[str], options: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*vault, "key", "qr", "3", *options]) == 2
    assert "nightlatch:key#" not in "".join(capfd.readouterr())


def test_on_a_terminal_after_a_yes(vault: list[str]) -> None:
    qr = AtTerminal(*vault, "key", "qr", "3")
    qr.until("go on: ")
    assert "nightlatch:key#" not in qr.shown
    qr.type("yes\n")
    assert qr.end() == 0
    url = next(line for line in qr.shown.split() if line.startswith("nightlatch:key#"))
    assert bundle.decode(url).root == KEY.root
    assert "\u2588" in qr.shown or "\u2584" in qr.shown


def test_on_a_terminal_after_a_no(vault: list[str]) -> None:
    qr = AtTerminal(*vault, "key", "qr", "3")
    qr.until("go on: ")
    qr.type("no\n")
    assert qr.end() == 2
    assert "nightlatch:key#" not in qr.shown


@pytest.mark.parametrize("state", ["pending", "revoked"])
def test_a_key_that_opens_nothing(
    tmp_path: Path, vault: list[str], state: str, capfd: pytest.CaptureFixture[str]
) -> None:
    Vault.open(Path(vault[1]), PASSPHRASE).add_key(Key("NL-0001", 4, 1, 1, 3, "", b"s" * 16, state))
    assert main([*vault, "key", "qr", "4", "-o", str(tmp_path / "k.txt"), "--json"]) == 1
    assert json.loads(capfd.readouterr().out)["error"]["code"] == "key_not_active"
    assert not (tmp_path / "k.txt").exists()
