# SPDX-License-Identifier: MIT
"""Where cards are held to: the car's reader through a session, and PC/SC."""

import sys
import types
from typing import Any

import pytest

from nightlatch.card import CardLost
from nightlatch.card.pcsc import PcscReader
from nightlatch.card.reader import CarReader
from nightlatch.errors import HostError, NoDevice, SeveralDevices
from nightlatch.wire import numbers as n
from tests.unit.card.card_bench import UID, Desk, keyset


class Session:
    """A session whose car answers as it is told: states, then responses."""

    def __init__(self, *answers: tuple[int, bytes]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[int, bytes]] = []

    def card(self, number: int, apdu: bytes = b"") -> tuple[int, bytes, bytes]:
        self.asked.append((number, apdu))
        state, data = self.answers.pop(0)
        return state, b"uid", data


def test_an_apdu_is_handed_over_once_and_asked_for_until_it_is_there() -> None:
    session = Session((n.DESK_WORK, b""), (n.DESK_WORK, b""), (n.DESK_DONE, b"\x90\x00"), (n.DESK_DONE, b"\x91\x00"))
    reader = CarReader(session)
    assert (reader.transceive(b"one"), reader.transceive(b"two")) == (b"\x90\x00", b"\x91\x00")
    assert session.asked == [(1, b"one"), (1, b""), (1, b""), (2, b"two")]


@pytest.mark.parametrize("state", [n.DESK_EMPTY, n.DESK_READY, n.DESK_LOST])
def test_a_card_that_left(state: int) -> None:
    with pytest.raises(CardLost):
        CarReader(Session((n.DESK_WORK, b""), (state, b""))).transceive(b"one")


def test_waiting_has_an_end() -> None:
    assert CarReader(Session((n.DESK_EMPTY, b""), (n.DESK_READY, b""))).wait(1) == b"uid"
    with pytest.raises(CardLost):
        CarReader(Session((n.DESK_EMPTY, b""))).wait(0)


class PcscFault(Exception):
    """What pyscard raises."""


class Slot:
    """A reader of the PC/SC service with a virtual card on it, or none."""

    def __init__(self, name: str, desk: Desk | None) -> None:
        self.name, self.desk = name, desk

    def __str__(self) -> str:
        return self.name

    def createConnection(self) -> "Slot":
        return self

    def connect(self) -> None:
        if self.desk is None:
            raise PcscFault("no card")

    def disconnect(self) -> None:
        if self.desk is None:
            raise PcscFault("no card")

    def transmit(self, apdu: list[int]) -> tuple[list[int], int, int]:
        if self.desk is None:
            raise PcscFault("gone")
        response = self.desk.transceive(bytes(apdu))
        return list(response[:-2]), response[-2], response[-1]


class ServiceFault(Exception):
    """What pyscard raises when the service is not there."""


def service(monkeypatch: pytest.MonkeyPatch, *slots: Slot) -> None:
    """Stands for the PC/SC service and pyscard; tests/system/test_pcsc.py has the real ones."""
    faults: Any = types.ModuleType("smartcard.Exceptions")
    faults.SmartcardException = PcscFault
    low: Any = types.ModuleType("smartcard.pcsc.PCSCExceptions")
    low.BaseSCardException = ServiceFault
    system: Any = types.ModuleType("smartcard.System")
    system.readers = lambda: list(slots)
    for name in ("smartcard", "smartcard.pcsc"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    for module in (faults, low, system):
        monkeypatch.setitem(sys.modules, module.__name__, module)


def test_a_card_is_issued_over_pcsc(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    service(monkeypatch, Slot("ACS ACR122U", desk), Slot("Identiv", None))
    reader = PcscReader("acr")
    reader.wait(0)
    desk.transceive = reader.transceive  # type: ignore[method-assign]
    slot_desk = Desk(desk.card)
    reader._connection.desk = slot_desk
    desk.people().issue(keyset())
    assert desk.people().check(keyset()).uid == UID
    reader._connection.desk = None
    with pytest.raises(CardLost):
        reader.transceive(b"\x00")
    with pytest.raises(HostError):
        reader.transceive(b"\x00")
    reader.close()


def test_readers_are_never_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    service(monkeypatch, Slot("one A", None), Slot("one B", None))
    with pytest.raises(SeveralDevices):
        PcscReader("one")
    with pytest.raises(NoDevice):
        PcscReader("two")
    with pytest.raises(CardLost):
        PcscReader("one a").wait(0)


def test_a_service_that_is_down_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    service(monkeypatch)

    def readers() -> list[object]:
        raise ServiceFault("no context")

    monkeypatch.setattr(sys.modules["smartcard.System"], "readers", readers)
    with pytest.raises(NoDevice, match="does not answer"):
        PcscReader()


def test_without_pyscard(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("smartcard", "smartcard.Exceptions"):  # another test may have loaded the real one
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(HostError) as error:
        PcscReader()
    assert error.value.code == "no_pyscard" and "pyscard" in error.value.hint
