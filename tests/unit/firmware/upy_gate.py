# SPDX-License-Identifier: MIT
"""Runs under MicroPython: challenges, tokens and verdicts at the gate, with everything behind it real."""

from tests.kit.target import ALL, BLE, NFC, OTHER, Bench, Phone, run
from wire import numbers as n

OPENED = ["unlock 1"]


def test_one_token_opens_once():
    b = Bench()
    phone = b.enrol()
    nonce = b.gate.challenge(BLE)
    token = phone.token(nonce)
    answer, accepted = b.gate.present(BLE, token)
    assert accepted and phone.read(answer) == (n.OK, bytes((n.DOORS_UNLOCKED, n.STATE_RENEWED, 0)))
    assert b.moved() == OPENED
    assert b.gate.present(BLE, token)[1] is False and b.moved() == []
    b.gate.challenge(BLE)
    assert b.gate.present(BLE, token)[1] is False and b.moved() == []


def test_a_wrong_try_uses_the_challenge_up():
    b = Bench()
    phone = b.enrol()
    token = phone.token(b.gate.challenge(BLE))
    assert not b.gate.present(BLE, bytes(20))[1]
    assert not b.gate.present(BLE, token)[1] and b.moved() == []


def test_a_challenge_is_of_one_link():
    b = Bench()
    phone = b.enrol()
    token = phone.token(b.gate.challenge(BLE))
    b.gate.challenge(OTHER)
    assert not b.gate.present(OTHER, token)[1] and not b.gate.present(NFC, token)[1]
    assert b.gate.present(BLE, token)[1]


def test_a_challenge_dies_and_stays_dead():
    waits = ((0, 1), (4999, 1), (5000, 1), (5001, 0), (60000, 0), (86400000, 0), (604800000, 0), (1 << 30, 0))
    for wait, lives in waits:
        b = Bench()
        phone = b.enrol()
        token = phone.token(b.gate.challenge(BLE))
        while wait > 1000000:  # the supervisor's beat
            b.ticks.go(1000000)
            wait -= 1000000
            b.clock.tick()
        b.ticks.go(wait)
        assert b.gate.present(BLE, token)[1] == bool(lives), wait


def test_a_new_challenge_and_a_drop_end_the_old_one():
    b = Bench()
    phone = b.enrol()
    old = phone.token(b.gate.challenge(BLE))
    b.gate.challenge(BLE)
    assert not b.gate.present(BLE, old)[1]
    old = phone.token(b.gate.challenge(BLE))
    b.gate.drop(BLE)
    b.gate.drop(OTHER)
    assert not b.gate.present(BLE, old)[1]


def test_an_accepted_token_uses_up_its_own_challenge_and_no_other():
    b = Bench()
    one, two = b.enrol(), b.enrol()
    held = two.token(b.gate.challenge(NFC))
    mine = one.token(b.gate.challenge(OTHER))
    assert b.ask(one)[1]
    assert b.gate.present(NFC, held)[1], "another key's"
    b.moved()
    answer, accepted = b.gate.present(OTHER, mine)
    assert not accepted and b.moved() == [], "the epoch is over, though its challenge lives"


def test_a_refused_token_kills_only_its_own_challenge():
    b = Bench()
    phone = b.enrol()
    held = phone.token(b.gate.challenge(NFC))
    b.gate.challenge(BLE)
    b.gate.present(BLE, bytes(20))
    assert b.gate.present(NFC, held)[1]


def test_each_right_grants_one_action():
    actions = {n.UNLOCK: n.RIGHT_UNLOCK, n.LOCK: n.RIGHT_LOCK, n.TRUNK: n.RIGHT_TRUNK, n.DRIVE: n.RIGHT_DRIVE}
    for action, right in actions.items():
        b = Bench()
        for rights, status in ((right, n.OK), (ALL & ~right, n.NO_RIGHT), (0, n.NO_RIGHT), (ALL, n.OK)):
            b.actuator.stop()
            b.moved()
            assert b.ask(b.enrol(rights), action)[0] == status
            assert len(b.moved()) == (status == n.OK)
    b = Bench()
    assert b.ask(b.enrol(0), n.STATUS) == (n.OK, True, bytes(3)) and b.moved() == []


def test_unknown_actions_and_flags():
    b = Bench()
    phone = b.enrol()
    assert b.ask(phone, 0)[0] == n.UNKNOWN_ACTION
    for action in (n.REVOKE, n.LIST, n.APPROVE, n.SET_TIME, n.RENAME, n.CLEAR):
        assert b.ask(phone, action)[0] == n.MALFORMED, "a request without its body"
    assert b.ask(phone, n.WANTED)[0] == n.NOTHING_WANTED
    assert b.ask(phone, n.RECOVER)[0] is None, "a key is no recovery code"
    assert b.ask(phone, n.INTRODUCE)[0] is None, "nor a pass"
    for flags in (8, 0x10, 0x80, 0xFE):
        assert b.ask(phone, n.UNLOCK, BLE, flags)[0] == n.MALFORMED
    del b.pins[n.TRUNK]
    assert b.ask(phone, n.TRUNK)[0] == n.UNKNOWN_ACTION
    assert b.moved() == [] and b.cred().epoch == 0, "a refusal takes no step"
    assert b.ask(phone)[1]


def test_passive_is_off_until_it_is_switched_on():
    b = Bench()
    phone, without = b.enrol(), b.enrol(ALL & ~n.RIGHT_PASSIVE)
    for on in (0, 1, 0):
        b.config.set("passive", on)
        b.actuator.stop()
        b.moved()
        assert b.ask(phone, n.UNLOCK, BLE, n.FLAG_PASSIVE)[0] == (n.OK if on else n.PASSIVE_OFF)
        for action in (n.LOCK, n.TRUNK, n.DRIVE, n.STATUS):
            assert b.ask(phone, action, BLE, n.FLAG_PASSIVE)[0] == n.PASSIVE_OFF
        assert b.ask(without, n.UNLOCK, BLE, n.FLAG_PASSIVE)[0] == n.PASSIVE_OFF
        assert b.moved() == (OPENED if on else [])


def test_the_pulse_is_as_long_as_it_is_set():
    b = Bench()
    phone = b.enrol()
    b.config.set("pulse_ms", 777)
    b.config.set("drive_s", 9)
    for action, ms in ((n.UNLOCK, 777), (n.LOCK, 777), (n.TRUNK, 777), (n.DRIVE, 9000)):
        b.diary[:] = []
        assert b.ask(phone, action)[1]
        assert [word for word in b.diary if word.startswith("arm")] == ["arm %d" % ms]


def test_strangers_cost_no_flash_and_learn_nothing():
    b = Bench()
    phone = b.enrol()
    b.audit.flush()
    before, seen = b.flash.programmed, set()
    b.verdicts()
    for size in (0, 1, 19, 20, 21, 200):
        for first in (0x00, 0x21, 0x2F, 0x11, 0xF1):
            b.gate.challenge(BLE)
            token = bytes((first,)) * size
            answer, accepted = b.gate.present(BLE, token)
            assert not accepted and len(answer) == 16
            seen.add(answer)
    unknown = phone.copy(7)
    unknown.handle = 500
    other_car = Phone(0, phone.handout, phone.chain, car=b"a different car.")
    wrong = Phone(0, b"no hand-out key.", bytes(16))
    for stranger in (unknown, other_car, wrong):
        assert b.ask(stranger)[0] is None
    b.audit.flush()
    assert b.flash.programmed == before and b.verdicts() == [] and b.moved() == []
    assert len(seen) == 30 and b.gate.strangers == 33


def test_a_flipped_bit_is_refused():
    b = Bench()
    phone = b.enrol()
    for at in range(20 * 8):
        token = bytearray(phone.token(b.gate.challenge(BLE)))
        token[at // 8] ^= 1 << at % 8
        assert not b.gate.present(BLE, token)[1], at
    assert b.moved() == [] and b.ask(phone)[1]


def test_another_version_is_refused_though_its_tag_is_right():
    b = Bench()
    phone = b.enrol()
    for phone.version in range(1, 16):  # version 1 among them
        assert b.ask(phone)[0] is None and b.ask(phone, n.REPORT)[0] is None
    phone.version = 0
    assert b.moved() == [] and b.ask(phone)[1]


def test_any_buffer_will_do():
    b = Bench()
    phone = b.enrol()
    for kind in (bytes, bytearray, memoryview):
        answer, accepted = b.gate.present(BLE, kind(phone.token(b.gate.challenge(BLE))))
        assert accepted and phone.read(answer)[0] == n.OK


def test_a_blank_agent_refuses_everything():
    b = Bench(claim=False)
    phone = b.enrol()
    assert b.ask(phone)[0] is None and b.ask(phone, n.REPORT)[0] is None
    assert b.moved() == [] and len(b.gate.advert()) == 6
    b.car.claim(b"the car's name..", b"the claim's key.")
    assert b.ask(phone)[1]


def test_links_do_not_grow_without_bound():
    b = Bench()
    for conn in range(4):
        for _ in range(50):
            b.gate.challenge(n.LINK_BLE << 8 | conn)
    assert len(b.gate._live) == 4


run(globals())
