# SPDX-License-Identifier: MIT
"""A virtual NXP NTAG 424 DNA (NT4H2421Gx, rev. 3.0): ISO/IEC 7816-4 APDUs in and out, in AES mode.

Not modelled: the leakage resilient mode (its authentication is refused) and NXP's originality keys. NXP's signature
only NXP can make: a card has one when its state was given one.
"""

import copy
import os
from pathlib import Path

from ..card import Card
from .iso import Iso, IsoFault
from .native import Native
from .session import Fault
from .state import State


class Torn(ConnectionError):
    """The card left the field while an APDU was at work: no response was heard."""


class Ntag424(Card):
    """One card. `state` is its EEPROM; with a path it is read from there if the file exists, and kept there.

    transceive() takes a command APDU and returns data and status word. A tear that was armed raises Torn.
    """

    sak = 0x20
    ats = bytes.fromhex("067777710280")

    def __init__(self, uid: bytes | None = None, state: State | None = None, path: Path | None = None) -> None:
        if state is None and path is not None and path.exists():
            state = State.load(path)
        if state is None:
            state = State() if uid is None else State(uid=uid)
        if len(state.uid) != 7:
            raise ValueError("a UID has 7 bytes")
        super().__init__(state.uid)
        self._path = path
        self._tear: tuple[int, bool] | None = None
        self.state = state
        self._power_up()

    def _power_up(self) -> None:
        self._native = Native(self.state)
        self._iso = Iso(self.state, self._native)
        if self.state.random_id:
            self.uid = b"\x08" + os.urandom(3)
            self.sens_res = 0x0304
        else:
            self.uid = self.state.uid
            self.sens_res = 0x0344

    def save(self, path: Path) -> None:
        """Keeps the EEPROM in a file; State.load() reads it."""
        self.state.save(path)

    def tear(self, after: int, written: bool) -> None:
        """Arms a tear: the card leaves in the APDU that comes after so many others.

        written: whether what that APDU programs is in the EEPROM already. What fits
        one frame is programmed whole or not at all (8.6).
        """
        self._tear = (after, written)

    def reset(self) -> None:
        """No power: selection and session are gone."""
        self._power_up()

    def entered(self) -> None:
        """Brought into the field: a new random UID, if it is to show one."""
        self._power_up()

    def closes(self, apdu: bytes) -> bool:
        """A tap ends with the APDU that writes the next ticket."""
        return apdu[:2] == b"\x90\x8d"

    def transceive(self, apdu: bytes) -> bytes:
        """The response to a command: data and status word."""
        if self._tear is not None:
            count, written = self._tear
            self._tear = (count - 1, written) if count else None
            if not count:
                if written:
                    self._run(apdu)
                self.reset()
                raise Torn("the card was torn away")
        return self._run(apdu)

    def _run(self, apdu: bytes) -> bytes:
        before = copy.deepcopy(self.state) if self._path is not None else None
        response = self._answer(bytes(apdu))
        if self._path is not None and before != self.state:
            self.state.save(self._path)
        return response

    def _answer(self, apdu: bytes) -> bytes:
        if len(apdu) < 4:
            return b"\x67\x00"
        if apdu[0] == 0x90:
            try:
                return self._native.command(apdu)
            except Fault as fault:
                self._native.abort()
                return bytes([0x91, fault.status])
        try:
            if apdu[0] != 0x00:
                raise IsoFault(0x6E00)
            return self._iso.command(apdu) + b"\x90\x00"
        except IsoFault as fault:
            return fault.status.to_bytes(2, "big")
