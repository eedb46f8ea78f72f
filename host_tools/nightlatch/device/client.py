# SPDX-License-Identifier: MIT
"""A device on a link: hello, claim, and sessions. The vault knows of every change before the device is asked for it."""

from __future__ import annotations

import secrets
import time
from types import TracebackType
from typing import Any, Self

from ..errors import AuthFailed, NoAnswer, Refused
from ..link.base import Link
from ..phone import keys
from ..phone.holder import Result
from ..phone.recovery import Code, RecoveryHolder
from ..vault.records import ACTIVE, PENDING, Car
from ..vault.vault import Vault
from ..wire import messages as m
from ..wire import numbers as n
from ..wire import record
from ..wire.errors import WireError
from .frames import Frames, refusal, strange
from .requests import RESET_S, Session
from .session import Sealer
from .types import Hello

_LOOK_S = 0.3


class Client:
    """One device. Its methods raise HostErrors that name the port."""

    def __init__(self, link: Link, timeout: float = 3.0) -> None:
        self._frames = Frames(link, timeout)
        self.url = link.url

    @classmethod
    def open(cls, url: str, timeout: float = 3.0) -> Self:
        """Opens the port of a URL; see Link.open for what it raises."""
        return cls(Link.open(url, timeout), timeout)

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

    def claim(self, vault: Vault) -> Car:
        """Makes a blank device ours. The vault holds the car as pending first, so no cut of the cable loses a device.

        A device that took a claim of this vault whose answer was lost is recognised and completed.
        """
        hello = self.hello()
        if hello.state == n.AGENT_CLAIMED:
            return self._complete(vault, hello)
        if hello.state != n.AGENT_BLANK:
            raise Refused("its store is damaged", "see `nightlatch device info`", code="faulty", device=self.url)
        agent_id, claim_key = secrets.token_bytes(n.AGENT_ID_SIZE), secrets.token_bytes(n.KEY_SIZE)
        veil, log_key, link_key = keys.car_keys(agent_id, claim_key)
        car = Car(hello.serial, agent_id, veil, log_key, link_key, 0, hello.board, state=PENDING)
        vault.add_car(car, replace_existing=True)  # it is blank: what the vault held was of a life that is over
        question = {"version": n.PROTOCOL, "agent_id": agent_id, "claim_key": claim_key}
        body = self._frames.ask(bytes([n.F_CLAIM]) + record.pack(m.CLAIM, question), n.F_CLAIM)
        proof = keys.cmac(claim_key, b"claimed" + agent_id)[:8]
        if self._read(m.CLAIM_ANSWER, body)["proof"] != proof:
            raise AuthFailed("the answer to the claim does not verify", "claim it again", device=self.url)
        return self._complete(vault, hello)

    def _complete(self, vault: Vault, hello: Hello) -> Car:
        car = next((car for car in vault.cars() if car.serial == hello.serial), None)
        if car is None or car.state == ACTIVE and hello.state == n.AGENT_CLAIMED:
            raise Refused("it is claimed already", "only its vault can open it", code="not_blank", device=self.url)
        with self._session(vault, hello.serial) as session:
            session.status()
        vault.set_car_state(hello.serial, ACTIVE)
        return vault.car(hello.serial)

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

    def session(self, vault: Vault) -> Session:
        """An authenticated session with the device on this port. Use it in a with statement."""
        hello = self.hello()
        if hello.state != n.AGENT_CLAIMED:
            code = n.C_NOT_CLAIMED if hello.state == n.AGENT_BLANK else n.C_FAULT
            raise refusal(code, self.url)
        return self._session(vault, hello.serial)

    def _session(self, vault: Vault, serial: str) -> Session:
        car = vault.car(serial)
        nonce = secrets.token_bytes(16)
        question = {"version": n.PROTOCOL, "epoch": car.link_epoch, "nonce": nonce}
        body = self._frames.ask(bytes([n.F_OPEN]) + record.pack(m.OPEN, question), n.F_OPEN)
        theirs = self._read(m.OPEN_ANSWER, body)["nonce"]
        session = Session(self._frames, Sealer(car.link_key, nonce + theirs), vault, car)
        session.status()  # the first record proves us to the car, its answer the car to us
        vault.update_link(serial, keys.next_key(car.link_key), car.link_epoch + 1)
        return session

    def _read(self, layout: record.Layout, body: bytes) -> dict[str, Any]:
        try:
            return record.unpack(layout, body)
        except WireError as error:
            raise strange(str(error), self.url) from None
