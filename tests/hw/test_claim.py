# SPDX-License-Identifier: MIT
"""Who the unit is and whose: what it tells a stranger, who gets a session, what a setting does."""

import secrets
from dataclasses import replace
from pathlib import Path

import pytest

from nightlatch.errors import AuthFailed, Refused
from nightlatch.link.boards import boards_dir
from nightlatch.vault import KdfParams, Vault
from nightlatch.wire import messages as m
from nightlatch.wire import numbers as n
from nightlatch.wire import record
from nightlatch.workshop.client import Client
from tests.hw.unit import Unit


def claim(client: Client) -> bytes:
    question = {"version": n.PROTOCOL, "agent_id": bytes(n.AGENT_ID_SIZE), "claim_key": secrets.token_bytes(n.KEY_SIZE)}
    return client._frames.ask(bytes([n.F_CLAIM]) + record.pack(m.CLAIM, question), n.F_CLAIM)


def test_it_says_the_same_each_time_and_is_a_board_of_ours(unit: Unit) -> None:
    said = [unit.hello() for _ in range(3)]
    assert len(set(said)) == 1 and said[0].state == n.AGENT_CLAIMED
    assert (boards_dir() / said[0].board / "board.json").is_file()


def test_nobody_claims_it_again(unit: Unit) -> None:
    with pytest.raises(Refused, match="claimed already"):
        unit.ask(claim)
    assert unit.status().damage == 0


def test_another_link_key_opens_nothing_and_ours_still_does(unit: Unit, tmp_path: Path) -> None:
    car = unit.vault.car(unit.serial)
    thief = Vault.create(tmp_path / "thief.sqlite", b"of no use here", KdfParams(1, 8, 1))
    for epoch in (car.link_epoch, car.link_epoch + 1, 0):
        thief.add_car(replace(car, link_key=secrets.token_bytes(16), link_epoch=epoch), replace_existing=True)
        with pytest.raises(AuthFailed):
            Unit(unit.serial, thief, unit.port, timeout=unit.timeout).status()
    assert unit.status().damage == 0


def test_a_setting_is_kept_and_one_out_of_range_is_not(unit: Unit) -> None:
    before = unit.session(lambda session: session.config_get("pulse_ms"))
    other = 300 if before != 300 else 301
    try:
        unit.session(lambda session: session.config_set("pulse_ms", other))
        with pytest.raises(Refused):
            unit.session(lambda session: session.config_set("pulse_ms", 1))
        assert unit.session(lambda session: session.config_get("pulse_ms")) == other
    finally:
        unit.session(lambda session: session.config_set("pulse_ms", before))
