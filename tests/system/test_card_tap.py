# SPDX-License-Identifier: MIT
"""A key card at the car, with the real agent: it opens and locks, rolls, and survives being torn away."""

import asyncio
import copy
from pathlib import Path

import pytest

from nightlatch.card import CardError, Report
from nightlatch.sim.cards.held import Ntag424, PhoneCard
from nightlatch.sim.reader.field import Exchange
from nightlatch.vault import Key
from nightlatch.wire import numbers as n
from nightlatch.workshop.cards import Job
from nightlatch.workshop.session import Session
from tests.attack.table import Report as Attack
from tests.system.card_bench import DESK, Garage, copy_of, run
from tests.system.nfc_bench import Holder

pytestmark = pytest.mark.xdist_group("card_tap")
APDUS = 7
OCTETS = 286


def test_a_card_opens_and_locks(tmp_path: Path) -> None:
    """Issued through the car's reader; lying there it opens nothing; then it toggles, 7 APDUs a tap."""

    async def body(garage: Garage) -> None:
        car, card = garage.car, Ntag424()
        car.reader.present(card)
        job = Job(n.ROLE_DRIVER, 0x0F, "Ben's card")
        key, report = await garage.session(lambda session: garage.shop(session).issue(session, job))
        assert (report.state, report.handle, report.epoch) == ("ours", key.handle, 0)
        assert (key.kind, key.state, key.label) == (n.KIND_CARD, "active", "Ben's card")
        assert garage.told[0] == "hold the card to the reader" and garage.told[-1] == "step 9 of 9: record"
        await asyncio.sleep(DESK + 0.3)
        assert garage.moves == 0
        car.reader.remove(card)
        for count, doors in enumerate(("unlocked", "locked", "unlocked"), 1):
            said = await garage.tap(card)
            assert (car.lock.doors, garage.moves) == (doors, count), garage.acts()
            assert len(said) == APDUS
            assert sum(len(one.apdu) + len(one.response or b"") for one in said) == OCTETS
        assert garage.acts() == [(n.UNLOCK, 1, n.OK), (n.LOCK, 1, n.OK), (n.UNLOCK, 1, n.OK)]
        _, report = await garage.session(lambda session: _check(garage, session, card))
        assert report.epoch == 3
        (info,) = await garage.session(lambda session: [one for one in session.keys() if one.handle == 1])
        assert (info.kind, info.epoch) == (n.KIND_CARD, 3)
        heap = await garage.session(lambda session: session.status().free_heap)
        assert heap > 12 * 1024, heap

    run(body, tmp_path)


def _check(garage: Garage, session: Session, card: Ntag424) -> tuple[Key, Report]:
    garage.car.reader.present(card)
    try:
        return garage.shop(session).check()
    finally:
        garage.car.reader.remove(card)


def test_a_tap_torn_at_each_apdu(tmp_path: Path, attack: Attack) -> None:
    """Before or after what the card does: nothing moves twice, and the next tap works at once."""

    async def body(garage: Garage) -> None:
        card = Ntag424()
        await garage.issue(card)
        for at in range(1, APDUS + 1):
            for acts in (False, True):
                before = garage.moves
                faults = garage.car.reader.faults
                faults.tear_after, faults.tear_in = (None, at) if acts else (at - 1, None)
                said = await garage.tap(card)
                faults.tear_after = faults.tear_in = None
                assert garage.moves == before, (at, acts, said)
                await garage.tap(card)
                assert garage.moves == before + 1, (at, acts, garage.acts())
        verdicts = {verdict for _, _, verdict in garage.acts()}
        assert verdicts == {n.OK}, "a tap that was torn left the ticket that counts"
        attack(13, "a tap torn at each APDU, twice", 2 * APDUS, garage.moves - 2 * APDUS, "opened with the next tap")

    run(body, tmp_path)


def test_a_clone_shows(tmp_path: Path, attack: Attack) -> None:
    """The copy that is behind is refused as stale; the card becomes suspect, and still opens; it can be revoked."""

    async def body(garage: Garage) -> None:
        card = Ntag424()
        key = await garage.issue(card)
        clone = copy_of(card)
        await garage.tap(card)
        before = garage.moves
        await garage.tap(clone)
        assert garage.moves == before
        assert garage.acts()[-2:] == [(n.UNLOCK, 1, n.SUSPECT), (n.REPORT, 1, n.STALE)]
        await garage.tap(card)
        assert garage.moves == before + 1
        keys = await garage.session(lambda session: session.keys())
        assert keys[key.handle].state == n.CRED_SUSPECT
        twin = copy_of(card)
        await garage.tap(twin)  # the copy is first this time
        assert garage.moves == before + 2
        await garage.tap(card)
        assert garage.moves == before + 2
        await garage.session(lambda session: session.revoke(key.handle))
        for one in (twin, card):
            await garage.tap(one)
        assert garage.moves == before + 2 and garage.acts()[-1] == (n.REPORT, 1, n.REVOKED)
        attack(12, "a cloned card, behind and ahead", 4, garage.moves - before - 2, "stale; the log says suspect")

    run(body, tmp_path)


def test_a_strict_car_suspends_both(tmp_path: Path) -> None:
    """With the setting `strict` neither copy opens any more."""

    async def body(garage: Garage) -> None:
        await garage.session(lambda session: session.config_set("strict", 1))
        card = Ntag424()
        await garage.issue(card)
        clone = copy_of(card)
        for one in (card, clone, card):
            await garage.tap(one)
        assert garage.moves == 1 and garage.acts()[-1] == (n.REPORT, 1, n.SUSPENDED)

    run(body, tmp_path)


def test_rights_hold(tmp_path: Path) -> None:
    """A card without the right moves nothing and takes no ticket for it; one that may only lock always locks."""

    async def body(garage: Garage) -> None:
        card = Ntag424()
        await garage.issue(card, rights=n.RIGHT_TRUNK)
        before = copy.deepcopy(card.state)
        await garage.tap(card)
        assert garage.moves == 0 and garage.acts() == [(n.REPORT, 1, n.NO_RIGHT)]
        assert card.state == before
        for rights, doors in ((n.RIGHT_LOCK, "locked"), (n.RIGHT_UNLOCK, "unlocked")):
            one = Ntag424()
            await garage.issue(one, rights=rights)
            for _ in range(2):
                await garage.tap(one)
                assert garage.car.lock.doors == doors
        assert garage.moves == 4

    run(body, tmp_path)


def test_a_power_cut_in_a_tap(tmp_path: Path) -> None:
    """The agent dies right after the card took its next ticket: the card has that of before as well."""

    async def body(garage: Garage) -> None:
        card = Ntag424()
        await garage.issue(card)
        car = garage.car

        def strike(said: object) -> None:
            if getattr(said, "apdu", b"")[:2] == b"\x90\x8d":
                car.kill_now()

        car.reader.listeners.append(strike)
        await car.reader.tap(card)
        car.reader.listeners.remove(strike)
        await car.kill()
        assert garage.moves == 0
        await car.boot()
        await garage.tap(card)
        assert garage.moves == 1 and garage.acts()[-1] == (n.UNLOCK, 1, n.OK)

    run(body, tmp_path)


def test_the_desk_takes_a_torn_card_back(tmp_path: Path) -> None:
    """Torn through the car's reader in the middle of an issue: the tool says where, and goes on when it is back."""

    async def body(garage: Garage) -> None:
        card = Ntag424()
        car = garage.car
        loop = asyncio.get_running_loop()
        count = 0

        def tear(said: Exchange) -> None:
            nonlocal count
            if count == 0 and said.apdu[:2] != b"\x90\x60":
                return  # not the desk yet: the agent itself looks at every card
            count += 1
            if count == at:
                car.reader.remove(card)
                loop.call_later(0.3, car.reader.present, card)

        for at in (3, 14, 22, 30):
            count = 0
            garage.told.clear()
            car.reader.listeners.append(tear)
            key = await garage.issue(card)
            car.reader.listeners.remove(tear)
            assert [line for line in garage.told if "hold it to the reader again" in line], at
            assert card.state.versions == [0x4E] * 5
            card.state.random_id = False
            car.reader.present(card)
            wiped, report = await garage.session(lambda session: garage.shop(session).wipe(session))
            car.reader.remove(card)
            assert wiped is not None and (wiped.handle, wiped.state, report.state) == (key.handle, "revoked", "factory")
        assert garage.moves == 0

    run(body, tmp_path)


def test_the_desk_has_its_bounds(tmp_path: Path) -> None:
    """No card, a wrong card, two cards; and a phone opens again as soon as nobody asks for the reader any more."""

    async def body(garage: Garage) -> None:
        job = Job(n.ROLE_DRIVER, 0x0F, "")
        with pytest.raises(CardError):
            await garage.session(lambda session: garage.shop(session, 0.2).issue(session, job))
        garage.car.reader.present(PhoneCard(Holder(), n.UNLOCK))
        with pytest.raises(CardError) as error:
            await garage.session(lambda session: garage.shop(session, 2.0).issue(session, job))
        assert error.value.code == "card_refused"
        garage.car.reader.remove()
        keys = await garage.session(lambda session: session.keys())
        assert [key.handle for key in keys] == [0]
        await asyncio.sleep(DESK)
        phone = PhoneCard(Holder(), n.UNLOCK)
        assert await garage.car.reader.tap(phone)

    run(body, tmp_path)


def test_a_card_beside_a_phone(tmp_path: Path) -> None:
    """A tap after a phone's is a tap of its own; the phone's application is asked for first, whoever comes."""

    async def body(garage: Garage) -> None:
        card = Ntag424()
        await garage.issue(card)
        await garage.car.reader.tap(PhoneCard(Holder(), n.UNLOCK))
        said = await garage.tap(card)
        assert said[0].apdu[5:13] == n.AID and said[0].response == b"\x6a\x82"
        assert garage.moves == 1

    run(body, tmp_path)
