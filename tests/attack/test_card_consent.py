# SPDX-License-Identifier: MIT
"""A card's tap that was meant to open, harvested as consent by a session that asks all the time."""

from pathlib import Path

import pytest

from nightlatch.errors import Refused
from nightlatch.sim.cards.held import Ntag424
from nightlatch.wire import numbers as n
from tests.attack.gate_bench import weakened
from tests.attack.table import Report
from tests.system.card_bench import Garage, run

pytestmark = pytest.mark.xdist_group("card_attack")
TAPS = 4
WITHOUT_BUTTON = (
    "agent/credential/card.py",
    "if office.consent.pending() is not None and office.button():",
    "if office.consent.pending() is not None:",
)


def harvest(folder: Path, firmware: Path | None = None) -> int:
    """An owner who opens and locks with a card while a session asks for an enrolment before and after each tap: how
    often it got one."""
    folder.mkdir()
    enrolled = []

    async def body(garage: Garage) -> None:
        card = Ntag424()
        await garage.issue(card, n.ROLE_OWNER)
        await garage.session(lambda session: session.config_set("handed_over", 1))

        async def ask() -> None:
            try:
                await garage.session(
                    lambda session: session.enrol(n.KIND_PHONE, n.ROLE_OWNER, n.RIGHTS_KNOWN, "thief")
                )
                enrolled.append(True)
            except Refused as refused:
                assert refused.code in ("needs_approval", "too_often")

        for _ in range(TAPS):
            await ask()
            moves = garage.moves
            await garage.tap(card)
            assert garage.moves == moves + 1 or firmware is not None, "its tap opens, whatever is asked"
            await ask()

    run(body, folder, firmware)
    return len(enrolled)


def test_a_tap_without_the_button(tmp_path: Path, attack: Report) -> None:
    opened = harvest(tmp_path / "a")
    fell = harvest(tmp_path / "b", weakened(tmp_path / "twin", WITHOUT_BUTTON))
    attack(31, "an owner's taps, harvested as consent", TAPS, opened, "each tap opened or locked", fell)
