# SPDX-License-Identifier: MIT
"""The loop of walk.py as machine code. walk_plain.py has the same function, with the same results, for other builds.

A record is copied behind the ten bytes that its CRC begins with, and its own CRC behind it: over all of that, CRC-32
gives one and the same number whenever it verifies, a small one that takes no heap.
"""

import micropython
from micropython import const

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from typing import Any

    ptr8 = Any
    ptr16 = Any
    ptr32 = Any
    object = Any  # viper takes no other name for what Python passes around

# places in the state: see walk.py
_AT = const(0)
_LOW = const(1)
_HIGH = const(2)
_SIZE = const(3)
_BASE = const(4)
_SEQUENCE = const(5)
_TAIL = const(6)
_LAST = const(7)
_FILL = const(8)
_SEALED = const(9)
_LOG_NEXT = const(10)
_TOLD = const(11)
_ABOUT = const(12)
_ABOUT_SIZE = const(13)
_KILLED = const(14)
_ROOM = const(18)
_COUNT = const(19)
_WIDE = const(20)

_DONE = const(0)
_MORE = const(1)
_ODD = const(2)
_VIEW = const(3)
_OTHER = const(4)
_GROW = const(5)
_STALE = const(6)
_MARKED = const(7)

_HEAD = const(6)
_BODY_MAX = const(128)
_START = const(10)  # of a body in the buffer of a record
_LOG_TAIL = const(142)  # there too: what the newest log entry ends with
_RIGHT = const(0x2144DF1C)
_FIXED = const(1)
_ROLL = const(2)
_LOG = const(3)
_TALLY = const(16)
_WORD = const(8)
_SEAL = const(256)  # words of the window, behind what it shows
_QUIET = const(258)
_LOG_SIZE = const(24)
_LOG_KEEP = const(256)
_BITS = const(7)
_MASK = const(127)


@micropython.viper
def step(
    s: ptr32, window: ptr8, record: ptr8, crc: object, views: object, made: ptr8, blocks: object, log: ptr32
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
        if length > _BODY_MAX:  # no record: one of the words that stand between them, or something else
            if at + _WORD <= high:
                words = ptr32(window)
                o >>= 2
                if words[o] == words[_SEAL] and words[o + 1] == words[_SEAL + 1]:
                    at += _WORD
                    s[_TAIL] = at
                    s[_SEALED] = 1
                    continue
                if words[o] == words[_QUIET] and words[o + 1] == words[_QUIET + 1]:
                    at += _WORD
                    continue
                if words[o] == words[_QUIET + 1]:
                    at += 4
                    continue
            elif high < size:
                s[_AT] = at
                return _MORE
            s[_AT] = at
            return _ODD
        if stop > size or kind == 255:
            s[_AT] = at
            return _ODD
        if stop > high:
            s[_AT] = at
            return _MORE
        if kind == 0:
            end = o + 4 + length  # where what it is about stands
            i = o + 4
            found = window[o + 2] | window[o + 3]
            words = ptr32(window)
            while i + 4 <= end:
                found |= words[i >> 2]
                i += 4
            while i < end:
                found |= window[i]
                i += 1
            if found != 0:
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
        words = ptr32(window)
        target = ptr32(record)
        target[0] = sequence
        target[1] = at
        i = (o + 4) >> 2  # two bytes before the body, as kind and length stand before it there
        end = (stop - low + 3) >> 2
        to = 2
        while i < end:
            target[to] = words[i]
            i += 1
            to += 1
        record[8] = kind
        record[9] = length
        to = _START + length
        record[to] = window[o + 2]
        record[to + 1] = window[o + 3]
        record[to + 2] = window[o + 4]
        record[to + 3] = window[o + 5]
        if kind == _TALLY:
            s[_AT] = at
            return _MARKED
        if length < 2 or int(crc(views[length])) != _RIGHT:
            s[_AT] = at
            return _ODD
        addr = s[_BASE] + at
        if kind == _LOG and (length != _LOG_SIZE or record[_START] > 127):
            s[_AT] = at
            return _ODD
        s[_LAST] = at
        at += (length + 9) >> 2 << 2
        s[_TAIL] = at
        s[_SEALED] = 0
        if s[_FILL] == 0:
            continue
        if kind == _FIXED or kind == _ROLL:
            place = record[to - 2] << 8 | record[to - 1]
            if place >= s[_ROOM]:
                s[_AT] = at
                s[_TOLD] = place
                return _GROW
            if place >= s[_COUNT]:
                s[_COUNT] = place + 1
            block = blocks[place >> _BITS]
            place = (place & _MASK) << 1
            if kind == _ROLL:
                place += 1
            if s[_WIDE] != 0:
                wide = ptr32(block)
                old = wide[place] << 2
                wide[place] = addr >> 2
            else:
                narrow = ptr16(block)
                old = narrow[place] << 2
                narrow[place] = addr >> 2
            if old != 0:
                s[_AT] = at
                s[_TOLD] = old
                return _STALE
        elif kind == _LOG:
            number = record[10] << 24 | record[11] << 16 | record[12] << 8 | record[13]
            follows = s[_LOG_NEXT]
            old = 0
            if number < follows and number + _LOG_KEEP >= follows:
                old = log[number & (_LOG_KEEP - 1)]
            if number + 1 >= follows:
                i = follows
                if number - _LOG_KEEP > i:
                    i = number - _LOG_KEEP
                while i < number:
                    log[i & (_LOG_KEEP - 1)] = 0
                    i += 1
                follows = number + 1
                s[_LOG_NEXT] = follows
                for i in range(8):
                    record[_LOG_TAIL + i] = record[_START + 16 + i]
            if number + _LOG_KEEP >= follows:
                log[number & (_LOG_KEEP - 1)] = addr
            if old != 0:
                s[_AT] = at
                s[_TOLD] = old
                return _STALE
        else:
            s[_AT] = at
            return _OTHER
    s[_AT] = size
    return _DONE


@micropython.viper
def hole(block: object, wide: int, at: int, end: int) -> int:
    """The first place from one on that holds 0, `end` for none. wide: 4 bytes each, or else 2."""
    if wide != 0:
        words = ptr32(block)
        while at < end and words[at] != 0:
            at += 1
    else:
        halves = ptr16(block)
        while at < end and halves[at] != 0:
            at += 1
    return at
