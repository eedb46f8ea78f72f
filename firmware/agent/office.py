# SPDX-License-Identifier: MIT
"""What the gate and the kinds of credential share: store, log, clock, settings, lock, veil; and what they do alike."""

from wire import numbers as n

from .crypto.cmac import Cmac
from .errors import RandomFault

_REPORTED_MAX = 64  # credentials whose refusals are remembered: the oldest may then be logged once more


class Office:
    """One for each agent. `veil` and `agent_id` are there once the car is claimed."""

    def __init__(
        self,
        store: "Store",
        audit: "Audit",
        clock: "Clock",
        config: "Config",
        actuator: "Actuator",
        random: "Entropy",
        consent: "Consent",
    ) -> None:
        self.store = store
        self.audit = audit
        self.clock = clock
        self.config = config
        self.actuator = actuator
        self.random = random
        self.consent = consent
        self.agent_id = b""
        self.strangers = 0  # refusals that name no credential, since the start
        self.button: "Callable[[], bool]" = lambda: False
        self._veil: "Veil | None" = None
        self._reported: "list[list[int]]" = []  # handle, and a bit for each reason that was logged
        self._hiss: "Cmac | None" = None  # under a key of this start that nobody else has
        self._noises = 0

    @property
    def veil(self) -> "Veil":
        """What hides the car's holders. Only where armed()."""
        assert self._veil is not None
        return self._veil

    def arm(self, agent_id: bytes, veil: "Veil | None") -> None:
        """From here on the car is claimed; or, with None, is not."""
        self.agent_id, self._veil = agent_id, veil
        self.noise()  # its key is drawn while the random source works

    def armed(self) -> bool:
        """Whether the car is claimed."""
        return self._veil is not None

    def noise(self) -> bytes:
        """16 bytes that say nothing; zeros should the random source never have worked."""
        self._noises += 1
        try:
            if self._hiss is None:
                self._hiss = Cmac(self.random.bytes(n.KEY_SIZE))
        except RandomFault:
            return bytes(n.ANSWER_SIZE)
        return self._hiss.mac(self._noises.to_bytes(4, "big"))

    def report(self, link: int, handle: int, reason: int, action: int = n.REPORT) -> None:
        """Logs once a boot, per credential and reason, that a holder was told why it does not open."""
        bit = 1 << reason
        for known in self._reported:
            if known[0] == handle:
                if known[1] & bit:
                    return
                known[1] |= bit
                break
        else:
            if len(self._reported) >= _REPORTED_MAX:
                self._reported.pop(0)
            self._reported.append([handle, bit])
        self.audit.note(link, action, handle, reason)

    def suspect(self, link: int, action: int, cred: "Cred") -> None:
        """A second copy was seen at work: the credential's standing sinks, if it has not yet."""
        standing = n.CRED_SUSPENDED if self.config.get("strict") else n.CRED_SUSPECT
        if cred.state < standing:
            self.store.set_state(cred, standing)
            self.audit.note(link, action, cred.handle, n.SUSPECT)

    def told(self, cred: "Cred", flags: int = 0) -> bytes:
        """The car's state in an answer, 3 bytes, for the holder of a credential."""
        if cred.state == n.CRED_SUSPECT or cred.state == n.CRED_SUSPENDED:
            flags |= n.STATE_SUSPECT
        if cred.lent:
            flags |= n.STATE_LENT
        if cred.tried:
            flags |= n.STATE_TRIED
        return bytes((self.actuator.doors, flags, cred.introduced & 0xFF))


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from .actuator import Actuator
    from .audit import Audit
    from .clock import Clock
    from .config import Config
    from .consent import Consent
    from .crypto.entropy import Entropy
    from .store.tables import Cred, Store

    class Veil(Protocol):
        """What hides the car's holders: see credential/veil.py."""

        def place(self, challenge: bytes) -> bytearray:
            """16 bytes of which the first four hide handle and epoch."""

        def body(self, challenge: bytes, body: bytes) -> bytes:
            """What stands behind a token, unveiled, or veiled."""

        def advert(self, salt: bytes) -> bytes:
            """3 bytes."""
