# SPDX-License-Identifier: MIT
"""Runs under MicroPython: stacks that died without a word, over the stack of ble_rig."""

from agent.link.ble import RadioError
from tests.unit.firmware.link.ble_rig import ENOMEM, Rig

HOUR = 3600 * 1000


def dies(rig, ms):
    """After how many ms the link gives the stack up, None within ms."""
    began = rig.clock.now
    try:
        rig.run(ms)
    except RadioError:
        return rig.clock.now - began
    return None


def test_a_stack_that_was_switched_off():
    rig = Rig()
    rig.run(1000)
    rig.ble.on = False
    assert dies(rig, 1000) == 0


def test_a_stack_that_takes_no_advertisement():
    rig = Rig()
    rig.connect(1)  # so that it wants to advertise again
    rig.ble.advert_error = ENOMEM
    assert 4000 <= dies(rig, 60000) <= 6000


def test_a_stack_that_refuses_now_and_then_is_left_alone():
    rig = Rig()
    for _ in range(20):
        rig.ble.advert_error = ENOMEM
        rig.link.renew()
        assert dies(rig, 3000) is None
        rig.ble.advert_error = None
        assert dies(rig, 3000) is None
    assert rig.ble.starts == 1


def test_a_stack_that_ends_no_link():
    """A controller may wait half a minute for a peer that fell silent; beyond, it is the stack."""
    rig = Rig()
    rig.connect(1)
    rig.ble.deaf = True
    assert dies(rig, 15000 + 32000) is None
    assert dies(rig, 20000) is not None


def test_a_silent_stack_is_set_up_anew_but_never_under_a_link():
    rig = Rig()
    rig.run(HOUR + 1000)
    assert rig.ble.starts == 2 and rig.ble.advertising and rig.link.faults == 0
    rig.run(HOUR // 2)
    rig.connect(1)
    rig.ble.links.remove(1)
    rig.ble.handler(2, (1, 0, memoryview(b"abcdef")))
    rig.run(HOUR - 60000)
    assert rig.ble.starts == 2, "it told of somebody within the hour"
    rig.run(120000)
    assert rig.ble.starts == 3 and rig.ble.advertising


def test_a_link_in_use_is_not_cut_for_it():
    """A holder may stay for longer than the hour, and no event tells of a new link then."""
    rig = Rig()
    rig.connect(1)
    for _ in range(130):
        rig.write(1, b"+" * 20)
        assert len(rig.answers(1)) == 1
        rig.ble.sent.clear()
        rig.run(30000)
    assert rig.ble.starts == 1 and rig.ble.links == [1]


for name, test in sorted(globals().items()):
    if name.startswith("test_"):
        test()
        print("ok", name)
