# SPDX-License-Identifier: MIT
"""What the rarer requests of a session share: how they refuse, and the consent that a car in use asks for."""

from wire import numbers as n

from ..errors import NightlatchError

BATCH = 360  # bytes of keys or log in one answer: a heap that is well used has no larger piece to spare
_CODES = {
    n.NO_KEY: n.C_NO_SUCH_KEY,
    n.LAST_OWNER: n.C_LAST_OWNER,
    n.REVOKED: n.C_KEY_REVOKED,
    n.STALE: n.C_NOT_THERE,
    n.TIME_BACK: n.C_TIME_BACK,
    n.TOO_FAR: n.C_TOO_FAR,
}


class Refused(NightlatchError):
    """A request that is understood and can't be done; carries the result code."""

    def __init__(self, code: int) -> None:
        super().__init__("request refused, code %d" % code)
        self.code = code


def must_be_ok(reason: int) -> None:
    """Refuses with the code that a reason (a verdict) stands for."""
    if reason != n.OK:
        raise Refused(_CODES[reason])


def need_consent(car: "Car", config: "Config", request: int, body: bytes, **shown: object) -> None:
    """On a car that was handed over, an owner at the car must have consented to this very request, a moment ago.

    request: R_… with its body; shown: what an owner sees of it, fields of bodies.WANTED_ANSWER.
    """
    if config.get("handed_over"):
        code = car.gate.office.consent.want(request, body, shown)
        if code != n.C_OK:
            raise Refused(code)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..config import Config
    from .car import Car
