# SPDX-License-Identifier: MIT
"""What the gate and those who work for it share: store, log, clock, settings, lock; who was told what, an owner's
consent, how many strangers came."""

from wire import numbers as n

# one log entry a boot for each of these per credential: a stolen stale copy can't fill the log
_REPORTED_MAX = 32


class Office:
    """One for each agent."""

    def __init__(
        self, store: "Store", audit: "Audit", clock: "Clock", config: "Config", actuator: "Actuator"
    ) -> None:
        self.store = store
        self.audit = audit
        self.clock = clock
        self.config = config
        self.actuator = actuator
        self.strangers = 0  # refusals that name no credential, since the start
        self._reported: "list[tuple[int, int]]" = []
        self._consent: "tuple[int, int, int] | None" = None  # ms() and uptime() when an owner gave it, to which request
        self._wanted: "tuple[int, int, int] | None" = None  # and when a session lacked it, for which

    def report(self, link: int, handle: int, reason: int, action: int = n.REPORT) -> None:
        """Logs once a boot, per credential and reason, that a holder was told why it does not open."""
        mark = (handle, reason)
        if mark in self._reported or len(self._reported) >= _REPORTED_MAX:
            return
        self._reported.append(mark)
        self.audit.note(link, action, handle, reason)

    def consent(self) -> None:
        """An owner at the car agrees, for a moment, to what a session was just refused for, else to one enrolment."""
        wanted, self._wanted = self._wanted if self.consent_wanted() else None, None
        self._consent = self.clock.ms(), self.clock.uptime(), n.R_ENROL if wanted is None else wanted[2]

    def want_consent(self, request: int) -> None:
        """A session was refused for want of it: for a moment the tap of an owner's card is consent and no act."""
        self._wanted = self.clock.ms(), self.clock.uptime(), request

    def consent_wanted(self) -> bool:
        """Whether that moment is now."""
        wanted = self._wanted
        return wanted is not None and not older(self.clock, wanted[0], wanted[1], n.APPROVAL_MS)

    def use_consent(self, request: int) -> bool:
        """Whether an owner agreed to this request within the last half minute; that is used up."""
        given = self._consent
        if given is None or given[2] != request:
            return False
        self._consent = None
        return not older(self.clock, given[0], given[1], n.APPROVAL_MS)


def older(clock: "Clock", ms: int, uptime: int, limit: int) -> bool:
    """Whether a moment (ms() and uptime() of then) is more than limit ms ago.

    The counter of milliseconds wraps after days, and would bring the moment back; seconds don't.
    """
    return clock.since(ms) > limit or clock.uptime() - uptime > limit // 1000 + 1


TYPE_CHECKING = False
if TYPE_CHECKING:
    from .actuator import Actuator
    from .audit import Audit
    from .clock import Clock
    from .config import Config
    from .store.tables import Store
