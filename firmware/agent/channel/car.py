# SPDX-License-Identifier: MIT
"""What the channel knows of the car: its name, its state, its button, and how it is claimed."""

from wire import numbers as n

from .. import time_floor
from ..crypto import kdf
from ..crypto.cmac import Cmac
from ..store import tables


class Car:
    """One for each agent. `agent_id` is empty while it is blank."""

    def __init__(
        self,
        board: str,
        firmware: str,
        serial: str,
        store: "tables.Store",
        gate: "Gate",
        audit: "Audit",
        clock: "Clock",
        random: "Entropy",
        link_key: "LinkKey",
        button: "Callable[[], bool]",
    ) -> None:
        self.board = board
        self.firmware = firmware
        self.serial = serial
        self.store = store
        self.audit = audit
        self.clock = clock
        self.random = random
        self.link_key = link_key
        self.agent_id = b""
        self.faulty = False
        self.claimed: "Callable[[], None]" = lambda: None  # called when a claim is done
        self.reset: "Callable[[], None]" = lambda: None  # forgets everything and starts again
        self.gate = gate
        self._button = button
        self._down: "int | None" = None  # ms() when the button was seen to go down

    def secret(self) -> bytes:
        """What nobody outside knows of this car, for its random numbers; empty while it is blank."""
        return (self.store.get(tables.AGENT) or b"")[32:48]

    def state(self) -> int:
        """AGENT_BLANK, AGENT_CLAIMED or AGENT_FAULTY."""
        if self.faulty:
            return n.AGENT_FAULTY
        return n.AGENT_CLAIMED if self.agent_id else n.AGENT_BLANK

    def load(self) -> None:
        """Takes up what the store holds of a claim."""
        raw = self.store.get(tables.AGENT)
        if raw is not None:
            self._arm(raw)
        time_floor.load(self.store, self.clock)

    def claimable(self) -> bool:
        """Only within the minute after the start, or while the button is held."""
        return self.clock.uptime() * 1000 < n.CLAIM_WINDOW_MS or self._button()

    def held(self) -> bool:
        """Whether somebody inside the car holds its button."""
        return self._button()

    def watch(self) -> None:
        """Looks at the button, a few times a second. Held for a card's consent, it is not held for a reset."""
        if not self._button() or self.gate.office.consent.pending() is not None:
            self._down = None
        elif self._down is None:
            self._down = self.clock.ms()

    def held_long(self) -> bool:
        """Whether the button has been held for as long as a factory reset asks for, and still is."""
        return self._button() and self._down is not None and self.clock.since(self._down) >= n.RESET_HOLD_MS

    def claim(self, agent_id: bytes, claim_key: bytes) -> None:
        """Makes a blank agent the car of this key. The car is claimed from the moment its last record is whole."""
        veil, log, link = car_keys(agent_id, claim_key)
        self.link_key.start(link)
        raw = agent_id + veil + log
        self.store.put(tables.AGENT, raw)
        self._arm(raw)
        self.claimed()
        self.audit.note(n.LINK_SERIAL, n.EVENT_CLAIM, n.HANDLE_NONE, n.OK)

    def _arm(self, raw: bytes) -> None:
        self.agent_id = bytes(raw[0:16])
        self.gate.arm(self.agent_id, bytes(raw[16:32]))
        self.audit.key(bytes(raw[32:48]))


def car_keys(agent_id: bytes, claim_key: bytes) -> "tuple[bytes, bytes, bytes]":
    """(veil key, log key, first link key) of a claimed car, from the key that the claim brings."""
    mac = Cmac(claim_key)
    return kdf.derive(mac, b"veil", agent_id), kdf.derive(mac, b"log", agent_id), kdf.derive(mac, b"link", agent_id)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..audit import Audit
    from ..clock import Clock
    from ..crypto.entropy import Entropy
    from ..gate import Gate
    from .linkkey import LinkKey
