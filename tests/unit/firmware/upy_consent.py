# SPDX-License-Identifier: MIT
"""Runs under MicroPython: an owner at the car consents to one named request of a session, and to no other."""

from agent.errors import StoreError
from tests.kit.target import BLE, Bench, Cut, raises, run
from wire import bodies, record
from wire import numbers as n

BODY = b"the body of a request"
ASKED, OK, OFTEN = n.C_NEEDS_APPROVAL, n.C_OK, n.C_TOO_OFTEN


class Car(Bench):
    """A car with an owner, and a session that wants things."""

    def __init__(self, claim=True, flash=None):
        super().__init__(claim, flash)
        if self.store.next_handle() == 0:
            self.owner = self.enrol()
        self.verdicts()

    def restart(self):
        return Car(flash=self.flash)

    def want(self, body=BODY, request=n.R_ENROL, **shown):
        return self.office.consent.want(request, body, shown)

    def wanted(self):
        """What the owner's phone is told; None without anything pending."""
        token = self.owner.token(self.gate.challenge(BLE), n.WANTED)
        answer, accepted = self.gate.present(BLE, token)
        chain, nonce = self.owner.chain, self.owner.nonce
        status, _ = self.owner.read(answer[: n.ANSWER_SIZE])
        if not accepted:
            assert status == n.NOTHING_WANTED
            return None
        return opened(chain, nonce, answer[n.ANSWER_SIZE :])

    def approve(self, digest=None):
        """The owner says yes to what the phone was told, or to another digest."""
        digest = digest or self.wanted()["digest"]
        return self.ask(self.owner, n.APPROVE, body=record.pack(bodies.APPROVE, {"digest": digest}))[0]

    def after(self, ms):
        self.ticks.go(ms)
        return self


def opened(chain, nonce, sealed):
    """A reply, by the chain key of the epoch that asked for it."""
    from agent.credential.chain import next_key
    from agent.crypto import ccm, kdf
    from agent.crypto.cmac import Cmac

    following = Cmac(next_key(Cmac(chain), nonce))
    plain = ccm.Ccm(kdf.derive(following, b"reply", nonce), n.SEAL_TAG).open(bytes(13), b"", sealed)
    return record.unpack(bodies.WANTED_ANSWER, plain)


def test_the_request_is_shown_consented_to_and_repeated_once():
    b = Car()
    assert b.want(handle=1, kind=n.KIND_PHONE, role=n.ROLE_DRIVER, rights=0x0F, text="Ben") == ASKED
    told = b.wanted()
    shown = told["request"], told["handle"], told["kind"], told["role"], told["rights"], told["text"]
    assert shown == (n.R_ENROL, 1, n.KIND_PHONE, n.ROLE_DRIVER, 0x0F, "Ben")
    assert (told["value"], told["key"], len(told["digest"])) == (0, b"", 8)
    assert b.want() == ASKED, "not yet"
    assert b.approve(told["digest"]) == n.OK
    assert b.want() == OK
    assert b.want() == ASKED, "used once: it is asked for anew"
    said = b.verdicts()
    assert said.count((n.EVENT_WANTED, 1, n.OK)) == 1 and said.count((n.EVENT_APPROVAL, 0, n.OK)) == 1


def test_settings_and_trust_are_shown_as_well():
    b = Car()
    assert b.want(request=n.R_CONFIG_SET, text="strict", value=0) == ASKED
    told = b.wanted()
    assert (told["request"], told["handle"], told["text"]) == (n.R_CONFIG_SET, n.HANDLE_NONE, "strict")
    b.after(n.APPROVAL_MS + 1)
    assert b.want(request=n.R_UPDATE_TRUST, key=b"k" * 32) == ASKED and b.wanted()["key"] == b"k" * 32


def test_it_is_for_these_bytes_and_this_request_alone():
    for body, request in ((BODY[:-1], n.R_ENROL), (BODY + b"\x00", n.R_ENROL), (b"", n.R_ENROL), (BODY, n.R_RESET)):
        b = Car()
        assert b.want() == ASKED and b.approve() == n.OK
        assert b.want(body, request) == ASKED, "another one"
        assert b.want() == OK, "the one that was consented to still has it"


def test_while_one_waits_no_other_takes_its_place():
    b = Car()
    assert b.want(text="first") == ASKED
    for _ in range(5):
        assert b.want(b"another one", text="second") == ASKED
    assert b.wanted()["text"] == "first"
    b.after(n.APPROVAL_MS)
    assert b.want(b"another one", text="second") == ASKED and b.wanted()["text"] == "first"
    b.after(1)
    assert b.wanted() is None
    assert b.want(b"another one", text="second") == ASKED and b.wanted()["text"] == "second"


def test_it_waits_half_a_minute_and_is_good_for_half_a_minute():
    for wait, then, want in ((0, 0, OK), (30000, 30000, OK), (0, 30001, ASKED), (0, 1 << 30, ASKED)):
        b = Car()
        assert b.want() == ASKED
        assert b.after(wait).approve() == n.OK
        while then > 1000000:  # the supervisor's beat
            b.after(1000000).clock.tick()
            then -= 1000000
        assert b.after(then).want() == want, (wait, then)
    b = Car()
    assert b.want() == ASKED
    digest = b.wanted()["digest"]
    assert b.after(n.APPROVAL_MS + 1).approve(digest) == n.NOTHING_WANTED and b.want() == ASKED


def test_without_anything_pending_nothing_can_be_consented_to():
    b = Car()
    assert b.wanted() is None and b.approve(bytes(8)) == n.NOTHING_WANTED
    assert b.want() == ASKED
    digest = b.wanted()["digest"]
    for at in range(8):
        assert b.approve(digest[:at] + bytes((digest[at] ^ 1,)) + digest[at + 1 :]) == n.NOTHING_WANTED
    assert b.want() == ASKED and b.approve(digest) == n.OK
    assert b.approve(digest) == n.NOTHING_WANTED, "nothing waits any more"


def test_three_in_ten_minutes_that_nobody_consents_to():
    b = Car()
    for _ in range(3):
        assert b.want() == ASKED
        b.after(n.APPROVAL_MS + 1)
    assert b.want() == OFTEN and b.wanted() is None
    b.after(480000)
    assert b.want() == OFTEN, "less than ten minutes since the first of them"
    b.after(30000)
    assert b.want() == ASKED


def test_what_is_repeated_while_it_waits_counts_once():
    b = Car()
    for _ in range(20):
        assert b.want() == ASKED
    assert b.store.counter(7) == 1


def test_the_count_outlives_a_restart():
    b = Car()
    for _ in range(2):
        assert b.want() == ASKED
        b.after(n.APPROVAL_MS + 1)
    b = b.restart()
    assert b.want() == ASKED
    for _ in range(3):
        b = b.restart()
        assert b.want() == OFTEN, "as often as the power comes and goes"
    b.after(599000)
    assert b.want() == OFTEN
    b.after(2000)
    assert b.want() == ASKED


def test_consent_that_was_given_does_not_count():
    b = Car()
    for number in range(8):
        body = BODY + bytes((number,))
        assert b.want(body) == ASKED and b.approve() == n.OK and b.want(body) == OK
    assert b.store.counter(7) == 0
    assert b.restart().want() == ASKED


def test_given_once_another_may_wait_and_be_given():
    b = Car()
    assert b.want() == ASKED and b.approve() == n.OK
    assert b.want(b"another one") == ASKED and b.approve() == n.OK
    assert b.want(b"another one") == OK
    assert b.want() == ASKED, "there is one consent at a time: the newest"


def test_a_restart_forgets_what_waits_and_what_was_given():
    b = Car()
    assert b.want() == ASKED and b.approve() == n.OK
    assert b.restart().want() == ASKED
    b = Car()
    assert b.want() == ASKED
    assert b.restart().office.consent.pending() is None


def test_who_may_not_enrol_may_not_consent_nor_see_it():
    b = Car()
    guest = b.enrol(n.RIGHTS_KNOWN & ~n.RIGHT_ENROL, n.ROLE_GUEST)
    assert b.want() == ASKED
    digest = b.wanted()["digest"]
    assert b.ask(guest, n.WANTED)[0] == n.NO_RIGHT
    assert b.ask(guest, n.APPROVE, body=record.pack(bodies.APPROVE, {"digest": digest}))[0] == n.NO_RIGHT
    b.store.set_state(b.cred(), n.CRED_SUSPECT)
    assert b.ask(b.owner, n.APPROVE, body=record.pack(bodies.APPROVE, {"digest": digest}))[0] == n.NO_RIGHT
    assert b.want() == ASKED


def test_a_count_that_can_not_be_kept_is_no_consent():
    b = Car()
    b.flash.fails = Cut("x")
    assert raises(StoreError, b.want) and b.office.consent.pending() is None
    b.flash.fails = None
    assert b.want() == ASKED


run(globals())
