# SPDX-License-Identifier: MIT
"""Version 2 holds in every state of a small world, and fails without any one of its defences; so did version 1."""

import pytest

from tests.model.protocol.moves import Bounds
from tests.model.protocol.search import Search, rules

# what fails first when a defence is taken out
WITHOUT = {
    "fork": "P3 a copy that missed an exchange opens",
    "restir": "P1 a token opens after another one of its epoch did",
    "eager": "P2 R alone is out of step",
    "unsaved": "P2 R alone is out of step",
    "unmarked": "P4 the copy was used and R's next act does not show it",
    "doubting": "P8 a pass that R made is refused",
}
FIRST = 30_000  # states in which each of these shows


def test_version_2_holds() -> None:
    found = Search(rules("v2", 1), Bounds(3, links=1)).run()
    assert found.complete and found.states > 30_000 and not found.bad, found.account()


def test_version_2_holds_with_passes() -> None:
    found = Search(rules("v2", 1), Bounds(2, links=1, passes=True)).run()
    assert found.complete and found.states > 20_000 and not found.bad, found.account()


def test_version_2_holds_where_a_write_rots() -> None:
    found = Search(rules("v2", 1), Bounds(3, links=1, copies=False, rot=True)).run()
    assert found.complete and not found.bad, found.account()


@pytest.mark.parametrize("switch", WITHOUT)
def test_without_a_defence_something_fails(switch: str) -> None:
    found = Search(rules(switch), Bounds(3, links=1, passes=switch == "doubting")).run(FIRST, WITHOUT[switch])
    assert WITHOUT[switch] in found.bad, found.account()


def test_version_1_fails() -> None:
    found = Search(rules("v1"), Bounds(3)).run(8_000)
    assert {what[:2] for what in found.bad} >= {"P3", "P4", "P5", "P8"}, found.account()


@pytest.mark.soak
@pytest.mark.parametrize(
    ("bounds", "cap", "least"),
    [
        (Bounds(4, links=1), 1, 400_000),
        (Bounds(3, links=1, passes=True), 1, 700_000),
        (Bounds(4, copies=False), 2, 100_000),
    ],
)
def test_version_2_holds_far_out(bounds: Bounds, cap: int, least: int) -> None:
    found = Search(rules("v2", cap), bounds).run()
    assert found.complete and found.states > least and not found.bad, found.account()
