# SPDX-License-Identifier: MIT
"""An open session: what a technician may ask of one car, one method per request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Self

from ..errors import HostError, LinkLost, Mismatch, NoAnswer, Refused
from ..wire import bodies, record
from ..wire import messages as m
from ..wire import numbers as n
from ..wire.errors import WireError
from .frames import Frames, refusal, strange
from .losses import Losses
from .sealer import Sealer
from .types import CarTime, KeyInfo, LogEntry, Status

_CONSENT_S = 1.0  # between two looks whether an owner consented
RESET_S = 60.0  # the slowest flash takes 26 s to erase 64 sectors


class Session:
    """An open session with one car. `over`: something failed in mid-air, and the car takes no more requests in it.

    `waits`: called when a request wants an owner's consent; with it the session waits for that, half a minute at most.
    """

    def __init__(self, frames: Frames, sealer: Sealer, serial: str) -> None:
        self._frames = frames
        self._sealer = sealer
        self.serial = serial
        self.over = False
        self.waits: Callable[[Refused], None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            try:
                self._ask(n.R_CLOSE, (), {})
            except HostError:
                pass  # the work is done; an agent that restarts, or a pulled cable, closes the session as well

    def status(self) -> Status:
        """How the device is."""
        return Status(**self._read(m.STATUS_ANSWER, self._ask(n.R_STATUS, (), {})))

    def losses(self) -> Losses:
        """What the car's flash lost: keys that are damaged (and can be revoked), values, log entries."""
        rows: list[tuple[int, int, int]] = []
        while True:
            body = self._ask(n.R_LOSSES, m.LOSSES, {"first": len(rows)})
            head, at = self._take(m.LOSSES_ANSWER, body, 0)
            before = len(rows)
            while at < len(body):
                values, at = self._take(m.LOSS, body, at)
                rows.append((values["what"], values["first"], values["last"]))
            if head["next"] != len(rows) or (before == len(rows) < head["total"]):
                raise self._strange("the list of losses does not go on")
            if len(rows) >= head["total"]:
                return Losses.of(rows)

    def offer(self, handle: int, kind: int, role: int, rights: int, root: bytes, label: str) -> None:
        """Has the car take a key, all of it wire numbers but root (16 bytes) and label (at most LABEL_MAX of UTF-8).

        Asked again it says yes to the same key, and Refused handle_taken to any other at that handle.
        """
        names = ("handle", "kind", "role", "rights", "root", "label")
        values = dict(zip(names, (handle, kind, role, rights, root, label), strict=True))
        self._ask(n.R_ENROL, m.ENROL, values)

    def need_room(self, count: int) -> None:
        """Refused full, with the numbers, unless so many more keys fit."""
        status = self.status()
        if status.left < count:
            raise self.full(status)

    def full(self, status: Status) -> Refused:
        """Why no key, or not as many, can be enrolled; the car's own code says no more than that it is full."""
        fit = f"{status.capacity:,} keys, cards, passes and recovery codes that fit in it"
        text = f"only {status.left} of the {fit} are left" if status.left else f"it has given all {fit}"
        hint = "revoked ones count: only `nightlatch device reset` makes room, and every key is enrolled anew then"
        return Refused(text, hint, code="full", device=self._frames.link.url, data={"keys": status.keys()})

    def keys(self) -> list[KeyInfo]:
        """All credentials of the car, revoked ones too, by handle."""
        found: list[KeyInfo] = []
        first = 0
        while first != n.HANDLE_NONE:
            body = self._ask(n.R_LIST, m.LIST, {"first": first})
            head, at = self._take(m.LIST_ANSWER, body, 0)
            while at < len(body):
                values, at = self._take(m.KEY_INFO, body, at)
                found.append(KeyInfo(**values))
            if head["next"] <= first:
                raise self._strange("the list does not go on")
            first = head["next"]
        return found

    def revoke(self, handle: int) -> None:
        """Ends a credential for ever. Refused for the last owner key."""
        self._ask(n.R_REVOKE, m.HANDLE, {"handle": handle})

    def rename(self, handle: int, label: str) -> None:
        """Gives a key another label of at most LABEL_MAX bytes."""
        self._ask(n.R_RENAME, m.RENAME, {"handle": handle, "label": label})

    def clear(self, handle: int, epoch: int, mark: bytes) -> None:
        """Gives a suspect key its rights back, for the phone that stands there. mark: 2 bytes, zeros for a card.

        On a car that was handed over this needs an owner's consent, or its button held where no owner can give it.
        """
        self._ask(n.R_CLEAR, bodies.CLEAR, {"handle": handle, "epoch": epoch, "mark": mark})

    def log(self, first: int = 0) -> Iterator[LogEntry]:
        """The entries that the car still keeps, from a sequence on, oldest first."""
        size = m.LOG_ENTRY_SIZE + m.LOG_CHAIN_SIZE
        while True:
            body = self._ask(n.R_LOG, m.LOG, {"first": first})
            head, at = self._take(m.LOG_ANSWER, body, 0)
            if (len(body) - at) % size:
                raise self._strange("a log entry is cut off")
            while at < len(body):
                raw, chain = body[at : at + m.LOG_ENTRY_SIZE], body[at + m.LOG_ENTRY_SIZE : at + size]
                yield LogEntry(**self._read(m.LOG_ENTRY, raw), raw=raw, chain=chain)
                at += size
            if head["next"] <= first:
                return
            first = head["next"]

    def config_get(self, name: str) -> int:
        """The value of a setting."""
        value: int = self._read(m.CONFIG_ANSWER, self._ask(n.R_CONFIG_GET, m.CONFIG_GET, {"name": name}))["value"]
        return value

    def config_set(self, name: str, value: int) -> None:
        """Keeps a setting."""
        self._ask(n.R_CONFIG_SET, m.CONFIG_SET, {"name": name, "value": value})

    def card(self, number: int, apdu: bytes = b"") -> tuple[int, bytes, bytes]:
        """One request of card.reader.CarReader: (state, UID, response) of the card at the car's reader."""
        answer = self._read(m.CARD_ANSWER, self._ask(n.R_CARD, m.CARD, {"number": number, "apdu": apdu}))
        return answer["state"], answer["uid"], answer["response"]

    def time(self) -> CarTime:
        """What time the car takes it to be."""
        return self._time(m.TIME_SHOW, 0)

    def set_time(self, seconds: int, far: bool = False) -> CarTime:
        """Raises the car's time to these Unix seconds; `far` allows a step of more than TIME_JUMP_S.

        Refused with code time_back when it would fall, and time_too_far.
        """
        return self._time(m.TIME_JUMP if far else m.TIME_SET, seconds)

    def _time(self, what: int, seconds: int) -> CarTime:
        values = self._read(m.TIME_ANSWER, self._ask(n.R_TIME, m.TIME, {"what": what, "seconds": seconds}))
        return CarTime(values["now"], values["floor"], bool(values["trusted"]), values["uptime"])

    def reboot(self) -> None:
        """Restarts the agent, which ends the session."""
        self._ask(n.R_REBOOT, (), {})

    def reset(self) -> None:
        """A factory reset: every key, the log and this session are over, and the agent starts again as a blank one.

        Refused needs_approval on a car that was handed over, unless its owner has just consented.
        """
        self._frames.timeout = RESET_S
        self._ask(n.R_RESET, (), {})

    def _ask(self, number: int, layout: record.Layout, values: dict[str, Any]) -> bytes:
        """The body of the answer to one request. Where it wants an owner's consent it is repeated until that is there.

        Consent is to this very request: nothing in it may change meanwhile.
        """
        end = 0.0
        while True:
            try:
                return next(self.stream(number, layout, [values], 1))
            except Refused as refused:
                if refused.code != "needs_approval" or self.waits is None or 0.0 < end < time.monotonic():
                    raise
                if not end:
                    end = time.monotonic() + n.APPROVAL_MS / 1000
                    self.waits(refused)
            time.sleep(_CONSENT_S)

    def stream(
        self, number: int, layout: record.Layout, many: Iterable[dict[str, Any]], window: int
    ) -> Iterator[bytes]:
        """Bodies of the answers to many requests of one kind, of which up to `window` are on their way at a time.

        A refusal is raised once those on their way are answered too: the session goes on behind it.
        """
        url = self._frames.link.url
        waiting = iter(many)
        first = asked = self._sealer.counter
        refused: HostError | None = None
        while True:
            while refused is None and asked - first < window and (values := next(waiting, None)) is not None:
                try:
                    plain = bytes([number]) + record.pack(layout, values)
                except WireError as error:
                    raise Refused(str(error), "", code="bad_value") from None
                outer = {"counter": asked, "sealed": self._sealer.seal(plain, asked)}
                self._frames.send(bytes([n.F_RECORD]) + record.pack(m.RECORD, outer))
                asked += 1
            if first == asked:
                if refused is not None:
                    raise refused
                return
            try:
                body = self._frames.answer(n.F_RECORD)
            except NoAnswer:
                self.over = True
                raise LinkLost("the device stopped answering in the middle of a session", device=url) from None
            except HostError:  # a refusal outside of the seal
                self.over = True
                raise
            back = self._read(m.RECORD, body)
            if back["counter"] != first:
                raise self._strange("an answer out of turn")
            answer = self._sealer.open(back["sealed"])
            first += 1
            if len(answer) < 2 or answer[0] != number | n.R_ANSWER:
                raise self._strange("an answer to another question")
            if answer[1] != n.C_OK:
                refused = refused or refusal(answer[1], url)
            elif refused is None:
                yield answer[2:]

    def _read(self, layout: record.Layout, body: bytes) -> dict[str, Any]:
        try:
            return record.unpack(layout, body)
        except WireError as error:
            raise self._strange(str(error)) from None

    def _take(self, layout: record.Layout, body: bytes, at: int) -> tuple[dict[str, Any], int]:
        try:
            return record.take(layout, body, at)
        except WireError as error:
            raise self._strange(str(error)) from None

    def _strange(self, what: str) -> Mismatch:
        return strange(what, self._frames.link.url)
