# SPDX-License-Identifier: MIT
"""Runs under MicroPython: the Bluetooth link over the stack of ble_rig."""

from agent.link.links import GRACE_MS, HOLDER_GRACE_MS
from tests.unit.firmware.link.ble_rig import (
    ANSWER,
    CHALLENGE,
    CONNECT,
    DISCONNECT,
    ENOMEM,
    ENOTCONN,
    INFO,
    READ,
    TOKEN,
    WRITE,
    Rig,
)
from wire import numbers as n


def test_buffer_shows_what_is_too_long():
    assert Rig().ble.buffer == (TOKEN, 181)


def test_accept_leaves_at_once_and_the_next_challenge_after_it():
    rig = Rig()
    rig.connect(1)
    rig.write(1, b"+" * 20)
    assert [handle for _, handle, _ in rig.ble.sent] == [CHALLENGE, ANSWER, CHALLENGE]
    assert rig.answers(1) == [b"A" * 16]


def test_an_event_in_the_middle_of_a_change_waits_for_its_end():
    rig = Rig()
    rig.connect(1)
    rig.run(50)
    rig.connect(2)
    with rig.gate.guard:
        with rig.gate.guard:
            rig.write(1, b"+" * 20)
            rig.write(2, b"+" * 20)  # the stack has one place for what is written: each link keeps its own
        assert not rig.answers(1)
        rig.write(1, b"+" * 20)  # one token, one verdict
        rig.ble.links.remove(2)
        rig.ble.handler(DISCONNECT, (2, 0, memoryview(b"abcdef")))
        assert not rig.answers(1)
    assert rig.answers(1) == [b"A" * 16] and rig.answers(2) == []


def test_nothing_leaves_a_verdict_that_waited():
    rig = Rig()
    rig.connect(1)
    with rig.gate.guard:
        rig.write(1, b"+" * 20)
        rig.ble.notify_error = ENOTCONN
    assert rig.link.faults == 1 and not rig.answers(1)


def test_refusal_leaves_on_time():
    for late in (0, 1, 7, 39):
        for value in (b"", b"-", b"-" * 20, b"+" * 21):
            rig = Rig()
            rig.connect(1)
            rig.run(late)
            rig.write(1, value)
            rig.run(n.REFUSAL_MS - 1)
            assert rig.answers(1) == []
            rig.run(1)
            assert rig.answers(1) == [b"R" * 16]


def test_one_challenge_one_verdict():
    rig = Rig()
    rig.connect(1)
    rig.write(1, b"-" * 20)
    rig.write(1, b"+" * 20)
    rig.run(n.REFUSAL_MS)
    assert rig.answers(1) == [b"R" * 16]


def test_dead_challenge_is_no_challenge():
    rig = Rig()
    rig.connect(1)
    rig.clock.now += n.CHALLENGE_MS
    rig.write(1, b"+" * 20)
    assert not rig.answers(1)


def test_refusals_end_the_link():
    rig = Rig()
    rig.connect(1)
    for _ in range(n.LINK_REFUSALS):
        assert 1 in rig.ble.links
        rig.write(1, b"-" * 20)
        rig.run(n.REFUSAL_MS)
    assert rig.ble.links == [] and len(rig.answers(1)) == n.LINK_REFUSALS and rig.link.count == 0


def test_an_accept_leaves_other_links_their_challenges():
    rig = Rig()
    rig.connect(1)
    rig.run(50)
    rig.connect(2)
    before = len(rig.pushes(2))
    rig.write(1, b"+" * 20)
    assert len(rig.pushes(2)) == before, "nothing new is pushed to those whose challenge lives"
    rig.write(2, b"+" * 20)
    assert rig.answers(2) == [b"A" * 16]


def test_life_times():
    rig = Rig()
    rig.connect(1)
    rig.run(50)
    rig.connect(2)
    rig.write(2, b"+" * 20)
    rig.run(n.LINK_STRANGER_MS - 60)
    assert rig.ble.links == [1, 2]
    rig.run(60)
    assert rig.ble.links == [2]
    rig.run(n.LINK_HOLDER_MS - n.LINK_STRANGER_MS - 60)
    assert rig.ble.links == [2]
    rig.run(60)
    assert rig.ble.links == []
    assert len(rig.pushes(2)) >= n.LINK_HOLDER_MS // n.PUSH_MS


def test_room_is_made():
    rig = Rig()
    for conn in (1, 2, 3, 4):
        rig.connect(conn)
        if conn == 1:
            rig.write(1, b"+" * 20)
        rig.run(10)
    assert not rig.ble.advertising
    rig.run(GRACE_MS)
    assert rig.ble.links == [1, 3, 4] and rig.ble.advertising  # the oldest stranger went
    rig.connect(2)
    rig.run(1)
    assert rig.ble.links == [1, 3, 4]  # who was put out before goes at once


def test_holders_make_room_last():
    rig = Rig()
    for conn in (1, 2, 3, 4):
        rig.connect(conn)
        rig.write(conn, b"+" * 20)
        rig.run(10)
    rig.run(HOLDER_GRACE_MS - 100)
    assert len(rig.ble.links) == 4
    rig.run(100)
    assert rig.ble.links == [2, 3, 4]


def test_stack_with_one_link():
    rig = Rig(size=1)
    rig.connect(1)
    rig.run(GRACE_MS - 10)
    assert rig.ble.links == [1]
    rig.run(20)
    assert rig.ble.links == [] and rig.ble.advertising


def test_adverts_rotate():
    rig = Rig()
    rig.run(n.ADVERT_MS + 100)
    assert len(rig.ble.adverts) == 2 and rig.ble.adverts[0][-6:] != rig.ble.adverts[1][-6:]
    assert len(rig.ble.adverts[0]) == 31


def test_stack_without_private_addresses():
    rig = Rig(private=False)
    assert rig.ble.advertising and rig.link.faults == 0


def test_advert_that_fails_is_tried_again():
    rig = Rig()
    rig.connect(1)
    rig.ble.advert_error = ENOMEM
    rig.run(100)
    assert not rig.ble.advertising and rig.link.faults == 1
    rig.ble.advert_error = None
    rig.run(600)
    assert rig.ble.advertising


def test_unknown_connections_and_attributes():
    rig = Rig()
    rig.write(9, b"+" * 20)
    rig.write(9, b"+" * 20, handle=99)
    assert rig.ble.handler(READ, (9, CHALLENGE)) == 2
    assert rig.ble.handler(READ, (9, INFO)) == 0
    rig.ble.handler(DISCONNECT, (9, 0, memoryview(b"abcdef")))
    rig.ble.handler(21, (9, 247))
    rig.ble.handler(255, ())
    rig.run(100)
    assert rig.ble.sent == []


def test_more_links_than_places():
    rig = Rig(size=2)
    rig.ble.size = 9
    for conn in (1, 2, 3):
        rig.ble.advertising = True
        rig.connect(conn)
    assert rig.ble.links == [1, 2]


def test_nothing_leaves_the_handler():
    for error in (OSError(5), MemoryError(), ValueError("x"), KeyError(1), RuntimeError()):
        rig = Rig()
        rig.connect(1)
        rig.gate.raises = error
        calls = ((WRITE, (1, TOKEN)), (READ, (1, CHALLENGE)), (WRITE, ()), (CONNECT, (2,)), (DISCONNECT, ()))
        for event, data in calls:
            rig.ble.values[TOKEN] = b"+" * 20
            rig.ble.handler(event, data)
        assert rig.link.faults >= 3 and rig.ble.links == []
        rig.gate.raises = None
        rig.run(50)
        rig.connect(3)
        rig.write(3, b"+" * 20)
        assert rig.answers(3) == [b"A" * 16]


def test_link_that_is_gone_already():
    rig = Rig()
    rig.connect(1)
    rig.ble.links.remove(1)  # the event is still under way
    rig.write(1, b"+" * 20)
    rig.run(n.PUSH_MS)
    assert rig.link.count == 0
    rig.ble.handler(DISCONNECT, (1, 0, memoryview(b"abcdef")))
    rig.connect(1)
    rig.ble.notify_error = ENOMEM  # the stack has no buffer left
    rig.write(1, b"+" * 20)
    rig.ble.notify_error = None
    rig.run(100)
    rig.connect(2)
    rig.write(2, b"+" * 20)
    assert rig.answers(2) == [b"A" * 16]


for name, test in sorted(globals().items()):
    if name.startswith("test_"):
        test()
        print("ok", name)
