# SPDX-License-Identifier: MIT
"""Runs under MicroPython: the order of a verdict's steps, and whatever may fail on its way."""

from agent.errors import RandomFault
from tests.kit.target import BLE, NFC, OTHER, Bench, Cut, raises, run
from wire import numbers as n


def test_nothing_moves_before_the_step_is_durable():
    b = Bench()
    phone = b.enrol()
    for _ in range(3):
        b.actuator.stop()
        b.diary[:] = []
        assert b.ask(phone)[1]
        assert b.diary.index("program") < b.diary.index("arm 400") < b.diary.index("unlock 1")
        assert b.diary[-1] == "unlock 1" and "erase" not in b.diary, (
            "nothing is written between lock and answer"
        )
        b = b.restart()
        assert b.cred().epoch == phone.epoch


def fault(b, where, error):
    def fails(*args):
        raise error

    if where == "flash":
        b.flash.fails = error
    elif where == "timer":
        b.timer.fails = error
    elif where == "pin":
        b.pins[n.UNLOCK].fails = error
    else:
        part, name = where.split(".")
        setattr(getattr(b, part), name, fails)


def test_whatever_fails_nothing_opens_and_an_answer_comes():
    places = (
        "flash",
        "timer",
        "pin",
        "store.find",
        "store.step",
        "config.get",
        "actuator.has",
        "actuator.pulse",
    )
    for where in places + ("actuator.stop",):
        for error in (Cut("x"), OSError(5), MemoryError(), ValueError("x"), KeyError(1), RuntimeError("x")):
            b = Bench()
            phone = b.enrol()
            phone.keeps = True
            b.moved()
            b.verdicts()
            fault(b, where, error)
            answer, accepted = b.gate.present(BLE, phone.token(b.gate.challenge(BLE)))
            assert len(answer) == 16 and not accepted and phone.read(answer)[0] is None, where
            assert b.moved() == [] and not b.actuator.pulsing or where == "pin"
            assert [pin.level for pin in b.pins.values()] == [0, 0, 0, 0]
            b.flash.fails = None
            assert b.gate.faults == 1 and b.verdicts() == [(n.EVENT_FAULT, n.HANDLE_NONE, n.FAULT)]
            again = b.restart()
            phone.keeps = False
            status, accepted, _ = again.ask(phone)
            assert accepted or status == n.REPEAT and again.ask(phone)[1], "the phone still opens: %s" % where


def test_a_log_that_fails_changes_no_verdict():
    for error in (Cut("x"), OSError(5), MemoryError()):
        b = Bench()
        phone = b.enrol()

        def trace(entry, error=error):
            raise error

        b.audit._trace = trace
        assert b.ask(phone)[1] and b.ask(phone, n.LOCK)[1]


def test_a_random_source_that_sticks():
    b = Bench()
    phone = b.enrol()
    links = (BLE, OTHER, NFC)
    live = {link: b.gate.challenge(link) for link in links}
    token = phone.token(live[NFC])
    b.source.stuck = True
    answers = [b.gate.present(link, bytes(20))[0] for link in (BLE, OTHER, BLE)]
    assert [len(answer) for answer in answers] == [16, 16, 16] and len(set(answers)) == 3
    assert b.gate.present(NFC, token)[1], "what was drawn before is still good"
    assert raises(RandomFault, b.gate.challenge, BLE)
    assert len(b.gate.present(BLE, b"")[0]) == 16


def test_damage_in_a_record_opens_nothing():
    b = Bench()
    phone = b.enrol()
    b.rot(b.cred().chain)
    b.moved()
    for again in (b, b, b.restart()):
        assert again.ask(phone)[0] is None and again.moved() == []


run(globals())
