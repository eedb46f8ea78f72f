# SPDX-License-Identifier: MIT
"""What the technician hears of a damaged store: on the target, and through the host's client and its words."""

from pathlib import Path
from typing import Any

import pytest

from nightlatch.device.losses import SETTINGS, Losses, data, words
from nightlatch.wire import numbers as n
from tests.kit.outcome import Script

SCRIPT = Script(Path(__file__).with_name("upy_losses.py"))


@pytest.mark.parametrize("case", SCRIPT.cases)
def test_on_target(upy: Any, case: str) -> None:
    SCRIPT.check(upy, case)


def test_settings_have_the_names_of_the_agent(upy: Any) -> None:
    SCRIPT.check(upy, SCRIPT.cases[0])
    said = {int(line.split()[1]): line.split()[2] for line in SCRIPT.said if line.startswith("setting ")}
    assert said == {n.VALUE_CONFIG + place: name for place, name in enumerate(SETTINGS)}


def test_words() -> None:
    rows = [(n.LOST_KEY, 7, 7), (n.LOST_KEY, 2, 2), (n.LOST_VALUE, 18, 18), (n.LOST_VALUE, 66, 66)]
    rows += [(n.LOST_VALUE, 4, 4), (n.LOST_LOG, 3, 3), (n.LOST_LOG, 5, 9), (n.LOST_NAMELESS, 2, 2)]
    lost = Losses.of(rows)
    assert lost.keys == (2, 7) and lost.log == ((3, 3), (5, 9)) and lost.nameless == 2
    said = "\n".join(what for what, _ in words(lost, {2: "Ben", 7: ""}))
    keys, values = ("key 2 (Ben)", "key 7 is"), ("setting strict", "pass 2", "time")
    for part in (*keys, *values, "entry 3 is", "entries 5 to 9", "2 damaged"):
        assert part in said, part
    assert "`nightlatch key revoke 2`" in words(lost, {})[0][1]
    assert data(lost, {2: "Ben"})["keys"] == [{"handle": 2, "label": "Ben"}, {"handle": 7, "label": None}]
    assert words(Losses(), {}) == []


@pytest.mark.parametrize("ident", range(128))
def test_every_value_has_words(ident: int) -> None:
    assert words(Losses(values=(ident,)), {})[0][0].strip()
