# SPDX-License-Identifier: MIT
"""File settings of the virtual NTAG 424 DNA: their coding, and which of them the chip refuses (NT4H2421Gx 10.7)."""

from itertools import pairwise

from .session import DENIED, LENGTH, PARAMETER, Fault
from .state import FREE, KEYS, NEVER, File, Sdm

_SDM = 0x40
_UID, _COUNTER, _LIMIT, _ENC, _ASCII = 0x80, 0x40, 0x20, 0x10, 0x01
_NOWHERE = 0xFFFFFF
_UID_SIZE, _COUNTER_SIZE, _PICC_SIZE, _MAC_SIZE = 14, 6, 32, 16


def coded(file: File) -> bytes:
    """The answer of GetFileSettings (table 73)."""
    option = file.mode | (_SDM if file.sdm else 0)
    out = bytes([0, option]) + file.rights.to_bytes(2, "little") + file.size.to_bytes(3, "little")
    if file.sdm:
        out += bytes([file.sdm.options]) + file.sdm.rights.to_bytes(2, "little")
        out += b"".join(at.to_bytes(3, "little") for at in file.sdm.offsets() if at is not None)
    return out


def change(number: int, file: File, data: bytes) -> None:
    """Does what ChangeFileSettings asks for (table 69), whole or not at all. Fault."""
    if len(data) < 3:
        raise Fault(LENGTH)
    option, rights = data[0], int.from_bytes(data[1:3], "little")
    if option & 0xBC:
        raise Fault(PARAMETER)
    for shift in (0, 4, 8, 12):
        _need(_condition(rights >> shift & 15))
    sdm = None
    if option & _SDM:
        if number != 2:
            raise Fault(DENIED)
        sdm = _sdm(data[3:])
        _check(sdm, file)
    elif len(data) != 3:
        raise Fault(LENGTH)
    if sdm and not file.sdm:
        file.counter = 0
    file.mode = option & 3 if option & 1 else 0
    file.rights, file.sdm = rights, sdm


def _need(condition: bool) -> None:
    if not condition:
        raise Fault(PARAMETER)


def _condition(value: int) -> bool:
    return value < KEYS or value in (FREE, NEVER)


class _Reader:
    """Takes offsets of three bytes from the rest of a command."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def next(self, present: bool = True) -> int | None:
        if not present:
            return None
        if len(self._rest) < 3:
            raise Fault(LENGTH)
        value = int.from_bytes(self._rest[:3], "little")
        self._rest = self._rest[3:]
        return value

    def end(self) -> None:
        if self._rest:
            raise Fault(LENGTH)


def _sdm(data: bytes) -> Sdm:
    if len(data) < 3:
        raise Fault(LENGTH)
    sdm = Sdm(data[0], int.from_bytes(data[1:3], "little"))
    read = _Reader(data[3:])
    plain, reads = sdm.meta == FREE, sdm.file_read != NEVER
    encrypts = reads and bool(sdm.options & _ENC)
    sdm.uid_at = read.next(plain and bool(sdm.options & _UID))
    sdm.counter_at = read.next(plain and bool(sdm.options & _COUNTER))
    sdm.picc_at = read.next(sdm.meta < KEYS)
    sdm.mac_input = read.next(reads)
    sdm.enc_at = read.next(encrypts)
    sdm.enc_size = read.next(encrypts)
    sdm.mac_at = read.next(reads)
    sdm.limit = read.next(bool(sdm.options & _LIMIT))
    read.end()
    return sdm


def _check(sdm: Sdm, file: File) -> None:
    """Every condition of table 71."""
    uid, counter = bool(sdm.options & _UID), bool(sdm.options & _COUNTER)
    _need(sdm.options & 0x0E == 0 and bool(sdm.options & _ASCII))
    _need(_condition(sdm.meta) and (sdm.file_read < KEYS or sdm.file_read == NEVER))
    _need(sdm.rights >> 4 & 15 == NEVER and _condition(sdm.counter_right))
    _need(sdm.meta == NEVER or uid or counter)
    _need(sdm.meta != NEVER or not uid)
    _need(sdm.counter_right == NEVER or counter)
    _need(not sdm.options & _ENC or (sdm.file_read != NEVER and uid and counter))
    if sdm.limit is not None:
        now = file.counter if file.sdm else 0
        _need(counter and sdm.limit > now)
    spans = []
    for at, size in (
        (sdm.uid_at, _UID_SIZE),
        (None if sdm.counter_at == _NOWHERE else sdm.counter_at, _COUNTER_SIZE),
        (sdm.picc_at, _PICC_SIZE),
        (sdm.enc_at, sdm.enc_size or 0),
        (sdm.mac_at, _MAC_SIZE),
    ):
        if at is not None:
            _need(at + size <= file.size)
            spans.append((at, at + size))
    spans.sort()
    _need(all(one[1] <= other[0] for one, other in pairwise(spans)))
    if sdm.mac_at is not None:
        assert sdm.mac_input is not None
        _need(sdm.mac_input <= sdm.mac_at)
        if sdm.enc_at is not None:
            assert sdm.enc_size is not None
            _need(sdm.enc_size >= 32 and sdm.enc_size % 32 == 0)
            _need(sdm.mac_input <= sdm.enc_at and sdm.enc_at + sdm.enc_size <= sdm.mac_at)
