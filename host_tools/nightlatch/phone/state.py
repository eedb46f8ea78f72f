# SPDX-License-Identifier: MIT
"""What a phone keeps of one key, and what the car's answers mean."""

from dataclasses import dataclass, field

from ..wire import numbers as n
from . import keys
from .bundle import KeyBundle


@dataclass(frozen=True)
class State:
    """What a phone keeps of one key. Keys and challenges are 16 bytes; `attempt` is None until the epoch is first used.

    `handout` never changes; `identity` is the same until the car renews it. `asked`: the challenges answered at this
    epoch by tokens that step, each with its action; one of them may have been accepted. `accepted`: the last ones that
    were. `seen`: the last ones that were answered. `lent`: the secret that passes hang on, with its epoch.
    """

    agent_id: bytes = field(repr=False)
    veil: bytes = field(repr=False)
    handout: bytes = field(repr=False)
    identity: bytes = field(repr=False)
    chain: bytes = field(repr=False)
    handle: int
    label: str = ""
    epoch: int = 0
    attempt: int | None = None
    asked: tuple[tuple[bytes, int], ...] = field(default=(), repr=False)
    accepted: tuple[bytes, ...] = field(default=(), repr=False)
    seen: tuple[bytes, ...] = field(default=(), repr=False)
    lent: tuple[bytes, int] | None = field(default=None, repr=False)
    lent_until: int = 0  # Unix seconds, when the last pass that hangs on it is over
    introduced: int = 0  # how many of its passes were shown to the car, modulo 256, as it last said

    @classmethod
    def of(cls, bundle: KeyBundle) -> "State":
        """A key as it was handed over, never used."""
        handout, chain = keys.first_keys(bundle.root, bundle.agent_id, bundle.handle)
        return cls(bundle.agent_id, bundle.veil, handout, handout, chain, bundle.handle, bundle.label)

    @property
    def code(self) -> str:
        """Where this phone stands, as it is read out to whoever clears a suspect key: epoch and mark."""
        return f"{self.epoch}-{keys.mark(self.chain).hex()}"


@dataclass(frozen=True)
class Result:
    """What the car's 16 bytes mean. `verdict` is a wire number, None when they are not for this key.

    `doors` is a wire number; `suspect`: a second copy of this key was seen at work; `tried`: one of the hand-out was;
    `retry`: an earlier token of this act was accepted, its answer was lost; `again`: the holder has something to say
    with its next token, before this act is over; `report`: that is the question why; `void`: the car keeps nothing
    that passes could hang on, and they are void; `shown`: so many passes were shown to the car since; `reply`: what a
    request was answered with.
    """

    verdict: int | None
    doors: int = n.DOORS_UNKNOWN
    suspect: bool = False
    tried: bool = False
    retry: bool = False
    again: bool = False
    report: bool = False
    void: bool = False
    shown: int = 0
    reply: bytes = field(default=b"", repr=False)

    @property
    def ok(self) -> bool:
        """The car did what was asked."""
        return self.verdict == n.OK
