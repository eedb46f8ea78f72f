# SPDX-License-Identifier: MIT
"""The loop of walk.py in plain Python, for builds without a viper emitter and for the host: see walk_viper.py."""

from struct import pack

# places in the state: see walk.py
_AT = 0
_LOW = 1
_HIGH = 2
_SIZE = 3
_BASE = 4
_SEQUENCE = 5
_TAIL = 6
_LAST = 7
_FILL = 8
_SEALED = 9
_LOG_NEXT = 10
_TOLD = 11
_ABOUT = 12
_ABOUT_SIZE = 13
_KILLED = 14
_ROOM = 18
_COUNT = 19

_DONE = 0
_MORE = 1
_ODD = 2
_OTHER = 4
_GROW = 5
_STALE = 6
_MARKED = 7

_HEAD = 6
_BODY_MAX = 128
_LOG_TAIL = 142  # in the buffer of a record: what the newest log entry ends with
_RIGHT = 0x2144DF1C
_FIXED = 1
_ROLL = 2
_LOG = 3
_TALLY = 16
_WORD = 8
_SEAL = 1024  # in the window, behind what it shows
_QUIET = 1032
_LOG_SIZE = 24
_LOG_KEEP = 256
_BITS = 7
_MASK = 127
_ZERO = b"\x00"


def step(
    s: "array[int]",
    window: memoryview,
    record: bytearray,
    crc: "Callable[[bytes], int]",
    views: "list[memoryview]",
    made: bytearray,
    blocks: "list[array[int]]",
    log: "array[int]",
) -> int:
    """Goes on through a sector from s[AT] until it has something to say; see walk.py for what.

    Whole records are made anew, so no view is ever asked for; the buffer gets those that somebody is told of.
    """
    at = s[_AT]
    low = s[_LOW]
    high = s[_HIGH]
    size = s[_SIZE]
    shown = bytes(window)
    while at + _HEAD <= size:
        o = at - low
        if at + _HEAD > high:
            s[_AT] = at
            return _MORE
        length = shown[o]
        kind = shown[o + 1]
        if (kind == 0 and length == 0) or (kind == 255 and length == 255):
            rest = shown[o : high - low]
            at += max(4, len(rest) - len(rest.lstrip(rest[:1])) & ~3)
            continue
        s[_AT] = at
        stop = at + _HEAD + length
        if length > _BODY_MAX:
            if at + _WORD > high:
                return _MORE if high < size else _ODD
            word = shown[o : o + _WORD]
            if word == shown[_SEAL : _SEAL + _WORD]:
                s[_TAIL] = at + _WORD
                s[_SEALED] = 1
            elif word[:4] == shown[_QUIET + 4 : _QUIET + _WORD]:
                at += 4
                continue
            elif word != shown[_QUIET : _QUIET + _WORD]:
                return _ODD
            at += _WORD
            continue
        if stop > size or kind == 255:
            return _ODD
        if stop > high:
            return _MORE
        body = o + _HEAD
        end = body + length
        if kind == 0:
            if shown[o + 2 : end - 2].strip(_ZERO):  # behind these stands what it is about
                return _ODD
            if length >= 2 and (shown[end - 2] << 8 | shown[end - 1]) == s[_ABOUT]:
                place = _KILLED if length == s[_ABOUT_SIZE] else _KILLED + 2
                s[place] = s[place + 1]
                s[place + 1] = s[_BASE] + at
            at += (length + 9) >> 2 << 2
            continue
        whole = pack("<IIBB", s[_SEQUENCE], at, kind, length) + shown[body:end] + shown[o + 2 : body]
        if kind == _TALLY:
            record[: len(whole)] = whole
            return _MARKED
        if length < 2 or crc(whole) != _RIGHT:
            return _ODD
        if kind == _LOG and (length != _LOG_SIZE or shown[body] > 127):
            return _ODD
        addr = s[_BASE] + at
        s[_LAST] = at
        at += (length + 9) >> 2 << 2
        s[_AT] = s[_TAIL] = at
        s[_SEALED] = 0
        if s[_FILL] == 0:
            continue
        if kind == _FIXED or kind == _ROLL:
            place = shown[end - 2] << 8 | shown[end - 1]
            if place >= s[_ROOM]:
                record[: len(whole)] = whole
                s[_TOLD] = place
                return _GROW
            if place >= s[_COUNT]:
                s[_COUNT] = place + 1
            table = blocks[place >> _BITS]
            place = (place & _MASK) << 1 | kind - _FIXED
            old = table[place] << 2
            table[place] = addr >> 2
            if old != 0:
                s[_TOLD] = old
                return _STALE
        elif kind == _LOG:
            number = int.from_bytes(shown[body : body + 4], "big")
            follows = s[_LOG_NEXT]
            old = log[number & (_LOG_KEEP - 1)] if number < follows <= number + _LOG_KEEP else 0
            if number + 1 >= follows:
                for i in range(max(follows, number - _LOG_KEEP), number):
                    log[i & (_LOG_KEEP - 1)] = 0
                follows = number + 1
                s[_LOG_NEXT] = follows
                record[_LOG_TAIL : _LOG_TAIL + 8] = shown[body + 16 : end]
            if number + _LOG_KEEP >= follows:
                log[number & (_LOG_KEEP - 1)] = addr
            if old != 0:
                s[_TOLD] = old
                return _STALE
        else:
            record[: len(whole)] = whole
            return _OTHER
    s[_AT] = size
    return _DONE


def hole(block: "array[int]", wide: int, at: int, end: int) -> int:
    """The first place from one on that holds 0, `end` for none. wide: see walk_viper.py."""
    while at < end and block[at] != 0:
        at += 1
    return at


TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable
