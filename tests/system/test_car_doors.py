# SPDX-License-Identifier: MIT
"""What the doors do: pulses and their length, commands that come too soon, two phones at once, losses on the air."""

import asyncio
from pathlib import Path

from nightlatch.phone.holder import Holder
from nightlatch.wire import numbers as n
from tests.system.car_bench import ADA, BEN, Bench, play, until

PULSE_S = 0.4
LATE_S = 0.15  # a timer of a busy machine


def together(bench: Bench) -> int:
    """The most outputs that were ever on at once."""
    levels: dict[str, int] = {}
    most = 0
    for edge in bench.car.lock.edges:
        levels[edge.pin] = edge.level
        most = max(most, sum(levels.values()))
    return most


def test_a_second_command_ends_the_first_pulse(tmp_path: Path) -> None:
    """Any of the four after any other, at once: never two outputs on, none longer than it was told to be."""

    async def story(bench: Bench) -> None:
        phone = await bench.phone("Ada", bench.holder(ADA))
        order = [n.UNLOCK, n.LOCK, n.TRUNK, n.DRIVE, n.UNLOCK, n.UNLOCK, n.TRUNK, n.LOCK, n.DRIVE, n.LOCK, n.UNLOCK]
        for action in order:
            assert (await phone.act(action)).ok
        await asyncio.sleep(PULSE_S + LATE_S)
        edges = bench.car.lock.edges
        assert together(bench) == 1 and not any(bench.car.lock.levels.values())
        assert [edge.pin for edge in edges if edge.level] == [
            {n.UNLOCK: "unlock", n.LOCK: "lock", n.TRUNK: "trunk", n.DRIVE: "drive"}[action] for action in order
        ]
        assert bench.car.lock.longest() < PULSE_S + LATE_S
        last = [edge for edge in edges if edge.pin == "unlock"][-2:]
        assert last[1].at - last[0].at > PULSE_S - 0.05, "the last pulse was cut short"

    play(tmp_path, story)


def test_the_length_of_a_pulse_is_a_setting(tmp_path: Path) -> None:
    """Within its bounds, and kept over a restart; drive holds for its own time and then lets go."""

    async def story(bench: Bench) -> None:
        await bench.session(lambda session: session.config_set("pulse_ms", 150))
        await bench.restart()
        phone = await bench.phone("Ada", bench.holder(ADA))
        await phone.opens()
        await until(lambda: not any(bench.car.lock.levels.values()), 1.0)
        on, off = bench.car.lock.edges[-2:]
        assert 0.1 < off.at - on.at < 0.15 + LATE_S
        await bench.session(lambda session: session.config_set("drive_s", 5))
        assert (await phone.act(n.DRIVE)).ok
        await asyncio.sleep(1.0)
        assert bench.car.lock.levels["drive"] == 1
        await bench.restart()
        assert not any(bench.car.lock.levels.values())

    play(tmp_path, story)


def test_two_phones_at_once(tmp_path: Path) -> None:
    """Both press at the same moment, again and again: each gets its answer, no one becomes suspect."""

    async def story(bench: Bench) -> None:
        ada, ben = await bench.phone("Ada", bench.holder(ADA)), await bench.phone("Ben", bench.holder(BEN))
        for _ in range(12):
            one, two = await asyncio.gather(ada.act(n.UNLOCK), ben.act(n.LOCK))
            assert one.ok and two.ok and not one.suspect and not two.suspect
        assert together(bench) == 1

    play(tmp_path, story)


def test_a_phone_and_a_tap_at_once(tmp_path: Path) -> None:
    """Radio and reader in the same moment, two keys."""

    async def story(bench: Bench) -> None:
        ada, tapper = await bench.phone("Ada", bench.holder(ADA)), bench.holder(BEN)
        for _ in range(3):
            one, two = await asyncio.gather(ada.act(n.LOCK), bench.tap(tapper))
            assert one.ok and (two.ok or two.verdict is None)
            if not two.ok:  # its challenge was killed by the other one: the next tap does it
                assert (await bench.tap(tapper)).ok

    play(tmp_path, story)


def test_what_is_lost_on_the_air(tmp_path: Path) -> None:
    """Answers, one or many in a row, and tokens that never arrive: the phone's own retries put it right."""

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        await phone.opens()
        for lost in (1, 2):
            bench.car.radio.drop_answers = lost
            result = await phone.act(timeout=0.4)
            assert result.ok and result.retry and not result.suspect
        for _ in range(5):  # made, but never sent
            phone.holder.token(bytes([_]) * 16, n.UNLOCK)
        result = await phone.act()
        assert result.ok and not result.suspect and not result.retry
        torn = bench.car.reader.faults
        torn.lose_answer = True
        epoch = phone.holder.state.epoch
        assert (await bench.tap(phone.holder)).verdict is None
        torn.lose_answer = False
        assert phone.holder.state.epoch == epoch
        assert (await phone.act()).retry, "the tap's retry may come over the other link"

    play(tmp_path, story)


def test_a_lost_challenge(tmp_path: Path) -> None:
    """A phone that missed the push reads one; each that is drawn kills the one before."""

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        await phone.opens()
        link = phone.ble._link
        assert link is not None
        link._challenge = None
        await phone.opens()
        stale = Holder(phone.holder.state).token(await link.challenge(), n.UNLOCK)
        link._challenge = None
        await link.challenge()
        before = bench.moves
        answer, _ = await link.present(stale)
        assert answer is not None and bench.moves == before
        await phone.opens()

    play(tmp_path, story)
