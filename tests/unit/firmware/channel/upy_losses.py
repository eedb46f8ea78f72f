# SPDX-License-Identifier: MIT
"""Runs under MicroPython: what the technician hears of a damaged store, and what can be done about it."""

from agent.config import _SETTINGS
from agent.store import tables
from agent.store.ring.layout import FIXED, ROLL, VALUE
from tests.kit.target import run
from tests.unit.firmware.channel.upy_requests import Session
from wire import messages as m
from wire import numbers as n
from wire import record

OK = bytes((n.C_OK,))


def losses(b):
    """(all losses, pages)."""
    found, pages = [], 0
    while True:
        body = b.tech.ask(n.R_LOSSES, record.pack(m.LOSSES, {"first": len(found)}))
        assert body[:1] == OK
        head, at = record.take(m.LOSSES_ANSWER, body, 1)
        while at < len(body):
            values, at = record.take(m.LOSS, body, at)
            found.append((values["what"], values["first"], values["last"]))
        pages += 1
        assert head["next"] == len(found)
        if head["next"] >= head["total"]:
            return found, pages


def damage(b, kind, place):
    """Flips a bit of what is live."""
    b.flash.data[b.store.at(kind, place) + 9] ^= 4


def again(b):
    """A start after the flips, and a session."""
    return Session(claim=False, flash=b.flash)


def keys(count):
    b = Session()
    phones = [b.enrol(label="key %d" % number) for number in range(count)]
    for phone in phones:
        assert b.ask(phone)[1]
    return b, phones


def test_nothing_is_lost():
    b, _ = keys(2)
    assert losses(b) == ([], 1)
    for body in (b"", b"\x00" * 5):
        assert b.tech.ask(n.R_LOSSES, body) == bytes((n.C_BAD_REQUEST,))
    body = b.tech.ask(n.R_LOSSES, b"\xff\xff\xff\xff")
    assert record.unpack(m.LOSSES_ANSWER, body[1:]) == {"total": 0, "next": 0}


def test_the_numbers_of_the_wire_are_those_of_the_store():
    assert (n.VALUE_CLAIM, n.VALUE_LINK, n.VALUE_BOOTS, n.VALUE_TIME) == (
        tables.AGENT,
        tables.LINK,
        tables.BOOTS,
        tables.TIME,
    )
    assert (n.VALUE_HANDLES, n.VALUE_UPDATE, n.VALUE_ASKED, n.VALUE_CONFIG, n.VALUE_PASSES) == (
        tables.HANDLES,
        tables.UPDATE,
        tables.ASKED,
        tables.CONFIG,
        tables.PASSES,
    )
    for name in _SETTINGS:
        print("setting", _SETTINGS[name][0], name)


def test_each_kind_is_named_and_the_rest_goes_on():
    b, phones = keys(4)
    assert b.set("pulse_ms", 700) == OK and b.set("strict", 1) == OK
    for number in range(9):
        b.audit.note(n.LINK_BLE, n.UNLOCK, number, n.OK)
    b.audit.flush()
    damage(b, FIXED, 1)
    damage(b, ROLL, 2)
    damage(b, VALUE, _SETTINGS["pulse_ms"][0])
    gone = b.store.log_next - 5
    for sequence in (gone, gone + 1):
        b.flash.data[b.store.log_address(sequence) + 9] ^= 4
    b = again(b)
    found, _ = losses(b)
    assert (n.LOST_KEY, 1, 1) in found and (n.LOST_KEY, 2, 2) in found
    assert (n.LOST_VALUE, n.VALUE_CONFIG, n.VALUE_CONFIG) in found and (n.LOST_LOG, gone, gone + 1) in found
    assert len(found) == 4, found
    assert record.unpack(m.STATUS_ANSWER, b.tech.ask(n.R_STATUS)[1:])["damage"] == 5
    assert b.config.get("pulse_ms") == 400 and b.config.get("strict") == 1
    for handle, phone in enumerate(phones):
        assert b.ask(phone)[1] == (handle in (0, 3)), handle
    assert b.set("pulse_ms", 600) == OK
    b = again(b)
    assert (n.LOST_VALUE, n.VALUE_CONFIG, n.VALUE_CONFIG) not in losses(b)[0]


def test_rot_after_the_start_is_told_once_it_is_met():
    b, phones = keys(2)
    damage(b, ROLL, 1)
    assert losses(b)[0] == []
    assert not b.ask(phones[1])[1] and b.ask(phones[0])[1]
    assert losses(b)[0] == [(n.LOST_KEY, 1, 1)]


def test_a_lost_setting_takes_no_word_from_an_owner():
    for name, (place, default, low, high) in _SETTINGS.items():
        b, _ = keys(1)
        assert b.set(name, high if default == low else low) == OK
        b.audit.flush()  # what is last might be a write that was cut short
        damage(b, VALUE, place)
        assert again(b).config.get(name) == (1 if name == "handed_over" else default), name


def test_a_damaged_key_is_revoked_for_good():
    for kind in (FIXED, ROLL):
        for met in (False, True):
            b, phones = keys(3)
            at = b.store.at(kind, 1) + 9
            b.flash.data[at] ^= 4
            if not met:
                b = again(b)
            assert b.revoke(1) == OK, (kind, met)
            assert len(b.keys()[0]) == 3 - (kind == FIXED) and losses(b)[0] == [], (kind, met)
            b.flash.data[at] |= 4 if kind == FIXED else 0  # the cell reads well again
            for _ in range(2):
                b = again(b)
                assert not b.ask(phones[1])[1] and b.ask(phones[0])[1] and b.ask(phones[2])[1]
            known = b.store.find(1)
            assert known is None or known.state == n.CRED_REVOKED, (kind, met)
            assert b.enrolment(1) == bytes((n.C_HANDLE_TAKEN,)) and b.store.next_handle() == 3
            assert losses(b)[0] == [], (kind, met)
            assert kind != ROLL or b.verdicts().count((n.EVENT_REVOKE, 1, n.OK)) == 0


def test_revoking_what_is_not_there_is_still_refused():
    b, _ = keys(2)
    damage(b, ROLL, 0)
    b = again(b)
    assert b.revoke(2) == b.revoke(500) == b.revoke(n.HANDLE_NONE) == bytes((n.C_NO_SUCH_KEY,))
    assert b.revoke(1) == bytes((n.C_LAST_OWNER,)), "the damaged owner does not count"
    assert b.revoke(0) == OK and (n.EVENT_REVOKE, 0, n.OK) in b.verdicts()


def test_a_hundred_losses_come_page_by_page():
    b = Session()
    for number in range(100):
        identity = bytes((number,)) * 16
        b.store.enrol(number, n.KIND_CARD, n.ROLE_GUEST, 1, "", identity, identity)
        b.store.maintain()
    for handle in range(100):
        if handle % 3:
            damage(b, FIXED, handle)
    b = again(b)
    found, pages = losses(b)
    assert sorted(found) == [(n.LOST_KEY, handle, handle) for handle in range(100) if handle % 3] and pages == 2
    assert len(b.keys()[0]) == 34


if __name__ == "__main__":
    run(globals())
