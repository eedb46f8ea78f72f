# SPDX-License-Identifier: MIT
"""What the flash holds outlives a reset and a cut of the power, also one in the middle of a write."""

import threading
import time

import pytest

from nightlatch.errors import HostError
from nightlatch.vault.records import Key
from nightlatch.wire import numbers as n
from nightlatch.workshop.session import Session
from tests.hw.unit import Unit

WRITES = 400


def kept(unit: Unit, key: Key) -> None:
    """Fails unless the key is as it was enrolled and nothing is damaged."""
    found = unit.key(key.handle)
    assert (found.state, found.label, found.rights) == (n.CRED_ACTIVE, key.label, key.rights)
    assert unit.status().damage == 0


def test_a_key_and_the_log_outlive_a_reset(unit: Unit, key: Key) -> None:
    before = unit.status()
    after = unit.reset()
    assert (after.boots - before.boots) & 0xFFFF == 1
    assert after.log_next >= before.log_next and after.next_handle == before.next_handle
    assert after.uptime < max(before.uptime, 60)
    kept(unit, key)
    log = unit.session(lambda session: list(session.log()))
    assert [entry.seq for entry in log] == list(range(log[0].seq, log[0].seq + len(log)))


def test_a_key_outlives_a_power_cut(powered: Unit, key: Key) -> None:
    before = powered.status().boots
    assert (powered.cut().boots - before) & 0xFFFF >= 1
    kept(powered, key)


@pytest.mark.parametrize("after_ms", [20, 70, 150, 400])
def test_a_cut_in_the_middle_of_writes_leaves_before_or_after(powered: Unit, key: Key, after_ms: int) -> None:
    """A setting is written again and again until the power goes: what comes back is one of the values written."""
    before = powered.session(lambda session: session.config_get("drive_s"))
    tried, told = [before], [before]

    def write() -> None:
        def work(session: Session) -> None:
            for round_ in range(WRITES):
                value = 10 + round_ % 500
                tried.append(value)
                session.config_set("drive_s", value)
                told.append(value)

        try:
            powered.session(work)
        except (HostError, OSError):
            pass  # the power went

    writer = threading.Thread(target=write)
    writer.start()
    while len(told) < 2 and writer.is_alive():
        time.sleep(0.005)
    time.sleep(after_ms / 1000)
    powered.cut()
    writer.join()
    assert len(told) > 1, "nothing was written before the power went"
    assert powered.session(lambda session: session.config_get("drive_s")) in (told[-1], tried[-1])
    kept(powered, key)
    powered.session(lambda session: session.config_set("drive_s", before))
