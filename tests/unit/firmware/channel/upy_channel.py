# SPDX-License-Identifier: MIT
"""Runs under MicroPython: the channel as strangers, thieves and the technician meet it, one payload at a time."""

from agent.channel.car import car_keys
from agent.crypto.cmac import Cmac
from tests.kit.target import AGENT_ID, CLAIM_KEY, Bench, Cut, run
from tests.kit.technician import Technician
from wire import messages as m
from wire import numbers as n
from wire import record

LINK = car_keys(AGENT_ID, CLAIM_KEY)[2]
MINUTE = n.CLAIM_WINDOW_MS


def refusal(code):
    return bytes((n.F_REFUSAL, code))


def claim(agent_id=AGENT_ID, key=CLAIM_KEY, version=n.PROTOCOL):
    return b"\x02" + record.pack(m.CLAIM, {"version": version, "agent_id": agent_id, "claim_key": key})


def late(b, ms):
    """Time goes by, with the supervisor's beat."""
    beat = 1000 if ms < 1000000 else 1000000
    while ms > 0:
        b.ticks.go(min(ms, beat))
        b.clock.tick()
        ms -= beat


def test_hello_names_the_device_and_nothing_else():
    for b, state in ((Bench(claim=False), n.AGENT_BLANK), (Bench(), n.AGENT_CLAIMED)):
        for body in (b"\x01", b"\xff", b"\x02 a newer one"):
            answer = b.channel.handle(b"\x01" + body)
            assert answer[0] == n.F_HELLO | n.F_ANSWER
            values = record.unpack(m.HELLO_ANSWER, answer[1:])
            assert values == {
                "version": n.PROTOCOL,
                "state": state,
                "board": "UNIX",
                "firmware": "0",
                "serial": "serial",
            }
    b.car.faulty = True
    assert record.unpack(m.HELLO_ANSWER, b.channel.handle(b"\x01\x01")[1:])["state"] == n.AGENT_FAULTY


def test_what_a_stranger_gets():
    unknown = refusal(n.C_UNKNOWN_REQUEST)
    bad = refusal(n.C_BAD_REQUEST)
    cases = [(bytes((kind,)), unknown) for kind in range(256) if kind not in (1, 2, 3, 4, 5, 7)]
    cases += [(b"\x05", None), (b"\x05\x00", unknown), (b"\x06" + bytes(20), unknown)]
    cases += [(b"\x06" + b"\x21" * 20, unknown), (b"\x06" + b"\x2c" * 19, unknown)]
    cases += [
        (b"\x01", bad),
        (b"\x02", bad),
        (b"\x03", bad),
        (b"\x07", bad),
        (b"\x07\x02", refusal(n.C_NO_BUTTON)),
        (b"\x07\x01", refusal(n.C_BAD_VERSION)),
        (b"\x02" + bytes(32), bad),
        (b"\x02" + bytes(34), bad),
    ]
    cases += [(b"\x04", refusal(n.C_REFUSED)), (b"\x04" + bytes(900), refusal(n.C_REFUSED))]
    cases += [(b"\x03" + bytes(20), bad), (b"\x03" + bytes(21), refusal(n.C_BAD_VERSION))]
    cases += [(claim(), refusal(n.C_NOT_BLANK))]
    cases += [(claim(version=1), refusal(n.C_BAD_VERSION)), (b"\x03\x02" + bytes(20), None)]
    b = Bench()
    b.audit.flush()
    before = b.flash.programmed
    for payload, answer in cases:
        got = b.channel.handle(payload)
        assert got == answer or answer is None and got[0] == payload[0] | n.F_ANSWER and len(got) == 17, payload[:4]
    b.audit.flush()
    assert b.flash.programmed == before and b.car.state() == n.AGENT_CLAIMED


def test_a_claim_answers_with_a_proof_and_lasts():
    b = Bench(claim=False)
    answer = b.channel.handle(claim())
    proof = Cmac(CLAIM_KEY).mac(b"claimed" + AGENT_ID)[:8]
    assert answer == b"\x82\x00" + proof and b.car.state() == n.AGENT_CLAIMED
    for again in (b, b.restart()):
        assert again.car.agent_id == AGENT_ID and again.channel.handle(claim()) == refusal(n.C_NOT_BLANK)
        assert again.channel.handle(claim(b"somebody else's.")) == refusal(n.C_NOT_BLANK)
        assert again.car.agent_id == AGENT_ID


def test_the_window_and_the_button():
    for ms, button, code in (
        (0, 0, 0),
        (MINUTE - 1, 0, 0),
        (MINUTE, 0, 4),
        (9 * MINUTE, 0, 4),
        (9 * MINUTE, 1, 0),
    ):
        b = Bench(claim=False)
        late(b, ms)
        b.button = bool(button)
        answer = b.channel.handle(claim())
        assert answer == refusal(n.C_WINDOW_CLOSED) if code else answer[0] == 0x82, (ms, button)
        assert (b.car.state() == n.AGENT_CLAIMED) == (not code)


def test_a_faulty_agent_takes_no_claim_and_no_session():
    b = Bench(claim=False)
    b.car.faulty = True
    assert b.channel.handle(claim()) == refusal(n.C_NOT_BLANK)
    assert b.channel.handle(b"\x03\x02" + bytes(20)) == refusal(n.C_NOT_CLAIMED)


def test_a_claim_cut_at_any_write_is_a_claim_or_none():
    writes = 0
    while True:
        b = Bench(claim=False)
        left = [writes]
        real = b.flash.program

        def program(addr, data, left=left, real=real):
            left[0] -= 1
            if left[0] < 0:
                raise Cut("power")
            real(addr, data)

        b.flash.program = program  # type: ignore[method-assign]
        answer = b.channel.handle(claim())
        b.flash.program = real  # type: ignore[method-assign]
        again = b.restart()
        if answer[0] == 0x82:
            assert again.car.state() == n.AGENT_CLAIMED
            break
        assert answer == refusal(n.C_FAULT)
        if again.car.state() == n.AGENT_CLAIMED:  # whole, and cut before it could say so
            assert again.car.agent_id == AGENT_ID
        else:
            assert again.channel.handle(claim())[0] == 0x82, writes
        writes += 1
    assert writes >= 2


def test_a_session():
    b = Bench()
    tech = Technician(b.channel.handle, LINK)
    assert tech.open() and tech.ask(n.R_STATUS)[0] == n.C_OK
    assert tech.ask(77) == bytes((n.C_UNKNOWN_REQUEST,)) and tech.ask(n.R_STATUS, b"x") == bytes(
        (n.C_BAD_REQUEST,)
    )
    assert tech.ask(n.R_CLOSE) == bytes((n.C_OK,))
    assert tech.ask(n.R_STATUS) is None, "it is closed"
    assert b.entries[-1]["action"] == n.EVENT_SESSION


def test_nothing_but_the_next_record_of_this_session_is_taken():
    def cases(tech):
        for counter in (0, 2, 0xFFFFFFFF):
            yield tech.seal(n.R_STATUS, b"", counter)
        yield tech.last
        good = tech.seal(n.R_STATUS)
        for at in range(1, len(good)):
            yield good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :]
            if at > 12:
                yield good[: at - 1]
        yield good + b"\x00"
        yield tech.seal(None)

    b = Bench()
    count = len(list(cases(opened(b))))
    for number in range(count):
        tech = opened(b)
        before = b.store.log_next
        payload = list(cases(tech))[number]
        answer = b.channel.handle(payload)
        assert answer in (refusal(n.C_REFUSED), refusal(n.C_BAD_REQUEST)), number
        if answer[1] == n.C_REFUSED:
            assert tech.ask(n.R_STATUS) is None, "a session ends with the first record that is not its own"
        assert b.store.log_next == before, number
    assert count == 24


def opened(b):
    """A session in which one record has passed."""
    epoch = record.unpack(_LINK, b.store.get(2))["epoch"]
    key = b.link_key.at(epoch + 1)
    tech = Technician(b.channel.handle, key, epoch + 1)
    assert tech.open() and tech.ask(n.R_STATUS) is not None
    return tech


_LINK = (("epoch", "u32", 0, 0xFFFFFFFF), ("accepted", "u8", 0, 0xFF), ("key", "bytes", 16, 16))


def test_a_replayed_session_opens_nothing():
    b = Bench()
    said = []

    def tap(payload):
        said.append(payload)
        return b.channel.handle(payload)

    tech = Technician(tap, LINK)
    assert tech.open() and tech.ask(
        n.R_CONFIG_SET, record.pack(m.CONFIG_SET, {"name": "passive", "value": 1})
    )
    tech.ask(n.R_CONFIG_SET, record.pack(m.CONFIG_SET, {"name": "passive", "value": 0}))
    for again in (b, b.restart()):
        for payload in said:
            answer = again.channel.handle(payload)
            assert answer[0] == 0x83 or answer == refusal(n.C_REFUSED)
        assert again.config.get("passive") == 0


def test_an_idle_session_ends_and_stays_ended():
    for ms, lives in ((119999, 1), (120000, 1), (120001, 0), (604800000, 0)):
        b = Bench()
        tech = Technician(b.channel.handle, LINK)
        assert tech.open() and tech.ask(n.R_STATUS)
        late(b, ms)
        assert (tech.ask(n.R_STATUS) is not None) == bool(lives), ms


def test_the_two_epochs_of_the_link_key():
    b = Bench()
    tech = Technician(b.channel.handle, LINK)
    assert tech.open() and bytes(b.store.get(2) or b"")[4] == 0, (
        "an opening alone proves nothing and steps nothing"
    )
    for _ in range(3):  # the answer of the first record was lost each time
        tech = Technician(b.channel.handle, LINK)
        assert tech.open() and tech.ask(n.R_STATUS) is not None
        b = b.restart()
    for ahead, fits in ((1, 1), (9, 1), (10, 0), (8, 1)):  # the car lost the writes of as many sessions
        b = Bench()
        first = Technician(b.channel.handle, LINK)
        assert first.open() and first.ask(n.R_STATUS) is not None
        tech = Technician(b.channel.handle, LINK).skip(ahead)
        assert tech.open() and (tech.ask(n.R_STATUS) is not None) == bool(fits), ahead
        old = Technician(b.channel.handle, LINK)
        assert old.open() and (old.ask(n.R_STATUS) is None) == bool(fits), "what is over is over"
    b = Bench()
    for ahead, fits in ((9, 0), (8, 1)):
        tech = Technician(b.channel.handle, LINK).skip(ahead)
        assert tech.open() and (tech.ask(n.R_STATUS) is not None) == bool(fits)
    opened(b)
    accepted = record.unpack(_LINK, b.store.get(2))["epoch"]
    assert b.link_key.at(accepted - 1) is None and b.link_key.at(accepted) is not None
    for epoch in (n.EPOCH_LAST, 0xFFFFFFFF):
        tech = Technician(b.channel.handle, LINK, epoch)
        assert tech.open() and tech.ask(n.R_STATUS) is None


def test_a_wrong_key_cannot_be_told_from_an_old_epoch():
    b = Bench()
    opened(b)
    for key, epoch in ((bytes(16), 1), (LINK, 5000), (bytes(16), 0xFFFFFFFF)):
        tech = Technician(b.channel.handle, key, epoch)
        assert tech.open() and b.channel.handle(tech.seal(n.R_STATUS)) == refusal(n.C_REFUSED)


def test_a_step_that_is_not_durable_answers_nothing():
    for error in (Cut("x"), OSError(5)):
        b = Bench()
        tech = Technician(b.channel.handle, LINK)
        assert tech.open()
        b.flash.fails = error
        assert b.channel.handle(tech.seal(n.R_STATUS)) == refusal(n.C_FAULT)
        b.flash.fails = None
        assert tech.ask(n.R_STATUS) is None
        tech = Technician(b.channel.handle, LINK)
        assert tech.open() and tech.ask(n.R_STATUS) is not None


def test_counters_are_of_the_session():
    b = Bench()
    for epoch in range(3):
        tech = Technician(b.channel.handle, LINK).skip(epoch)
        assert tech.open() and [tech.ask(n.R_STATUS)[0] for _ in range(3)] == [n.C_OK] * 3
    two = Technician(b.channel.handle, LINK).skip(3)
    assert two.open() and tech.ask(n.R_STATUS) is None, "an opening ends the session before"


run(globals())
