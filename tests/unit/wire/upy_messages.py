# SPDX-License-Identifier: MIT
"""Runs under both interpreters: each layout filled with its lowest and highest values, and the token's fields."""

from binascii import crc32, hexlify

from wire import messages as m
from wire import numbers as n
from wire import record, token
from wire.errors import WireError

NAMES = [name for name in sorted(dir(m)) if isinstance(getattr(m, name), tuple)]


def filled(layout, end):
    values = {}
    for name, kind, low, high in layout:
        bound = high if end else low
        if kind in record.SIZES:
            values[name] = bound
        elif kind == "text":
            values[name] = "t" * bound
        else:
            values[name] = b"\xa5" * bound
    return values


def layouts():
    for name in NAMES:
        layout = getattr(m, name)
        for end in (0, 1):
            values = filled(layout, end)
            data = record.pack(layout, values)
            same = record.unpack(layout, data) == values
            print(
                "layout",
                name,
                len(layout),
                len(data),
                "%08x" % (crc32(data) & 0xFFFFFFFF),
                same,
                len(data) < n.FRAME_MAX,
            )
            assert same and len(data) < n.FRAME_MAX
        try:
            record.unpack(layout, data + b"\x00")
            print("accepted too much")
        except WireError as error:
            print("long", name, error)
    print("entry", len(record.pack(m.LOG_ENTRY, filled(m.LOG_ENTRY, 1))) == m.LOG_ENTRY_SIZE)
    print(
        "record", n.RECORD_MAX + n.RECORD_TAG <= m.RECORD[1][3] and 1 + 4 + 2 + m.RECORD[1][3] <= n.FRAME_MAX
    )


def tokens():
    seen = set()
    for number, handle in enumerate((0, 1, 255, 256, 0xFFF0, 0xFFFF)):
        for epoch in (0, 1, 0xFFFF, 0x10000, 0xFFFFFFF0):
            veil = bytes([(number * 37 + at * 101) & 255 for at in range(16)])
            head = token.head(n.LOCK, handle, epoch, 1, 0xBEEF, veil)
            seen.add(head)
            whole = head + bytes(12)
            fields = (
                token.version(whole),
                token.action(whole),
                token.handle(whole, veil),
                token.epoch_low(whole, veil),
            )
            print("token", hexlify(head).decode(), fields, token.attempt(whole), len(whole) == n.TOKEN_SIZE)
            assert fields == (n.PROTOCOL, n.LOCK, handle, epoch & 0xFFFF) and whole[5] == 1
    for action in range(16):
        print("action", token.action(token.head(action, 1, 1, 0, 0, bytes(4))))
    print("distinct", len(seen))


layouts()
tokens()
