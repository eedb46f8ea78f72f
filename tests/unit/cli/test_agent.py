# SPDX-License-Identifier: MIT
"""The verbs against the real agent on a simulated car: claim, keys, log, and what each refusal looks like."""

import asyncio
import contextlib
import json
import os
import pty
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boardfiles
import pytest
from page import capacity

from nightlatch.cli.main import main
from nightlatch.micropython import ROOT
from nightlatch.phone import bundle
from nightlatch.sim.car.car import Car
from nightlatch.vault import KdfParams, LogHead, Vault

pytestmark = pytest.mark.xdist_group("cli_agent")
PASSPHRASE = b"correct horse battery"


def at_a_terminal(arguments: list[str], answer: str) -> tuple[int, str]:
    """Run a command on a terminal of its own and type `answer` at its prompt: exit code, and what was shown."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-m", "nightlatch.cli.main", *arguments])
    shown = b""
    with contextlib.suppress(OSError):  # EIO: the command has ended
        while chunk := os.read(fd, 4096):
            shown += chunk
            if shown.endswith(b"go on: "):
                os.write(fd, answer.encode() + b"\n")
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


class Bench:
    """A simulated car that lives on a loop in a thread, and the command line that talks to it."""

    def __init__(self, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.car = self.do(self.make)
        self.path = folder / "vault.sqlite"
        Vault.create(self.path, PASSPHRASE, KdfParams(1, 8, 1))
        (folder / "passphrase").write_bytes(PASSPHRASE)
        self.options = ["--vault", str(self.path), "--passphrase-file", str(folder / "passphrase")]
        self.options += ["--port", self.car.serial_url]

    async def make(self) -> Car:
        car = Car()
        await car.start()
        return car

    def do(self, work: Callable[[], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            return await work()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(30)

    def vault(self) -> Vault:
        return Vault.open(self.path, PASSPHRASE)

    def close(self) -> None:
        self.do(self.car.stop)
        self.loop.call_soon_threadsafe(self.loop.stop)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


@pytest.fixture
def run(bench: Bench, capfd: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run a verb with --json; returns its data, or its error when another exit code than 0 is expected."""

    def call(*arguments: str, code: int = 0) -> Any:
        capfd.readouterr()
        got = main([*bench.options, "--json", *arguments])
        out, err = capfd.readouterr()
        assert got == code, (out, err)
        assert "Traceback" not in err
        answer = json.loads(out)
        return answer["data"] if code == 0 else answer["error"]

    return call


def test_from_blank_to_a_verified_log(bench: Bench, run: Callable[..., Any], tmp_path: Path) -> None:
    assert run("device", "info")["state"] == "blank"
    assert run("key", "list", code=1)["code"] == "not_claimed"
    serial = run("device", "claim")["serial"]
    assert run("device", "claim", code=1)["code"] == "not_blank"
    info = run("device", "info", "--status")
    assert (info["serial"], info["state"]) == (serial, "claimed") and info["status"]["free_heap"] > 0
    fit = capacity.of(boardfiles.read(ROOT / "boards" / "UNIX"))
    assert info["keys"] == {"fit": fit, "given": 0, "left": fit} and info["status"]["capacity"] == fit
    (row,) = run("device", "list")["devices"]
    assert (row["serial"], row["error"]) == (serial, None)

    owner = run("key", "add", "phone", "--role", "owner", "--label", "Ada é")["key"]
    guest = run("key", "add", "phone", "--role", "guest", "--rights", "lock")["key"]
    assert owner["label"] == "Ada é" and (guest["role"], guest["rights"]) == ("guest", "lock")
    on_car, in_vault = run("key", "list")["keys"], run("key", "list", "--offline")["keys"]
    same = ("handle", "kind", "role", "rights", "state", "label")
    assert [[row[name] for name in same] for row in on_car] == [
        [row[name] for name in same] for row in in_vault
    ]
    assert run("key", "show", str(owner["handle"]))["key"]["label"] == "Ada é"
    assert run("key", "show", "77", code=1)["code"] == "no_key"
    assert run("key", "list", "--car", "NL-OTHER", code=2)["code"] == "usage"

    run("key", "qr", str(owner["handle"]), "-o", str(tmp_path / "ada.txt"))
    made, kept = bundle.decode((tmp_path / "ada.txt").read_text()), bench.vault().key(serial, owner["handle"])
    assert (made.root, made.handle, made.veil) == (kept.root, kept.handle, bench.vault().car().veil)

    assert run("key", "revoke", str(guest["handle"]), code=2)["code"] == "usage"
    run("key", "revoke", str(guest["handle"]), "--yes")
    assert [row["state"] for row in run("key", "list")["keys"]] == ["active", "revoked"]
    assert run("key", "revoke", str(owner["handle"]), "--yes", code=1)["code"] == "last_owner"
    assert run("key", "revoke", "99", "--yes", code=1)["code"] == "no_such_key"

    entries = run("log", "show")["entries"]
    assert [entry["seq"] for entry in entries] == list(range(len(entries)))
    assert {"claim", "enrol", "revoke"} <= {entry["action"] for entry in entries}
    assert [entry["seq"] for entry in run("log", "show", "--from", "2", "--limit", "2")["entries"]] == [2, 3]
    first, again = run("log", "verify"), run("log", "verify")
    assert first["broken"] is None and first["anchored"] and again["last"] >= first["last"]
    head = bench.vault().log_head(serial)
    assert head is not None and head.seq == again["last"] and head.chain.hex() == again["chain"]
    bench.vault().set_log_head(LogHead(serial, again["last"] + 100, b"x" * 8))
    assert run("log", "verify", code=7)["code"] == "log_went_back"


def test_revoking_wants_the_end_of_the_serial(bench: Bench, run: Callable[..., Any]) -> None:
    serial = run("device", "claim")["serial"]
    run("key", "add", "phone", "--role", "owner")
    run("key", "add", "phone", "--label", "Ben")
    for wrong in ("", serial[-3:]):
        code, shown = at_a_terminal([*bench.options, "key", "revoke", "1"], wrong)
        assert code == 2 and "key 1 (Ben)" in shown and "not confirmed" in shown
    assert [row["state"] for row in run("key", "list")["keys"]] == ["active", "active"]
    code, shown = at_a_terminal([*bench.options, "key", "revoke", "1"], serial[-4:])
    assert code == 0 and "revoked key 1 (Ben)" in shown
    assert [row["state"] for row in run("key", "list")["keys"]] == ["active", "revoked"]


def test_a_log_that_was_changed(bench: Bench, run: Callable[..., Any]) -> None:
    serial = run("device", "claim")["serial"]
    bench.vault().set_log_head(LogHead(serial, 0, b"another!"))
    error = run("log", "verify", code=7)
    assert error["code"] == "log_broken" and "entry 0" in error["message"]


def test_a_vault_that_is_not_the_cars(bench: Bench, run: Callable[..., Any]) -> None:
    assert run("key", "add", "phone", code=1)["code"] == "not_claimed"
    serial = run("device", "claim")["serial"]
    vault = bench.vault()
    ours = vault.car(serial)
    vault.add_car(replace(ours, link_key=bytes(16)), replace_existing=True)
    assert run("key", "list", code=6)["code"] in ("link_key_refused", "auth_failed")
    vault.remove_car(serial)
    assert run("key", "list", code=6)["code"] == "no_car"
    vault.add_car(ours)
    assert run("key", "list")["keys"] == []


def test_a_blank_agent_under_the_serial_of_a_car(bench: Bench, run: Callable[..., Any]) -> None:
    """It may be an impostor: what the vault holds of the real one is given up only when somebody says so."""
    run("device", "claim")
    run("key", "add", "phone", "--role", "owner")
    before = bench.vault().car(), bench.vault().keys(bench.vault().car().serial)
    bench.do(bench.car.kill)
    bench.car.flash.unlink()
    bench.do(bench.car.boot)
    assert run("device", "info")["state"] == "blank"
    assert run("device", "claim", code=2)["code"] == "usage"
    assert (bench.vault().car(), bench.vault().keys(before[0].serial)) == before
    assert run("device", "claim", "--yes")["serial"] == before[0].serial
    assert bench.vault().keys(before[0].serial) == []


def test_an_agent_that_dies_is_no_answer(bench: Bench, run: Callable[..., Any]) -> None:
    run("device", "claim")
    bench.do(bench.car.kill)
    assert run("--timeout", "0.2", "key", "list", code=3)["code"] == "no_answer"
    bench.do(bench.car.boot)
    assert run("key", "list")["keys"] == []
