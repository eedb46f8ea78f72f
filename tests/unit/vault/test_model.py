# SPDX-License-Identifier: MIT
"""The vault against a dictionary: any sequence of changes, reopened and rekeyed at will, gives the same answers."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from nightlatch.errors import AuthFailed, VaultError
from nightlatch.vault import Car, KdfParams, Key, LogHead, Vault

FAST = KdfParams(1, 8, 1)
RANK = {"pending": 0, "active": 1, "revoked": 2}

serials = st.sampled_from(["NL-1", "NL-2", "B"])
handles = st.integers(0, 3)
secret = st.binary(min_size=16, max_size=16)
label = st.text(st.characters(codec="utf-8"), max_size=6)
cars = st.builds(
    Car,
    serials,
    secret,
    secret,
    secret,
    secret,
    st.integers(0, 3),
    note=label,
    state=st.sampled_from(["pending", "active"]),
)
keys = st.builds(
    Key,
    serials,
    handles,
    st.just(1),
    st.integers(1, 5),
    st.integers(0, 255),
    label,
    secret,
    st.sampled_from(list(RANK)),
)


class Model(RuleBasedStateMachine):
    """`cars`, `keys` and `heads` are what the vault must hold."""

    @initialize()
    def create(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "vault.sqlite"
        self.passphrase = b"passphrase 0"
        self.vault = Vault.create(self.path, self.passphrase, FAST)
        self.cars: dict[str, Car] = {}
        self.keys: dict[tuple[str, int], Key] = {}
        self.heads: dict[str, LogHead] = {}

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    def forget(self, serial: str) -> None:
        self.cars.pop(serial, None)
        self.heads.pop(serial, None)
        self.keys = {place: key for place, key in self.keys.items() if place[0] != serial}

    @rule(car=cars, over=st.booleans())
    def add_car(self, car: Car, over: bool) -> None:
        old = self.cars.get(car.serial)
        if old is not None and old.state == "active" and not over:
            with pytest.raises(VaultError):
                self.vault.add_car(car)
            return
        self.vault.add_car(car, replace_existing=over)
        self.forget(car.serial)
        self.cars[car.serial] = car

    @rule(serial=serials, key=secret, epoch=st.integers(0, 5))
    def update_link(self, serial: str, key: bytes, epoch: int) -> None:
        car = self.cars.get(serial)
        if car is None or epoch < car.link_epoch or (epoch == car.link_epoch and key != car.link_key):
            with pytest.raises(VaultError):
                self.vault.update_link(serial, key, epoch)
            return
        self.vault.update_link(serial, key, epoch)
        self.cars[serial] = replace(car, link_key=key, link_epoch=epoch)

    @rule(serial=serials)
    def activate_car(self, serial: str) -> None:
        if serial not in self.cars:
            with pytest.raises(VaultError):
                self.vault.set_car_state(serial, "active")
            return
        self.vault.set_car_state(serial, "active")
        self.cars[serial] = replace(self.cars[serial], state="active")

    @rule(serial=serials)
    def remove_car(self, serial: str) -> None:
        if serial not in self.cars:
            with pytest.raises(VaultError):
                self.vault.remove_car(serial)
            return
        self.vault.remove_car(serial)
        self.forget(serial)

    @rule(key=keys)
    def add_key(self, key: Key) -> None:
        place = (key.serial, key.handle)
        if key.serial not in self.cars or place in self.keys:
            with pytest.raises(VaultError):
                self.vault.add_key(key)
            return
        self.vault.add_key(key)
        self.keys[place] = key

    @rule(serial=serials, handle=handles, state=st.sampled_from(list(RANK)))
    def set_key_state(self, serial: str, handle: int, state: str) -> None:
        key = self.keys.get((serial, handle))
        if key is None or RANK[state] < RANK[key.state]:
            with pytest.raises(VaultError):
                self.vault.set_key_state(serial, handle, state)
            return
        self.vault.set_key_state(serial, handle, state)
        self.keys[serial, handle] = replace(key, state=state)

    @rule(serial=serials, handle=handles)
    def remove_key(self, serial: str, handle: int) -> None:
        key = self.keys.get((serial, handle))
        if key is None or key.state == "active":
            with pytest.raises(VaultError):
                self.vault.remove_key(serial, handle)
            return
        self.vault.remove_key(serial, handle)
        del self.keys[serial, handle]

    @rule(serial=serials, seq=st.integers(0, 5), chain=st.binary(min_size=8, max_size=8))
    def set_log_head(self, serial: str, seq: int, chain: bytes) -> None:
        head, old = LogHead(serial, seq, chain), self.heads.get(serial)
        went_back = old is not None and (seq < old.seq or (seq == old.seq and chain != old.chain))
        if serial not in self.cars or went_back:
            with pytest.raises(VaultError):
                self.vault.set_log_head(head)
            return
        self.vault.set_log_head(head)
        self.heads[serial] = head

    @rule()
    def reopen(self) -> None:
        self.vault.close()
        self.vault = Vault.open(self.path, self.passphrase)

    @rule(number=st.integers(0, 9))
    def rekey(self, number: int) -> None:
        old, self.passphrase = self.passphrase, b"passphrase %d" % number
        self.vault.rekey(self.passphrase, FAST)
        if old != self.passphrase:
            with pytest.raises(AuthFailed):
                Vault.open(self.path, old)

    @invariant()
    def same_as_the_model(self) -> None:
        if not hasattr(self, "vault"):
            return
        assert self.vault.cars() == [self.cars[serial] for serial in sorted(self.cars)]
        for serial in self.cars:
            held = [self.keys[place] for place in sorted(self.keys) if place[0] == serial]
            assert self.vault.keys(serial) == held
            assert self.vault.log_head(serial) == self.heads.get(serial)
            assert self.vault.next_handle(serial) == max([-1, *(key.handle for key in held)]) + 1


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
