# SPDX-License-Identifier: MIT
"""A session whose car the vault holds: the vault knows of every key before the car is asked to take or to end it."""

import secrets

from ..device.frames import Frames
from ..device.sealer import Sealer
from ..device.session import Session as Asked
from ..device.types import KeyInfo
from ..errors import Refused
from ..vault.records import ACTIVE, PENDING, REVOKED, Car, Key
from ..vault.vault import Vault
from ..wire import numbers as n

# refusals after which the same request may be repeated; a fault may have come when the key was kept already
_LATER = ("needs_approval", "too_often", "device_fault")


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
        status = self.status()
        key = self._waiting(kind, role, rights, label, root, status.next_handle)
        if key is None:
            if self.settle():
                status = self.status()
            made = root or secrets.token_bytes(n.KEY_SIZE)
            key = Key(self.serial, status.next_handle, kind, role, rights, label, made)
            self._vault.add_key(key)
        try:
            self.offer(key.handle, kind, role, rights, key.root, label)
        except Refused as refused:
            if refused.code not in _LATER:
                self._vault.remove_key(self.serial, key.handle)
            raise (self.full(status) if refused.code == "full" and not status.left else refused) from None
        self._vault.set_key_state(self.serial, key.handle, ACTIVE)
        return self._vault.key(self.serial, key.handle)

    def _waiting(self, kind: int, role: int, rights: int, label: str, root: bytes | None, handle: int) -> Key | None:
        """A key like this that the car refused for want of consent: its owner consents to this one and to no other."""
        for key in self._vault.keys(self.serial):
            same = (key.kind, key.role, key.rights, key.label) == (kind, role, rights, label)
            if key.state == PENDING and key.handle == handle and same and root in (None, key.root):
                return key
        return None

    def keys(self) -> list[KeyInfo]:
        """As the device lists them. Of keys that were used the vault forgets the secret: it opens nothing any more.

        A card's stays: it comes from the card master, with which cards are wiped.
        """
        found = super().keys()
        epochs = {info.handle: info.epoch for info in found}
        for key in self._vault.keys(self.serial):
            if key.kind != n.KIND_CARD and epochs.get(key.handle, 0) and not key.spent:
                self._vault.forget_root(self.serial, key.handle)
        return found

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
