# SPDX-License-Identifier: MIT
"""Runs under both interpreters: the manifest of an update, there and back, and what is none of ours."""

from binascii import hexlify

from wire import bundle
from wire.errors import WireError

GOOD = {"layout": 2, "version": 7, "size": 4096, "crc": 0xDEADBEEF, "sha256": bytes(range(32)), "board": "RPI_PICO"}


def refused(data):
    try:
        bundle.read(data)
    except WireError:
        return True
    return False


raw = bundle.make(GOOD)
print(hexlify(raw).decode())
assert len(raw) == bundle.MANIFEST_SIZE
values = bundle.read(raw)
for name in sorted(GOOD):
    assert values[name] == GOOD[name], name
for size in (16, 17, 255, 256, 257, bundle.IMAGE_MAX):
    print("blocks", size, bundle.blocks(size))
    assert bundle.blocks(size) * bundle.BLOCK >= size + bundle.TRAILER_SIZE
for size in (0, 1, bundle.MANIFEST_SIZE - 1):
    assert refused(raw[:size])
assert refused(raw + b"\x00")
for at in range(8):  # magic, format, layout and zeros: a bit that matters is a bit that is seen
    bent = bytearray(raw)
    bent[at] ^= 0x80
    print("bent", at, refused(bytes(bent)))
for board in (b"", b"\x00A", b"A\x00B", b"\xff"):
    start = bundle.MANIFEST_SIZE - bundle.BOARD_SIZE
    assert refused(raw[:start] + board + bytes(bundle.BOARD_SIZE - len(board)))
for key, value in (("version", 0), ("size", 15), ("size", bundle.IMAGE_MAX + 1), ("board", "x" * 25)):
    try:
        bundle.make(dict(GOOD, **{key: value}))
    except WireError:
        continue
    raise AssertionError(key)
