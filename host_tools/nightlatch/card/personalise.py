# SPDX-License-Identifier: MIT
"""Makes a factory-fresh card the car's, checks it, and gives it back, each in steps that can be torn and repeated.

Every step first looks whether it is done. Key 0 is changed last, so that a half-made card still takes the factory's
key 0; the record that names the handle is written after that, so that no half-made card is looked at by the car.
A card says by its key versions which keys it holds: 0 the factory's, KEY_VERSION ours.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ..wire import ticket
from .chip import MAC, Chip
from .errors import CardError, CardLost, CardRefused
from .keyset import KEYS, Keyset

KEY_VERSION = 0x4E
FACTORY_KEY = bytes(16)
_OURS_2 = bytes.fromhex("0100E0")  # MACed under a key; anybody reads, key 0 writes and changes
_OURS_3 = bytes.fromhex("0330FF")  # encrypted; key 3 reads and writes, key 0 changes
_FACTORY_2 = bytes.fromhex("00E0EE")
_FACTORY_3 = bytes.fromhex("033023")
_WRONG_KEY = 0x91AE

Step = tuple[str, Callable[[], None]]


@dataclass(frozen=True)
class Report:
    """What a card is. `state`: factory, half (issue or wipe was torn), ours, foreign (keys of somebody else)."""

    uid: bytes
    state: str
    handle: int | None
    versions: tuple[int, ...]
    epoch: int | None = None


class Personaliser:
    """Works on the card at a reader. `told` is called with each step before it is done.

    A card that leaves raises CardLost that names the step; the same call again goes on from there.
    """

    def __init__(self, chip: Chip, told: Callable[[str], None] = lambda step: None) -> None:
        self._chip = chip
        self._told = told

    def look(self) -> Report:
        """What the card says of itself, before any key is used. CardError when it is no card for us."""
        chip = self._chip
        chip.select()
        version = chip.version()
        if not version.is_ntag424:
            raise CardError("this is no NTAG 424 DNA", "take another card", code="card_type")
        if not any(version.uid):
            raise CardError("this card shows random UIDs", "take a factory-fresh one", code="card_random")
        versions = tuple(chip.key_version(number) for number in range(KEYS))
        record = self._record()
        ours = [one == KEY_VERSION for one in versions]
        if not any(versions):
            state = "factory"
        elif all(ours) and record >= 0:
            state = "ours"
        elif all(one in (0, KEY_VERSION) for one in versions):
            state = "half"
        else:
            state = "foreign"
        return Report(version.uid, state, record if record >= 0 else None, versions)

    def issue(self, keys: Keyset) -> None:
        """Personalises, from wherever it stands. CardError for a card that holds keys of somebody else."""
        report = self.look()
        if report.uid != keys.uid:
            raise CardError("this is another card than before", "hold the first one to the reader", code="card_other")
        if report.state == "foreign":
            raise CardError("this card holds keys of somebody else", "take a factory-fresh one", code="card_foreign")
        last = report.versions[0] == KEY_VERSION
        steps: list[Step] = []
        if not last:
            for number in range(1, KEYS):
                if report.versions[number] != KEY_VERSION:
                    steps.append((f"key {number}", lambda number=number: self._key(keys, number)))  # type: ignore[misc]
            steps.append(("settings of file 2", lambda: self._settings(FACTORY_KEY, 2, _OURS_2)))
            steps.append(("settings of file 3", lambda: self._settings(FACTORY_KEY, 3, _OURS_3)))
            steps.append(("first ticket", lambda: self._first_ticket(keys)))
            steps.append(("key 0", lambda: self._master(FACTORY_KEY, keys.keys[0], KEY_VERSION)))
        steps.append(("record", lambda: self._put_record(keys.keys[0], ticket.record(keys.handle))))
        self._run(steps)

    def check(self, keys: Keyset) -> Report:
        """Tries both of our keys and reads the tickets; changes nothing. CardRefused, CardError."""
        report = self.look()
        chip = self._chip
        chip.authenticate(0, keys.keys[0])
        if chip.uid() != keys.uid:
            raise CardError("the card shows another UID than it has", "take another card", code="card_foreign")
        for number, settings in ((2, _OURS_2), (3, _OURS_3)):
            if chip.file_settings(number)[1:4] != settings:
                raise CardError(f"file {number} has other settings", "issue the card again", code="card_half")
        epochs = self._epochs(keys)
        if not epochs:
            raise CardError("the card holds no ticket", "issue the card again", code="card_half")
        return Report(report.uid, report.state, report.handle, report.versions, max(epochs))

    def wipe(self, keys: Keyset) -> None:
        """Gives the card back as it came: factory keys, settings and files. The car must have revoked it before."""
        report = self.look()
        if report.state == "factory":
            self._run([("contents", self._factory_rest)])
            return
        master = keys.keys[0] if report.versions[0] == KEY_VERSION else FACTORY_KEY
        steps: list[Step] = [("record", lambda: self._put_record(master, bytes(ticket.RECORD_SIZE)))]
        if report.versions[ticket.ACCESS_KEY] == KEY_VERSION:
            steps.append(("tickets", lambda: self._clear_tickets(keys)))
        steps.append(("settings of file 3", lambda: self._settings(master, 3, _FACTORY_3)))
        steps.append(("settings of file 2", lambda: self._settings(master, 2, _FACTORY_2)))
        for number in range(1, KEYS):
            if report.versions[number] == KEY_VERSION:
                steps.append((f"key {number}", lambda number=number: self._unkey(master, keys, number)))  # type: ignore[misc]
        if report.versions[0] == KEY_VERSION:
            steps.append(("key 0", lambda: self._master(master, FACTORY_KEY, 0)))
        self._run(steps)

    # --- steps

    def _run(self, steps: list[Step]) -> None:
        for number, (name, do) in enumerate(steps, 1):
            title = f"step {number} of {len(steps)}: {name}"
            self._told(title)
            try:
                do()
            except CardLost as lost:
                raise CardLost(f"the card was torn away at {title}") from lost
            except CardRefused as refused:
                if refused.status == _WRONG_KEY:
                    hint = "take a factory-fresh card, or the vault of the car that it was made for"
                    raise CardError(f"the card does not take our keys ({title})", hint, code="card_foreign") from None
                raise

    def _by(self, number: int, key: bytes) -> Chip:
        if self._chip.key_no != number:
            self._chip.authenticate(number, key)
        return self._chip

    def _key(self, keys: Keyset, number: int) -> None:
        self._by(0, FACTORY_KEY).change_key(number, keys.keys[number], KEY_VERSION)

    def _unkey(self, master: bytes, keys: Keyset, number: int) -> None:
        self._by(0, master).change_key(number, FACTORY_KEY, 0, keys.keys[number])

    def _master(self, old: bytes, new: bytes, version: int) -> None:
        self._by(0, old).change_key(0, new, version)
        self._chip.authenticate(0, new)

    def _settings(self, master: bytes, number: int, settings: bytes) -> None:
        chip = self._by(0, master)
        if chip.file_settings(number)[1:4] != settings:
            chip.change_settings(number, settings)

    def _first_ticket(self, keys: Keyset) -> None:
        chip = self._by(ticket.ACCESS_KEY, keys.keys[ticket.ACCESS_KEY])
        chip.write(ticket.TICKET_FILE, 0, keys.first_ticket() + bytes(ticket.TICKET_SIZE))

    def _clear_tickets(self, keys: Keyset) -> None:
        chip = self._by(ticket.ACCESS_KEY, keys.keys[ticket.ACCESS_KEY])
        chip.write(ticket.TICKET_FILE, 0, bytes(ticket.TICKETS_SIZE))

    def _put_record(self, master: bytes, record: bytes) -> None:
        chip = self._by(0, master)
        if chip.file_settings(2)[1:4] == _OURS_2:
            chip.write(ticket.RECORD_FILE, 0, record, MAC)
        elif any(record):
            raise CardError("file 2 has other settings", "wipe the card and issue it again", code="card_half")

    def _factory_rest(self) -> None:
        self._settings(FACTORY_KEY, 2, _FACTORY_2)
        self._settings(FACTORY_KEY, 3, _FACTORY_3)

    def _record(self) -> int:
        try:
            return ticket.handle(self._chip.read_plain(4, 0, ticket.RECORD_SIZE))
        except CardRefused:
            return -1

    def _epochs(self, keys: Keyset) -> list[int]:
        chip = self._by(ticket.ACCESS_KEY, keys.keys[ticket.ACCESS_KEY])
        data = chip.read(ticket.TICKET_FILE, 0, ticket.TICKETS_SIZE)
        both = [data[at : at + ticket.TICKET_SIZE] for at in (0, ticket.TICKET_SIZE)]
        return [ticket.epoch(one) for one in both if any(one)]
