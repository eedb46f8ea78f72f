# SPDX-License-Identifier: MIT
"""Runs under MicroPython: who may reset an agent, and a reset whose power fails at every program and erase."""

import gc

from agent.channel.car import car_keys
from agent.errors import StoreError
from agent.store import tables, wipe
from agent.store.journal import Journal
from tests.kit.target import AGENT_ID, CLAIM_KEY, Bench, run
from tests.kit.technician import Technician
from tests.model.dice import Dice
from tests.model.nor import Nor
from tests.model.tears import torn
from wire import messages as m
from wire import numbers as n
from wire import record

TEARS = ("0", "q", "h", "1", "s", "S", "M", "w")
ASK = bytes((n.F_RESET, n.PROTOCOL))
DONE = bytes((n.F_RESET | n.F_ANSWER,))


def refusal(code):
    return bytes((n.F_REFUSAL, code))


class Watched(Bench):
    """A bench whose resets are counted, and nothing else done."""

    def __init__(self, claim=True):
        super().__init__(claim)
        self.resets = 0
        self.car.reset = self.reset

    def reset(self):
        self.resets += 1
        self.car.faulty = True


def hold(b, ms):
    """The button goes down, and the idle task looks at it for so long."""
    b.button = True
    b.car.watch()
    b.ticks.go(ms)
    b.car.watch()


def test_a_stranger_needs_the_button_and_its_time():
    b = Watched()
    no = refusal(n.C_NO_BUTTON)
    assert b.channel.handle(ASK) == no
    hold(b, n.RESET_HOLD_MS - 1)
    assert b.channel.handle(ASK) == no
    b.button = False
    assert b.channel.handle(ASK) == no
    b.car.watch()
    hold(b, 0)
    b.ticks.go(n.RESET_HOLD_MS)
    assert b.resets == 0
    assert b.channel.handle(ASK) == DONE and b.resets == 1


def test_let_go_and_pressed_again_starts_anew():
    b = Watched()
    hold(b, n.RESET_HOLD_MS)
    b.button = False
    b.car.watch()
    hold(b, 1)
    assert b.channel.handle(ASK) == refusal(n.C_NO_BUTTON) and b.resets == 0


def test_what_is_no_request():
    b = Watched()
    hold(b, n.RESET_HOLD_MS)
    for payload, code in (
        (ASK[:1], n.C_BAD_REQUEST),
        (ASK + b"x", n.C_BAD_REQUEST),
        (b"\x07\x01", n.C_BAD_VERSION),
    ):
        assert b.channel.handle(payload) == refusal(code), payload
    blank = Watched(claim=False)
    hold(blank, n.RESET_HOLD_MS)
    assert blank.channel.handle(ASK) == refusal(n.C_NOT_CLAIMED)
    assert b.resets == blank.resets == 0


def test_a_faulty_agent_is_reset_by_its_button():
    b = Watched()
    b.car.faulty = True
    assert b.channel.handle(ASK) == refusal(n.C_NO_BUTTON)
    hold(b, n.RESET_HOLD_MS)
    assert b.channel.handle(ASK) == DONE and b.resets == 1


def test_the_link_key_needs_no_button_but_an_owner_consents():
    b = Watched()
    tech = Technician(b.channel.handle, car_keys(AGENT_ID, CLAIM_KEY)[2])
    assert tech.open() and tech.ask(n.R_RESET, b"x") == bytes((n.C_BAD_REQUEST,))
    b.config.set("handed_over", 1)
    assert tech.ask(n.R_RESET) == bytes((n.C_NEEDS_APPROVAL,)) and b.resets == 0
    assert tech.ask(n.R_STATUS)[0] == n.C_OK, "the session goes on"
    b.gate.office.consent.approve(n.LINK_BLE, 0)
    assert tech.ask(n.R_RESET) == bytes((n.C_OK,)) and b.resets == 1
    assert tech.ask(n.R_STATUS) is None, "and is over"


def test_a_consent_is_to_what_was_asked_for():
    """An owner who agreed to a key has not agreed to a reset, nor the other way round."""
    b = Watched()
    tech = Technician(b.channel.handle, car_keys(AGENT_ID, CLAIM_KEY)[2])
    assert tech.open()
    b.config.set("handed_over", 1)
    off = record.pack(m.CONFIG_SET, {"name": "handed_over", "value": 0})
    no = bytes((n.C_NEEDS_APPROVAL,))
    b.gate.office.consent.approve(n.LINK_BLE, 0)  # nothing was asked for
    assert tech.ask(n.R_RESET) == no and tech.ask(n.R_CONFIG_SET, off) == no and b.resets == 0
    b.gate.office.consent.approve(n.LINK_BLE, 0)  # to the reset, which came first and stands alone
    assert tech.ask(n.R_CONFIG_SET, off) == no and b.config.get("handed_over") == 1
    assert tech.ask(n.R_RESET) == bytes((n.C_OK,)) and b.resets == 1


def test_a_disarmed_gate_accepts_nothing():
    b = Bench()
    phone = b.enrol()
    assert b.ask(phone)[1]
    token = phone.token(b.gate.challenge(1 << 8), n.UNLOCK)
    b.gate.disarm()
    assert not b.gate.present(1 << 8, token)[1]
    assert not b.gate.present(1 << 8, phone.token(b.gate.challenge(1 << 8), n.UNLOCK))[1]


# --- the store

KEYS = 3


def mounted(nor, mood=0):
    """What a start does."""
    nor.power_up(mood)
    while True:
        journal = Journal(nor)
        journal.beat = beat
        store = tables.Store(journal)
        store.mount()
        if store.get(tables.WIPE) is None:
            return store, journal
        wipe.finish(store, journal)


def beat():
    beats[0] += 1


beats = [0]


def claimed(sectors=12):
    """A flash in use: claimed, with keys that unlocked, values, a log, superseded records in several sectors."""
    gc.collect()
    nor = Nor(sectors, 4096, 256)
    b = Bench(flash=nor)
    phones = [b.enrol(label="Ada %d" % i) for i in range(KEYS)]
    for turn in range(60):
        assert b.ask(phones[turn % KEYS])[1]
        b.audit.flush()
        if turn % 12 == 11:
            b.journal._at = nor.sector_size  # the next record opens a sector
    while b.store.maintain():
        pass
    return nor, secrets_of(b.store)


def secrets_of(store):
    found = [store.find(handle) for handle in range(KEYS)]
    return [cred.chain for cred in found if cred is not None] + [store.get(tables.AGENT)]


def blank(store):
    return (store.get(tables.AGENT), store.next_handle(), store.log_next, store.claim_lost()) == (None, 0, 0, False)


def test_nothing_is_left():
    nor, secrets = claimed()
    assert all(secret in nor.cells for secret in secrets)
    wear = nor.wear[:]
    beats[0] = 0
    store, journal = mounted(nor)
    assert beats[0] == len(journal._order) >= 3, "a watchdog is fed while a full store is read"
    wipe.begin(store)
    wipe.finish(store, journal)
    assert not any(secret in nor.cells for secret in secrets) and beats[0] >= 6
    store, journal = mounted(nor)
    assert blank(store) and journal.wear() >= max(wear), "the sectors know their age"
    assert sum(nor.wear) <= sum(wear) + nor.sectors
    b = Bench(flash=nor)
    assert b.car.state() == n.AGENT_CLAIMED and b.ask(b.enrol())[1]


class Cutter:
    """At each operation the power fails."""

    def __init__(self, nor, secrets):
        self.nor, self.secrets = nor, secrets
        self.index = self.cuts = self.before = 0

    def append(self, operation):
        self.index += 1
        what, addr, data, cells, weak = operation
        for tear in TEARS:
            after, soft = bytearray(cells), dict(weak)
            torn(what, addr, data, after, soft, 4096, tear, Dice(self.index * 31 + 7))
            gc.collect()
            cut = self.nor.copy(after, soft, self.index)
            store, journal = mounted(cut, self.index % 3)
            where = (self.index, what, addr, tear)
            if not blank(store):
                self.before += 1
                assert self.index <= 3, where
                assert secrets_of(store) == self.secrets, where
            else:
                while store.maintain():  # what idle time erases
                    pass
                assert not any(secret in cut.cells for secret in self.secrets), where
                del store, journal
                assert blank(mounted(cut)[0]), where
            self.cuts += 1


def test_a_cut_at_every_program_and_erase():
    nor, secrets = claimed()
    store, journal = mounted(nor)
    nor.trace = cutter = Cutter(nor, secrets)
    wipe.begin(store)
    wipe.finish(store, journal)
    nor.trace = None
    assert cutter.index >= 20 and cutter.before >= 4, (cutter.index, cutter.before)
    print("cuts", cutter.cuts)


def test_a_sector_that_refuses():
    """Its head can't be killed: then the car stays shut and the reset is not done; it is once the flash works again."""
    nor, _ = claimed()
    store, journal = mounted(nor)
    wipe.begin(store)
    nor.stuck = {journal._order[0]: "refuse"}
    try:
        wipe.finish(store, journal)
        raise AssertionError("it said that it is done")
    except StoreError:
        pass
    try:
        mounted(nor)
        raise AssertionError("it opened")
    except StoreError:
        pass
    nor.stuck = {}
    assert blank(mounted(nor)[0])


def test_one_that_does_not_erase_is_given_up():
    nor, _ = claimed()
    store, journal = mounted(nor)
    wipe.begin(store)
    nor.stuck = {journal._order[0]: "erase"}
    wipe.finish(store, journal)
    assert blank(mounted(nor)[0])


def test_a_flash_that_can_not_be_read_is_erased():
    nor = Nor(6, 4096, 256)
    nor.cells[:] = bytes(range(256)) * (len(nor.cells) // 256)
    nor.stuck = {2: "refuse"}
    wipe.erase(nor, beat)
    assert [nor.cells[at * 4096] for at in range(6)] == [0xFF, 0xFF, 0, 0xFF, 0xFF, 0xFF]


run(globals())
