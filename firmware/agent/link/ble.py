# SPDX-License-Identifier: MIT
"""The Bluetooth LE link: the car is a peripheral with one service; challenge out, token in, answer out.

The verdict falls in the stack's own event. Everything that can wait (refusals, the next challenge, links that are over,
the advertisement) is done by one task that looks at the clock. Only what NimBLE and BTstack both document is used:
where a stack does not report reads, a phone lives on the challenges that are pushed.
"""

import asyncio

from micropython import const

from wire import numbers as n

from ..errors import NightlatchError
from .links import Links

_IRQ_CONNECT = const(1)
_IRQ_DISCONNECT = const(2)
_IRQ_WRITE = const(3)
_IRQ_READ = const(4)
_READ = const(0x02)
_WRITE_NO_RESPONSE = const(0x04)
_WRITE = const(0x08)
_NOTIFY = const(0x10)
_NOT_PERMITTED = const(2)  # ATT: read not permitted

_TOKEN_BUFFER = n.TOKEN_SIZE + n.BODY_MAX + 1  # a stack cuts what is too long without a word, and that must show
_ADVERT_US = const(60_000)  # Core 3.C appendix A: the fast interval ends here
_ADVERT_RETRY_MS = const(500)
_CROWD_MS = const(2000)
_DEAF_ADVERTS = const(10)  # refused in a row: the stack is taken for dead
_DEAF_HANG_UPS = const(20)  # one every 2 s: a controller may wait 32 s for a peer that fell silent (Core 6.B.5.1.6)
_REFRESH_MS = const(3600000)  # a stack that still answers and hears nobody any more is set up anew
_BRISK_MS = const(5)  # while nobody can find the car
_STATIC_ADDRESS = const(1)
_PRIVATE_ADDRESS = const(3)  # non-resolvable: a new one each time, known to nobody
_NAME = b"Nightlatch"  # of every car
_RESPONSE = b"\x0b\x09" + _NAME


class RadioError(NightlatchError):
    """The stack does not do what it is told: it wants to be started again."""


class BleLink:
    """Serves phones over Bluetooth LE.

    ble: a bluetooth.BLE, or what behaves like it; uuid: makes its UUIDs from text; size: connections that the
    stack can hold. `faults` counts what went wrong inside, `dropped` the links that were put out to make room; `state`
    is "ok" while the stack serves and "gone" otherwise.
    """

    def __init__(
        self, ble: "Any", gate: "Gate", clock: "Clock", uuid: "Callable[[str], Any]", size: int = n.LINKS_MAX
    ) -> None:
        self._ble = ble
        self._gate = gate
        self._clock = clock
        self._uuid = uuid
        self._links = Links(size, clock)
        self._challenge = self._token = self._answer = -1
        self._silent = True  # not advertising, or with bytes that are used up
        self._judge_soon = self._judge  # bound once: the event allocates no more than it must
        self._advert_at = clock.ms()
        self._advert_failed = False
        self._crowded = False  # somebody was put out since the last advertisement
        self._mode = _PRIVATE_ADDRESS
        service = bytes(uuid(n.UUID_SERVICE))
        company = bytes((n.COMPANY & 0xFF, n.COMPANY >> 8))
        self._advert = bytearray(b"\x02\x01\x06\x11\x07" + service + b"\x09\xff" + company + bytes(6))
        self.faults = 0
        self.dropped = 0
        self.state = "gone"
        self._refusals = 0  # of the stack, in a row, to advertise
        self._heard = clock.ms()  # when the stack last told of a link
        self.beat: "Callable[[], None]" = _nothing  # called after each turn

    @property
    def count(self) -> int:
        """Links that are up."""
        return len(self._links)

    def renew(self) -> None:
        """The advertisement's bytes are out of date: the car has a new veil key."""
        self._silent = True

    def start(self) -> None:
        """Switches the radio on and registers the service. Raises OSError when the stack does."""
        ble, uuid = self._ble, self._uuid
        ble.irq(None)
        ble.active(False)  # a stack that served before forgets its links
        ble.active(True)
        ble.config(gap_name=_NAME)
        service = (
            uuid(n.UUID_SERVICE),
            (
                (uuid(n.UUID_CHALLENGE), _READ | _NOTIFY),
                (uuid(n.UUID_TOKEN), _WRITE | _WRITE_NO_RESPONSE),
                (uuid(n.UUID_ANSWER), _NOTIFY),
                (uuid(n.UUID_INFO), _READ),
            ),
        )
        ((self._challenge, self._token, self._answer, info),) = ble.gatts_register_services((service,))
        ble.gatts_set_buffer(self._token, _TOKEN_BUFFER)
        ble.gatts_write(info, bytes((n.PROTOCOL,)))
        ble.irq(self._irq)

    async def run(self) -> None:
        """Serves until cancelled; then the radio is off. Raises OSError when the stack does not start, RadioError when
        it serves no more.
        """
        self.start()
        try:
            self.state = "ok"
            while True:
                await asyncio.sleep_ms(self.turn())
                self.beat()
        finally:
            self.state = "gone"
            self._ble.irq(None)
            self._ble.active(False)

    # --- the stack's events

    def _irq(self, event: int, data: tuple) -> int:
        """Nothing may leave here: a stack switches off a handler that raises, and with it the radio."""
        try:
            if event == _IRQ_WRITE:
                if data[1] == self._token:
                    self._present(data[0])
            elif event == _IRQ_READ:
                return self._on_read(data[0], data[1])
            elif event == _IRQ_CONNECT:
                self._on_connect(data[0], bytes(data[2]))
            elif event == _IRQ_DISCONNECT:
                self._on_disconnect(data[0])
        except Exception:
            self._in_trouble(data)
        return 0

    def _in_trouble(self, data: tuple) -> None:
        self.faults += 1
        try:
            link = self._links.find(data[0])
            if link is not None:
                self._hang_up(link)
        except Exception:
            self.faults += 1

    def _present(self, conn: int) -> None:
        came = self._clock.ms()
        link = self._links.find(conn)
        if link is None or not link.live or link.pending or link.closing:
            return
        if self._clock.since(link.pushed) >= n.CHALLENGE_MS:
            return
        link.live = False
        link.written = came
        link.token = bytes(self._ble.gatts_read(self._token))  # the next write, on any link, takes its place
        self._gate.guard.run(self._judge_soon, link)

    def _judge(self, link: "Link") -> None:
        """The verdict, in the event or, when that came in the middle of a change to the store, right after it."""
        try:
            token, link.token = link.token, None
            if token is not None and link.up and not link.closing:
                self._verdict(link, token)
        except Exception:
            self._in_trouble((link.conn,))

    def _verdict(self, link: "Link", token: bytes) -> None:
        answer, accepted = self._gate.present(link.key, token)
        if not accepted:
            link.answer[:] = answer
            link.pending = True
            return
        self._ble.gatts_notify(link.conn, self._answer, answer)
        link.holder = True
        link.accepted = link.written
        link.refusals = 0
        self._links.forgive(link.peer)
        self._push(link)

    def _on_read(self, conn: int, handle: int) -> int:
        if handle != self._challenge:
            return 0
        link = self._links.find(conn)
        if link is None or link.closing:
            return _NOT_PERMITTED
        self._ble.gatts_write(self._challenge, self._fresh(link))
        return 0

    def _on_connect(self, conn: int, peer: bytes) -> None:
        self._heard = self._clock.ms()
        self._silent = True  # a stack falls silent when somebody answers
        link = self._links.add(conn, peer)
        if link is None:
            self._ble.gap_disconnect(conn)
        else:
            self._push(link)

    def _on_disconnect(self, conn: int) -> None:
        self._heard = self._clock.ms()
        link = self._links.find(conn)
        if link is not None:
            link.up = False
            self._gate.drop(link.key)

    # --- challenges

    def _fresh(self, link: "Link") -> bytes:
        challenge = self._gate.challenge(link.key)
        link.pushed = self._clock.ms()
        link.live = True
        return challenge

    def _push(self, link: "Link") -> None:
        self._ble.gatts_notify(link.conn, self._challenge, self._fresh(link))

    # --- what can wait

    def turn(self) -> int:
        """Does what is due; returns after how many ms to come back: before any refusal that starts now is due.

        RadioError when the stack is dead: switched off by somebody else, deaf to what it is told, or long silent.
        """
        if not self._ble.active() or self._refusals >= _DEAF_ADVERTS:
            raise RadioError("the radio is off")
        if not len(self._links) and self._clock.since(self._heard) >= _REFRESH_MS:
            self._heard = self._clock.ms()
            self.start()
            self._silent = True
        wait = _BRISK_MS if self._silent else n.REFUSAL_MS
        for link in self._links:
            if link.up:
                try:
                    wait = min(wait, self._attend(link))
                except OSError:  # mostly: the link is gone, and its event under way
                    self.faults += 1
                    self._hang_up(link)
        surplus = self._links.surplus()
        if surplus is not None:
            self.dropped += 1
            self._crowded = True
            self._hang_up(surplus)
        if self._advert_due():
            self._advertise()
        return max(wait, 1)

    def _attend(self, link: "Link") -> int:
        if self._links.overdue(link):
            self._hang_up(link)
        if link.closing:
            return n.REFUSAL_MS
        if self._clock.since(link.pushed) >= n.PUSH_MS:
            self._push(link)
        if link.pending:
            rest = n.REFUSAL_MS - self._clock.since(link.written)
            if rest > 0:
                return rest
            self._refuse(link)
        return n.REFUSAL_MS

    def _refuse(self, link: "Link") -> None:
        link.pending = False
        link.refusals += 1
        self._ble.gatts_notify(link.conn, self._answer, link.answer)
        if link.refusals < n.LINK_REFUSALS:
            self._push(link)
            return
        if not link.holder:
            self._links.remember(link.peer)
        self._hang_up(link)

    def _hang_up(self, link: "Link") -> None:
        link.hang_ups += 1
        if link.hang_ups > _DEAF_HANG_UPS:
            raise RadioError("a link does not end")
        link.closing = True
        link.closed = self._clock.ms()
        link.live = link.pending = False
        self._gate.drop(link.key)
        try:
            if not self._ble.gap_disconnect(link.conn):
                link.up = False  # the stack does not know it any more
        except OSError:
            self.faults += 1

    # --- the advertisement

    def _advert_due(self) -> bool:
        if self._links.full():
            return False
        age = self._clock.since(self._advert_at)
        if self._advert_failed:
            return age >= _ADVERT_RETRY_MS
        return self._silent or age >= n.ADVERT_MS

    def _advertise(self) -> None:
        """A new address with new bytes, never one without the other: neither may tell that it is the same car.

        In a crowd they stay for a moment, or who needs them longest, to find the car and then to connect, never would.
        """
        crowded, self._crowded = self._crowded, False
        keep = crowded and self._clock.since(self._advert_at) < _CROWD_MS
        self._advert_failed = self._silent = False
        try:
            self._ble.gap_advertise(None)
            if not keep:
                self._advert_at = self._clock.ms()
                self._renew_address()
                self._advert[-6:] = self._gate.advert()
            self._ble.gap_advertise(_ADVERT_US, self._advert, resp_data=_RESPONSE)
            self._refusals = 0
        except OSError:
            self.faults += 1
            self._refusals += 1
            self._advert_failed = True

    def _renew_address(self) -> None:
        try:
            self._ble.config(addr_mode=self._mode)
        except OSError:
            if self._mode == _STATIC_ADDRESS:
                raise
            self._mode = _STATIC_ADDRESS  # BTstack knows no private addresses
            self._ble.config(addr_mode=self._mode)


def _nothing() -> None:
    pass


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..clock import Clock
    from ..gate import Gate
    from .links import Link
