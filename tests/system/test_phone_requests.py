# SPDX-License-Identifier: MIT
"""Owners' requests on the real agent, over both links and with the workshop far away; trusted time on all of them."""

import time
from pathlib import Path

import pytest

from nightlatch.errors import Refused
from nightlatch.phone import requests
from nightlatch.sim.cards.held import PhoneCard
from nightlatch.wire import numbers as n
from tests.system.car_bench import ADA, BEN, Bench, play


def test_an_owner_lists_renames_and_revokes_over_the_air(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        ada, ben = await bench.phone("Ada", bench.holder(ADA)), await bench.phone("Ben")
        await ben.opens()
        result, keys = await requests.keys(ada.ble, ada.holder)
        assert result.ok and [(key.handle, key.role, key.label) for key in keys] == [(0, 1, "Ada"), (1, 2, "Ben")]
        assert (await requests.ask(ada.ble, ada.holder, requests.rename(BEN, "Ben's old phone"))).ok
        assert (await requests.ask(ada.ble, ada.holder, requests.rename(77, "x"))).verdict == n.NO_KEY
        before = bench.moves
        refused = await requests.ask(ben.ble, ben.holder, requests.revoke_key(ADA))
        assert refused.verdict == n.NO_RIGHT
        assert (await requests.ask(ada.ble, ada.holder, requests.revoke_key(ADA))).verdict == n.LAST_OWNER
        assert (await requests.ask(ada.ble, ada.holder, requests.revoke_key(BEN))).ok
        assert bench.moves == before, "a request moves nothing"
        assert (await ben.act()).verdict == n.REVOKED
        await ada.opens()
        listed = {key.handle: key for key in (await requests.keys(ada.ble, ada.holder))[1]}
        assert listed[BEN].label == "Ben's old phone" and listed[BEN].state == n.CRED_REVOKED
        log = [(e["action"], e["handle"], e["detail"]) for e in bench.car.entries]
        assert (n.EVENT_REVOKE, BEN, ADA) in log and (n.EVENT_RENAME, BEN, ADA) in log, "the log shows who"

    play(tmp_path, story)


def test_many_keys_over_both_links(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        def enrol(session):
            for number in range(14):
                session.enrol(n.KIND_PHONE, n.ROLE_DRIVER, n.RIGHT_UNLOCK, f"driver {number:02}" + "x" * 15)

        await bench.session(enrol)
        ada = await bench.phone("Ada", bench.holder(ADA))
        result, keys = await requests.keys(ada.ble, ada.holder)
        assert result.ok and [key.handle for key in keys] == list(range(16))
        found: list[requests.HeldKey] = []
        first: int | None = 0
        while first is not None:
            action, body = requests.listing(first)
            card = PhoneCard(ada.holder, action, body=body)
            assert await bench.car.reader.tap(card, 5.0), bench.car.entries[-4:]
            assert card.phone.results[-1].ok, (card.phone.results, bench.car.entries[-4:])
            more, first = requests.page(card.phone.results[-1].reply)
            found += more
        assert [key.handle for key in found] == list(range(16))

    play(tmp_path, story)


def test_a_lost_answer_of_a_request_is_asked_for_again(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        ada = await bench.phone("Ada", bench.holder(ADA))
        bench.car.radio.drop_answers = 1
        result = await requests.ask(ada.ble, ada.holder, requests.revoke_key(BEN), timeout=0.5)
        assert result.ok and result.retry
        await ada.opens()

    play(tmp_path, story)


def test_the_time_and_its_floor(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        now = int(time.time())
        blank = await bench.session(lambda s: s.time())
        assert not blank.trusted and blank.now == blank.floor == 0
        ada, ben = await bench.phone("Ada", bench.holder(ADA)), await bench.phone("Ben")
        assert (await requests.ask(ben.ble, ben.holder, requests.set_time(now))).verdict == n.NO_RIGHT
        assert (await requests.ask(ada.ble, ada.holder, requests.set_time(now))).ok
        there = await bench.session(lambda s: s.time())
        assert there.trusted and 0 <= there.now - now < 5 and there.floor == now
        await ben.opens()
        assert bench.car.entries[-1]["flags"] & n.LOG_TIME and abs(bench.car.entries[-1]["time"] - now) < 10
        for seconds, verdict in ((now - 1000, n.TIME_BACK), (now + 500 * 86400, n.TOO_FAR), (0, n.TIME_BACK)):
            assert (await requests.ask(ada.ble, ada.holder, requests.set_time(seconds))).verdict == verdict
        await bench.restart()
        later = await bench.session(lambda s: s.time())
        assert not later.trusted and later.floor == now and now <= later.now < now + 10
        with pytest.raises(Refused) as error:
            await bench.session(lambda s: s.set_time(now - 1000))
        assert error.value.code == "time_back"
        with pytest.raises(Refused) as error:
            await bench.session(lambda s: s.set_time(now + 500 * 86400))
        assert error.value.code == "time_too_far"
        assert (await bench.session(lambda s: s.set_time(now - 200))).trusted, "a source a little behind confirms it"
        assert (await bench.session(lambda s: s.set_time(now + 500 * 86400, far=True))).now >= now + 500 * 86400

    play(tmp_path, story)


def test_an_enrolment_on_a_car_that_was_handed_over(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        def enrol(session):
            return session.enrol(n.KIND_PHONE, n.ROLE_DRIVER, n.RIGHT_UNLOCK, "new")

        def take_back(session):
            session.config_set("handed_over", 0)

        async def refused(work) -> None:
            with pytest.raises(Refused) as error:
                await bench.session(work)
            assert error.value.code == "needs_approval"

        def says(one: requests.Wanted) -> bool:
            shown = (one.request, one.handle, one.kind, one.role, one.rights, one.text)
            assert shown == (n.R_ENROL, 2, n.KIND_PHONE, n.ROLE_DRIVER, n.RIGHT_UNLOCK, "new")
            return True

        await bench.session(lambda s: s.config_set("handed_over", 1))
        ada, ben = await bench.phone("Ada", bench.holder(ADA)), await bench.phone("Ben")
        await ada.opens()
        assert (await requests.ask(ada.ble, ada.holder, requests.wanted())).verdict == n.NOTHING_WANTED
        for work in (enrol, take_back):  # what was refused first is what an owner consents to
            await refused(work)
        assert (await requests.ask(ben.ble, ben.holder, requests.wanted())).verdict == n.NO_RIGHT
        assert (await requests.consent(ada.ble, ada.holder, says)).ok
        await refused(take_back)  # it waits for consent of its own now
        key = await bench.session(enrol)
        await refused(enrol)
        await (await bench.phone("new", bench.holder(key.handle))).opens()
        assert (await requests.consent(ada.ble, ada.holder, lambda one: one.text == "handed_over")).ok
        await bench.restart()
        await refused(take_back)

    play(tmp_path, story)
