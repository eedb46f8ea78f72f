# SPDX-License-Identifier: MIT
"""SUN messages of the virtual NTAG 424 DNA: what is mirrored into file 2 when nobody is authenticated (9.3)."""

import os

from . import crypto as c
from .state import KEYS, File, State

_UID, _COUNTER = 0x80, 0x40
_NOWHERE = 0xFFFFFF
_COUNTER_LAST = 0xFFFFFF


class Spent(Exception):
    """The read counter is at its limit (`overflow`: at its end)."""

    def __init__(self, overflow: bool) -> None:
        super().__init__("the read counter is used up")
        self.overflow = overflow


class Mirror:
    """Counts first reads, and keeps the random padding until another command comes."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._last: tuple[int, int] | None = None
        self._padding = b""

    def forget(self) -> None:
        """Another command, or no power: the next read is a first one."""
        self._last = None

    def read(self, ins: int, number: int, file: File) -> bytes:
        """The file as it goes out. Spent."""
        sdm = file.sdm
        if sdm is None:
            return file.data
        if self._last != (ins, number):
            if sdm.limit is not None and file.counter >= sdm.limit:
                raise Spent(False)
            if file.counter >= _COUNTER_LAST:
                raise Spent(True)
            file.counter += 1
            self._last, self._padding = (ins, number), os.urandom(16)
        out = bytearray(file.data)

        def put(at: int, data: bytes) -> None:
            text = data.hex().upper().encode()
            out[at : at + len(text)] = text

        counter = file.counter.to_bytes(3, "little")
        uid_part = self._state.uid if sdm.options & _UID else b""
        counter_part = counter if sdm.options & _COUNTER else b""
        if sdm.uid_at is not None:
            put(sdm.uid_at, self._state.uid)
        if sdm.counter_at not in (None, _NOWHERE):
            put(sdm.counter_at, counter[::-1])
        if sdm.picc_at is not None:
            tag = sdm.options & (_UID | _COUNTER) | (7 if uid_part else 0)
            plain = (bytes([tag]) + uid_part + counter_part + self._padding)[:16]
            put(sdm.picc_at, c.encrypt(self._state.keys[sdm.meta], c.ZERO, plain))
        if sdm.file_read < KEYS and sdm.mac_at is not None and sdm.mac_input is not None:
            enc, mac = c.sdm_keys(self._state.keys[sdm.file_read], uid_part, counter_part)
            if sdm.enc_at is not None and sdm.enc_size is not None:
                iv = c.encrypt(enc, c.ZERO, counter + bytes(13))
                plain = file.data[sdm.enc_at : sdm.enc_at + sdm.enc_size // 2]
                put(sdm.enc_at, c.encrypt(enc, iv, plain))
            put(sdm.mac_at, c.mac_t(mac, bytes(out[sdm.mac_input : sdm.mac_at])))
        return bytes(out)
