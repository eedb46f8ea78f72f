# SPDX-License-Identifier: MIT
"""The host's files as a file system, read only, through ARM semihosting: for scripts that run on the emulated board."""

import io
import struct

import mps2
import uctypes
from micropython import const

_OPEN = const(0x01)
_CLOSE = const(0x02)
_READ = const(0x06)
_SEEK = const(0x0A)
_LENGTH = const(0x0C)
_RB = const(1)
_ENOENT = const(2)
_EINVAL = const(22)
_DIR = const(0x4000)
_FILE = const(0x8000)
_STREAM_CLOSE = const(4)


def _host(operation: int, *words: int) -> int:
    return mps2.host(operation, struct.pack("<%dI" % len(words), *words))


class File(io.IOBase):
    """One open file, bytes or text. OSError when there is none."""

    def __init__(self, path: str, text: bool = False) -> None:
        name = path.encode() + b"\0"
        self._text = text
        self._file = _host(_OPEN, uctypes.addressof(name), _RB, len(name) - 1)
        if self._file < 0:
            raise OSError(_ENOENT)
        self.size = _host(_LENGTH, self._file)

    def readinto(self, buf: bytearray) -> int:
        """Reads on; 0 at the end."""
        return len(buf) - _host(_READ, self._file, uctypes.addressof(buf), len(buf))

    def read(self, count: int = -1) -> "bytes | str":
        """So many bytes, or all that is left."""
        buf = bytearray(self.size if count < 0 else count)
        data = bytes(memoryview(buf)[: self.readinto(buf)]) if buf else b""
        return data.decode() if self._text else data

    def ioctl(self, request: int, argument: int) -> int:
        """Closes; nothing else is asked for."""
        if request != _STREAM_CLOSE:
            return -_EINVAL
        if self._file >= 0:
            _host(_CLOSE, self._file)
            self._file = -1
        return 0

    def close(self) -> None:
        """Gives the file back to the host."""
        self.ioctl(_STREAM_CLOSE, 0)

    def __enter__(self) -> "File":
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()


class HostFs:
    """To be mounted at "/". Paths are the host's."""

    def mount(self, readonly: bool, make: bool) -> None:
        """Nothing to do."""

    def umount(self) -> None:
        """Nothing to do."""

    def chdir(self, path: str) -> None:
        """Absolute paths only."""
        raise OSError(_EINVAL)

    def open(self, path: str, mode: str) -> File:
        """Opens for reading."""
        if any(letter in mode for letter in "wa+"):
            raise OSError(_EINVAL)
        return File(self._absolute(path), "b" not in mode)

    def stat(self, path: str) -> "tuple[int, ...]":
        """Kind and size."""
        with File(self._absolute(path)) as file:
            folder = file.size > 0 and not file.readinto(bytearray(1))  # a folder opens, but can't be read
            return (_DIR if folder else _FILE, 0, 0, 0, 0, 0, file.size, 0, 0, 0)

    def _absolute(self, path: str) -> str:
        return path if path.startswith("/") else "/" + path
