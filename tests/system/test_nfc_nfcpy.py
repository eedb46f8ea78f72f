# SPDX-License-Identifier: MIT
"""nfcpy, a driver that knows nothing of ours, opens the virtual PN532 and talks to a virtual phone behind it."""

import asyncio
from collections.abc import Callable
from typing import Any

import nfc
import nfc.clf.pn532
import nfc.clf.transport
import nfc.tag.tt4

from nightlatch.phone.nfc import SW_NOT_FOUND
from nightlatch.sim.cards.held import Card, PhoneCard
from nightlatch.sim.reader.bench import Reader
from nightlatch.wire import numbers
from tests.system.nfc_bench import Holder


def frontend(path: str) -> Any:
    """nfcpy's front end over the driver that it would have chosen for a PN532 at a serial port."""
    clf = nfc.ContactlessFrontend()
    clf.device = nfc.clf.pn532.init(nfc.clf.transport.TTY(path))
    return clf


def with_reader(card: Card | None, driver: Callable[[str], Any]) -> tuple[Reader, Any]:
    """Runs nfcpy in a thread against a reader that `card` is held to."""

    async def body() -> tuple[Reader, Any]:
        reader = Reader()
        await reader.start()
        try:
            if card:
                reader.present(card)
            return reader, await asyncio.wait_for(asyncio.to_thread(driver, reader.path), 20)
        finally:
            await reader.stop()

    return asyncio.run(body())


def sense(clf: Any) -> Any:
    """One look for a type A target."""
    return clf.sense(nfc.clf.RemoteTarget("106A"))


def test_opens_and_closes() -> None:
    """Version, line test at the longest frame, baud rate change, settings, power down."""

    def drive(path: str) -> str:
        clf = frontend(path)
        name = str(clf.device.chipset_name)
        assert sense(clf) is None
        clf.close()
        return name

    reader, name = with_reader(None, drive)
    assert name == "PN532v1.6"
    assert reader.model.chip.asleep
    assert not reader.field.power
    assert reader.model.chip.baud == 115200


def test_a_whole_exchange_with_a_phone() -> None:
    """SELECT, challenge and answer over nfcpy's own ISO-DEP, block by block."""
    holder = Holder()
    challenge = bytes(range(16))

    def drive(path: str) -> tuple[bytes, bytes, bytes]:
        clf = frontend(path)
        target = sense(clf)
        assert target.sel_res == b"\x20" and len(target.sdd_res) == 4
        tag = nfc.tag.activate(clf, target)
        assert isinstance(tag, nfc.tag.tt4.Type4Tag)
        select = tag.send_apdu(0, 0xA4, 4, 0, numbers.AID, mrl=256)
        token = tag.send_apdu(numbers.CLA, numbers.INS_CHALLENGE, 0, 0, challenge, mrl=256)
        closing = tag.send_apdu(numbers.CLA, numbers.INS_ANSWER, 0, 0, bytes(15) + b"\x01")
        clf.close()
        return bytes(select), bytes(token), bytes(closing)

    card = PhoneCard(holder, numbers.UNLOCK)
    reader, said = with_reader(card, drive)
    assert said == (bytes([numbers.PROTOCOL]), holder.token(challenge, numbers.UNLOCK), b"")
    assert card.phone.results == [True]
    ours = [exchange.apdu[:2].hex() for exchange in reader.trace]
    assert ours[-3:] == ["00a4", "8010", "8012"]


def test_long_apdus_are_chained() -> None:
    """A card that echoes up to 255 bytes: nfcpy splits by the card's frame size, the card by the reader's."""

    class Echo(Card):
        ats = bytes.fromhex("0572808102")  # frames of 32 bytes

        def transceive(self, apdu: bytes) -> bytes:
            return apdu[5 : 5 + apdu[4]] * 2 + b"\x90\x00" if apdu[0] == 0x80 else SW_NOT_FOUND

    def drive(path: str) -> bytes:
        clf = frontend(path)
        tag = nfc.tag.activate(clf, sense(clf))
        echoed = bytes(tag.send_apdu(0x80, 1, 0, 0, bytes(range(200)), mrl=256))
        clf.close()
        return echoed

    _, echoed = with_reader(Echo(bytes.fromhex("04112233445566")), drive)
    assert echoed == bytes(range(200)) * 2


def test_a_card_that_leaves_is_reported() -> None:
    """nfcpy sees a time-out when the card is torn away, and no target afterwards."""

    async def body() -> tuple[str, Any]:
        reader = Reader()
        await reader.start()
        card = PhoneCard(Holder(), numbers.UNLOCK)
        reader.present(card)

        def drive(path: str) -> tuple[str, Any]:
            clf = frontend(path)
            tag = nfc.tag.activate(clf, sense(clf))
            loop.call_soon_threadsafe(reader.remove)
            try:
                tag.send_apdu(0, 0xA4, 4, 0, numbers.AID, mrl=256)
                said = "answered"
            except nfc.tag.tt4.Type4TagCommandError as error:
                said = str(error)
            after = sense(clf)
            clf.close()
            return said, after

        loop = asyncio.get_running_loop()
        try:
            return await asyncio.wait_for(asyncio.to_thread(drive, reader.path), 20)
        finally:
            await reader.stop()

    said, after = asyncio.run(body())
    assert said != "answered"
    assert after is None
