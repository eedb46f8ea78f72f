# SPDX-License-Identifier: MIT
"""What a cut leaves of a program or an erase: part of its cells done, part of them unable to decide.

A program clears cells, all at once, some sooner than others. An erase goes through three phases, as the chips' data
sheets tell it: pre-program (every cell that is a 1 becomes a 0, page by page, so that all have the same charge to
lose), erase (pulses to the whole sector until each cell reads 1: in between any of them may), verify (cells that lost
too much get some back). After the first phase nothing old is left. A sector whose front is blank and whose end is as
it was comes only of a chip that erases smaller pieces than it is asked for, one after the other (some have pages of
256 bytes and take 4 KB as sixteen of them): two letters are such a chip's.
"""

from tests.model.dice import Dice

# of a program: 0 nothing, q h t its first ¼ ½ ¾, 1 all of it, s S any subset of bits (few, most), m M subsets with weak
# cells (few, many), w every cell weak, e all done but some cells weak
PROGRAM = ("0", "q", "h", "t", "1", "s", "S", "m", "M", "w", "e")
# of an erase: 0 nothing; pre-program: q t the first ¼ ¾ zeros, s S any subset of bits (few, most), m a few cells weak,
# z all zeros; erase: x X any subset ones (few, most), M many cells weak, w every one; verify: e some weak, 1 done;
# in pieces: h ½ blank and the rest as it was, H the same with a piece between them all zeros
ERASE = ("0", "q", "t", "s", "S", "m", "z", "x", "X", "M", "w", "e", "1", "h", "H")
TEARS = PROGRAM + tuple([tear for tear in ERASE if tear not in PROGRAM])
_HEAD = 48  # bytes of a sector that are always among those with weak cells
_SOME = 48  # others that are: an erase works on all cells alike, a sample of them says as much


def tears(what: str) -> "tuple[str, ...]":
    """The letters of a program or an erase."""
    return PROGRAM if what == "program" else ERASE


def torn(
    what: str, addr: int, data: bytes, cells: bytearray, weak: "dict[int, int]", size: int, tear: str, dice: Dice
) -> None:
    """Does a part of a program, or of an erase of `size` bytes, on cells and weak bits, in place: see above.

    A letter that is the other one's does nothing.
    """
    if tear not in tears(what) or tear == "0":
        return
    if what == "program":
        _program(addr, data, cells, weak, tear, dice)
    else:
        _erase(addr, cells, weak, size, tear, dice)


def _program(
    addr: int, data: bytes, cells: bytearray, weak: "dict[int, int]", tear: str, dice: Dice
) -> None:
    length = len(data)
    if not weak and cells[addr : addr + length] == data:
        return  # nothing is to be done
    done = {"q": length // 4, "h": length // 2, "t": length * 3 // 4, "1": length}.get(tear, -1)
    for i in range(length):
        at = addr + i
        have = cells[at]
        goal = data[i] & have
        todo = have ^ goal | weak.get(at, 0) & ~goal
        if not todo:
            continue
        soft = 0
        if done >= 0:
            strong = 0xFF if i < done else 0
        elif tear == "s":
            strong = dice.roll(256) & dice.roll(256)
        elif tear == "S":
            strong = dice.roll(256) | dice.roll(256)
        elif tear == "m":
            strong, soft = dice.roll(256) & dice.roll(256) & dice.roll(256), dice.roll(256) & dice.roll(256)
        elif tear == "M":
            strong, soft = dice.roll(256), 0xFF
        elif tear == "w":
            strong, soft = 0, 0xFF
        else:
            soft = dice.roll(256) & dice.roll(256) & dice.roll(256)
            strong = 0xFF & ~soft
        strong &= todo
        soft &= todo & ~strong
        cells[at] = have & ~strong  # what a weak cell reads is for read() to say
        _weaken(weak, at, weak.get(at, 0) & ~strong | soft)


def _erase(addr: int, cells: bytearray, weak: "dict[int, int]", size: int, tear: str, dice: Dice) -> None:
    page = size // 16
    stop = addr + size
    if tear in "qt":  # in order, up to within a page
        reached = size // 4 if tear == "q" else size * 3 // 4
        _fill(cells, weak, addr, reached, 0)
        _some(cells, weak, [addr + reached + dice.roll(page) for _ in range(_SOME)], dice)
    elif tear in "hH":
        _fill(cells, weak, addr, size // 2, 0xFF)
        if tear == "H":
            _fill(cells, weak, addr + size // 2, page, 0)
    elif tear in "sSm":
        if tear != "m":
            kept = _noise(size, dice, tear == "s")
            left = int.from_bytes(cells[addr:stop], "big") & int.from_bytes(kept, "big")
            cells[addr:stop] = left.to_bytes(size, "big")
            for at in [at for at in weak if addr <= at < stop]:
                _weaken(weak, at, weak[at] & kept[at - addr])
        _some(cells, weak, _sample(addr, size, dice), dice)
    else:
        _fill(cells, weak, addr, size, 0xFF if tear in "e1" else 0)
        if tear in "xXM":
            cells[addr:stop] = _noise(size, dice, tear == "X")
        for at in _sample(addr, size, dice) if tear in "Mwe" else ():
            soft = 0xFF if tear == "w" else dice.roll(256) & (0xFF if tear == "M" else dice.roll(256))
            cells[at] |= soft
            _weaken(weak, at, soft)


def _fill(cells: bytearray, weak: "dict[int, int]", addr: int, size: int, byte: int) -> None:
    """All of these cells are done."""
    cells[addr : addr + size] = bytes((byte,)) * size
    for at in [at for at in weak if addr <= at < addr + size]:
        del weak[at]


def _some(cells: bytearray, weak: "dict[int, int]", places: "list[int]", dice: Dice) -> None:
    """Of these bytes some ones become zeros, and some can't decide."""
    for at in places:
        turned = cells[at] & dice.roll(256) & dice.roll(256)
        soft = cells[at] & ~turned & dice.roll(256) & dice.roll(256)
        cells[at] &= ~turned
        _weaken(weak, at, weak.get(at, 0) & ~turned | soft)


def _sample(addr: int, size: int, dice: Dice) -> "list[int]":
    """Bytes of a sector: its head, and some anywhere."""
    return [addr + at for at in range(_HEAD)] + [addr + dice.roll(size) for _ in range(_SOME)]


def _noise(size: int, dice: Dice, many: bool) -> bytes:
    """Bytes of which three in four bits are ones, or one in four. Two patterns that never meet again the same way."""
    parts = []
    for length in (61, 67):
        part = bytes([dice.roll(256) for _ in range(length)])
        parts.append(int.from_bytes((part * (size // length + 1))[:size], "big"))
    return (parts[0] | parts[1] if many else parts[0] & parts[1]).to_bytes(size, "big")


def _weaken(weak: "dict[int, int]", at: int, mask: int) -> None:
    if mask:
        weak[at] = mask
    elif at in weak:
        del weak[at]
