# SPDX-License-Identifier: MIT
"""Attack 10: a card or phone far away, relayed to the reader. Waiting is bounded, whatever the other side asks for.

A relay that is fast enough opens: NFC proves no nearness either, and nothing here claims so. The table shows from
which delay on it is turned away.
"""

import asyncio
import time
from pathlib import Path

import pytest

from nightlatch.phone.bundle import KeyBundle
from nightlatch.phone.holder import Holder
from nightlatch.phone.state import State
from nightlatch.sim.cards.card import Card
from nightlatch.sim.cards.held import Ntag424, PhoneCard
from nightlatch.wire import numbers as n
from tests.attack.table import Report
from tests.system.card_bench import Garage, run

pytestmark = pytest.mark.xdist_group("card_attack")
WITHIN = (0.0, 0.1)
BEYOND = (0.6, 1.2, 3600.0)  # the last: S(WTX) without end, which the chip grants and the agent does not wait for
LONGEST = 1.0 + 0.5 * 6  # a tap of 7 APDUs, each within its bound
SLACK = 1.0


class Endless(Card):
    """Answers the first APDU with a chain of blocks that never ends."""

    def __init__(self) -> None:
        super().__init__(bytes.fromhex("04112233445566"))

    def transceive(self, apdu: bytes) -> bytes:
        """As many bytes as anybody takes."""
        return bytes(1 << 16)


def owner(garage: Garage) -> Holder:
    """The owner's phone."""
    car, key = garage.vault.car(), garage.vault.keys(garage.vault.car().serial)[0]
    bundle = KeyBundle(car.agent_id, car.veil, key.handle, key.role, key.rights, key.root, "")
    return Holder(State.of(bundle))


def test_attack_10_a_relay(tmp_path: Path, attack: Report) -> None:
    async def body(garage: Garage) -> None:
        faults, reader = garage.car.reader.faults, garage.car.reader
        card = Ntag424()
        await garage.issue(card)
        ada = owner(garage)
        tries = opened = 0
        slowest = 0.0
        for delay in (*WITHIN, *BEYOND):
            for kind in ("phone", "card"):
                before = garage.moves
                faults.delay = delay
                one = PhoneCard(ada, n.UNLOCK) if kind == "phone" else card
                limit = LONGEST + SLACK if delay in WITHIN else 1.8
                await reader.tap(one, limit)
                faults.delay = 0.0
                if delay in BEYOND:
                    tries, opened = tries + 1, opened + (garage.moves != before)
                else:
                    await asyncio.sleep(0.1)
                    assert garage.moves == before + 1, (kind, delay)
                began = time.monotonic()
                mine = PhoneCard(ada, n.UNLOCK)
                while not (await reader.tap(mine, 2.0) and mine.phone.results and mine.phone.results[-1].ok):
                    assert time.monotonic() - began < 10, "the reader waits for ever"
                slowest = max(slowest, time.monotonic() - began)
        reader.present(Endless())
        await asyncio.sleep(1.0)
        reader.remove()
        tries += 1
        mine = PhoneCard(ada, n.UNLOCK)
        assert await reader.tap(mine, 5.0) and mine.phone.results[-1].ok
        saw = f"up to {max(WITHIN):g} s an APDU it opens, from {min(BEYOND):g} s not; tapped at once after it"
        attack(10, "NFC relay, S(WTX) and chaining without end", tries, opened, saw)

    run(body, tmp_path)
