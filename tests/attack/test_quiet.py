# SPDX-License-Identifier: MIT
"""On the air: refusals leave at the same time whatever their reason; and no unlock needs a network."""

import asyncio
import os
import statistics
import time
from pathlib import Path

import pytest

from nightlatch.phone.holder import Holder
from nightlatch.phone.state import State
from nightlatch.sim.radio.events import Answer, Event, Token
from nightlatch.sim.story.offline import offline, sockets_of
from nightlatch.wire import numbers as n
from tests.attack.table import Report
from tests.clock.loop import Loop
from tests.system.ble_bench import Raw
from tests.system.car_bench import ADA, BEN, Bench, play, until

EACH = 12
TICK_MS = 1.0  # what the agent's task may add to the middle one of EACH
BUSY_MS = 6.0  # the same where work takes time, in agent and bench: on a machine that does nothing else


async def offsets(bench: Bench, make: "list[Holder]", times: list[float]) -> dict[int, list[float]]:
    """For each holder: milliseconds from its token on the air to the answer, EACH times, in turns."""
    found: dict[int, list[float]] = {i: [] for i in range(len(make) + 1)}
    for _ in range(EACH):
        for index in found:
            central = Raw(await bench.car.radio.central("prober"))
            await central.connect(bench.car.radio)
            nonce = await central.read(n.UUID_CHALLENGE)
            token = os.urandom(20) if index == len(make) else Holder(make[index].state).token(nonce, n.UNLOCK)
            times.clear()
            await central.write(token)
            await until(lambda: len(times) == 2)
            found[index].append((times[1] - times[0]) * 1000)
            bench.car.radio.release(central.device)
            await until(lambda: bench.car.radio.connected == 0)
    return found


@pytest.mark.parametrize(
    "tick_ms",
    [
        pytest.param(TICK_MS, id="the bench's time"),
        pytest.param(BUSY_MS, id="the machine's time", marks=[pytest.mark.machine_time, pytest.mark.soak]),
    ],
)
def test_refusals_take_the_same_time(tmp_path: Path, attack: Report, tick_ms: float) -> None:
    """Unknown, wrong, stale, revoked and plain noise: the same moment within the agent's tick.

    On the bench's time work takes none. On the machine's the agent's own work would show, and so does what else runs.
    """

    async def story(bench: Bench) -> None:
        ada = await bench.phone("Ada", bench.holder(ADA))
        backup = Holder(ada.holder.state)
        for _ in range(2):
            await ada.opens()
        await ada.ble.disconnect()
        await bench.session(lambda session: session.revoke(BEN))
        state = ada.holder.state
        revoked = bench.holder(BEN)
        unknown = Holder(State(**{**state.__dict__, "handle": 900}))
        wrong = Holder(State(**{**state.__dict__, "chain": os.urandom(16), "identity": os.urandom(16)}))
        times: list[float] = []

        def watch(event: Event) -> None:
            if isinstance(event, Token | Answer):
                times.append(time.perf_counter())

        bench.car.radio.listeners.append(watch)
        before = bench.moves
        found = await offsets(bench, [unknown, wrong, backup, revoked], times)
        opened = bench.moves - before
        middle = {index: statistics.median(values) for index, values in found.items()}
        assert min(min(values) for values in found.values()) >= n.REFUSAL_MS - 1, found
        spread = max(middle.values()) - min(middle.values())
        assert spread < tick_ms, middle
        assert max(middle.values()) < n.REFUSAL_MS + 4 * tick_ms, middle
        await ada.opens()
        tries = EACH * len(found)
        attack(22, "refusal times of five kinds", tries, opened, f"medians within {spread:.1f} ms of each other")

    play(tmp_path, story)


def test_no_way_in_needs_a_network(tmp_path: Path, attack: Report) -> None:
    """Every other socket raises on the bench, and the agent has none: BLE, NFC and the technician's session work."""

    async def story(bench: Bench) -> None:
        with offline() as tried:
            phone = await bench.phone()
            await phone.opens()
            assert (await phone.act(n.LOCK)).ok
            assert (await bench.tap(phone.holder)).ok
            await bench.session(lambda session: session.status())
            await bench.restart()
            await phone.opens()
            held = sockets_of(bench.car.pid)
        attack(25, "the network is gone", 5, len(tried) + held["tcp"] + held["udp"], "BLE, NFC and the cable worked")
        clock = isinstance(asyncio.get_running_loop(), Loop)  # the bench's, which has one too
        assert held["unix"] == 2 + clock, "its air and its lock; without any there would be no count"

    play(tmp_path, story)


def test_the_agent_can_t_open_a_socket(upy: object) -> None:
    """Once it is on the air the module socket is gone for whoever imports it."""
    ran = upy(  # type: ignore[operator]
        """
import airlink, asyncio
async def main():
    airlink.start("/nowhere")
    for name in ("socket", "usocket"):
        try:
            __import__(name).socket()
            print("a socket")
        except OSError as error:
            print(error.errno)
asyncio.run(main())
"""
    )
    assert ran.stdout.split() == ["1", "1"]



