# SPDX-License-Identifier: MIT
"""Attacks 11 and 13 of the threat list against the real agent: UID cloning, SUN pre-play, tearing, cards that lie."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nightlatch.card import Chip
from nightlatch.sim.cards.card import Card
from nightlatch.sim.cards.held import Ntag424
from nightlatch.sim.cards.ntag424 import crypto as c
from nightlatch.wire import numbers as n
from nightlatch.wire import ticket
from tests.attack.table import Report
from tests.system.card_bench import DESK, Garage, copy_of, run

pytestmark = pytest.mark.xdist_group("card_attack")
ZERO = bytes(16)


class Answers(Card):
    """Whatever a function says to each APDU, under a UID that it chooses."""

    sens_res, ats = 0x0344, bytes.fromhex("067777710280")

    def __init__(self, uid: bytes, says: Callable[[bytes], bytes]) -> None:
        super().__init__(uid)
        self._says = says

    def transceive(self, apdu: bytes) -> bytes:
        """What the function says."""
        return self._says(apdu)


async def sun_messages(garage: Garage, card: Ntag424) -> list[bytes]:
    """Gives the card a SUN message besides, and harvests some: what any phone can read of such a card."""
    file = card.state.files[2]
    chip = Chip(card.transceive)
    chip.select()
    chip.authenticate(0, card.state.keys[0])
    chip.change_settings(2, bytes.fromhex("41" + "00E0" + "C1" + "FEEF" + "200000" + "300000"))
    assert file.sdm is not None
    messages = []
    for _ in range(3):
        chip.select()
        messages.append(card.transceive(bytes.fromhex("00B0840000")))
    return messages


def test_attack_11_the_same_uid_opens_nothing(tmp_path: Path, attack: Report) -> None:
    """The UID, the record, even the key versions are copied; the keys are others, or the factory's."""

    async def body(garage: Garage) -> None:
        card = Ntag424()
        await garage.issue(card)
        card.state.random_id = False
        tries = 0
        for keys in ([ZERO] * 5, [os.urandom(16) for _ in range(5)]):
            fake = copy_of(card)
            fake.state.keys = list(keys)
            await garage.tap(fake)
            tries += 1
        for known in (0, 1, 2, 4):  # he even got all keys but the one
            fake = copy_of(card)
            fake.state.keys[ticket.ACCESS_KEY] = card.state.keys[known]
            await garage.tap(fake)
            tries += 1
        attack(11, "UID, record and key versions copied", tries, garage.moves, "opened with the next tap")
        assert garage.acts() == []
        await garage.tap(card)
        assert garage.moves == 1

    run(body, tmp_path)


def test_attack_11_harvested_sun_messages_open_nothing(tmp_path: Path, attack: Report) -> None:
    """Messages read in advance, played later in every place where the car reads something."""

    async def body(garage: Garage) -> None:
        card = Ntag424()
        await garage.issue(card)
        messages = await sun_messages(garage, card)
        assert len(set(messages)) == 3
        recorded: dict[bytes, bytes] = {}
        for message in messages:

            def says(apdu: bytes, message: bytes = message) -> bytes:
                if apdu[:2] == b"\x00\xa4":
                    return b"\x6a\x82" if apdu[5:6] == b"\xf0" else b"\x90\x00"
                return message[: apdu[-1]] + b"\x90\x00" if apdu[1] == 0xB0 else message[:16] + b"\x91\xaf"

            await garage.tap(Answers(card.state.uid, says))
        before = len(garage.car.reader.trace)
        await garage.tap(card)
        assert garage.moves == 1
        for said in garage.car.reader.trace[before:]:
            recorded[said.apdu[:2]] = said.response or b""
        replay = Answers(card.state.uid, lambda apdu: recorded.get(apdu[:2], b"\x6d\x00"))
        for _ in range(3):
            await garage.tap(replay)
        attack(11, "SUN messages and whole taps, played later", len(messages) + 3, garage.moves - 1, "opened meanwhile")

    run(body, tmp_path)


def test_a_card_of_another_car_opens_nothing(tmp_path: Path) -> None:
    """Attack 28 for cards: the same handle, the same kind of card, another car's keys."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    card = Ntag424()

    async def make(garage: Garage) -> None:
        await garage.issue(card)

    async def use(garage: Garage) -> None:
        own = Ntag424()
        await garage.issue(own)
        await garage.tap(card)
        assert garage.moves == 0
        await garage.tap(own)
        assert garage.moves == 1

    run(make, tmp_path / "one")
    run(use, tmp_path / "two")


def test_a_handle_is_not_told(tmp_path: Path) -> None:
    """A card under a handle that is nobody's, a phone's or another card's is asked the same APDUs."""

    async def body(garage: Garage) -> None:
        card = Ntag424()
        await garage.issue(card)
        shapes = set()
        for handle in (0, 1, 2, 0x1234, 0xFFFF):
            fake = copy_of(card)
            fake.state.keys = [os.urandom(16)] * 5
            fake.state.files[2].data = ticket.record(handle) + bytes(248)
            said = (await garage.tap(fake))[:5]
            shapes.add(tuple((one.apdu[:5], len(one.apdu)) for one in said))
        assert len(shapes) == 1 and len(next(iter(shapes))) == 5
        assert garage.moves == 0

    run(body, tmp_path)


def test_a_cards_key_is_no_phones_key(tmp_path: Path) -> None:
    """A token made with a card's root is a stranger's: a card opens with the card alone."""
    from nightlatch.phone.bundle import KeyBundle
    from nightlatch.phone.holder import Holder
    from nightlatch.phone.state import State
    from nightlatch.sim.cards.held import PhoneCard

    async def body(garage: Garage) -> None:
        key, car = await garage.issue(Ntag424()), garage.vault.car()
        bundle = KeyBundle(car.agent_id, car.veil, key.handle, key.role, key.rights, key.root, key.label)
        card = PhoneCard(Holder(State.of(bundle)), n.UNLOCK)
        await garage.car.reader.tap(card)
        assert garage.moves == 0 and all(result.verdict is None for result in card.phone.results)

    run(body, tmp_path)


def liar(victim: Ntag424, at: int, lie: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Bends the response to one APDU of each tap (0: the phone's SELECT) of a real card."""
    count = 0

    def says(apdu: bytes) -> bytes:
        nonlocal count
        count = 0 if apdu[:6] == b"\x00\xa4\x04\x00\x08\xf0" else count + 1
        good = victim.transceive(apdu)
        return lie(good) if count == at else good

    return says


def test_a_card_that_lies(tmp_path: Path) -> None:
    """Wrong lengths, statuses and bits in every response of a tap: nothing moves, and the card opens afterwards."""

    async def body(garage: Garage) -> None:
        card = Ntag424()
        await garage.issue(card)
        lies: list[Callable[[bytes], bytes]] = [
            lambda good: good[:-2] + b"\x6f\x00",
            lambda good: good[1:],
            lambda good: b"\x00" + good,
            lambda good: bytes([good[0] ^ 1]) + good[1:],
            lambda good: good[:-3] + bytes([good[-3] ^ 0x80]) + good[-2:],
            lambda good: bytes(256) + b"\x91\x00",
            lambda good: b"\x91\xad",
        ]
        for at in range(3, 7):
            for lie in lies:
                await garage.tap(Answers(b"\x08" + os.urandom(3), liar(copy_of(card), at, lie)))
                assert garage.moves == 0, (at, lies.index(lie))
        await garage.tap(card)
        assert garage.moves == 1

    run(body, tmp_path)


def test_a_stranger_with_a_cable_reaches_no_card(tmp_path: Path) -> None:
    """The reader is a session's alone; a session that ended leaves nothing open."""
    from nightlatch.wire import messages as m
    from nightlatch.wire import record
    from nightlatch.workshop.client import Client

    async def body(garage: Garage) -> None:
        card = Ntag424()
        await garage.issue(card)
        request = bytes([n.R_CARD]) + record.pack(m.CARD, {"number": 1, "apdu": bytes.fromhex("9060000000")})

        def ask() -> None:
            with Client.open(garage.car.serial_url) as client:
                for kind in (n.F_RECORD, n.F_HELLO, n.R_CARD):
                    client._frames.link.write(bytes([kind]) + request)
                client.hello()

        before = len(garage.car.reader.trace)
        await asyncio.to_thread(ask)
        assert len(garage.car.reader.trace) == before
        await garage.tap(card)
        assert garage.moves == 1

    run(body, tmp_path)


def test_attack_13_a_session_torn_at_each_frame(tmp_path: Path, attack: Report) -> None:
    """The cable is pulled after any request of an issue: the vault, the car and the card can go on from there."""
    from nightlatch.errors import HostError
    from nightlatch.workshop.session import Session

    async def body(garage: Garage) -> None:
        from nightlatch.workshop.cards import Job

        card = Ntag424()
        job = Job(n.ROLE_DRIVER, 0x0F, "")
        garage.car.reader.present(card)
        real = Session._ask
        cuts = (2, 5, 9, 20, 40, 60, 80)
        for left in cuts:
            rest = left

            def cut(self: Session, number: int, *more: object) -> bytes:
                nonlocal rest
                rest -= 1
                if rest < 0:
                    raise HostError("the cable was pulled")
                return real(self, number, *more)  # type: ignore[arg-type]

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Session, "_ask", cut)
                with pytest.raises(HostError, match="pulled"):
                    await garage.session(lambda session: garage.shop(session).issue(session, job))
            pairs = zip(card.state.keys, card.state.versions, strict=True)
            assert all(key == ZERO or version == 0x4E for key, version in pairs)
        key, report = await garage.session(lambda session: garage.shop(session).issue(session, job))
        garage.car.reader.remove(card)
        assert (key.handle, report.state, report.epoch) == (1, "ours", 0)
        await asyncio.sleep(DESK)
        attack(13, "personalisation, the cable pulled", len(cuts), garage.moves, "went on where it was; then it opened")
        await garage.tap(card)
        assert garage.moves == 1

    run(body, tmp_path)


def test_the_harvest_was_real() -> None:
    """What the SUN test plays is a message that a server would take: its PICCData is what the card's memory says."""
    card = Ntag424()
    card.transceive(bytes.fromhex("00A4040007D276000085010100"))
    chip = Chip(card.transceive)
    chip.select()
    chip.authenticate(0, ZERO)
    chip.change_settings(2, bytes.fromhex("40" + "00E0" + "C1" + "FE00" + "000000" + "200000" + "200000"))
    chip.select()
    said = card.transceive(bytes.fromhex("00B0840000"))
    picc = c.decrypt(ZERO, ZERO, bytes.fromhex(said[:32].decode()))
    assert picc[1:8] == card.state.uid
    _, mac = c.sdm_keys(ZERO, picc[1:8], picc[8:11])
    assert said[32:48].decode() == c.mac_t(mac, b"").hex().upper()
