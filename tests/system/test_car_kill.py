# SPDX-License-Identifier: MIT
"""SIGKILL in the middle of unlocks and enrolments: no enrolled key is lost, and everything is settled after it.

Which frame or which operation of the flash is the last is drawn. The seed is printed; NIGHTLATCH_SEED repeats a run's
moments.
"""

import random
from contextlib import suppress
from pathlib import Path

import pytest

from nightlatch.device import types
from nightlatch.errors import HostError
from nightlatch.phone.errors import PhoneError
from nightlatch.phone.holder import Holder
from nightlatch.vault.records import ACTIVE
from nightlatch.wire import numbers as n
from nightlatch.workshop import logbook
from nightlatch.workshop.session import Session
from tests.kit import sample
from tests.system.car_bench import BEN, Bench, play
from tests.system.cut_bench import Cuts, firmware

SEED = sample.seed()


@pytest.mark.parametrize("times", [pytest.param(15, id="15"), pytest.param(200, id="200", marks=pytest.mark.soak)])
def test_killed_in_unlocks(tmp_path: Path, times: int) -> None:
    """The phone opens after each restart, with no sign of a copy, and its key is where it was or one further."""
    print("seed", SEED)
    moments = random.Random(SEED)

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        cuts = Cuts(bench, ("token", 3), ("answer", 3), ("flash", 6))
        for _ in range(times):
            await phone.ble.connect()
            cuts.draw(moments)
            for _ in range(3):
                if not phone.ble.connected:
                    break
                answer = None
                with suppress(PhoneError):  # it was killed since we looked
                    answer = await phone.ble.transact(phone.unlock, 0.05)
                if answer is not None:
                    phone.holder.answer(answer)
            await cuts.over()
            await bench.car.boot()
            before = bench.car.lock.openings
            result = await phone.act()
            assert result.ok and not result.suspect and bench.car.lock.openings > before
        assert min(cuts.made.get(kind, 0) for kind in ("token", "answer", "flash")) > times / 6, cuts.made
        print(cuts.made)
        assert await bench.session(lambda session: session.status().damage) == 0

    play(tmp_path, story, firmware(tmp_path), limit=20.0 + times)


@pytest.mark.parametrize("times", [pytest.param(15, id="15"), pytest.param(200, id="200", marks=pytest.mark.soak)])
def test_killed_in_enrolments(tmp_path: Path, times: int) -> None:
    """What the vault says is active the car has; a pending key is settled by the next session; Ben opens all along."""
    print("seed", SEED)
    moments = random.Random(SEED + 1)

    def enrol_two(session: Session) -> None:
        for number in range(2):
            session.enrol(n.KIND_PHONE, n.ROLE_GUEST, types.RIGHTS_OF_ROLE[n.ROLE_GUEST], f"guest {number}")

    async def story(bench: Bench) -> None:
        phone = await bench.phone()
        serial = bench.vault.car().serial
        cut = 0
        guests: dict[int, Holder] = {}  # a guest that comes again is the same phone
        cuts = Cuts(bench, ("in", 6), ("out", 6), ("flash", 8))
        for turn in range(times):
            cuts.draw(moments)
            try:
                await bench.cable(lambda client: enrol_in(client, bench), timeout=0.3)
            except HostError:
                cut += 1
            await cuts.over()
            await bench.car.boot()
            await bench.session(lambda session: session.settle())
            held = {key.handle: key for key in await bench.session(lambda session: session.keys())}
            kept = bench.vault.keys(serial)
            assert all(key.state == ACTIVE for key in kept)
            assert {key.handle for key in kept} == set(held), "vault and car don't agree"
            if turn % 5 == 4:
                await phone.opens()
                newest = max(held)
                if newest not in guests:
                    guests[newest] = bench.holder(newest)
                guest = await bench.phone("guest", guests[newest])
                assert newest == BEN or (await guest.act()).ok
                await guest.ble.disconnect()
        assert cut > times / 3, "hardly an enrolment was cut"
        assert min(cuts.made.get(kind, 0) for kind in ("in", "out", "flash")) > times / 6, cuts.made
        print(cut, cuts.made)
        log = await bench.session(lambda session: list(session.log()))
        verdict = logbook.verify(log, bench.vault.car().log_key)
        assert verdict.ok and verdict.missing == 0

    def enrol_in(client: object, bench: Bench) -> None:
        with client.session(bench.vault) as session:  # type: ignore[attr-defined]
            enrol_two(session)

    play(tmp_path, story, firmware(tmp_path), limit=20.0 + times)
