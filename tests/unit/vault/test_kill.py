# SPDX-License-Identifier: MIT
"""The vault under kill -9 at any moment, and under several processes at once."""

import os
import select
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from nightlatch.errors import VaultError
from nightlatch.vault import Car, KdfParams, Key, Vault

FAST = KdfParams(1, 8, 1)
PASSPHRASE = b"correct horse battery"
CAR = Car("NL-1", b"a" * 16, b"v" * 16, b"l" * 16, b"k" * 16)


def link_key(epoch: int) -> bytes:
    return epoch.to_bytes(16, "big")


def key(handle: int) -> Key:
    return Key("NL-1", handle, 1, 2, 15, f"label {handle}", handle.to_bytes(16, "big"), "active")


def in_child(work: Callable[[], object]) -> int:
    """Run `work` in a process of its own; exit code 1 if it raised."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)


def changes(path: Path, first: int, report: int) -> None:
    """Step the link, add a key, step the link, … and report each step once the vault has returned."""
    vault = Vault.open(path, PASSPHRASE)
    for step in range(first, first + 2000):
        vault.update_link("NL-1", link_key(step), step)
        vault.add_key(key(step))
        os.write(report, step.to_bytes(4, "big"))


@pytest.mark.parametrize("seed", range(4))
def test_killed_between_any_two_instructions(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "vault.sqlite"
    Vault.create(path, PASSPHRASE, FAST).add_car(CAR)
    done = 0
    for round_ in range(8):
        reader, writer = os.pipe()
        pid = in_child(partial(changes, path, done + 1, writer))
        os.close(writer)
        assert select.select([reader], [], [], 20)[0], "the child made no change"
        time.sleep(0.0004 * ((seed * 8 + round_) * 7 % 32))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        reported = b""
        while chunk := os.read(reader, 4096):
            reported += chunk
        os.close(reader)
        last = int.from_bytes(reported[-4:], "big")

        vault = Vault.open(path, PASSPHRASE)
        car, keys = vault.car("NL-1"), vault.keys("NL-1")
        assert last <= car.link_epoch <= last + 1
        assert car.link_key == link_key(car.link_epoch)
        assert [one.handle for one in keys] == list(range(1, len(keys) + 1))
        assert last <= len(keys) <= car.link_epoch
        assert all(one.root == key(one.handle).root and one.label == key(one.handle).label for one in keys)
        done = car.link_epoch
        if len(keys) < done:
            vault.add_key(key(done))
        vault.update_link("NL-1", link_key(done), done)
        assert os.listdir(tmp_path) == ["vault.sqlite"]  # a write takes away what the kill left


def test_killed_while_it_is_made(tmp_path: Path) -> None:
    seen = set()
    for tenths in range(40):
        path = tmp_path / f"{tenths}.sqlite"
        pid = in_child(partial(Vault.create, path, PASSPHRASE, FAST))
        time.sleep(tenths * 0.0005)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        seen.add(path.exists())
        if path.exists():
            assert path.stat().st_mode & 0o777 == 0o600
            Vault.open(path, PASSPHRASE).add_car(CAR)
    assert False in seen


def test_several_processes_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "vault.sqlite"
    Vault.create(path, PASSPHRASE, FAST).add_car(CAR)

    def add(start: int) -> None:
        vault = Vault.open(path, PASSPHRASE)
        for handle in range(start, start + 15):
            vault.add_key(key(handle))

    children = [in_child(partial(add, 100 * n)) for n in range(4)]
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 4
    handles = [one.handle for one in Vault.open(path, PASSPHRASE).keys("NL-1")]
    assert handles == sorted(100 * n + i for n in range(4) for i in range(15))


def test_one_handle_goes_to_one_process(tmp_path: Path) -> None:
    path = tmp_path / "vault.sqlite"
    Vault.create(path, PASSPHRASE, FAST).add_car(CAR)

    def race() -> None:
        Vault.open(path, PASSPHRASE).add_key(key(7))

    children = [in_child(race) for _ in range(4)]
    assert sorted(os.waitpid(pid, 0)[1] for pid in children) == [0, 256, 256, 256]


def test_a_stepped_link_key_is_not_stepped_back(tmp_path: Path) -> None:
    path = tmp_path / "vault.sqlite"
    Vault.create(path, PASSPHRASE, FAST).add_car(CAR)
    one, other = Vault.open(path, PASSPHRASE), Vault.open(path, PASSPHRASE)
    one.update_link("NL-1", link_key(2), 2)
    for late in (0, 1):
        with pytest.raises(VaultError, match="stepped elsewhere"):
            other.update_link("NL-1", link_key(late), late)
    with pytest.raises(VaultError, match="stepped elsewhere"):
        other.update_link("NL-1", link_key(9), 2)
    other.update_link("NL-1", link_key(2), 2)
    assert other.car().link_key == link_key(2)


def test_a_vault_held_for_too_long_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nightlatch.vault.schema.BUSY_SECONDS", 0.1)
    path = tmp_path / "vault.sqlite"
    vault = Vault.create(path, PASSPHRASE, FAST)
    with vault._box.transaction():
        for attempt in (lambda: vault.add_car(CAR), lambda: Vault.open(path, PASSPHRASE), vault.cars):
            with pytest.raises(VaultError, match="in use") as busy:
                attempt()
            assert busy.value.exit_code == 6
    vault.add_car(CAR)
