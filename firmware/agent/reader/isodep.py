# SPDX-License-Identifier: MIT
"""APDUs to a card or phone behind the PN532 (ISO/IEC 14443-4 done by the chip), in bounded time and memory."""

from ..errors import ReaderError
from .pn532 import DATA_OUT_MAX, STATUS_ERROR, STATUS_MORE, NoAnswer

RESPONSE_MAX = 258  # of a short APDU: 256 bytes and the status word


class CardLost(ReaderError):
    """The card left, or kept us waiting too long, or broke the protocol. The reader itself is well."""


class IsoDep:
    """One activated target. chip: a Pn532; number: the target's number in its list."""

    def __init__(self, chip: "Pn532", number: int, clock: "Clock") -> None:
        self._chip = chip
        self._number = number
        self._clock = clock

    async def transceive(self, apdu: bytes, limit_ms: int) -> bytes:
        """Sends an APDU; returns data and status word, 2 to RESPONSE_MAX bytes. CardLost after limit_ms at the latest.

        The limit holds for the whole exchange: a card that asks for more time again and again gets none.
        """
        start = self._clock.ms()
        at = 0
        response = b""
        while True:
            left = limit_ms - self._clock.since(start)
            if left <= 0:
                raise CardLost("too slow")
            part = apdu[at : at + DATA_OUT_MAX]
            at += len(part)
            try:
                answer = await self._chip.exchange(self._number, part, at < len(apdu), left)
            except NoAnswer as slow:
                raise CardLost("too slow") from slow
            status = answer[0]
            if status & STATUS_ERROR:
                raise CardLost("status 0x%02x" % (status & STATUS_ERROR))
            if len(response) + len(answer) - 1 > RESPONSE_MAX:
                raise CardLost("response too long")
            response += answer[1:]
            if at >= len(apdu) and not status & STATUS_MORE:
                break
        if len(response) < 2:
            raise CardLost("no status word")
        return response


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..clock import Clock
    from .pn532 import Pn532
