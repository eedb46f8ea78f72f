# SPDX-License-Identifier: MIT
"""The URL of a port: `serial:/dev/ttyACM0[?baud=N]`, `pty:PATH`, `tcp:HOST:PORT`, `sim:[NAME]`."""

from dataclasses import dataclass

from ..errors import UsageError

SCHEMES = ("serial", "pty", "tcp", "sim")
DEFAULT_BAUD = 115200
DEFAULT_CAR = "car"
_HINT = "a port is serial:PATH[?baud=N], pty:PATH, tcp:HOST:PORT or sim:[NAME]"


@dataclass(frozen=True)
class LinkUrl:
    """A parsed port URL. `path` is a device path, a host or the name of a simulated car."""

    scheme: str
    path: str
    port: int = 0  # tcp only
    baud: int = DEFAULT_BAUD  # serial only; USB-CDC ports ignore it

    @classmethod
    def parse(cls, text: str) -> "LinkUrl":
        """Parse, or raise UsageError with the forms that are understood."""
        scheme, colon, rest = text.partition(":")
        if not colon or scheme not in SCHEMES:
            raise UsageError(f"{text!r} is not the URL of a port", _HINT)
        if scheme == "tcp":
            host, _, port = rest.rpartition(":")
            host = host.removeprefix("[").removesuffix("]")
            return cls(scheme, _present(host, text), port=_number(port, text, 65535))
        if scheme == "sim":
            return cls(scheme, car_name(rest or DEFAULT_CAR))
        if scheme == "serial":
            path, question, query = rest.partition("?")
            if not question:
                return cls(scheme, _present(path, text))
            if not query.startswith("baud="):
                raise UsageError(f"{text!r}: only ?baud=N may follow the path", _HINT)
            return cls(scheme, _present(path, text), baud=_number(query[5:], text, 12_000_000))
        return cls(scheme, _present(rest, text))

    def __str__(self) -> str:
        if self.scheme == "tcp":
            host = f"[{self.path}]" if ":" in self.path else self.path
            return f"tcp:{host}:{self.port}"
        if self.scheme == "serial" and self.baud != DEFAULT_BAUD:
            return f"serial:{self.path}?baud={self.baud}"
        return f"{self.scheme}:{self.path}"


def car_name(name: str) -> str:
    """A simulated car's name is one path component of [A-Za-z0-9_-]; anything else is a UsageError."""
    if not name or len(name) > 40 or not all(c.isascii() and (c.isalnum() or c in "-_") for c in name):
        raise UsageError(
            f"{name!r} is not a name for a simulated car", "use letters, digits, - and _, at most 40"
        )
    return name


def _present(path: str, text: str) -> str:
    if not path or "\0" in path:
        raise UsageError(f"{text!r} names no port", _HINT)
    return path


def _number(digits: str, text: str, top: int) -> int:
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 8 and 1 <= int(digits) <= top):
        raise UsageError(f"{text!r}: the number must be from 1 to {top}", _HINT)
    return int(digits)
