# SPDX-License-Identifier: MIT
"""A credential as the store keeps it: a fixed record from its enrolment, and a rolling one for where its chain stands.

Fixed, type 1:   kind (1) · role (1) · rights (2) · hand-out key H (16) · identity key S (16) · generation of its
                 passes (4) · introductions (2) · flags (1) · length of label (1) · lent pass secret M (16 or 0)
                 · label · handle (2)
Rolling, type 2: epoch n (4) · attempt (2) · chain key K(n) (16) · token key T(n-1) (16) · standing and flag (1)
                 · handle (2)

The epoch is how many tokens were accepted: the one that the car expects next.
"""

import struct

from wire import numbers as n

from ...errors import StoreError

_FIXED = ">BBH16s16sIHBB"
FIXED_SIZE = 44
_ROLL = ">IH16s16sBH"  # the standing, which is never 0, in the end: see _ALWAYS
ROLL_SIZE = 41
_UNTRIED = 0x80  # with the standing: no attempt counts as a repeated one
NO_KEY = b"\xff" * n.KEY_SIZE  # where there is none the flash stays as it was erased
RENEW = 1  # the next accepted token makes another identity key
TRIED = 2  # a copy of the hand-out asked why it does not open
WITHHELD = 4  # passes of the epoch that it is at were ended, too
_LENT = 8  # a pass secret is kept
_ALWAYS = 0x80  # so that no end of a record is zeros alone: what is programmed again does not look killed


class Cred:
    """One credential. Keys are 16 bytes; `attempt` is None where no attempt would be a repeated one.

    `handout` never changes, `identity` is H until it is renewed; `lent`: what passes hang on, b"" for nothing;
    `before`: the key that tells tokens of the epoch before.
    """

    def __init__(self, fixed: bytes, roll: bytes) -> None:
        self.handout: bytes
        self.identity: bytes
        self.chain: bytes
        self.before: bytes
        self.kind, self.role, self.rights, *keys = struct.unpack_from(_FIXED, fixed)
        self.handout, self.identity, self.generation, self.introduced, flags, size = keys
        at = FIXED_SIZE + n.KEY_SIZE if flags & _LENT else FIXED_SIZE
        self.lent = bytes(fixed[FIXED_SIZE:at])
        self.renew = bool(flags & RENEW)
        self.tried = bool(flags & TRIED)
        self.withheld = bool(flags & WITHHELD)
        self._label = bytes(fixed[at : at + size])
        self.epoch, attempt, self.chain, self.before, standing, self.handle = struct.unpack(_ROLL, roll)
        self.attempt: "int | None" = None if standing & _UNTRIED else attempt
        self.state = standing & ~_UNTRIED

    @property
    def label(self) -> str:
        """What the technician called it."""
        return self._label.decode()

    @label.setter
    def label(self, label: str) -> None:
        self._label = label.encode()

    def fixed(self) -> bytes:
        """The body of its fixed record. StoreError for what does not fit."""
        label = self._label
        if len(label) > n.LABEL_MAX or len(self.handout) != n.KEY_SIZE or len(self.identity) != n.KEY_SIZE:
            raise StoreError("a label or key of the wrong size")
        if len(self.lent) not in (0, n.KEY_SIZE):
            raise StoreError("a pass secret of the wrong size")
        flags = _ALWAYS | _LENT * bool(self.lent) | RENEW * self.renew | TRIED * self.tried | WITHHELD * self.withheld
        names = self.kind, self.role, self.rights
        numbers = self.generation, self.introduced, flags, len(label)
        packed = struct.pack(_FIXED, *names, self.handout, self.identity, *numbers)
        return packed + self.lent + label + self.handle.to_bytes(2, "big")

    def roll(self) -> bytes:
        """The body of its rolling record. StoreError for what does not fit."""
        if len(self.chain) != n.KEY_SIZE or len(self.before) != n.KEY_SIZE or not 0 <= self.epoch <= 0xFFFFFFFF:
            raise StoreError("an epoch or key out of range")
        attempt = self.attempt
        standing = self.state | (_UNTRIED if attempt is None else 0)
        return struct.pack(_ROLL, self.epoch, attempt or 0, self.chain, self.before, standing, self.handle)


def new(handle: int, kind: int, role: int, rights: int, label: str, handout: bytes, chain: bytes) -> Cred:
    """A credential that was never used. StoreError for what does not fit."""
    blank = struct.pack(_FIXED, kind, role, rights, handout, handout, 0, 0, _ALWAYS | RENEW, 0)
    cred = Cred(blank, struct.pack(_ROLL, 0, 0, chain, NO_KEY, n.CRED_ACTIVE | _UNTRIED, handle))
    cred.label = label
    return cred


def revoked(handle: int) -> bytes:
    """The body of a rolling record that revokes whatever this handle was."""
    return struct.pack(_ROLL, 0, 0, NO_KEY, NO_KEY, n.CRED_REVOKED | _UNTRIED, handle)


def state(roll: bytes) -> int:
    """The standing that the body of a rolling record tells."""
    return roll[ROLL_SIZE - 3] & ~_UNTRIED
