# SPDX-License-Identifier: MIT
"""What the radio tells whoever watches: one small value for each thing that happened on the air."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Connected:
    """A central reached the car. link: the car's connection handle; peer: the central's address."""

    link: int
    peer: str


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A link ended."""

    link: int
    peer: str


@dataclass(frozen=True, slots=True)
class Advert:
    """The car advertises with other bytes. address "" and no data: it fell silent."""

    address: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Challenge:
    """The car pushed a challenge, or answered a read with one."""

    link: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Token:
    """A central wrote a token: whatever it wrote, of any length."""

    link: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """The car answered. lost: the answer never reached the central (a fault that was asked for)."""

    link: int
    data: bytes
    lost: bool


@dataclass(frozen=True, slots=True)
class AgentUp:
    """An agent's Bluetooth stack is on the air."""


@dataclass(frozen=True, slots=True)
class AgentDown:
    """The agent's end is gone, and every link with it."""


Event = Connected | Disconnected | Advert | Challenge | Token | Answer | AgentUp | AgentDown
Listener = Callable[[Event], None]
