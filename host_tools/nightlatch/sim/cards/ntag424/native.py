# SPDX-License-Identifier: MIT
"""Native commands of the virtual NTAG 424 DNA, wrapped in class 90 (NT4H2421Gx 10.2 to 10.8, 10.10)."""

from collections.abc import Callable

from . import settings
from .admin import change_key, set_configuration, version_parts
from .sdm import Mirror, Spent
from .session import (
    ABORTED,
    AUTHENTICATION,
    BOUNDARY,
    DENIED,
    FORMAT,
    FULL,
    ILLEGAL,
    INTEGRITY,
    LENGTH,
    MAC,
    MORE,
    NO_FILE,
    NO_SUCH_KEY,
    NOT_FOUND,
    OK,
    PARAMETER,
    PLAIN,
    SIGNED,
    Authenticator,
    Fault,
    Opening,
    Session,
)
from .state import FREE, KEYS, NEVER, File, State

_ROOM = 256
_FRAME = 119  # data field of an APDU that fits the chip's frame of 128 bytes
_READ, _WRITE, _AGAIN = 0xAD, 0x8D, 0xAF


class Native:
    """What a session is needed for, and what is open between two frames."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._auth = Authenticator(state)
        self._opening: Opening | None = None
        self._version: tuple[int, Session | None] | None = None  # frame that comes next, and whose MAC ends it
        self.mirror = Mirror(state)
        self.in_app = False
        self._commands: dict[int, Callable[[bytes], bytes]] = {
            0x51: self._card_uid,
            0x5C: self._set_configuration,
            0x5F: self._change_settings,
            0x64: self._key_version,
            0x8D: self._write,
            0xAD: self._read,
            0xC4: self._change_key,
            0xF5: self._settings,
            0xF6: self._counters,
        }

    @property
    def session(self) -> Session | None:
        """The authenticated state."""
        return self._auth.session

    @property
    def chaining(self) -> bool:
        """Whether another frame is awaited."""
        return self._opening is not None or self._version is not None

    def abort(self) -> None:
        """A command failed: nothing is open and nobody is authenticated any more."""
        self._opening = self._version = None
        self._auth.session = None
        self.mirror.forget()

    def enter(self, app: bool) -> None:
        """The application, or the card itself, was selected."""
        self.abort()
        self.in_app = app

    def command(self, apdu: bytes) -> bytes:
        """The whole response to an APDU of class 90. Fault: its status, and abort() is due."""
        ins, data = apdu[1], _field(apdu)
        if apdu[2] or apdu[3]:
            raise Fault(PARAMETER)
        if ins != _READ:
            self.mirror.forget()
        if self.chaining:
            if ins != _AGAIN:
                raise Fault(ABORTED)
            return self._frame(data)
        if ins in (0x71, 0x77):
            begin = self._auth.first if ins == 0x71 else self._auth.again
            self._opening, response = begin(data, self.in_app)
            return response + bytes([0x91, MORE])
        if ins == 0x60:
            return self._first_version(data)
        if ins == 0x3C:
            return self._signature(data) + bytes([0x91, SIGNED])
        run = self._commands.get(ins)
        if run is None:
            raise Fault(ILLEGAL)
        return run(data) + bytes([0x91, OK])

    def _frame(self, data: bytes) -> bytes:
        opening, self._opening = self._opening, None
        if opening is not None:
            return self._auth.finish(opening, data) + bytes([0x91, OK])
        assert self._version is not None
        number, session = self._version
        self._version = None
        if data:
            raise Fault(LENGTH)
        part = version_parts(self._state)[number]
        if number == 1:
            self._version = (2, session)
            return part + bytes([0x91, MORE])
        if session is not None:
            whole = b"".join(version_parts(self._state))
            part += session.seal(MAC, whole)[-8:]
        return part + bytes([0x91, OK])

    def _first_version(self, data: bytes) -> bytes:
        if self._plain(0x60, MAC, data, 0):
            raise Fault(LENGTH)
        self._version = (1, self.session)
        return version_parts(self._state)[0] + bytes([0x91, MORE])

    # --- secure messaging

    def _plain(self, ins: int, mode: int, data: bytes, head: int) -> bytes:
        return data if self.session is None else self.session.open(ins, mode, data, head)

    def _sealed(self, mode: int, data: bytes) -> bytes:
        return data if self.session is None else self.session.seal(mode, data)

    # --- keys and card

    def _card_uid(self, data: bytes) -> bytes:
        if self.session is None:
            raise Fault(AUTHENTICATION)
        if self._plain(0x51, FULL, data, 0):
            raise Fault(LENGTH)
        return self._sealed(FULL, self._state.uid)

    def _signature(self, data: bytes) -> bytes:
        """Read_Sig. A card that shows random UIDs gives it to nobody who is not authenticated."""
        session, signature = self.session, self._state.signature
        if session is None and self._state.random_id:
            raise Fault(NOT_FOUND)
        try:
            plain = self._plain(0x3C, FULL, data, 1)
        except Fault:
            raise Fault(NOT_FOUND) from None
        if plain != b"\x00":
            raise Fault(FORMAT)
        if not signature:
            raise Fault(DENIED)
        return signature if session is None else session.seal(FULL, signature, SIGNED)

    def _key_version(self, data: bytes) -> bytes:
        data = self._plain(0x64, MAC, data, 1)
        if len(data) != 1:
            raise Fault(LENGTH)
        if data[0] >= KEYS:
            raise Fault(NO_SUCH_KEY)
        if not self.in_app:
            return self._sealed(MAC, b"\x00")
        return self._sealed(MAC, bytes([self._state.versions[data[0]]]))

    def _change_key(self, data: bytes) -> bytes:
        session = self._by_master()
        if not data:
            raise Fault(LENGTH)
        plain = session.open(0xC4, FULL, data, 1)
        change_key(self._state, plain[0], plain[1:])
        if plain[0] == session.key_no:
            self._auth.session = None  # the key of this session is gone: the response has no MAC
            return b""
        return session.seal(FULL, b"")

    def _set_configuration(self, data: bytes) -> bytes:
        session = self._by_master()
        if not data:
            raise Fault(LENGTH)
        plain = session.open(0x5C, FULL, data, 1)
        set_configuration(self._state, plain[0], plain[1:])
        return session.seal(FULL, b"")

    def _by_master(self) -> Session:
        if self.session is None or self.session.key_no != 0:
            raise Fault(AUTHENTICATION)
        return self.session

    # --- files

    def _file(self, number: int) -> File:
        if not self.in_app:
            raise Fault(DENIED)
        file = self._state.files.get(number & 0x1F)
        if file is None or number & 0xE0:
            raise Fault(NO_FILE)
        return file

    def _granted(self, file: File, *names: str) -> int:
        """The communication mode of an access that one of these rights grants. Fault."""
        rights = [file.right(name) for name in names]
        if all(right == NEVER for right in rights):
            raise Fault(DENIED)
        if self.session is not None and self.session.key_no in rights:
            return file.mode
        if FREE in rights:
            return PLAIN
        raise Fault(AUTHENTICATION)

    def _settings(self, data: bytes) -> bytes:
        data = self._plain(0xF5, MAC, data, 1)
        if len(data) != 1:
            raise Fault(LENGTH)
        return self._sealed(MAC, settings.coded(self._file(data[0])))

    def _change_settings(self, data: bytes) -> bytes:
        if not data:
            raise Fault(LENGTH)
        file = self._file(data[0])
        self._granted(file, "change")
        plain = self._plain(0x5F, FULL, data, 1)
        settings.change(plain[0], file, plain[1:])
        return self._sealed(FULL, b"")

    def _counters(self, data: bytes) -> bytes:
        data = self._plain(0xF6, FULL, data, 1)
        if len(data) != 1:
            raise Fault(LENGTH)
        file = self._file(data[0])
        if file.sdm is None or file.sdm.counter_right == NEVER:
            raise Fault(DENIED)
        right = file.sdm.counter_right
        if right != FREE and (self.session is None or self.session.key_no != right):
            raise Fault(AUTHENTICATION)
        return self._sealed(FULL, file.counter.to_bytes(3, "little") + bytes(2))

    def _read(self, data: bytes) -> bytes:
        if len(data) < 7:
            raise Fault(LENGTH)
        number = data[0]
        file = self._file(number)
        by_sdm = self.session is None and file.sdm is not None and file.sdm.file_read < KEYS
        mode = PLAIN if by_sdm else self._granted(file, "read", "both")
        plain = self._plain(_READ, mode, data, 7)
        if len(plain) != 7:
            raise Fault(LENGTH)
        offset, size = (int.from_bytes(plain[at : at + 3], "little") for at in (1, 4))
        size = size or file.size - offset
        if offset >= file.size or offset + size > file.size:
            raise Fault(BOUNDARY)
        if self.session is not None:
            if mode == FULL:
                self._fits((size // 16 + 1) * 16 + 8)
            return self._sealed(mode, file.data[offset : offset + size])
        try:
            return self.mirror.read(_READ, number, file)[offset : offset + size]
        except Spent as spent:
            raise Fault(INTEGRITY if spent.overflow else DENIED) from None

    def _fits(self, size: int) -> None:
        if size > _ROOM:
            raise Fault(LENGTH)

    def _write(self, data: bytes) -> bytes:
        if len(data) < 7:
            raise Fault(LENGTH)
        file = self._file(data[0])
        mode = self._granted(file, "write", "both")
        if mode != PLAIN and not self._state.chained_writes and len(data) > _FRAME:
            raise Fault(DENIED)
        plain = self._plain(_WRITE, mode, data, 7)
        offset, size = (int.from_bytes(plain[at : at + 3], "little") for at in (1, 4))
        body = plain[7:]
        if size == 0:
            raise Fault(PARAMETER)
        if offset + size > file.size:
            raise Fault(BOUNDARY)
        if len(body) != size:
            raise Fault(LENGTH)
        file.data = file.data[:offset] + body + file.data[offset + size :]
        return self._sealed(mode, b"")


def _field(apdu: bytes) -> bytes:
    """The data field; a wrapped command ends with an Le of 00 (table 16)."""
    body = apdu[4:]
    if not body or body[-1] != 0:
        raise Fault(LENGTH)
    if len(body) == 1:
        return b""
    if body[0] == 0 or len(body) != body[0] + 2:
        raise Fault(LENGTH)
    return body[1:-1]
