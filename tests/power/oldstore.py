# SPDX-License-Identifier: MIT
"""A flash as an agent with layout 1 left it, written here byte by byte: nothing in the firmware writes it any more."""

import struct
from binascii import crc32

from tests.model.nor import Nor
from tests.power.world import World, chain, entry
from wire import numbers as n


def _mark(magic: bytes, value: int) -> bytes:
    data = magic + value.to_bytes(4, "little")
    return data + struct.pack("<I", crc32(data) & 0xFFFFFFFF) + b"\xff" * 4


def record(sequence: int, at: int, kind: int, body: bytes) -> bytes:
    """type · length · CRC-32 over sequence, offset, type, length and body · body."""
    head = struct.pack("<IIBB", sequence, at, kind, len(body))
    return bytes((kind, len(body))) + struct.pack("<I", crc32(body, crc32(head)) & 0xFFFFFFFF) + body


def image(sectors: int, size: int, page: int) -> "tuple[Nor, World]":
    """Two sectors full of layout 1, with keys, values and a log, one of the keys revoked, and what it should hold."""
    nor = Nor(sectors, size, page)
    world = World()
    cells = nor.cells
    place = [0, 1, 32]  # sector, sequence, offset

    def add(kind: int, body: bytes, dead: bool = False) -> None:
        sector, sequence, at = place
        data = bytearray(record(sequence, at, kind, body))
        if at + len(data) + 4 > size:
            place[:] = [sector + 1, sequence + 1, 32]
            add(kind, body, dead)
            return
        if dead:
            keep = 7 if kind == 4 else 6 + (10 if kind == 2 else len(body))
            data[keep:] = bytes(len(data) - keep)
            data[0] = 0
        cells[sector * size + at : sector * size + at + len(data)] = data
        place[2] = at + (len(data) + 3) // 4 * 4

    def roll(handle: int, epoch: int, state: int, dead: bool) -> None:
        key = bytes(16) if state == n.CRED_REVOKED else chain(handle, epoch)
        add(2, struct.pack(">HIHBB", handle, epoch, epoch * 7, state, epoch > 0) + key, dead)

    def value(ident: int, data: bytes) -> None:
        add(4, bytes((ident,)) + data)
        world.values[ident] = data

    value(1, (chain(5001, 1) * 3)[:48])
    value(2, (chain(5002, 1) * 2)[:21])
    value(3, (7).to_bytes(4, "big"))
    value(16, (300).to_bytes(4, "big"))
    for handle in range(4):
        label = b"key %d" % handle
        add(1, struct.pack(">HBBH", handle, 1, 1, 255) + chain(handle, 1 << 20) + bytes((len(label),)) + label)
    top = (size - 900) // 8 // 32
    for epoch in range(top + 1):
        for handle in range(4):
            state = n.CRED_REVOKED if handle == 3 and epoch == top else n.CRED_ACTIVE
            roll(handle, epoch, state, epoch < top)
            world.creds[handle] = (epoch, epoch * 7, state, int(epoch > 0))
            if epoch < top:
                world.bury(chain(handle, epoch))
        add(3, entry(world.log_next))
        world.log_next += 1
    for sector in range(sectors):
        base = sector * size
        cells[base : base + 16] = _mark(b"NLM1", 1)
        if sector <= place[0]:
            cells[base + 16 : base + 32] = _mark(b"NLU1", sector + 1)
    return nor, world
