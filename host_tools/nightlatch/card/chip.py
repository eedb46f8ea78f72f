# SPDX-License-Identifier: MIT
"""The commands of an NTAG 424 DNA (NXP NT4H2421Gx 10) over any reader, with EV2 secure messaging."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest

from . import crypto
from .errors import CardError, CardForged, CardRefused

PLAIN, MAC, FULL = 0, 1, 3
DF_NAME = bytes.fromhex("D2760000850101")
_DELAY = 0x91AD
_DELAYS_MOST = 400

Transceive = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Version:
    """What GetVersion tells; `uid` is all zero on a card that shows random ones."""

    hardware: bytes
    software: bytes
    uid: bytes
    production: bytes

    @property
    def is_ntag424(self) -> bool:
        """An NTAG 424 DNA: type 4, storage of 256 to 512 bytes, whatever its versions."""
        return len(self.hardware) == 7 and self.hardware[:2] == b"\x04\x04" and self.hardware[3:6] == b"\x30\x00\x11"


class Chip:
    """One card at a reader. CardRefused, CardForged, and what the reader raises; a failed command ends the session."""

    def __init__(self, transceive: Transceive) -> None:
        self._transceive = transceive
        self._enc = self._mac = self._ti = b""
        self._counter = 0
        self.key_no: int | None = None

    def select(self) -> None:
        """Selects the application; a session ends with it."""
        self._end()
        apdu = b"\x00\xa4\x04\x00" + bytes([len(DF_NAME)]) + DF_NAME + b"\x00"
        status = self._iso(apdu)[1]
        if status == 0x6985:  # something before us was left unfinished, and is given up now
            status = self._iso(apdu)[1]
        if status != 0x9000:
            raise CardRefused(status, "its application")

    def read_plain(self, short_id: int, offset: int, size: int) -> bytes:
        """ISO READ BINARY by short file identifier, of a file that anybody may read."""
        data, status = self._iso(bytes([0x00, 0xB0, 0x80 | short_id, offset, size]))
        if status != 0x9000:
            raise CardRefused(status, "reading")
        return data

    def version(self) -> Version:
        """GetVersion, outside a session."""
        hardware = self._frame(0x60, b"", 0x91AF, "its version")
        software = self._frame(0xAF, b"", 0x91AF, "its version")
        rest = self._frame(0xAF, b"", 0x9100, "its version")
        if len(rest) < 14:
            raise CardError("the card's version is cut off", "take another card")
        return Version(hardware, software, rest[:7], rest[7:])

    def authenticate(self, key_no: int, key: bytes, again: bool = False) -> None:
        """AuthenticateEV2First, or NonFirst in a session. CardRefused with 91AE when the card has another key."""
        what = f"key {key_no}"
        begin = bytes([key_no]) if again else bytes([key_no, 0])
        for _ in range(_DELAYS_MOST):
            try:
                sealed = self._frame(0x77 if again else 0x71, begin, 0x91AF, what)
                break
            except CardRefused as refused:
                self._end()
                if refused.status != _DELAY:
                    raise
        else:
            raise CardRefused(_DELAY, what)
        if len(sealed) != 16:
            self._forged()
        theirs = crypto.cbc_decrypt(key, crypto.NO_IV, sealed)
        ours = os.urandom(16)
        question = crypto.cbc_encrypt(key, crypto.NO_IV, ours + theirs[1:] + theirs[:1])
        before = self._ti, self._counter
        self._end()
        answer = self._frame(0xAF, question, 0x9100, what)
        if len(answer) != (16 if again else 32):
            self._forged()
        plain = crypto.cbc_decrypt(key, crypto.NO_IV, answer)
        echo = plain if again else plain[4:20]
        if not compare_digest(echo, ours[1:] + ours[:1]):
            self._forged()
        self._enc, self._mac = crypto.session_keys(key, ours, theirs)
        self._ti, self._counter = before if again else (plain[:4], 0)
        self.key_no = key_no

    def command(self, ins: int, head: bytes, data: bytes = b"", mode: int = FULL, keeps: bool = True) -> bytes:
        """A native command; in a session protected as `mode` says. keeps: the session goes on after it."""
        if self.key_no is None:
            return self._frame(ins, head + data, 0x9100, f"command {ins:02X}")
        if mode == FULL and data:
            data = crypto.cbc_encrypt(self._enc, self._iv(b"\xa5\x5a"), crypto.padded(data))
        body = head + data
        if mode != PLAIN:
            body += self._tag(ins, body)
        self._counter += 1
        try:
            answer = self._frame(ins, body, 0x9100, f"command {ins:02X}")
        except CardError:
            self._end()
            raise
        if not keeps:
            self._end()
            return answer
        if mode == PLAIN:
            return answer
        answer, tag = answer[:-8], answer[-8:]
        if not compare_digest(tag, self._tag(0x00, answer)):
            self._forged()
        if mode == FULL and answer:
            try:
                answer = crypto.unpadded(crypto.cbc_decrypt(self._enc, self._iv(b"\x5a\xa5"), answer))
            except ValueError:
                self._forged()
        return answer

    # --- by name

    def uid(self) -> bytes:
        """GetCardUID, in a session."""
        return self.command(0x51, b"")

    def key_version(self, key_no: int) -> int:
        """GetKeyVersion."""
        return self.command(0x64, bytes([key_no]), mode=MAC)[0]

    def change_key(self, key_no: int, new: bytes, version: int, old: bytes = bytes(16)) -> None:
        """ChangeKey, in a session of key 0. Changing key 0 ends it; for others the card must hold `old`."""
        if key_no == 0:
            self.command(0xC4, b"\x00", new + bytes([version]), keeps=False)
            return
        mixed = bytes(a ^ b for a, b in zip(new, old, strict=True))
        self.command(0xC4, bytes([key_no]), mixed + bytes([version]) + crypto.jam_crc(new))

    def file_settings(self, number: int) -> bytes:
        """GetFileSettings: type, option, access rights (2), size (3), and SDM's."""
        return self.command(0xF5, bytes([number]), mode=MAC)

    def change_settings(self, number: int, settings: bytes) -> None:
        """ChangeFileSettings: option, access rights (2), and SDM's."""
        self.command(0x5F, bytes([number]), settings)

    def read(self, number: int, offset: int, size: int, mode: int = FULL) -> bytes:
        """ReadData."""
        return self.command(0xAD, _place(number, offset, size), mode=mode)

    def write(self, number: int, offset: int, data: bytes, mode: int = FULL) -> None:
        """WriteData."""
        self.command(0x8D, _place(number, offset, len(data)), data, mode)

    # --- below

    def _frame(self, ins: int, data: bytes, good: int, what: str) -> bytes:
        field = bytes([len(data)]) + data if data else b""
        answer, status = self._iso(b"\x90" + bytes([ins, 0, 0]) + field + b"\x00")
        if status != good:
            raise CardRefused(status, what)
        return answer

    def _iso(self, apdu: bytes) -> tuple[bytes, int]:
        response = self._transceive(apdu)
        if len(response) < 2:
            raise CardError("the card's answer has no status word", "take another card")
        return response[:-2], int.from_bytes(response[-2:], "big")

    def _tag(self, first: int, body: bytes) -> bytes:
        return crypto.short_mac(self._mac, bytes([first]) + self._counter.to_bytes(2, "little") + self._ti + body)

    def _iv(self, label: bytes) -> bytes:
        block = label + self._ti + self._counter.to_bytes(2, "little") + bytes(8)
        return crypto.cbc_encrypt(self._enc, crypto.NO_IV, block)

    def _end(self) -> None:
        self._enc = self._mac = self._ti = b""
        self._counter, self.key_no = 0, None

    def _forged(self) -> None:
        self._end()
        raise CardForged("the card's answer does not verify")


def _place(number: int, offset: int, size: int) -> bytes:
    return bytes([number]) + offset.to_bytes(3, "little") + size.to_bytes(3, "little")
