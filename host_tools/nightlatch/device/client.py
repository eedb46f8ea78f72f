# SPDX-License-Identifier: MIT
"""A device on a link: hello, claim, sessions, reset and recovery, by keys that the caller gives."""

from __future__ import annotations

import secrets
import time
from types import TracebackType
from typing import Any, Self

from ..errors import AuthFailed, NoAnswer, Refused
from ..link.base import Link
from ..link.opening import open_link
from ..phone import keys
from ..phone.recovery import Code, RecoveryHolder
from ..phone.state import Result
from ..wire import messages as m
from ..wire import numbers as n
from ..wire import record
from ..wire.errors import WireError
from .frames import Frames, strange
from .sealer import Sealer
from .session import RESET_S
from .types import Hello

_LOOK_S = 0.3


class DeviceClient:
    """One device. Its methods raise HostErrors that name the port."""

    def __init__(self, link: Link, timeout: float = 3.0) -> None:
        self._frames = Frames(link, timeout)
        self.url = link.url

    @classmethod
    def open(cls, url: str, timeout: float = 3.0) -> Self:
        """Opens the port of a URL; see open_link for what it raises."""
        return cls(open_link(url, timeout), timeout)

    def close(self) -> None:
        """Lets the port go."""
        self._frames.link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def hello(self, timeout: float | None = None) -> Hello:
        """What the device tells anybody. NoAnswer when nothing of ours is there; asked twice: a line may be noisy."""
        question = bytes([n.F_HELLO]) + record.pack(m.HELLO, {"version": n.PROTOCOL})
        share = (self._frames.timeout if timeout is None else timeout) / 2
        try:
            body = self._frames.ask(question, n.F_HELLO, share)
        except NoAnswer:
            body = self._frames.ask(question, n.F_HELLO, share)
        return Hello(**self._read(m.HELLO_ANSWER, body))

    def take(self, agent_id: bytes, claim_key: bytes) -> None:
        """Makes a blank device the caller's: 16 bytes each. AuthFailed when the answer does not verify."""
        question = {"version": n.PROTOCOL, "agent_id": agent_id, "claim_key": claim_key}
        body = self._frames.ask(bytes([n.F_CLAIM]) + record.pack(m.CLAIM, question), n.F_CLAIM)
        proof = keys.cmac(claim_key, b"claimed" + agent_id)[:8]
        if self._read(m.CLAIM_ANSWER, body)["proof"] != proof:
            raise AuthFailed("the answer to the claim does not verify", "claim it again", device=self.url)

    def reset(self, patience: float = 30.0) -> None:
        """A factory reset without a vault, by whoever holds the device's button: it starts again as a blank one.

        Waits up to `patience` seconds for the button; then Refused no_button. Refused not_claimed when it is blank.
        """
        question = bytes([n.F_RESET]) + record.pack(m.RESET, {"version": n.PROTOCOL})
        end = time.monotonic() + patience
        while True:
            try:
                self._frames.ask(question, n.F_RESET, RESET_S)
                return
            except Refused as refused:
                if refused.code != "no_button" or time.monotonic() > end:
                    raise
            time.sleep(_LOOK_S)

    def recover(self, code: Code) -> Result:
        """Opens the car with a recovery code, by cable and without a vault."""
        holder = RecoveryHolder(code)
        result = Result(None)
        for _ in range(2):  # an answer that was lost is given again
            challenge = self._frames.ask(bytes([n.F_CHALLENGE]), n.F_CHALLENGE)
            try:
                result = holder.answer(self._frames.ask(bytes([n.F_TOKEN]) + holder.token(challenge), n.F_TOKEN))
            except NoAnswer:
                continue
            break
        return result

    def open_session(self, link_key: bytes, epoch: int) -> Sealer:
        """Opens a session with the link key of an epoch. Its first answer that verifies proves the car, and the key."""
        nonce = secrets.token_bytes(16)
        question = {"version": n.PROTOCOL, "epoch": epoch, "nonce": nonce}
        body = self._frames.ask(bytes([n.F_OPEN]) + record.pack(m.OPEN, question), n.F_OPEN)
        return Sealer(link_key, nonce + self._read(m.OPEN_ANSWER, body)["nonce"])

    def _read(self, layout: record.Layout, body: bytes) -> dict[str, Any]:
        try:
            return record.unpack(layout, body)
        except WireError as error:
            raise strange(str(error), self.url) from None
