# SPDX-License-Identifier: MIT
"""A ROM loader behind a pseudo-terminal: SLIP frames (RFC 1055) in and out, until it is closed or its power goes."""

import os
import pty
import select
import threading
import tty
from types import TracebackType
from typing import Self

from .esp_rom import EspRom, LineLost

_END, _ESC = b"\xc0", b"\xdb"


def frame(payload: bytes) -> bytes:
    """One SLIP frame."""
    return _END + payload.replace(_ESC, b"\xdb\xdd").replace(_END, b"\xdb\xdc") + _END


class Frames:
    """Puts bytes together to payloads."""

    def __init__(self) -> None:
        self._rest = b""

    def push(self, data: bytes) -> list[bytes]:
        """The payloads that these bytes complete; empty ones between two frames are passed over."""
        *whole, self._rest = (self._rest + data).split(_END)
        return [one.replace(b"\xdb\xdc", _END).replace(b"\xdb\xdd", _ESC) for one in whole if one]


class EspPort:
    """Serves a chip on a port of its own while in a with statement; `url` is how to reach it."""

    def __init__(self, rom: EspRom) -> None:
        self.rom = rom
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self.url = f"pty:{self.path}"
        self._stop, self._stopper = os.pipe()
        self._thread = threading.Thread(target=self._serve, name="ESP32 ROM", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._stopper)
        self._thread.join()
        os.close(self._stop)

    def _serve(self) -> None:
        frames = Frames()
        try:
            while self._stop not in select.select([self._master, self._stop], [], [])[0]:
                for packet in frames.push(os.read(self._master, 65536)):
                    for payload in self.rom.answer(packet):
                        _write(self._master, frame(payload))
        except LineLost:
            pass
        finally:
            os.close(self._slave)
            os.close(self._master)


def _write(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
