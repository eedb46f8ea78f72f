# SPDX-License-Identifier: MIT
"""Runs under both interpreters: what stands on a key card, there and back, and what is none of ours."""

from binascii import hexlify

from wire import ticket as t

for number in (0, 1, 255, 256, 0xFFF0):
    data = t.record(number)
    print("record", number, hexlify(data).decode(), len(data) == t.RECORD_SIZE, t.handle(data) == number)
    for at in range(len(data)):
        bent = bytearray(data)
        bent[at] ^= 0x40
        print("bent", at, t.handle(bytes(bent)))
    for size in range(len(data)):
        assert t.handle(data[:size]) == -1
    assert t.handle(data + b"\x00") == -1
for epoch in (0, 1, 2, 0xFFFF, 0x10000, 0xFFFFFFF0):
    data = t.ticket(epoch, bytes(range(16)))
    print("ticket", hexlify(data).decode(), len(data) == t.TICKET_SIZE, t.epoch(data) == epoch, t.place(epoch))
    assert t.place(epoch) + t.TICKET_SIZE <= t.TICKETS_SIZE and t.place(epoch) != t.place(epoch + 1)
