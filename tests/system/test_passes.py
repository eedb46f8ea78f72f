# SPDX-License-Identifier: MIT
"""Passes on the real agent: lent and narrowed offline, shown once, ordinary afterwards, gone with whoever lent them."""

import time
from pathlib import Path

from nightlatch.phone import passes, requests
from nightlatch.phone.holder import Holder
from nightlatch.phone.state import Result
from nightlatch.sim.cards.held import PhoneCard
from nightlatch.wire import caveats as c
from nightlatch.wire import numbers as n
from tests.system.car_bench import ADA, BEN, Bench, Phone, play

NOW = int(time.time())
DAY = 86400


async def shown(bench: Bench, phone: Phone, one: passes.Pass) -> tuple[Result, Holder | None]:
    """A pass shown over BLE, with the radio of that phone."""
    wanted = passes.Introduction(passes.decode(passes.encode(one)))
    result = await passes.introduce(phone.ble, wanted)
    return result, wanted.holder


async def timed(bench: Bench) -> Phone:
    ada = await bench.phone("Ada", bench.holder(ADA))
    assert (await requests.ask(ada.ble, ada.holder, requests.set_time(NOW))).ok
    return ada


def test_one_unlock_between_two_dates(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        ada = await timed(bench)
        guest = await bench.phone("guest")
        one = passes.issue(
            ada.holder,
            [c.caveat(c.USES, 1), c.caveat(c.NOT_BEFORE, NOW - DAY), c.caveat(c.NOT_AFTER, NOW + DAY)],
        )
        result, holder = await shown(bench, guest, one)
        assert result.ok and holder is not None
        again, same = await shown(bench, guest, one)
        assert again.ok and same is not None and same.state.handle == holder.state.handle, "shown twice is shown once"
        guest.holder = holder
        await guest.opens()
        assert (await guest.act(n.LOCK)).ok, "who opened may lock"
        before = bench.moves
        assert (await guest.act()).verdict == n.USED_UP
        assert (await guest.act(n.TRUNK)).verdict == n.USED_UP
        assert (await guest.act(n.STATUS)).ok and bench.moves == before
        await bench.restart()
        assert (await guest.act()).verdict in (n.NO_TIME, n.USED_UP) and bench.moves == before
        await ada.opens()
        log = [(e["action"], e["handle"], e["detail"]) for e in bench.car.entries]
        assert (n.INTRODUCE, holder.state.handle, ADA) in log

    play(tmp_path, story)


def test_a_pass_over_nfc_and_after_a_power_cut(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        ada = await timed(bench)
        one = passes.issue(ada.holder, [c.caveat(c.ACTIONS, n.RIGHT_UNLOCK), c.caveat(c.NOT_AFTER, NOW + DAY)])
        wanted = passes.Introduction(one)
        card = PhoneCard(wanted, n.INTRODUCE)
        assert await bench.car.reader.tap(card, 5.0) and card.phone.results[-1].ok
        holder = wanted.holder
        assert holder is not None
        assert (await bench.tap(holder)).ok
        assert (await bench.tap(holder, n.LOCK)).verdict == n.NO_RIGHT
        await bench.restart()
        before = bench.moves
        assert (await bench.tap(holder)).verdict == n.NO_TIME, "guests fail closed"
        assert bench.moves == before
        assert (await bench.tap(ada.holder)).ok, "owners never"
        assert (await requests.ask(ada.ble, ada.holder, requests.set_time(NOW + 60))).ok
        assert (await bench.tap(holder)).ok

    play(tmp_path, story)


def test_lost_answers_open_no_more_often(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        ada = await timed(bench)
        guest = await bench.phone("guest")
        result, holder = await shown(bench, guest, passes.issue(ada.holder, [c.caveat(c.USES, 2)]))
        assert result.ok and holder is not None
        before = bench.car.lock.openings
        guest.holder = holder
        bench.car.radio.drop_answers = 5
        for _ in range(5):
            await guest.ble.transact(lambda nonce: holder.token(nonce, n.UNLOCK), 0.3)
        assert bench.car.lock.openings == before + 1, "what is repeated is told, and done once"
        assert (await guest.act(n.LOCK)).ok
        await guest.opens()
        assert (await guest.act()).verdict == n.USED_UP

    play(tmp_path, story)


def test_lent_on(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        ada = await timed(bench)
        phone = await bench.phone("guests")
        dora_pass = passes.issue(ada.holder, [c.caveat(c.DEPTH, 1), c.caveat(c.USES, 2)])
        _, dora = await shown(bench, phone, dora_pass)
        assert dora is not None
        phone.holder = dora
        assert (await phone.act(n.LOCK)).ok, "who lends has used the key"
        wide = passes.issue(dora, [c.caveat(c.DEPTH, 3)])
        emil_pass = passes.narrow(wide, [c.caveat(c.ACTIONS, n.RIGHTS_KNOWN)])
        result, emil = await shown(bench, phone, emil_pass)
        assert result.ok and emil is not None
        phone.holder = emil
        await phone.opens()
        refused, _ = await shown(bench, phone, passes.issue(emil, [c.caveat(c.USES, 1)]))
        assert refused.verdict == n.BAD_PASS, "one step on, not two"
        assert (await phone.act(n.DRIVE)).verdict is not None
        phone.holder = dora
        last = await phone.act()
        assert last.verdict in (n.OK, n.USED_UP)
        phone.holder = emil
        assert (await phone.act()).verdict == n.USED_UP, "his uses are hers"
        assert (await requests.ask(ada.ble, ada.holder, requests.revoke_key(dora.state.handle))).ok
        assert (await phone.act()).verdict == n.REVOKED, "gone with whoever lent it"

    play(tmp_path, story)


def test_what_ends_a_pass(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        ada = await timed(bench)
        ben = await bench.phone("Ben", bench.holder(BEN))
        phone = await bench.phone("guests")
        await ben.opens()
        made = [passes.issue(ada.holder, [c.caveat(c.USES, 50)]) for _ in range(4)]
        holders = []
        for one in made[:3]:
            holder = (await shown(bench, phone, one))[1]
            assert holder is not None
            holders.append(holder)
        from_ben = passes.issue(ben.holder, [c.caveat(c.USES, 1)])
        assert (await shown(bench, phone, from_ben))[0].verdict == n.BAD_PASS
        assert (await requests.ask(ben.ble, ben.holder, requests.end_passes())).verdict == n.NO_RIGHT
        assert (await requests.ask(ada.ble, ada.holder, requests.end_pass(made[0].ident))).ok
        assert (await requests.ask(ada.ble, ada.holder, requests.end_pass(made[3].ident))).ok
        before = bench.moves
        phone.holder = holders[0]
        assert (await phone.act()).verdict == n.REVOKED
        for index in (0, 3):
            assert (await shown(bench, phone, made[index]))[0].verdict == n.REVOKED
            narrower = passes.narrow(made[index], [c.caveat(c.USES, 1)])
            assert (await shown(bench, phone, narrower))[0].verdict == n.REVOKED
        assert bench.moves == before
        phone.holder = holders[1]
        await phone.opens()
        assert (await requests.ask(ada.ble, ada.holder, requests.end_passes())).ok
        await bench.restart()
        before = bench.moves
        assert (await phone.act()).verdict == n.REVOKED
        assert (await shown(bench, phone, made[1]))[0].verdict is None
        assert bench.moves == before

    play(tmp_path, story)
