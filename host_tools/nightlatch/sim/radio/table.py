# SPDX-License-Identifier: MIT
"""The GATT table that an agent registers, as its frames describe it."""

from __future__ import annotations

from dataclasses import dataclass, field

from bumble.core import UUID

from .frames import FrameError, ToAir, unpack


@dataclass(slots=True)
class Attribute:
    """A characteristic or a descriptor. handle: the agent's own number for its value; flags: Core 3.G.3.3.1.1."""

    handle: int
    flags: int
    uuid: UUID
    descriptors: list[Attribute] = field(default_factory=list)


@dataclass(slots=True)
class Service:
    """A primary service."""

    uuid: UUID
    characteristics: list[Attribute] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """All services, and the name in the stack's own GAP service."""

    services: list[Service] = field(default_factory=list)
    name: str = ""

    def add(self, kind: ToAir, fields: bytes) -> bool:
        """Takes one frame; True when the table is whole. Raises FrameError on what does not fit."""
        if kind == ToAir.TABLE:
            self.services.clear()
        elif kind == ToAir.SERVICE:
            self.services.append(Service(_uuid(fields)))
        elif kind == ToAir.CHARACTERISTIC and self.services:
            self.services[-1].characteristics.append(_attribute(fields))
        elif kind == ToAir.DESCRIPTOR and self.services and self.services[-1].characteristics:
            self.services[-1].characteristics[-1].descriptors.append(_attribute(fields))
        elif kind == ToAir.READY:
            self.name = fields.decode("utf-8", "replace")
        else:
            raise FrameError(f"{kind.name} out of place")
        return kind == ToAir.READY


def _attribute(fields: bytes) -> Attribute:
    handle, flags = unpack("HH", fields)
    return Attribute(handle, flags, _uuid(fields[4:]))


def _uuid(data: bytes) -> UUID:
    if len(data) not in (2, 4, 16):
        raise FrameError(f"a UUID of {len(data)} bytes")
    return UUID.from_bytes(data)
