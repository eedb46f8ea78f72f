# SPDX-License-Identifier: MIT
"""A session whose car the vault holds: the vault knows of every key before the car is asked to take or to end it."""

import secrets

from ..device.frames import Frames
from ..device.sealer import Sealer
from ..device.session import Session as Asked
from ..errors import Refused
from ..vault.records import ACTIVE, PENDING, REVOKED, Car, Key
from ..vault.vault import Vault
from ..wire import numbers as n


class Session(Asked):
    """An open session with one car of a vault."""

    def __init__(self, frames: Frames, sealer: Sealer, vault: Vault, car: Car) -> None:
        super().__init__(frames, sealer, car.serial)
        self._vault = vault
        self.car = car

    def enrol(self, kind: int, role: int, rights: int, label: str, root: bytes | None = None) -> Key:
        """Makes a new key and has the car take it. Kept as pending before the car is asked, active after it said yes.

        kind, role and rights are wire numbers; label at most LABEL_MAX bytes of UTF-8. root: 16 bytes, drawn if absent.
        """
        self.settle()
        status = self.status()
        handle = status.next_handle
        key = Key(self.serial, handle, kind, role, rights, label, root or secrets.token_bytes(n.KEY_SIZE))
        self._vault.add_key(key)
        try:
            self.offer(handle, kind, role, rights, key.root, label)
        except Refused as refused:
            raise (self.full(status) if refused.code == "full" and not status.left else refused) from None
        self._vault.set_key_state(self.serial, handle, ACTIVE)
        return self._vault.key(self.serial, handle)

    def settle(self) -> list[Key]:
        """Finds out what the car made of enrolments whose answer was lost; returns those that turned out to be active.

        What the car never took, or took from somebody else, is forgotten: its key was never shown to anybody.
        """
        pending = [key for key in self._vault.keys(self.serial) if key.state == PENDING]
        held = {info.handle: info.state for info in self.keys()} if pending else {}
        settled = []
        for key in pending:
            state = held.get(key.handle)
            if state == n.CRED_REVOKED:
                self._vault.set_key_state(self.serial, key.handle, REVOKED)
            elif state is not None and self._took(key):
                self._vault.set_key_state(self.serial, key.handle, ACTIVE)
                settled.append(self._vault.key(self.serial, key.handle))
            else:
                self._vault.remove_key(self.serial, key.handle)
        return settled

    def _took(self, key: Key) -> bool:
        """Whether the key that the car holds at that handle is this one: asked again, it says yes to no other."""
        try:
            self.offer(key.handle, key.kind, key.role, key.rights, key.root, key.label)
        except Refused as refused:
            if refused.code != "handle_taken":
                raise
            return False
        return True

    def revoke(self, handle: int) -> None:
        """Ends a credential for ever, in the car and in the vault. Refused for the last owner key."""
        super().revoke(handle)
        if self._holds(handle):
            self._vault.set_key_state(self.serial, handle, REVOKED)

    def rename(self, handle: int, label: str) -> None:
        """Gives a key another label of at most LABEL_MAX bytes, in the car and in the vault."""
        super().rename(handle, label)
        if self._holds(handle):
            self._vault.set_key_label(self.serial, handle, label)

    def _holds(self, handle: int) -> bool:
        return any(key.handle == handle for key in self._vault.keys(self.serial))
