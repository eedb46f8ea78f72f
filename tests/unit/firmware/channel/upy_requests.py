# SPDX-License-Identifier: MIT
"""Runs under MicroPython: each request of a session, its refusals, and what it leaves in the store."""

from agent.channel.car import car_keys
from tests.kit.target import AGENT_ID, ALL, CLAIM_KEY, Bench, Cut, Phone, run
from tests.kit.technician import Technician
from wire import messages as m
from wire import numbers as n
from wire import record

OK = bytes((n.C_OK,))


class Session(Bench):
    """A claimed agent with an open session."""

    def __init__(self, claim=True, flash=None):
        super().__init__(claim, flash)
        self.tech = Technician(self.channel.handle, car_keys(AGENT_ID, CLAIM_KEY)[2])
        assert self.tech.open()

    def enrolment(
        self, handle, role=n.ROLE_OWNER, root=bytes(16), label="a key", rights=ALL, kind=n.KIND_PHONE
    ):
        values = {
            "handle": handle,
            "kind": kind,
            "role": role,
            "rights": rights,
            "root": root,
            "label": label,
        }
        return self.tech.ask(n.R_ENROL, record.pack(m.ENROL, values))

    def revoke(self, handle):
        return self.tech.ask(n.R_REVOKE, record.pack(m.HANDLE, {"handle": handle}))

    def keys(self, first=0):
        """(all keys, pages)."""
        found, pages = [], 0
        while first != n.HANDLE_NONE:
            body = self.tech.ask(n.R_LIST, record.pack(m.LIST, {"first": first}))
            assert body[:1] == OK
            head, at = record.take(m.LIST_ANSWER, body, 1)
            while at < len(body):
                info, at = record.take(m.KEY_INFO, body, at)
                found.append(info)
            assert head["next"] > first
            first = head["next"]
            pages += 1
        return found, pages

    def log(self, first=0):
        """(sequences, pages, oldest kept)."""
        found, pages = [], 0
        while True:
            body = self.tech.ask(n.R_LOG, record.pack(m.LOG, {"first": first}))
            assert body[:1] == OK
            head, at = record.take(m.LOG_ANSWER, body, 1)
            assert (len(body) - at) % 24 == 0
            found += [record.take(m.LOG_ENTRY, body, place)[0]["seq"] for place in range(at, len(body), 24)]
            pages += 1
            if head["next"] <= first:
                return found, pages, head["kept_from"]
            first = head["next"]

    def get(self, name):
        return self.tech.ask(n.R_CONFIG_GET, record.pack(m.CONFIG_GET, {"name": name}))

    def set(self, name, value):
        return self.tech.ask(n.R_CONFIG_SET, record.pack(m.CONFIG_SET, {"name": name, "value": value}))


def code(number):
    return bytes((number,))


def test_status():
    b = Session()
    b.enrolment(0)
    b.ticks.go(5000)
    values = record.unpack(m.STATUS_ANSWER, b.tech.ask(n.R_STATUS)[1:])
    assert (values["uptime"], values["boots"], values["next_handle"], values["radio"]) == (5, 1, 1, 1)
    assert values["capacity"] == b.store.capacity() > 100 and values["log_next"] == b.store.log_next >= 3
    assert values["free_heap"] > 0 and values["store_free"] > 0 and values["damage"] == 0


def test_an_enrolled_key_opens():
    b = Session()
    for role in (n.ROLE_OWNER, n.ROLE_DRIVER, n.ROLE_GUEST, n.ROLE_VALET, n.ROLE_SERVICE):
        handle = b.store.next_handle()
        root = bytes((role,)) * 16
        assert b.enrolment(handle, role, root, rights=n.RIGHT_UNLOCK) == OK
        phone = Phone(handle, *first(root, handle))
        assert b.ask(phone)[1]
    assert b.restart().ask(phone)[1]


def first(root, handle):
    from agent.credential import chain

    return chain.first_keys(root, AGENT_ID, handle)


def test_a_repeated_enrolment_is_done_already():
    b = Session()
    assert b.enrolment(0) == OK
    before = b.flash.programmed
    assert b.enrolment(0) == OK and b.flash.programmed == before
    assert b.enrolment(0, root=b"another root key") == code(n.C_HANDLE_TAKEN)
    phone = Phone(0, *first(bytes(16), 0))
    assert b.ask(phone)[1]
    assert b.enrolment(0) == OK and b.ask(phone)[1], "it does not wind the key back"
    assert b.enrolment(1, root=b"another root key") == OK
    assert b.revoke(0) == OK
    assert b.enrolment(0) == code(n.C_HANDLE_TAKEN), "a revoked key never comes back"
    assert b.ask(phone)[0] == n.REVOKED


def test_handles_come_in_turn():
    b = Session()
    for handle in (1, 2, 500, n.HANDLE_LAST):
        assert b.enrolment(handle) == code(n.C_HANDLE_TAKEN)
    assert b.keys() == ([], 1) and b.store.next_handle() == 0


def test_the_bounds_of_an_enrolment():
    b = Session()
    values = {"handle": 0, "kind": 1, "role": 1, "rights": 1, "root": bytes(16), "label": "x"}
    good = bytearray(record.pack(m.ENROL, values))
    for at, value in ((2, 0), (2, 4), (3, 0), (3, 6), (4, 1), (22, 25), (22, 0), (23, 0xFF)):
        bent = bytearray(good)
        bent[at] = value
        assert b.tech.ask(n.R_ENROL, bytes(bent)) == code(n.C_BAD_REQUEST), at
    assert b.tech.ask(n.R_ENROL, b"\xff\xf1" + bytes(good[2:])) == code(n.C_BAD_REQUEST)
    assert b.tech.ask(n.R_ENROL, bytes(good[:-1])) == code(n.C_BAD_REQUEST)
    assert b.tech.ask(n.R_ENROL, bytes(good)) == OK


def test_a_full_store_takes_no_more():
    b = Session()
    b.store.capacity = lambda: 2  # type: ignore[method-assign]
    assert [b.enrolment(handle)[0] for handle in range(3)] == [n.C_OK, n.C_OK, n.C_FULL]
    assert b.store.next_handle() == 2


def test_an_enrolment_that_is_not_durable_is_not_answered_with_yes():
    for error, answer in ((Cut("x"), n.C_FAULT), (OSError(5), n.C_FAULT), (MemoryError(), n.C_FAULT)):
        b = Session()
        assert b.tech.ask(n.R_STATUS)[:1] == OK
        b.flash.fails = error
        assert b.enrolment(0) == code(answer)
        b.flash.fails = None
        assert b.enrolment(0) == OK
        assert b.restart().cred() is not None


def test_sixty_keys_are_listed_page_by_page():
    b = Session()
    labels = ["k%02d" % number + "x" * (number % 22) for number in range(60)]
    for handle, label in enumerate(labels):
        assert b.enrolment(handle, 1 + handle % 5, label=label, rights=handle, kind=1 + handle % 3) == OK
    assert b.revoke(7) == OK
    found, pages = b.keys()
    assert pages >= 2 and [info["handle"] for info in found] == list(range(60))
    for handle, info in enumerate(found):
        assert (info["label"], info["role"], info["rights"]) == (labels[handle], 1 + handle % 5, handle)
        assert info["state"] == (n.CRED_REVOKED if handle == 7 else n.CRED_ACTIVE) and info["epoch"] == 0
    for start in (1, 59, 60, 61, 0xFFF0):
        assert [info["handle"] for info in b.keys(start)[0]] == list(range(start, 60))
    b.rot(b.cred(20).identity)
    assert [info["handle"] for info in b.keys()[0]] == [handle for handle in range(60) if handle != 20]


def test_the_list_shows_the_epoch_that_is_expected():
    b = Session()
    b.enrolment(0)
    phone = Phone(0, *first(bytes(16), 0))
    for epoch in range(3):
        assert b.keys()[0][0]["epoch"] == epoch
        assert b.ask(phone)[1]


def test_revoking():
    b = Session()
    for role in (n.ROLE_OWNER, n.ROLE_DRIVER, n.ROLE_OWNER):
        b.enrolment(b.store.next_handle(), role)
    for handle in (3, 500, n.HANDLE_NONE):
        assert b.revoke(handle) == code(n.C_NO_SUCH_KEY)
    assert b.revoke(0) == OK and b.revoke(0) == OK, "again is no error"
    assert b.revoke(2) == code(n.C_LAST_OWNER)
    assert b.revoke(1) == OK
    assert b.enrolment(3, n.ROLE_OWNER) == OK
    assert b.revoke(2) == OK and b.revoke(3) == code(n.C_LAST_OWNER)
    again = b.restart().store
    assert [again.find(handle).state for handle in range(4)] == [4, 4, 4, 1]
    verdicts = b.verdicts()
    assert verdicts.count((n.EVENT_REVOKE, 0, n.OK)) == 1 and (n.EVENT_REVOKE, 3, n.OK) not in verdicts
    assert bytes(b.cred().chain) == b"\xff" * 16, "its chain key is gone"


def test_an_owner_who_cannot_open_does_not_count():
    refused = n.C_LAST_OWNER
    for state, code_ in ((n.CRED_SUSPECT, n.C_OK), (n.CRED_SUSPENDED, refused), (n.CRED_REVOKED, refused)):
        b = Session()
        b.enrolment(0)
        b.enrolment(1)
        b.store.set_state(b.store.find(1), state)
        assert b.revoke(0) == code(code_), state


def test_settings():
    b = Session()
    for name in b.config.names():
        assert b.get(name)[1:] == b.config.get(name).to_bytes(4, "big")
    assert b.set("passive", 1) == OK and b.get("passive") == OK + b"\x00\x00\x00\x01"
    assert b.set("passive", 2) == code(n.C_BAD_VALUE) and b.set("pulse_ms", 49) == code(n.C_BAD_VALUE)
    assert b.set("colour", 1) == code(n.C_NO_SUCH_SETTING) == b.get("colour")
    assert b.tech.ask(n.R_CONFIG_GET, b"") == code(n.C_BAD_REQUEST) == b.tech.ask(n.R_CONFIG_GET, b"\x00")
    assert b.verdicts().count((n.EVENT_CONFIG, n.HANDLE_NONE, n.OK)) == 1
    b.flash.fails = Cut("x")
    assert b.set("passive", 0) == code(n.C_FAULT)
    b.flash.fails = None
    assert b.get("passive") == OK + b"\x00\x00\x00\x01"


def test_the_log_page_by_page():
    b = Session()
    b.audit.flush()
    b.tech.ask(n.R_STATUS)
    count = b.store.log_next
    while count < 100:
        b.audit.note(n.LINK_BLE, n.UNLOCK, count, n.OK)
        b.audit.flush()
        count += 1
    found, pages, kept = b.log()
    assert found == list(range(100)) and pages >= 3 and kept == 0
    assert b.log(90)[0] == list(range(90, 100)) and b.log(100)[0] == [] and b.log(5000)[0] == []
    while count < 300:
        b.audit.note(n.LINK_BLE, n.UNLOCK, count, n.OK)
        b.audit.flush()
        b.store.maintain()
        count += 1
    found, _, kept = b.log()
    assert kept == 300 - 256 and found == list(range(kept, 300))


def test_a_damaged_entry_does_not_hide_the_others():
    b = Session()
    for number in range(20):
        b.audit.note(n.LINK_BLE, n.UNLOCK, number, n.OK)
    b.audit.flush()
    b.rot(bytes(b.store.log_read(9)))
    assert b.log()[0][:20] == [number for number in range(21) if number != 9]


def test_a_log_request_shows_what_waited():
    b = Session()
    b.tech.ask(n.R_STATUS)
    before = b.store.log_next
    b.audit.note(n.LINK_BLE, n.UNLOCK, 1, n.OK)
    assert b.log()[0] == list(range(before + 1))


def test_reboot():
    b = Session()
    assert b.tech.ask(n.R_REBOOT, b"x") == code(n.C_BAD_REQUEST) and b.reboots == 0
    assert b.tech.ask(n.R_REBOOT) == OK and b.reboots == 1
    assert b.entries[-1]["action"] == n.EVENT_REBOOT and b.audit._pending == []


def test_every_request_refuses_what_it_does_not_expect():
    b = Session()
    b.enrolment(0)
    b.audit.flush()
    b.tech.ask(n.R_STATUS)
    before = b.flash.programmed
    for number in range(1, 10):
        for size in (3, 7, 64, 800):
            got = b.tech.ask(number, b"\xfe" * size)
            assert got == code(n.C_BAD_REQUEST), (number, size)
            if number == n.R_CLOSE:
                tech = b.tech = Technician(b.channel.handle, b.tech.key, b.tech.epoch)
                assert tech.open() and tech.ask(n.R_STATUS)[:1] == OK
                before = b.flash.programmed
    for number in (0, 11, 16, 0x7F, 0x80, 0xFF):
        plain = b.requests.answer(number, b"")
        assert plain == code(n.C_UNKNOWN_REQUEST)
    assert b.flash.programmed == before and b.reboots == 0


def test_a_board_without_a_reader_says_so():
    assert Session().tech.ask(n.R_CARD, record.pack(m.CARD, {"number": 1, "apdu": b"x"})) == code(n.C_NO_READER)


if __name__ == "__main__":
    run(globals())
