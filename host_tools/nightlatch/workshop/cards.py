# SPDX-License-Identifier: MIT
"""A card, a car and a vault brought together: issue, check and wipe, each of which can be cut anywhere and repeated.

The vault knows the key first, then the car, then the card: a card that works is always one that can be revoked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ..card.chip import Chip, Transceive
from ..card.errors import CardError, CardLost
from ..card.keyset import Keyset, root_of
from ..card.personalise import Personaliser, Report
from ..vault.records import PENDING, REVOKED, Car, Key
from ..vault.vault import Vault
from ..wire import numbers as n
from .session import Session

T = TypeVar("T")
_RETURNS = 20  # how often one job takes a card back that was torn away


class Reader(Protocol):
    """Where cards are held to."""

    def wait(self, seconds: float) -> bytes:
        """Waits for a card."""

    def transceive(self, apdu: bytes) -> bytes:
        """One APDU."""


@dataclass(frozen=True)
class Job:
    """What to make of a card: role and rights are wire numbers, label at most LABEL_MAX bytes of UTF-8."""

    role: int
    rights: int
    label: str


class Workshop:
    """Works on the cards of one car. `told` gets a line for each step; `patience`: seconds to wait for a card."""

    def __init__(
        self,
        vault: Vault,
        car: Car,
        reader: Reader,
        told: Callable[[str], None] = lambda line: None,
        patience: float = 30.0,
    ) -> None:
        self._vault, self._car, self._reader = vault, car, reader
        self._told, self._patience = told, patience
        self._master = vault.card_master(car.serial)

    def issue(self, session: Session, job: Job) -> tuple[Key, Report]:
        """Makes the card at the reader a key of the car; a card that is one already is checked only."""
        session.settle()
        return self._with_card(lambda people: self._issue(people, session, job))

    def check(self) -> tuple[Key, Report]:
        """Tries the keys of the card and reads where its tickets stand. Nothing changes."""

        def work(people: Personaliser) -> tuple[Key, Report]:
            report = people.look()
            if report.state == "factory":
                hint = "make it a key: `nightlatch card issue`"
                raise CardError("this card is factory-fresh", hint, code="card_fresh")
            key = self._known(report)
            if key is None:
                raise self._stranger()
            if report.state == "half":
                hint = "finish it: `nightlatch card issue`, or `nightlatch card wipe` if the key is revoked"
                raise CardError(f"key {key.handle} is a half-made card ({key.state})", hint, code="card_half")
            return key, people.check(self._keys(key, report.uid))

        return self._with_card(work)

    def wipe(self, session: Session | None) -> tuple[Key | None, Report]:
        """Revokes the card at the car (session), then gives it back as it came from the factory."""

        def work(people: Personaliser) -> tuple[Key | None, Report]:
            report = people.look()
            key = self._known(report)
            if report.state == "factory":
                return key, report
            if key is None:
                raise self._stranger()
            if session is not None and key.state != REVOKED:
                session.revoke(key.handle)
                key = self._vault.key(self._car.serial, key.handle)
            people.wipe(self._keys(key, report.uid))
            return key, people.look()

        return self._with_card(work)

    # --- inside

    def _issue(self, people: Personaliser, session: Session, job: Job) -> tuple[Key, Report]:
        report = people.look()
        key = self._known(report)
        if report.state == "foreign" or (key is None and report.state != "factory"):
            raise self._stranger()
        if key is not None and key.state == REVOKED and report.state != "factory":
            raise CardError("this card is revoked", "wipe it first: `nightlatch card wipe`", code="card_revoked")
        if key is None or key.state == REVOKED:
            root = root_of(self._master, report.uid)
            key = session.enrol(n.KIND_CARD, job.role, job.rights, job.label, root)
        keys = self._keys(key, report.uid)
        if report.state != "ours":
            people.issue(keys)
        return key, people.check(keys)

    def _known(self, report: Report) -> Key | None:
        """The newest key that this card was enrolled with, whatever became of it."""
        root = root_of(self._master, report.uid)
        mine = [key for key in self._vault.keys(self._car.serial) if key.kind == n.KIND_CARD and key.root == root]
        return mine[-1] if mine and mine[-1].state != PENDING else None

    def _keys(self, key: Key, uid: bytes) -> Keyset:
        return Keyset.of(self._master, uid, self._car.agent_id, key.handle)

    def _stranger(self) -> CardError:
        hint = "take a factory-fresh card, or name the car that it belongs to with --car"
        return CardError(f"this card is none of {self._car.serial}", hint, code="card_foreign")

    def _with_card(self, work: Callable[[Personaliser], T]) -> T:
        """Does the work on one card, taking it back when it was torn away; what is done is not done again."""
        patience = self._patience
        self._told("hold the card to the reader")
        for _ in range(_RETURNS):
            self._reader.wait(patience)
            carry: Transceive = self._reader.transceive
            try:
                return work(Personaliser(Chip(carry), self._told))
            except CardLost as lost:
                self._told(f"{lost.message}: hold it to the reader again")
        raise CardLost("the card was torn away too often")
