# SPDX-License-Identifier: MIT
"""The loop of walk.py in plain Python, for builds without a viper emitter and for the host: see walk_viper.py."""

from struct import pack_into

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
_COUNT = 9
_LOG_NEXT = 10
_TOLD = 11
_ABOUT = 12
_ABOUT_SIZE = 13
_KILLED = 14
_ROOM = 18

_DONE = 0
_MORE = 1
_ODD = 2
_VIEW = 3
_OTHER = 4
_GROW = 5
_STALE = 6

_HEAD = 6
_BODY_MAX = 128
_START = 10  # of a body in the buffer of a record
_LOG_TAIL = 142  # there too: what the newest log entry ends with
_RIGHT = 0x2144DF1C
_FIXED = 1
_ROLL = 2
_LOG = 3
_LOG_SIZE = 24
_LOG_KEEP = 256


def step(
    s: "array[int]",
    window: memoryview,
    record: bytearray,
    crc: "Callable[[memoryview], int]",
    views: "list[memoryview | None]",
    made: bytearray,
    fixed: "array[int]",
    roll: "array[int]",
    log: "array[int]",
) -> int:
    """Goes on through a sector from s[AT] until it has something to say; see walk.py for what."""
    at = s[_AT]
    low = s[_LOW]
    high = s[_HIGH]
    size = s[_SIZE]
    sequence = s[_SEQUENCE]
    while at + _HEAD <= size:
        o = at - low
        if at + _HEAD > high:
            s[_AT] = at
            return _MORE
        length = window[o]
        kind = window[o + 1]
        if (kind == 0 and length == 0) or (kind == 255 and length == 255):
            at += 4
            continue
        stop = at + _HEAD + length
        if length > _BODY_MAX or stop > size or kind == 255:
            s[_AT] = at
            return _ODD
        if stop > high:
            s[_AT] = at
            return _MORE
        if kind == 0:
            end = o + 4 + length  # where what it is about stands
            found = any(window[o + 2 : end])
            if found:
                s[_AT] = at
                return _ODD
            if length >= 2 and (window[end] << 8 | window[end + 1]) == s[_ABOUT]:
                place = _KILLED
                if length != s[_ABOUT_SIZE]:
                    place = _KILLED + 2
                s[place] = s[place + 1]
                s[place + 1] = s[_BASE] + at
            at += (length + 9) >> 2 << 2
            continue
        if made[length] == 0:
            s[_AT] = at
            s[_TOLD] = length
            return _VIEW
        pack_into("<IIBB", record, 0, sequence, at, kind, length)
        to = _START + length
        record[_START:to] = window[o + _HEAD : o + _HEAD + length]
        record[to : to + 4] = window[o + 2 : o + _HEAD]
        if length < 2 or crc(views[length]) != _RIGHT:
            s[_AT] = at
            return _ODD
        addr = s[_BASE] + at
        if kind == _LOG and (length != _LOG_SIZE or record[_START] > 127):
            s[_AT] = at
            return _ODD
        s[_LAST] = at
        at += (length + 9) >> 2 << 2
        s[_TAIL] = at
        if s[_FILL] == 0:
            continue
        if kind == _FIXED or kind == _ROLL:
            place = record[to - 2] << 8 | record[to - 1]
            if place >= s[_COUNT]:
                s[_COUNT] = place + 1
            if place >= s[_ROOM]:
                s[_AT] = at
                s[_TOLD] = place
                return _GROW
            table = roll if kind == _ROLL else fixed
            old = table[place]
            table[place] = addr
            if old != 0:
                s[_AT] = at
                s[_TOLD] = old
                return _STALE
        elif kind == _LOG:
            number = int.from_bytes(record[_START : _START + 4], "big")
            follows = s[_LOG_NEXT]
            if number + 1 >= follows:
                for i in range(max(follows, number - _LOG_KEEP), number):
                    log[i & (_LOG_KEEP - 1)] = 0
                follows = number + 1
                s[_LOG_NEXT] = follows
                record[_LOG_TAIL : _LOG_TAIL + 8] = record[_START + 16 : _START + _LOG_SIZE]
            if number + _LOG_KEEP >= follows:
                log[number & (_LOG_KEEP - 1)] = addr
        else:
            s[_AT] = at
            return _OTHER
    s[_AT] = size
    return _DONE


TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable
