# SPDX-License-Identifier: MIT
"""Runs under MicroPython: the simulated Bluetooth stack keeps the limits of the real ones, whatever the air sends."""

import os
import struct

import blesim
import bluetooth

CONNECTED, GONE, WRITE, READ, MTU, CONFIRMED = 0x41, 0x42, 0x43, 0x44, 0x45, 0x46
NOTIFY, HANG_UP, REPLY = 0x09, 0x0B, 0x0C
ENODEV, EINVAL, ENOMEM, ENOTCONN, EALREADY = 19, 22, 12, 107, 114

sent, events = [], []


def feed(kind, *parts):
    frame = bytes([kind]) + b"".join(parts)
    blesim.feed(frame, 0, len(frame))


def u16(number):
    return struct.pack("<H", number)


def connect(link):
    feed(CONNECTED, u16(link), b"\x01abcdef")


def fails(errno, call, *args, **named):
    try:
        call(*args, **named)
    except OSError as error:
        assert error.errno == errno, error.errno
        return
    raise AssertionError("it did not fail")


def irq(event, data):
    events.append((event,) + tuple(bytes(x) if isinstance(x, memoryview) else x for x in data))
    return 5 if event == 4 and data[1] == denied else 0


def last(kind):
    found = [frame[3:] for frame in sent if frame[2] == kind]
    return found[-1] if found else None


denied = -1
ble = bluetooth.BLE()
fails(ENODEV, ble.gatts_notify, 1, 1, b"x")
ble.active(True)
ble.irq(irq)
flags = (bluetooth.FLAG_READ | bluetooth.FLAG_NOTIFY, bluetooth.FLAG_WRITE | bluetooth.FLAG_WRITE_NO_RESPONSE)
service = (bluetooth.UUID(0x1234), tuple((bluetooth.UUID(0x2000 + i), flag) for i, flag in enumerate(flags)))
((outbox, inbox),) = ble.gatts_register_services((service,))

# nobody is on the air yet: what was said is told to the first who comes
ble.gap_advertise(60_000, b"\x02\x01\x06")
blesim.up(lambda frame: sent.append(bytes(frame)))
told = b"".join(sent)
kinds = []
while told:
    kinds.append(told[2])
    told = told[2 + (told[0] | told[1] << 8) :]
assert kinds == [1, 2, 3, 4, 4, 6, 7], kinds

# links: four at most, no advertising when they are all taken, and silence after each
fails(EINVAL, ble.gap_advertise, 60_000, bytes(32))
fails(EINVAL, ble.gap_advertise, 19_000, b"")
for link in range(1, 5):
    ble.gap_advertise(60_000)
    connect(link)
fails(ENOMEM, ble.gap_advertise, 60_000)
connect(5)
connect(4)
assert [event[:2] for event in events] == [(1, 1), (1, 2), (1, 3), (1, 4)], events
assert last(HANG_UP) == u16(4)

# writes: cut to the buffer; default 20
feed(WRITE, u16(1), u16(inbox), u16(7), b"x" * 300)
assert ble.gatts_read(inbox) == b"x" * 20 and events[-1] == (3, 1, inbox) and last(REPLY) == u16(7) + b"\x00"
ble.gatts_set_buffer(inbox, 32, True)
for _ in range(2):
    feed(WRITE, u16(1), u16(inbox), u16(0), b"y" * 20)
assert ble.gatts_read(inbox) == b"y" * 32 and ble.gatts_read(inbox) == b""
feed(WRITE, u16(1), u16(99), u16(8), b"z")
assert last(REPLY) == u16(8) + b"\x0a"
before = len(events)
feed(WRITE, u16(77), u16(inbox), u16(9), b"z")
assert len(events) == before and last(REPLY) == u16(9) + b"\x0e"

# reads: what the handler wrote, or its error
ble.gatts_write(outbox, b"hello")
feed(READ, u16(2), u16(outbox), u16(10))
assert last(REPLY) == u16(10) + b"\x00hello" and events[-1] == (4, 2, outbox)
denied = int(outbox)
feed(READ, u16(2), u16(outbox), u16(11))
assert last(REPLY) == u16(11) + b"\x05"

# notifications: cut to the MTU of that link; ENOTCONN where there is none
ble.gatts_notify(1, outbox, b"n" * 100)
assert last(NOTIFY) == u16(1) + u16(outbox) + b"n" * 20
feed(MTU, u16(1), u16(100))
assert events[-1] == (21, 1, 100)
ble.gatts_notify(1, outbox, b"n" * 100)
assert last(NOTIFY) == u16(1) + u16(outbox) + b"n" * 97
ble.gatts_notify(2, outbox)
assert last(NOTIFY) == u16(2) + u16(outbox) + b"hello"
fails(ENOTCONN, ble.gatts_notify, 9, outbox, b"x")

# the end of a link: asked for, then reported
assert ble.gap_disconnect(9) is False
assert ble.gap_disconnect(3) is True and last(HANG_UP) == u16(3)
fails(EALREADY, ble.gap_disconnect, 3)
feed(GONE, u16(3))
assert events[-1] == (2, 3, 1, b"abcdef")
fails(ENOTCONN, ble.gatts_notify, 3, outbox, b"x")
feed(GONE, u16(3))

# addresses: not while advertising; private ones look like it, and each is another
ble.gap_advertise(60_000)
fails(16, ble.config, addr_mode=3)
ble.gap_advertise(None)
seen = set()
for _ in range(8):
    ble.config(addr_mode=3)
    kind, address = ble.config("mac")
    assert kind == 1 and address[0] >> 6 == 0
    seen.add(address)
assert len(seen) == 8
ble.config(addr_mode=1)
assert ble.config("mac")[1][0] >> 6 == 3
ble.config(addr_mode=0)
assert ble.config("mac")[0] == 0

# junk: an error for the caller at most
for turn in range(3000):
    junk = os.urandom(1 + turn % 40)
    if turn % 2:
        junk = bytes([0x41 + turn % 6]) + junk
    try:
        blesim.feed(junk, 0, len(junk))
    except ValueError:
        continue
for span in ((0, 9), (5, 2), (-1, 2)):
    try:
        blesim.feed(b"abcd", *span)
        raise AssertionError("a bad span was taken")
    except ValueError:
        continue

# a sink that raises is not called again; the air goes, and all links with it
blesim.up(lambda frame: 1 / 0)
blesim.up(lambda frame: sent.append(bytes(frame)))
blesim.down()
fails(ENOTCONN, ble.gatts_notify, 1, outbox, b"x")
ble.active(False)
assert not ble.active()
ble.active(True)
fails(EINVAL, ble.gatts_write, outbox, b"x")
print("ok")
