# SPDX-License-Identifier: MIT
"""AuthenticateEV2First and full secure messaging with an NTAG 424 DNA (NXP NT4H2421Gx 9.1), the reader's side.

Pure: makes command APDUs and takes response APDUs. AuthError for whatever does not verify, or a status of refusal.
"""

from ..crypto import cbc, ct
from ..crypto.cmac import Cmac
from ..errors import AuthError

_NO_IV = bytes(16)
DELAY = b"\x91\xad"  # after too many failures, here or elsewhere: the card may be asked again at once


class Session:
    """One authentication with key `number` (16 bytes), then one command at a time."""

    def __init__(self, number: int, key: bytes, ours: bytes) -> None:
        """ours: 16 fresh random bytes."""
        self._number = number
        self._key = key
        self._ours = ours
        self._theirs = b""
        self._ti = b""
        self._counter = 0
        self._enc = b""
        self._mac: "Cmac | None" = None

    def begin(self) -> bytes:
        """The first APDU."""
        return bytes((0x90, 0x71, 0, 0, 2, self._number, 0, 0))

    def prove(self, response: bytes) -> bytes:
        """Takes the card's challenge; the second APDU."""
        theirs = self._theirs = bytes(cbc.decrypt(self._key, _NO_IV, _data(response, b"\x91\xaf", 16)))
        sealed = cbc.encrypt(self._key, _NO_IV, self._ours + theirs[1:] + theirs[:1])
        return b"\x90\xaf\x00\x00\x20" + bytes(sealed) + b"\x00"

    def verify(self, response: bytes) -> None:
        """Takes the card's proof that it has the key; the session is open when this returns."""
        plain = cbc.decrypt(self._key, _NO_IV, _data(response, b"\x91\x00", 32))
        ours = self._ours
        theirs = self._theirs
        if not ct.equal(plain[4:20], ours[1:] + ours[:1]):
            raise AuthError("the card does not have the key")
        self._ti = bytes(plain[:4])
        mixed = bytes(ours[2 + i] ^ theirs[i] for i in range(6))
        rest = b"\x00\x01\x00\x80" + ours[:2] + mixed + theirs[6:] + ours[8:]
        mac = Cmac(self._key)
        self._enc = mac.mac(b"\xa5\x5a" + rest)
        self._mac = Cmac(mac.mac(b"\x5a\xa5" + rest))

    def command(self, ins: int, head: bytes, data: bytes = b"") -> bytes:
        """The APDU of a command in CommMode.Full."""
        if data:
            data = bytes(cbc.encrypt(self._enc, self._iv(b"\xa5\x5a"), cbc.pad(data)))
        body = head + data
        body += self._tag(ins, body)
        self._counter += 1
        return bytes((0x90, ins, 0, 0, len(body))) + body + b"\x00"

    def answer(self, response: bytes, size: int) -> bytes:
        """The data in a response to it, `size` bytes; AuthError unless it is exactly what the card sent."""
        sealed = _data(response, b"\x91\x00", (size // 16 * 16 + 16 if size else 0) + 8)
        body = sealed[:-8]
        if not ct.equal(sealed[-8:], self._tag(0, body)):
            raise AuthError("MAC of a card")
        if size:
            body = cbc.unpad(cbc.decrypt(self._enc, self._iv(b"\x5a\xa5"), body))
            if len(body) != size:
                raise AuthError("size of a card's answer")
        return body

    def _tag(self, first: int, body: bytes) -> bytes:
        if self._mac is None:
            raise AuthError("no session with the card")
        whole = self._mac.mac(bytes((first,)) + self._counter.to_bytes(2, "little") + self._ti + body)
        return bytes(whole[i] for i in range(1, 16, 2))

    def _iv(self, label: bytes) -> bytearray:
        return cbc.encrypt(self._enc, _NO_IV, label + self._ti + self._counter.to_bytes(2, "little") + bytes(8))


def _data(response: bytes, status: bytes, size: int) -> bytes:
    if len(response) != size + 2 or response[size:] != status:
        raise AuthError("refused by the card")
    return response[:size]
