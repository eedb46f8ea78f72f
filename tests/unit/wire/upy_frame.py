# SPDX-License-Identifier: MIT
"""Runs under both interpreters and prints what the frame codec makes of known, of worst and of broken input."""

from binascii import crc32, hexlify

from wire import frame
from wire import numbers as n
from wire.errors import WireError


class Dice:
    """Numbers that both interpreters draw alike (Numerical Recipes' linear congruential generator)."""

    def __init__(self, seed):
        self._state = seed

    def below(self, limit):
        self._state = (self._state * 1664525 + 1013904223) & 0xFFFFFFFF
        return (self._state >> 8) % limit


def brief(data):
    return "%d:%08x" % (len(data), crc32(data) & 0xFFFFFFFF)


def unstuffed(data):
    """The block decoding of the COBS paper, for what the codec's own encoder made."""
    out = b""
    while data:
        code, block = data[0], data[1 : data[0]]
        assert code and len(block) == code - 1
        data = data[code:]
        out += block + (b"\x00" if code < 255 and data else b"")
    return out


def encodes():
    for name, payload in (
        ("one", b"\x01"),
        ("zero", b"\x00"),
        ("zeros", bytes(5)),
        ("text", b"nightlatch"),
        ("mixed", bytes(range(8)) * 2),
    ):
        print("encode", name, hexlify(frame.encode(payload)).decode())
    for size in (
        1,
        2,
        249,
        250,
        251,
        253,
        254,
        255,
        256,
        503,
        504,
        505,
        508,
        509,
        758,
        759,
        1019,
        1023,
        n.FRAME_MAX,
    ):
        for fill in (0x00, 0x01, 0xFF):
            payload = bytes((fill,)) * size
            framed = frame.encode(payload)
            whole = unstuffed(framed[:-1])
            good = whole[:-4] == payload and whole[-4:] == (crc32(payload) & 0xFFFFFFFF).to_bytes(4, "little")
            fits = len(framed) <= size + frame.overhead(size) and framed.find(b"\x00") == len(framed) - 1
            back = frame.Decoder().push(framed) == [payload]
            print("size", size, fill, brief(framed), good, fits, back)
    for payload in (b"", bytes(n.FRAME_MAX + 1), bytes(5000)):
        try:
            print("encoded", len(frame.encode(payload)))
        except WireError as error:
            print("refused", len(payload), error)


def broken():
    payload = bytes((1, 0, 2, 0, 0)) + bytes(range(250))
    framed = frame.encode(payload)
    decoder = frame.Decoder()
    taken = 0
    for at in range(len(framed)):
        for bit in range(8):
            bent = bytearray(framed)
            bent[at] ^= 1 << bit
            found = decoder.push(bytes(bent) + b"\x00")
            taken += len([one for one in found if one == payload or len(one) == len(payload)])
    print("flips", len(framed) * 8, taken, decoder.bad, decoder.push(framed) == [payload])
    decoder = frame.Decoder()
    for size in range(len(framed) - 1):
        for one in decoder.push(framed[:size] + b"\x00"):
            print("cut passed", size, one)
    print("cuts", decoder.bad, decoder.push(framed) == [payload])
    for raw in (
        b"\x00" * 9,
        b"\x05\x01\x00",
        b"\x01\x00",
        b"\x01\x01\x01\x01\x01\x00",
        b"\xff\x01\x00",
        b"\x05abcd\x00",
    ):
        decoder = frame.Decoder()
        print("raw", hexlify(raw).decode(), decoder.push(raw), decoder.bad)
    empty = bytes((5,)) + (crc32(b"") & 0xFFFFFFFF or 0x01010101).to_bytes(4, "little") + b"\x00"
    decoder = frame.Decoder()
    print("no payload", decoder.push(empty), decoder.bad)


def chunks():
    dice = Dice(1)
    wanted = [bytes([dice.below(256) for _ in range(1 + dice.below(300))]) for _ in range(40)]
    stream = b"".join([frame.encode(one) for one in wanted])
    for step in (1, 2, 7, 64, 255, 4096):
        decoder = frame.Decoder()
        found = []
        for at in range(0, len(stream), step):
            found += decoder.push(memoryview(stream)[at : at + step])
        print("chunks", step, found == wanted, decoder.bad)


def noise():
    dice = Dice(2)
    decoder = frame.Decoder()
    good = 0
    for _ in range(200):
        garbage = bytes([dice.below(256) for _ in range(dice.below(60))])
        payload = bytes([dice.below(256) for _ in range(1 + dice.below(80))])
        found = decoder.push(garbage + b"\x00" + frame.encode(payload))
        good += found == [payload]
    print("noise", good, decoder.bad)


def limits():
    for limit in (1, 10, 254, n.FRAME_MAX):
        for size in (limit, limit + 1, limit + 9, 3 * limit):
            body = bytes((1,)) * size
            raw = body + (crc32(body) & 0xFFFFFFFF).to_bytes(4, "little")
            framed = b""
            while raw:  # no encoder of ours makes these; the CRC may hold a zero, so fill with ones only
                block, raw = raw[:254], raw[254:]
                zero = block.find(b"\x00")
                if zero >= 0:
                    raw, block = block[zero + 1 :] + raw, block[:zero]
                framed += bytes((len(block) + 1,)) + block
            decoder = frame.Decoder(limit)
            room = len(decoder._buf)
            found = decoder.push(framed + b"\x00")
            after = decoder.push(frame.encode(b"!"))
            print(
                "limit",
                limit,
                size,
                [brief(one) for one in found],
                decoder.bad,
                after,
                len(decoder._buf) == room,
            )
    decoder = frame.Decoder()
    room = len(decoder._buf)
    for _ in range(20):
        assert decoder.push(b"\x55" * 5000) == []
    print(
        "flood",
        decoder.bad,
        decoder.push(b"\x00"),
        decoder.bad,
        decoder.push(frame.encode(b"!")),
        len(decoder._buf) == room,
    )


encodes()
broken()
chunks()
noise()
limits()
