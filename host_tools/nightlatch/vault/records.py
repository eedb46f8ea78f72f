# SPDX-License-Identifier: MIT
"""What the vault keeps: cars, their keys, and how far each log was verified. A repr shows no secret."""

import time
from dataclasses import dataclass, field

from ..errors import UsageError
from ..wire.numbers import AGENT_ID_SIZE, HANDLE_LAST, KEY_SIZE, LABEL_MAX, RIGHTS_KNOWN, SERIAL_MAX

PENDING = "pending"  # written before the device was asked; what the device made of it may be unknown
ACTIVE = "active"
REVOKED = "revoked"
CAR_STATES = (PENDING, ACTIVE)
KEY_STATES = (PENDING, ACTIVE, REVOKED)
TEXT_MAX = 200  # bytes of UTF-8, for notes and board names


@dataclass(frozen=True)
class Car:
    """One agent and the secrets shared with it. Keys and ids are 16 bytes; `link_epoch` counts sessions."""

    serial: str
    agent_id: bytes = field(repr=False)
    veil: bytes = field(repr=False)
    log_key: bytes = field(repr=False)
    link_key: bytes = field(repr=False)
    link_epoch: int = 0
    board: str = ""
    note: str = ""
    state: str = ACTIVE
    card_master: bytes = field(default=b"", repr=False)  # empty until the first card is issued

    def __post_init__(self) -> None:
        check_serial(self.serial)
        _size("agent id", self.agent_id, AGENT_ID_SIZE)
        for name in ("veil", "log_key", "link_key"):
            _size(name.replace("_", " "), getattr(self, name), KEY_SIZE)
        if self.card_master:
            _size("card master key", self.card_master, KEY_SIZE)
        _range("link epoch", self.link_epoch, 0xFFFFFFFF)
        _text("board", self.board, TEXT_MAX)
        _text("note", self.note, TEXT_MAX)
        _one_of("state", self.state, CAR_STATES)


@dataclass(frozen=True)
class Key:
    """One credential of one car. kind, role, rights are wire numbers; `created` is Unix time in seconds.

    root: 16 bytes, zeros once it was used: from then on it opens nothing, and is kept by nobody.
    """

    serial: str
    handle: int
    kind: int
    role: int
    rights: int
    label: str
    root: bytes = field(repr=False)
    state: str = PENDING
    created: int = field(default_factory=lambda: int(time.time()))

    def __post_init__(self) -> None:
        check_serial(self.serial)
        _range("handle", self.handle, HANDLE_LAST)
        _range("kind", self.kind, 255)
        _range("role", self.role, 255)
        _range("rights", self.rights, RIGHTS_KNOWN)
        _text("label", self.label, LABEL_MAX)
        _size("root key", self.root, KEY_SIZE)
        _one_of("state", self.state, KEY_STATES)
        _range("creation time", self.created, (1 << 63) - 1)

    @property
    def spent(self) -> bool:
        """Whether its secret is gone."""
        return not any(self.root)


@dataclass(frozen=True)
class LogHead:
    """The last verified entry of a car's log: its sequence number, and the chain (1 to 16 bytes) after it."""

    serial: str
    seq: int
    chain: bytes

    def __post_init__(self) -> None:
        check_serial(self.serial)
        _range("sequence", self.seq, 0xFFFFFFFF)
        if not isinstance(self.chain, bytes) or not 1 <= len(self.chain) <= 16:
            raise UsageError("chain must be 1 to 16 bytes")


def check_serial(serial: str) -> None:
    """A device serial is 1 to SERIAL_MAX printable ASCII characters; anything else is a UsageError."""
    if not isinstance(serial, str) or not 1 <= len(serial) <= SERIAL_MAX:
        raise UsageError(f"a serial has 1 to {SERIAL_MAX} characters")
    if not (serial.isascii() and serial.isprintable()):
        raise UsageError("a serial is printable ASCII")


def _size(name: str, value: bytes, size: int) -> None:
    if not isinstance(value, bytes) or len(value) != size:
        raise UsageError(f"{name} must be {size} bytes")


def _range(name: str, value: int, top: int) -> None:
    if type(value) is not int or not 0 <= value <= top:
        raise UsageError(f"{name} must be from 0 to {top}")


def _text(name: str, value: str, size: int) -> None:
    try:
        fits = len(value.encode()) <= size
    except (AttributeError, UnicodeEncodeError):
        fits = False
    if not fits:
        raise UsageError(f"{name} must be text of at most {size} bytes in UTF-8")


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UsageError(f"{name} must be one of {', '.join(allowed)}")
