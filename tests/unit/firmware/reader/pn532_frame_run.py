# SPDX-License-Identifier: MIT
"""Runs under CPython and MicroPython: feeds the agent's PN532 frame codec the same streams and prints what it finds."""

from agent.reader import pn532_frame as frame

_STREAMS = 300


class Dice:
    """Numbers that both interpreters draw alike (Numerical Recipes' linear congruential generator)."""

    def __init__(self, seed):
        self._state = seed

    def below(self, limit):
        self._state = (self._state * 1664525 + 1013904223) & 0xFFFFFFFF
        return (self._state >> 8) % limit

    def bytes(self, count):
        return bytes(self.below(256) for _ in range(count))


def piece(dice, out):
    """Noise, an acknowledgement, or a frame, whole, cut or damaged."""
    kind = dice.below(8)
    if kind == 0:
        return dice.bytes(dice.below(20))
    if kind == 1:
        return bytes(dice.below(6)) + b"\x00\xff" * dice.below(4)
    if kind == 2:
        return frame.ACK_FRAME
    if kind == 3:
        return frame.NACK_FRAME
    size = frame.encode_into(out, dice.below(256), dice.bytes(dice.below(264 if kind == 4 else 40)))
    whole = bytearray(out[:size])
    if kind == 5:
        return bytes(whole[: dice.below(size)])
    if kind == 6:
        whole[dice.below(size)] ^= 1 << dice.below(8)
    return bytes(whole)


def main():
    dice = Dice(20211119)
    out = bytearray(frame.FRAME_MAX)
    for number in range(_STREAMS):
        decoder = frame.Decoder(frame.DATA_MAX if number % 3 else 60)
        check = 0
        found = [0, 0, 0, 0, 0]
        for _ in range(12):
            data = memoryview(piece(dice, out))
            at = 0
            while at < len(data):
                end = min(len(data), at + 1 + dice.below(30))
                while True:
                    at = decoder.take(data, at, end)
                    kind = decoder.poll()
                    found[kind] += 1
                    if kind == frame.DATA:
                        for byte in decoder.data:
                            check = (check * 257 + byte) % 1000003
                    if kind == frame.NONE and at == end:
                        break
        print(number, found[1:], decoder.bad, check)


main()
