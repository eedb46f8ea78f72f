# SPDX-License-Identifier: MIT
"""Runs under MicroPython: cards that answer anything, a chip that answers anything. Nothing moves, nothing fails inside
but by the errors that are meant for it."""

import asyncio

from agent.credential import chain
from agent.errors import ReaderError
from agent.reader import pn532_frame as frame
from agent.reader.pn532 import Pn532
from tests.kit.target import AGENT_ID, NFC, Bench
from tests.model.dice import Dice
from wire import numbers as n

ROUNDS = 4000


def noise(dice, size):
    return bytes([dice.roll(256) for _ in range(size)])


def answer(dice, step):
    """What a card says: often what the protocol wants so far, bent in one bit, cut, or anything."""
    record = b"\x00\x00NL\x01\x00\x01\x00\x90\x00"
    good = (b"\x90\x00", record, noise(dice, 16) + b"\x91\xaf", noise(dice, 32) + b"\x91\x00")
    one = bytearray(good[min(step, 3)])
    kind = dice.roll(8)
    if kind == 0:
        return noise(dice, dice.roll(260))
    if kind == 1:
        return bytes(one[: dice.roll(len(one) + 1)])
    if kind == 2:
        one[dice.roll(len(one))] ^= 1 << dice.roll(8)
    return bytes(one)


def taps(dice):
    bench = Bench()
    bench.enrol()
    handout, first = chain.first_keys(b"root of the card", AGENT_ID, 1)
    bench.store.enrol(1, n.KIND_CARD, n.ROLE_OWNER, 0xFF, "", handout, first)
    bench.moved()
    for _ in range(ROUNDS):
        tap = bench.gate.tap(NFC)
        try:
            next(tap)
            for step in range(30):
                tap.send(answer(dice, step))
        except StopIteration:
            pass
        finally:
            tap.close()
    assert bench.moved() == [] and bench.gate.faults == 0 and bench.gate.strangers > ROUNDS // 100
    assert bench.cred(1).epoch == 0 and bench.cred(1).state == n.CRED_ACTIVE


class Bus:
    """Acknowledges each command, then says whatever it likes."""

    def __init__(self, dice):
        self._dice = dice
        self._code = 0

    def wake(self):
        pass

    def drain(self, buf):
        pass

    def write(self, data):
        if len(data) > 6:
            self._code = data[6]

    async def read(self, buf):
        dice = self._dice
        out = bytearray(frame.FRAME_MAX)
        size = frame.encode_into(out, self._code + 1 & 0xFF, noise(dice, dice.roll(60)))
        out[5] = frame.FROM_CHIP if dice.roll(20) else dice.roll(256)
        out[size - 2] = -sum(out[5 : size - 2]) & 0xFF
        said = frame.ACK_FRAME + bytes(out[:size])
        if not dice.roll(10):
            said = noise(dice, dice.roll(200)) + said
        buf[: len(said)] = said
        return len(said)


async def answers(dice):
    chip = Pn532(Bus(dice))
    for number in range(ROUNDS):
        try:
            if number % 2:
                found = await chip.targets()
                assert len(found) <= 2 and all(len(one.uid) <= 10 for one in found)
            else:
                assert await chip.exchange(1, b"\x00", False, 50)
        except ReaderError:
            pass


taps(Dice(1))
asyncio.run(answers(Dice(2)))
print("taps", ROUNDS, "answers", ROUNDS)
