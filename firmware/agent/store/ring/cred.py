# SPDX-License-Identifier: MIT
"""A credential as the store keeps it: a fixed record from its enrolment, and a rolling one for where its chain stands.

Fixed, type 1:   kind (1) · role (1) · rights (2) · identity key (16) · length of label (1) · label · filling
                 · handle (2)
Rolling, type 2: epoch (4) · attempt (2) · state (1) · accepted (1) · chain key (16) · handle (2)
"""

import struct

from wire import numbers as n

from ...errors import StoreError

_FIXED = ">BBH16sB"
FIXED_SIZE = 21
_ROLL = ">IHBB16sH"
ROLL_SIZE = 26


def pack_fixed(handle: int, kind: int, role: int, rights: int, label: str, identity: bytes) -> bytes:
    """The body of a fixed record. StoreError for what does not fit."""
    text = label.encode()
    if len(text) > n.LABEL_MAX or len(identity) != n.KEY_SIZE:
        raise StoreError("a label or key of the wrong size")
    body = struct.pack(_FIXED, kind, role, rights, identity, len(text)) + text
    if len(body) + 2 == ROLL_SIZE:
        body += b"\x00"  # of a killed record only its length tells which of the two it was
    return body + handle.to_bytes(2, "big")


def pack_roll(handle: int, epoch: int, attempt: int, state: int, accepted: int, chain: bytes) -> bytes:
    """The body of a rolling record. StoreError for what does not fit."""
    if len(chain) != n.KEY_SIZE or not 0 <= epoch <= 0xFFFFFFFF:
        raise StoreError("an epoch or key out of range")
    return struct.pack(_ROLL, epoch, attempt, state, accepted, chain, handle)


def state(roll: bytes) -> int:
    """The standing that the body of a rolling record tells."""
    return roll[6]


class Cred:
    """One credential as it stands in flash, from the bodies of its two records."""

    def __init__(self, fixed: bytes, roll: bytes) -> None:
        self.identity: bytes
        self.chain: bytes
        self.kind, self.role, self.rights, self.identity, size = struct.unpack_from(_FIXED, fixed)
        self.epoch, self.attempt, self.state, self.accepted, self.chain, self.handle = struct.unpack(_ROLL, roll)
        self._label = fixed[FIXED_SIZE : FIXED_SIZE + size]

    @property
    def label(self) -> str:
        """What the technician called it."""
        return bytes(self._label).decode()
