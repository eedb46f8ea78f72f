# SPDX-License-Identifier: MIT
"""Runs under MicroPython: who asks why at the gate, what a refusal leaves, and what of it is logged."""

from tests.kit.target import BLE, Bench, Phone, run
from wire import numbers as n


def test_revoked_is_told_to_the_holder_alone():
    b = Bench()
    phone = b.used()
    b.store.set_state(b.store.find(0), n.CRED_REVOKED)
    for _ in range(2):
        assert b.ask(phone)[0] == n.REVOKED and phone.by == "identity"
        assert b.ask(phone, n.STATUS)[0] == n.REVOKED
    assert b.verdicts() == [], "it proves nothing"
    assert b.ask(phone, n.REPORT)[0] == n.REVOKED and b.ask(phone, n.REPORT)[0] == n.REVOKED
    thief = Phone(0, bytes(16), phone.chain)
    thief.epoch = phone.epoch
    assert b.ask(thief)[0] is None and b.ask(thief, n.REPORT)[0] is None
    assert b.moved() == [] and b.verdicts() == [(n.REPORT, 0, n.REVOKED)]


def test_a_report_in_step_is_fine_and_moves_nothing():
    b = Bench()
    phone = b.used()
    before = b.stands()
    assert b.ask(phone, n.REPORT) == (n.OK, False, bytes((2, 0, 0))) and phone.by == "told"
    b.store.set_state(b.store.find(0), n.CRED_SUSPENDED)
    assert b.ask(phone, n.REPORT)[0] == n.SUSPENDED
    assert b.moved() == [] and b.stands()[:5] == before[:5] and b.verdicts() == [(n.REPORT, 0, n.SUSPENDED)]


def test_a_report_of_the_epoch_before_is_a_repeat():
    b = Bench()
    phone = b.used()
    phone.keeps = True
    assert b.ask(phone)[1]
    b.actuator.stop()
    b.moved()
    phone.keeps = False
    assert b.ask(phone, n.REPORT)[0] == n.REPEAT and phone.by == "answer" and phone.chain == b.cred().chain
    assert b.cred().state == n.CRED_ACTIVE and b.moved() == []


def test_a_report_of_who_is_ahead_convicts_nobody():
    b = Bench()
    phone = b.used()
    for at in range(3):
        phone.step(bytes((at,)) * 16)
    status, _, state = b.ask(phone, n.REPORT, ahead=3)
    assert (status, state[2], phone.by) == (n.AHEAD, 3, "identity")
    assert b.cred().state == n.CRED_ACTIVE and b.cred().epoch == 1 and b.verdicts() == []


def test_a_report_from_elsewhere_convicts_once():
    b = Bench()
    phone = b.used()
    elsewhere = phone.copy(4)
    elsewhere.chain = b"another branch.."
    for _ in range(2):
        assert b.ask(elsewhere, n.REPORT)[0] == n.STALE and elsewhere.by == "identity"
    assert b.cred().state == n.CRED_SUSPECT
    assert b.verdicts() == [(n.REPORT, 0, n.SUSPECT), (n.REPORT, 0, n.STALE)]
    b.store.set_state(b.store.find(0), n.CRED_ACTIVE)
    assert b.ask(elsewhere, n.REPORT)[0] == n.STALE and b.cred().state == n.CRED_SUSPECT
    assert b.verdicts() == [(n.REPORT, 0, n.SUSPECT)], "once a boot, until it is cleared"


def test_a_photo_of_the_hand_out_takes_nobodys_rights():
    b = Bench()
    phone = b.enrol()
    photo = phone.copy(5)
    assert b.ask(phone)[1]
    b.verdicts()
    for epoch, want in ((0, n.STALE), (1, n.STALE), (2, n.STALE)):
        photo.epoch = epoch
        assert b.ask(photo, n.REPORT)[0] == want and photo.by in ("identity", "handout")
    assert b.cred().state == n.CRED_ACTIVE and b.verdicts() == [(n.REPORT, 0, n.STALE)]
    for _ in range(2):
        assert b.ask(phone)[2][1] & n.STATE_TRIED, "the holder is told from then on"
    assert b.restart().ask(phone)[2][1] & n.STATE_TRIED


def test_the_last_epoch_is_the_end():
    b = Bench()
    phone = b.enrol()
    b.store.step(b.store.find(0), n.EPOCH_LAST - 1, phone.chain, 7, bytes(16))
    phone.epoch = n.EPOCH_LAST - 1
    assert b.ask(phone)[1]
    b.moved()
    for _ in range(3):
        assert b.ask(phone)[0] == n.EXHAUSTED and phone.by == "told"
    assert b.moved() == [] and b.cred().epoch == n.EPOCH_LAST


def test_status_takes_no_step_and_leaves_no_trace():
    b = Bench()
    phone = b.used()
    before = b.stands()
    b.audit.flush()
    written = b.flash.programmed
    for _ in range(3):
        assert b.ask(phone, n.STATUS)[:2] == (n.OK, True) and phone.by == "told"
    b.audit.flush()
    assert b.stands() == before and b.flash.programmed == written and b.verdicts() == []


def test_refusals_of_a_holder_are_logged_once_a_boot_each():
    b = Bench()
    phone = b.used(rights=n.RIGHT_UNLOCK)
    for _ in range(3):
        for action, reason in ((n.DRIVE, n.NO_RIGHT), (n.TRUNK, n.NO_RIGHT), (0, n.UNKNOWN_ACTION)):
            assert b.ask(phone, action)[0] == reason and phone.by == "told"
    assert b.verdicts() == [(n.DRIVE, 0, n.NO_RIGHT), (0, 0, n.UNKNOWN_ACTION)]
    again = b.restart()
    assert again.ask(phone, n.TRUNK)[0] == n.NO_RIGHT and again.verdicts() == [(n.TRUNK, 0, n.NO_RIGHT)]


def test_a_refusal_leaves_the_epoch_and_the_attempt():
    b = Bench()
    phone = b.used(rights=n.RIGHT_UNLOCK)
    before = b.stands()
    assert b.ask(phone, n.DRIVE)[0] == n.NO_RIGHT and b.stands() == before
    assert b.ask(phone, n.UNLOCK, BLE)[1]


run(globals())
