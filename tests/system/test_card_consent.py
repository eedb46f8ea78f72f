# SPDX-License-Identifier: MIT
"""An owner's card as consent: only while a session asked in vain and the button is held; else a tap is an act."""

import asyncio
from pathlib import Path

import pytest

from nightlatch.errors import Refused
from nightlatch.sim.cards.held import Ntag424
from nightlatch.wire import numbers as n
from nightlatch.workshop.session import Session
from tests.attack.table import Report
from tests.system.card_bench import Garage, copy_of, run

pytestmark = pytest.mark.xdist_group("card_tap")


def enrol(session: Session) -> str:
    """Tries to enrol a phone: "enrolled", or the code of the refusal."""
    try:
        session.enrol(n.KIND_PHONE, n.ROLE_DRIVER, n.RIGHT_UNLOCK, "new")
    except Refused as refused:
        return refused.code
    return "enrolled"


async def hold(garage: Garage, down: bool) -> None:
    """The button inside the car."""
    garage.car.lock.press(down)
    await asyncio.sleep(0.1)


def test_an_owner_s_card_consents(tmp_path: Path, attack: Report) -> None:
    async def body(garage: Garage) -> None:
        owner, driver = Ntag424(), Ntag424()
        mine = await garage.issue(owner, n.ROLE_OWNER)
        await garage.issue(driver)
        await garage.session(lambda session: session.config_set("handed_over", 1))
        enrolled = 0
        await garage.tap(owner)  # an act is no consent
        # nor is a tap without the button, or a driver's
        for card, held in ((driver, False), (owner, False), (driver, True)):
            enrolled += await garage.session(enrol) == "enrolled"
            acts = garage.moves
            await hold(garage, held)
            await garage.tap(card)
            assert garage.moves == acts + 1, "it acts as ever"
        enrolled += await garage.session(enrol) == "enrolled"
        saw = "with an owner's card and the button: enrolled once"
        attack(8, "enrolment after taps of cards", 4, enrolled, saw)
        acts = garage.moves
        await garage.tap(owner)
        assert garage.moves == acts and garage.acts()[-1] == (n.APPROVE, mine.handle, n.OK)
        await garage.tap(owner)
        assert garage.moves == acts + 1, "the next tap is an act again"
        assert await garage.session(enrol) == "enrolled"
        assert await garage.session(enrol) == "needs_approval", "it was used"

    run(body, tmp_path)


def test_a_suspect_card_opens_and_never_consents(tmp_path: Path) -> None:
    async def body(garage: Garage) -> None:
        card = Ntag424()
        key = await garage.issue(card, n.ROLE_OWNER)
        clone = copy_of(card)
        await garage.tap(card)
        await garage.tap(clone)
        await garage.session(lambda session: session.config_set("handed_over", 1))
        assert await garage.session(enrol) == "needs_approval"
        acts = garage.moves
        await hold(garage, True)
        await garage.tap(card)
        assert garage.moves == acts + 1
        assert await garage.session(enrol) == "needs_approval"
        with pytest.raises(Refused) as refused:
            await garage.session(lambda session: session.clear(key.handle, 2, bytes(2)))
        assert refused.value.code == "needs_approval"

    run(body, tmp_path)
