# SPDX-License-Identifier: MIT
"""Runs under MicroPython: the chained log over the real store."""

from agent.audit import Audit
from agent.channel.car import car_keys
from agent.crypto.cmac import Cmac
from tests.kit.target import AGENT_ID, BLE, CLAIM_KEY, Bench, Cut, run
from wire import messages as m
from wire import numbers as n
from wire import record

LOG_KEY = car_keys(AGENT_ID, CLAIM_KEY)[1]


def kept(b):
    """All entries of the store, chain verified by hand."""
    chain, found = b"", []
    for sequence in range(b.store.log_next):
        raw = b.store.log_read(sequence)
        body = bytes(raw[:16])
        entry = record.unpack(m.LOG_ENTRY, body)
        assert entry["seq"] == sequence
        chain = Cmac(LOG_KEY).mac(chain + body)[:8]
        assert chain == bytes(raw[16:]), sequence
        found.append((entry["link"], entry["action"], entry["handle"], entry["verdict"], entry["detail"]))
    return found


def test_entries_are_written_when_flushed_and_chained_across_boots():
    b = Bench()
    b.audit.flush()
    start = b.store.log_next
    b.ticks.go(3000)
    b.audit.note(n.LINK_NFC, n.LOCK, 3, n.NO_RIGHT, 0x12345)
    assert b.store.log_next == start
    b.audit.flush()
    assert kept(b)[-1] == (n.LINK_NFC, n.LOCK, 3, n.NO_RIGHT, 0x2345)
    b = b.restart()
    b.audit.note(n.LINK_INTERNAL, n.EVENT_BOOT, n.HANDLE_NONE, n.OK, 1)
    b.audit.flush()
    assert b.store.log_next == start + 2 and len(kept(b)) == start + 2
    assert record.unpack(m.LOG_ENTRY, bytes(b.store.log_read(start)[:16]))["time"] == 3


def test_without_a_key_nothing_is_kept():
    b = Bench(claim=False)
    for _ in range(50):
        b.audit.note(n.LINK_BLE, n.UNLOCK, 0, n.OK)
    b.audit.flush()
    assert b.store.log_next == 0 and b.audit.lost() == 0 and len(b.entries) == 50


def test_waiting_entries_are_bounded_and_the_log_says_what_it_lacks():
    b = Bench()
    b.audit.flush()
    before = len(kept(b))
    for number in range(50):
        b.audit.note(n.LINK_BLE, n.UNLOCK, number, n.OK)
    assert b.audit.lost() == 18 and len(b.audit._pending) == 32
    b.audit.flush()
    entries = kept(b)[before:]
    assert [entry[2] for entry in entries[:32]] == list(range(32)), "the oldest are kept"
    assert entries[32:] == [(n.LINK_INTERNAL, n.EVENT_LOST, 18, n.FAULT, 0)]
    b.audit.note(n.LINK_BLE, n.UNLOCK, 99, n.OK)
    b.audit.flush()
    assert kept(b)[before + 33 :] == [(n.LINK_BLE, n.UNLOCK, 99, n.OK, 0)], "it says so once"


def test_a_store_that_fails_costs_entries_and_nothing_else():
    for error in (Cut("x"), OSError(28)):
        b = Bench()
        b.audit.flush()
        before = len(kept(b))
        append = b.store.log_append

        def fails(entry, error=error):
            raise error

        b.store.log_append = fails  # type: ignore[method-assign]
        for number in range(5):
            b.audit.note(n.LINK_BLE, n.UNLOCK, number, n.OK)
        b.audit.flush()
        b.audit.flush()
        assert b.audit.lost() == 5 and b.audit._pending == []
        b.store.log_append = append  # type: ignore[method-assign]
        b.audit.flush()
        b.audit.note(n.LINK_BLE, n.LOCK, 7, n.OK)
        b.audit.flush()
        found = [entry[1:3] for entry in kept(b)[before:]]
        assert found == [(n.LOCK, 7), (n.EVENT_LOST, 5)]


def test_a_note_never_raises():
    for error in (Cut("x"), OSError(5), MemoryError(), ValueError("x")):

        def trace(entry, error=error):
            raise error

        b = Bench()
        b.audit.flush()
        audit = Audit(b.store, b.clock, trace)
        audit.key(LOG_KEY)
        audit.note(n.LINK_BLE, n.UNLOCK, 0, n.OK)
        assert audit.faults == 1 and audit.lost() == 0
        before = b.store.log_next
        audit.flush()
        assert b.store.log_next == before + 1, "the entry is kept though nobody could watch"


def test_a_note_touches_no_flash():
    b = Bench()
    b.audit.flush()
    before = b.flash.programmed
    for _ in range(40):
        b.audit.note(n.LINK_BLE, n.UNLOCK, 0, n.OK)
    assert b.flash.programmed == before


def test_entries_say_link_and_verdict():
    b = Bench()
    phone = b.enrol(n.RIGHT_UNLOCK)
    b.verdicts()
    for link in (BLE, n.LINK_NFC << 8):
        assert b.ask(phone, n.UNLOCK, link)[1]
        assert b.entries[-1]["link"] == link >> 8
    b.ask(phone, n.LOCK)
    phone.step(bytes(16))
    phone.step(bytes(16))
    b.ask(phone)
    b.ask(phone, n.STATUS, ahead=2)
    b.ask(phone, n.STATUS)
    assert [(entry["action"], entry["verdict"], entry["detail"]) for entry in b.entries] == [
        (n.UNLOCK, n.OK, 0),
        (n.UNLOCK, n.OK, 0),
        (n.LOCK, n.NO_RIGHT, 0),
        (n.STATUS, n.RECOVERED, 2),
    ]


run(globals())
