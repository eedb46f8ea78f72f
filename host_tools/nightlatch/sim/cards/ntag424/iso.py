# SPDX-License-Identifier: MIT
"""ISO/IEC 7816-4 commands of the virtual NTAG 424 DNA: select, read and update binary (NT4H2421Gx 10.9)."""

from .native import Native
from .sdm import Spent
from .state import FREE, KEYS, File, State

_MF_NAME = bytes.fromhex("D2760000850100")
_DF_NAME = bytes.fromhex("D2760000850101")
_MF, _DF = 0x3F00, 0xE110
_SELECT, _READ, _UPDATE = 0xA4, 0xB0, 0xD6


class IsoFault(Exception):
    """A command is refused with a status word."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04X}")
        self.status = status


class Iso:
    """Selection and plain access."""

    def __init__(self, state: State, native: Native) -> None:
        self._state = state
        self._native = native
        self._file: int | None = None

    def command(self, apdu: bytes) -> bytes:
        """The response data of an APDU of class 00. IsoFault."""
        data, le = _parsed(apdu)
        ins, p1, p2 = apdu[1], apdu[2], apdu[3]
        if ins not in (_SELECT, _READ, _UPDATE):
            raise IsoFault(0x6D00)
        if self._native.chaining:
            self._native.abort()
            raise IsoFault(0x6985)
        if ins != _READ:
            self._native.mirror.forget()
        if ins == _SELECT:
            return self._select(p1, p2, data)
        number, offset = self._target(p1, p2)
        if ins == _READ:
            if data or le is None:
                raise IsoFault(0x6700)
            return self._read(number, offset, le)
        if not data:
            raise IsoFault(0x6700)
        return self._update(number, offset, data)

    def _select(self, p1: int, p2: int, data: bytes) -> bytes:
        if p1 > 4 or p2 not in (0x00, 0x0C):
            raise IsoFault(0x6A86)
        if p1 == 4:
            if not 1 <= len(data) <= 16:
                raise IsoFault(0x6A87)
            if data not in (_MF_NAME, _DF_NAME):
                raise IsoFault(0x6A82)
            return self._enter(data == _DF_NAME)
        if p1 == 3 or (p1 == 0 and not data):
            if data:
                raise IsoFault(0x6A87)
            return self._enter(False)
        if len(data) != 2:
            raise IsoFault(0x6A87)
        fid = int.from_bytes(data, "big")
        if fid == _MF and p1 == 0:
            return self._enter(False)
        if fid == _DF and p1 in (0, 1):
            return self._enter(True)
        if p1 == 1 or not self._native.in_app:
            raise IsoFault(0x6A82)
        self._file = self._number(fid)
        return b""

    def _enter(self, app: bool) -> bytes:
        self._native.enter(app)
        self._file = None
        return b""

    def _number(self, fid: int) -> int:
        for number, file in self._state.files.items():
            if file.fid == fid:
                return number
        raise IsoFault(0x6A82)

    def _target(self, p1: int, p2: int) -> tuple[int, int]:
        """File number and offset, by short file identifier or in the selected file."""
        offset = p1 << 8 | p2
        if p1 & 0x80:
            short, offset = p1 & 0x1F, p2
            if p1 & 0x60 or short == 0x1F:
                raise IsoFault(0x6A86)
            if short:
                if not self._native.in_app:
                    raise IsoFault(0x6A82)
                self._file = self._number(0xE100 | short)
        if self._file is None:
            raise IsoFault(0x6985)
        return self._file, offset

    def _read(self, number: int, offset: int, le: int) -> bytes:
        file = self._state.files[number]
        if self._native.session is not None:
            raise self._refused()
        by_sdm = file.sdm is not None and file.sdm.file_read < KEYS
        if not by_sdm and FREE not in (file.right("read"), file.right("both")):
            raise self._refused()
        if offset >= file.size:
            raise IsoFault(0x6A86)
        try:
            data = self._native.mirror.read(_READ, number, file)
        except Spent:
            raise IsoFault(0x6982) from None
        return data[offset : offset + (le or 256)]

    def _update(self, number: int, offset: int, data: bytes) -> bytes:
        file = self._state.files[number]
        if self._native.session is not None or FREE not in (file.right("write"), file.right("both")):
            raise self._refused()
        if offset >= file.size:
            raise IsoFault(0x6A86)
        if offset + len(data) > file.size:
            raise IsoFault(0x6700)
        put(file, offset, data)
        return b""

    def _refused(self) -> IsoFault:
        self._native.abort()
        return IsoFault(0x6982)


def put(file: File, offset: int, data: bytes) -> None:
    """Programs bytes that fit."""
    file.data = file.data[:offset] + data + file.data[offset + len(data) :]


def _parsed(apdu: bytes) -> tuple[bytes, int | None]:
    """(data field, Le or None) of a short APDU."""
    body = apdu[4:]
    if not body:
        return b"", None
    if len(body) == 1:
        return b"", body[0]
    size = body[0]
    if size == 0 or len(body) not in (1 + size, 2 + size):
        raise IsoFault(0x6700)
    return body[1 : 1 + size], body[1 + size] if len(body) == 2 + size else None

