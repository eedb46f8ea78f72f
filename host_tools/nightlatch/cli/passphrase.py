# SPDX-License-Identifier: MIT
"""Gets the vault's passphrase from a file, stdin, a file descriptor or the terminal; never argv, never environment."""

import os
import sys
import unicodedata
from argparse import Namespace

from ..errors import UsageError

_SOURCES = "use a terminal, --passphrase-file FILE (- for stdin) or --passphrase-fd N"
_LIMIT = 4096


def read(options: Namespace, new: bool = False) -> bytes:
    """The passphrase, without its line end, in Unicode normal form C. A new one is asked for twice."""
    if options.passphrase_file is not None and options.passphrase_fd is not None:
        raise UsageError("--passphrase-file and --passphrase-fd exclude each other", _SOURCES)
    if options.passphrase_fd is not None:
        return _tidy(_read_fd(options.passphrase_fd))
    if options.passphrase_file == "-":
        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError(
                "stdin is a terminal, where a passphrase would show", "leave --passphrase-file out"
            )
        return _tidy(sys.stdin.buffer.read(_LIMIT + 1))
    if options.passphrase_file is not None:
        return _tidy(_read_file(options.passphrase_file))
    return _ask(new)


def _ask(new: bool) -> bytes:
    if not _terminal():
        raise UsageError("a passphrase is needed and there is no terminal to ask at", _SOURCES)
    import getpass

    try:
        typed = [getpass.getpass("Passphrase of the new vault: " if new else "Passphrase of the vault: ")]
        if new:
            typed.append(getpass.getpass("The same again: "))
    except EOFError:
        raise UsageError("no passphrase was given", _SOURCES) from None
    first, again = (_tidy(one.encode("utf-8", "surrogateescape")) for one in (typed[0], typed[-1]))
    if first != again:
        raise UsageError("the two passphrases differ", "try again")
    return first


def _terminal() -> bool:
    if os.name != "posix":
        return sys.stdin is not None and sys.stdin.isatty()
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _read_fd(number: int) -> bytes:
    try:
        with os.fdopen(number, "rb", closefd=False) as file:
            return file.read(_LIMIT + 1)
    except (OSError, ValueError, OverflowError):
        raise UsageError(f"file descriptor {number} cannot be read", _SOURCES) from None


def _read_file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_LIMIT + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise UsageError(f"the passphrase file cannot be read: {reason}", _SOURCES) from None


def _tidy(data: bytes) -> bytes:
    data = data.removesuffix(b"\n").removesuffix(b"\r")
    if not data or len(data) > _LIMIT:
        raise UsageError("the passphrase is empty" if not data else "the passphrase is too long", _SOURCES)
    try:
        return unicodedata.normalize("NFC", data.decode()).encode()
    except UnicodeDecodeError:
        return data
