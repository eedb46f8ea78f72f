# SPDX-License-Identifier: MIT
"""Issue, check and wipe on a virtual card, torn away at each APDU: old or new keys work, and the tool goes on."""

from collections.abc import Callable

import pytest

from nightlatch.card import CardError, CardLost, CardRefused, Keyset, Personaliser
from nightlatch.sim.cards.held import Ntag424, State
from nightlatch.wire import ticket
from tests.unit.card.card_bench import UID, ZERO, Desk, keyset

KEYS = keyset()


def issued() -> Desk:
    desk = Desk()
    desk.people().issue(KEYS)
    desk.apdus.clear()
    return desk


def count(work: Callable[[Personaliser], object], start: Callable[[], Desk]) -> int:
    desk = start()
    work(desk.people())
    return len(desk.apdus)


def assert_takes_a_key_0(desk: Desk) -> None:
    """Key 0 is the factory's or ours, and so is every other one."""
    state = desk.card.state
    for number in range(5):
        assert state.keys[number] == (KEYS.keys[number] if state.versions[number] else ZERO)
    desk.chip(0, state.keys[0])


def test_a_fresh_card_becomes_ours_and_a_fresh_one_again() -> None:
    desk = Desk()
    people = desk.people()
    assert people.look().state == "factory"
    people.issue(KEYS)
    report = people.check(KEYS)
    assert (report.state, report.handle, report.epoch, report.uid) == ("ours", 5, 0, UID)
    state = desk.card.state
    assert state.keys == list(KEYS.keys) and len(set(state.keys)) == 5 and ZERO not in state.keys
    assert (state.files[2].rights, state.files[2].mode) == (0xE000, 1)
    assert (state.files[3].rights, state.files[3].mode) == (0xFF30, 3)
    assert state.files[3].data[:32] == KEYS.first_ticket() + bytes(16)
    for number in range(5):  # no factory key works any more
        with pytest.raises(CardRefused):
            desk.chip(number, ZERO)
    before = len(desk.apdus)
    people.issue(KEYS)
    assert not any(apdu[1] in (0xC4, 0x5F) for apdu in desk.apdus[before:])
    people.wipe(KEYS)
    state.failed = [0] * 5
    state.row = 0
    assert state == State(uid=UID)
    people.wipe(KEYS)
    assert state == State(uid=UID)


def test_issue_torn_at_each_apdu() -> None:
    total = count(lambda people: people.issue(KEYS), Desk)
    seen = set()
    for at in range(total):
        for written in (False, True):
            desk = Desk()
            desk.card.tear(at, written)
            told: list[str] = []
            with pytest.raises(CardLost) as lost:
                Personaliser(desk.people()._chip, told.append).issue(KEYS)
            if told:
                assert told[-1] in lost.value.message
                seen.add(told[-1].partition(": ")[2])
            assert_takes_a_key_0(desk)
            assert desk.people().look().state in ("factory", "half", "ours")
            desk.people().issue(KEYS)
            assert desk.people().check(KEYS).epoch == 0
    assert seen == {
        *("key 1", "key 2", "key 3", "key 4", "key 0", "first ticket", "record"),
        *("settings of file 2", "settings of file 3"),
    }


def test_wipe_torn_at_each_apdu() -> None:
    total = count(lambda people: people.wipe(KEYS), issued)
    for at in range(total):
        for written in (False, True):
            desk = issued()
            desk.card.tear(at, written)
            with pytest.raises(CardLost):
                desk.people().wipe(KEYS)
            assert_takes_a_key_0(desk)
            desk.people().wipe(KEYS)
            assert desk.card.state == State(uid=UID)


def test_issue_torn_again_and_again() -> None:
    """No try loses what was done before it: with so many APDUs each, a few are enough."""
    for step in (22, 26, 31):
        desk = Desk()
        for _ in range(10):
            desk.card.tear(step, True)
            try:
                desk.people().issue(KEYS)
                break
            except CardLost:
                assert_takes_a_key_0(desk)
        desk.card._tear = None
        assert desk.people().check(KEYS).state == "ours"


def test_a_half_made_card_has_no_record_and_no_ticket_is_taken_back() -> None:
    desk = Desk()
    desk.card.tear(count(lambda people: people.issue(KEYS), Desk) - 1, False)
    with pytest.raises(CardLost):
        desk.people().issue(KEYS)
    assert desk.people().look() == desk.people().look()
    assert desk.people().look().handle is None
    desk.people().issue(KEYS)
    chip = desk.chip(3, KEYS.keys[3])
    chip.write(3, ticket.place(1), ticket.ticket(1, bytes(12)))
    desk.people().issue(KEYS)
    assert desk.people().check(KEYS).epoch == 1


def test_cards_that_are_not_for_us() -> None:
    desk = Desk()
    with pytest.raises(CardError) as other:
        desk.people().issue(keyset(bytes.fromhex("04998877665544")))
    assert other.value.code == "card_other"
    desk.card.state.random_id = True
    with pytest.raises(CardError) as hidden:
        desk.people().look()
    assert hidden.value.code == "card_random"
    theirs = Desk()
    theirs.card.state.versions[2] = 1
    with pytest.raises(CardError) as foreign:
        theirs.people().issue(KEYS)
    assert foreign.value.code == "card_foreign"
    locked = Desk()
    locked.card.state.keys[0] = b"x" * 16
    with pytest.raises(CardError) as no_key:
        locked.people().issue(KEYS)
    assert no_key.value.code == "card_foreign" and "key 1" in no_key.value.message
    assert locked.card.state.versions == [0] * 5


def test_a_card_of_another_car_is_left_alone() -> None:
    desk = issued()
    before = desk.card.state.keys[:], desk.card.state.files[3].data
    with pytest.raises(CardError):
        desk.people().check(keyset(master=b"n" * 16))
    with pytest.raises(CardError):
        desk.people().wipe(keyset(master=b"n" * 16))
    assert (desk.card.state.keys, desk.card.state.files[3].data) == before


def test_no_card_at_all() -> None:
    class Bank(Ntag424):
        def transceive(self, apdu: bytes) -> bytes:
            return b"\x6a\x82"

    with pytest.raises(CardRefused) as refused:
        Desk(Bank()).people().look()
    assert refused.value.status == 0x6A82


def test_keys_differ_by_card_car_and_handle() -> None:
    sets = [keyset(), keyset(handle=6), keyset(bytes(6) + b"\x04"), keyset(master=b"n" * 16)]
    sets.append(Keyset.of(b"m" * 16, UID, b"b" * 16, 5))
    assert len({one.keys[3] for one in sets}) == len({one.chain for one in sets}) == 5
    assert "m" * 4 not in repr(sets[0]) and sets[0].keys[0].hex() not in repr(sets[0])
