# SPDX-License-Identifier: MIT
"""Runs under both interpreters and prints what the record codec says to bounds, truncation and bad text."""

from binascii import hexlify

from wire import record
from wire.errors import WireError

LAYOUT = (
    ("small", "u8", 1, 3),
    ("middle", "u16", 10, 1000),
    ("large", "u32", 0, 0xFFFFFFFF),
    ("key", "bytes", 4, 4),
    ("name", "text", 1, 6),
    ("body", "blob", 0, 5),
)
GOOD = {
    "small": 2,
    "middle": 513,
    "large": 0xFFFFFFFF,
    "key": b"\x00\x01\x02\x03",
    "name": "caf\u00e9",
    "body": b"\xff\x00",
}


def told(call, *args):
    """The result, or the words of the refusal."""
    try:
        return call(*args)
    except WireError as error:
        return "WireError: %s" % error


def shown(values):
    if not isinstance(values, dict):
        return values
    return sorted(
        [
            (name, hexlify(value.encode() if isinstance(value, str) else value))
            if not isinstance(value, int)
            else (name, value)
            for name, value in values.items()
        ]
    )


def packs():
    print("good", hexlify(record.pack(LAYOUT, GOOD)).decode())
    for name, value in (
        ("small", 0), ("small", 4), ("small", -1), ("small", "2"), ("small", 2.0), ("small", None),
        ("middle", 9), ("middle", 1001), ("middle", 1 << 70), ("large", 1 << 32), ("large", -1),
        ("key", b"abc"), ("key", b"abcde"), ("key", b""), ("name", ""), ("name", "sevenxx"),
        ("name", "\u00e9\u00e9\u00e9\u00e9"), ("body", b"sixsix"),
    ):  # fmt: skip
        print(
            "pack",
            name,
            repr(value) if not isinstance(value, str) else len(value),
            told(record.pack, LAYOUT, dict(GOOD, **{name: value})),
        )
    for name, value in (
        ("small", 1),
        ("small", 3),
        ("middle", 10),
        ("middle", 1000),
        ("large", 0),
        ("name", "x"),
        ("name", "\u20ac\u20ac"),
        ("body", b""),
        ("body", b"12345"),
        ("key", bytearray(b"abcd")),
        ("body", memoryview(b"xyz")),
    ):
        data = record.pack(LAYOUT, dict(GOOD, **{name: value}))
        back = record.unpack(LAYOUT, data)
        print("edge", name, hexlify(data).decode(), back[name] == value)
    for values in ({}, dict(GOOD, extra=1)):
        print("set", told(record.pack, LAYOUT, values))
    swapped = dict(GOOD, other=1)
    del swapped["large"]
    print("missing", told(record.pack, LAYOUT, swapped))


def unpacks():
    data = record.pack(LAYOUT, GOOD)
    print("back", shown(record.unpack(LAYOUT, data)))
    for size in range(len(data)):
        print("cut", size, told(record.unpack, LAYOUT, data[:size]))
    for tail in (1, 2, 300):
        print("long", tail, told(record.unpack, LAYOUT, data + bytes(tail)))
    print(
        "taken",
        record.take(LAYOUT, data + b"tail")[1] == len(data),
        record.take(LAYOUT, b"head" + data, 4)[1] == len(data) + 4,
    )
    print(
        "behind", told(record.take, LAYOUT, data, len(data)), told(record.take, LAYOUT, data, len(data) + 9)
    )
    for at, byte in ((0, 0), (0, 4), (1, 0xFF), (11, 0), (11, 7), (11, 255), (17, 1), (18, 6)):
        bent = bytearray(data)
        bent[at] = byte
        print("bent", at, byte, told(record.unpack, LAYOUT, bytes(bent)))
    print("none", record.unpack((), b""), told(record.unpack, (), b"x"), hexlify(record.pack((), {})))


def texts():
    layout = (("t", "text", 0, 40),)
    for raw in (
        b"plain", b"\xc3\xa9", b"\xe2\x82\xac", b"\xf0\x9f\x9a\x97", b"nul\x00in",  # well-formed
        b"\xff", b"\x80", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x9a", b"a\xc3b", b"\xfe\xfe", b"\xc3\x28",
        b"\xf8\x88\x80\x80\x80",
    ):  # fmt: skip
        print("text", hexlify(raw).decode(), shown(told(record.unpack, layout, bytes((len(raw),)) + raw)))


def buffers():
    data = record.pack(LAYOUT, GOOD)
    print("buffers", [record.unpack(LAYOUT, kind(data)) == GOOD for kind in (bytes, bytearray, memoryview)])


packs()
unpacks()
texts()
buffers()
