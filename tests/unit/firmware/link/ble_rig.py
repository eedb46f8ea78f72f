# SPDX-License-Identifier: MIT
"""For MicroPython: a Bluetooth stack that fails as real ones do, a gate that obeys, and a clock that waits."""

import os

from agent.guard import Guard
from agent.link.ble import BleLink
from wire import numbers as n

CONNECT, DISCONNECT, WRITE, READ = 1, 2, 3, 4
ENOTCONN, EINVAL, ENOMEM = 107, 22, 12
CHALLENGE, TOKEN, ANSWER, INFO = 14, 17, 19, 22


class Clock:
    """Time stands until it is told to go on."""

    def __init__(self):
        self.now = 1000

    def ms(self):
        return self.now

    def since(self, then):
        return self.now - then


class Gate:
    """Accepts 20 times b"+"; raises what it is told to."""

    def __init__(self):
        self.live, self.raises = {}, None
        self.guard = Guard()

    def challenge(self, link):
        if self.raises:
            raise self.raises
        self.live[link] = os.urandom(16)
        return self.live[link]

    def drop(self, link):
        self.live.pop(link, None)

    def advert(self):
        return os.urandom(6)

    def present(self, link, token):
        if self.raises:
            raise self.raises
        fresh = self.live.pop(link, None) is not None and token == b"+" * 20
        return (b"A" if fresh else b"R") * 16, fresh


class Ble:
    """A bluetooth.BLE that remembers what it was asked, with the limits that it is given."""

    def __init__(self, size=4, private=True):
        self.size, self.private = size, private
        self.links, self.sent, self.adverts, self.values = [], [], [], {}
        self.handler = self.notify_error = self.advert_error = self.buffer = None
        self.advertising = self.on = self.deaf = False
        self.starts = 0

    def irq(self, handler):
        self.handler = handler

    def active(self, on=None):
        if on is None:
            return self.on
        self.on = on
        self.starts += on
        self.links.clear()
        return on

    def config(self, gap_name=None, addr_mode=None):
        if addr_mode == 3 and not self.private:
            raise OSError(EINVAL)

    def gatts_register_services(self, services):
        return ((CHALLENGE, TOKEN, ANSWER, INFO),)

    def gatts_set_buffer(self, handle, size):
        self.buffer = (handle, size)

    def gatts_write(self, handle, value):
        self.values[handle] = bytes(value)

    def gatts_read(self, handle):
        return self.values[handle]

    def gatts_notify(self, conn, handle, value):
        if self.notify_error or conn not in self.links:
            raise OSError(self.notify_error or ENOTCONN)
        self.sent.append((conn, handle, bytes(value)))

    def gap_disconnect(self, conn):
        if conn not in self.links:
            return False
        if self.deaf:  # and says nothing when the link ends
            return True
        self.links.remove(conn)
        self.handler(DISCONNECT, (conn, 0, memoryview(b"abcdef")))
        return True

    def gap_advertise(self, interval, advert=None, resp_data=None):
        self.advertising = False
        if interval is None:
            return
        if self.advert_error or len(self.links) >= self.size:
            raise OSError(self.advert_error or ENOMEM)
        self.advertising = True
        self.adverts.append(bytes(advert))


class Rig:
    """A link with everything around it."""

    def __init__(self, size=4, **stack):
        self.ble, self.gate, self.clock = Ble(size, **stack), Gate(), Clock()
        self.link = BleLink(self.ble, self.gate, self.clock, lambda text: bytes(16), size)
        self.link.start()
        self.link.turn()

    def connect(self, conn, peer=None):
        assert self.ble.advertising
        self.ble.advertising = False
        self.ble.links.append(conn)
        self.ble.handler(CONNECT, (conn, 1, memoryview(peer or bytes([conn] * 6))))

    def write(self, conn, value, handle=TOKEN):
        self.ble.values[TOKEN] = value
        assert self.ble.handler(WRITE, (conn, handle)) in (0, None)

    def run(self, ms):
        """Lets the link's task run for so long."""
        end = self.clock.now + ms
        while self.clock.now < end:
            wait = self.link.turn()
            assert 1 <= wait <= n.REFUSAL_MS
            self.clock.now += min(wait, end - self.clock.now)
        self.link.turn()

    def answers(self, conn):
        return [value for to, handle, value in self.ble.sent if to == conn and handle == ANSWER]

    def pushes(self, conn):
        return [value for to, handle, value in self.ble.sent if to == conn and handle == CHALLENGE]
