# SPDX-License-Identifier: MIT
"""A reader of layout 3 that shares nothing with the firmware's: what stands in a flash is what docs/store.md says.

Units in the field keep their flash over an update: no byte of this may move without a new layout. Functions return what
broke.
"""

import struct
from binascii import crc32

from agent.store import tables
from tests.model.nor import Nor
from tests.power.unit import boot
from tests.power.workloads import GEOMETRIES
from tests.power.world import World, chain, entry
from wire import numbers as n

FIXED, ROLL, LOG, VALUE, RETIRED, TALLY = 1, 2, 3, 4, 8, 16
SEAL = bytes.fromhex("a9569a65c33c5aa5")
HALF = bytes.fromhex("d32ce916")
QUIET, BEGUN = bytes.fromhex("c53a9768") + HALF, bytes(4) + HALF


def _sum(data: bytes) -> bytes:
    return struct.pack("<I", crc32(data) & 0xFFFFFFFF)


class Sector:
    """What one sector holds. `records`: (type, body, offset); `seals`, `quiet`: offsets; `wrong`: the rest."""

    def __init__(self, data: bytes) -> None:
        self.records: list[tuple[int, bytes, int]] = []
        self.seals: list[int] = []
        self.quiet: list[int] = []
        self.wrong: list[str] = []
        self.erases = self.sequence = -1
        if data[:12] == b"NLM4" + data[4:8] + _sum(b"NLM4" + data[4:8]) and data[12:16] == b"\xff" * 4:
            self.erases = struct.unpack_from("<I", data, 4)[0]
        self.used = data[32:48] == b"NLU4" + data[36:44] + _sum(data[32:44])
        if not self.used:
            return
        self.sequence, erases = struct.unpack_from("<II", data, 36)
        if erases != self.erases or data[16:32] not in (bytes(16), bytes(8) + b"\xff" * 8):
            self.wrong.append("the head: %d, %d, %r" % (erases, self.erases, data[:48]))
        self._walk(data)

    def _walk(self, data: bytes) -> None:
        at = 48
        end = len(data.rstrip(b"\xff"))
        while at < end:
            word = data[at : at + 8]
            length, kind = data[at], data[at + 1]
            if word == SEAL:
                self.seals.append(at)
                at += 8
            elif word in (QUIET, BEGUN):
                self.quiet += [at] if word == QUIET else []
                at += 8
            elif kind == 0:  # killed, or filling
                at += (6 + length + 3) // 4 * 4 if length else 4
            else:
                body = data[at + 6 : at + 6 + length]
                covered = body[:6] + body[70:] if kind == TALLY else body
                want = _sum(struct.pack("<IIBB", self.sequence, at, kind, length) + covered)
                if data[at + 2 : at + 6] != want:
                    self.wrong.append("a record at %d" % at)
                    return
                self.records.append((kind, body, at))
                at += (6 + length + 3) // 4 * 4


def sectors(nor: Nor) -> "list[Sector]":
    """All of them."""
    size = nor.sector_size
    return [Sector(bytes(nor.cells[at : at + size])) for at in range(0, len(nor.cells), size)]


def layout(geometry: str) -> "list[str]":
    """A store in use, read byte by byte: records, marks, the seal of idle time, the quiet word of a start."""
    nor = Nor(*GEOMETRIES[geometry])
    world = World()
    unit = boot(nor)
    world.put(unit.store, tables.AGENT, 1, 48)
    for _ in range(3):
        world.enrol(unit.store)
    world.standing(unit.store, 1, n.CRED_REVOKED)
    world.step(unit.store, 2)
    world.rename(unit.store, 0, "five!")  # as long as a rolling record would be: one byte of filling
    for turn in range(40):
        world.step(unit.store, 0)
        world.put(unit.store, tables.CONFIG + 1, turn, 50)
        world.log(unit.store)
    while unit.idle():
        pass
    out = _compared(nor, world)
    head = max(sectors(nor), key=lambda one: one.sequence)
    if not head.seals or head.seals[-1] < head.records[-1][2] or head.quiet:
        out.append("idle time has not sealed: %r behind %r" % (head.seals, head.records[-1][2]))
    boot(nor)
    out += ["after a start: " + said for said in _compared(nor, world)]
    head = max(sectors(nor), key=lambda one: one.sequence)
    if len(head.quiet) != 1 or head.quiet[0] != head.seals[-1] + 8 + 144:
        out.append("a start has said nothing: %r behind %r" % (head.quiet, head.seals[-1]))
    for turn in range(40):
        unit = boot(nor)
        while turn % 5 == 0 and unit.idle():
            pass
        out += ["before start %d: %s" % (turn + 1, said) for said in _compared(nor, world)]
    out += ["after 40 starts: " + said for said in _compared(nor, world)]
    boot(nor)
    image = bytes(nor.cells)
    boot(nor)
    if [at for at in range(len(image)) if image[at] != nor.cells[at]] != _marked(nor, image):
        out.append("a start that changes nothing changed more than a byte of the tally")
    return out


def _marked(nor: Nor, image: bytes) -> "list[int]":
    """Where the second start since idle time is marked, and a third."""
    for number, sector in enumerate(sectors(nor)):
        for kind, body, at in sector.records:
            if kind == TALLY:
                marks = body[6:38]
                return [number * nor.sector_size + at + 6 + 6 + len(marks.rstrip(b"\xff")) - 1]
    return []


def _compared(nor: Nor, world: World) -> "list[str]":
    """What the records say, against what they should."""
    found = sectors(nor)
    out = [said for sector in found for said in sector.wrong]
    blank = [sector for sector in found if not sector.used]
    if any(sector.erases < 1 for sector in found if sector.used) or not any(sector.erases == 1 for sector in blank):
        out.append("erases are not counted: %r" % [sector.erases for sector in found])
    live = [record[:2] for sector in sorted(found, key=lambda one: one.sequence) for record in sector.records]
    fixed, roll, values, log, tallies = {}, {}, {}, [], 0
    for kind, body in live:
        about = body[-2] << 8 | body[-1]
        if kind == FIXED:
            fixed[about] = body[:-2]
        elif kind == ROLL:
            roll[about] = body[:-2]
        elif kind == VALUE:
            values[about - 0xFF00] = body[:-2]
        elif kind == LOG:
            log.append(body)
        elif kind == TALLY and about == 0xFF00 and len(body) == 72:
            tallies += 1
        else:
            out.append("type %d about %d" % (kind, about))
    if len([kind for kind, _ in live if kind != LOG]) != len(fixed) + len(roll) + len(values) + tallies or tallies != 1:
        out.append("something is there twice, or there are %d tallies" % tallies)
    for handle, (epoch, attempt, state) in world.creds.items():
        standing = state | 0x80 if attempt is None else state
        want = struct.pack(">IH", epoch, attempt or 0) + b"".join(world.keys(handle)) + bytes((standing,))
        label = world.labels.get(handle, "key %d" % handle).encode()
        was = struct.pack(">BBH", 1, 1, 255) + 2 * chain(handle, 1 << 20)
        was += struct.pack(">IHBB", 0, 0, 0x81, len(label)) + label
        if roll.get(handle) != want or fixed.get(handle) != was:
            out.append("key %d: %r, %r" % (handle, roll.get(handle), fixed.get(handle)))
    want_values = dict(world.values)
    want_values[tables.HANDLES] = len(world.creds).to_bytes(4, "big")
    for ident, value in want_values.items():
        places = (ident, ident | 0x80) if ident < 16 else (ident,)
        if any(values.get(place) != value for place in places):
            out.append("value %d: %r" % (ident, [values.get(place) for place in places]))
    if log != [entry(sequence) for sequence in range(world.log_next)]:
        out.append("%d entries of the log" % len(log))
    return out
