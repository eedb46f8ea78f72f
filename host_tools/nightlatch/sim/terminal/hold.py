# SPDX-License-Identifier: MIT
"""`nightlatch sim card`: holds a virtual key card, kept in a file, to the reader of a simulated car."""

import socket
import time
from pathlib import Path
from typing import Any

from ...errors import HostError, NoDevice
from ...link.running import running_car
from ..cards.held import Ntag424
from ..reader import tap


def main(options: Any) -> dict[str, Any]:
    """Holds it for options.hold seconds. A file that is not there becomes a factory-fresh card."""
    path = Path(options.card_file)
    try:
        card = Ntag424(path=path)
        card.save(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise HostError(f"{path}: {reason}", "name another file: a new one becomes a new card") from None
    nfc = running_car(options.car).nfc
    if nfc is None:
        raise NoDevice("this simulated car has no reader", "start it again")
    apdus, written = 0, False
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(nfc)
        end = time.monotonic() + options.hold
        while (left := end - time.monotonic()) > 0:
            link.settimeout(left)
            try:
                apdu = tap.receive(link)
            except TimeoutError:
                break
            if not apdu:
                break
            response = card.transceive(apdu)
            tap.send(link, response)
            apdus += 1
            written = written or (card.closes(apdu) and response[-2:] == b"\x91\x00")
    return {"ok": True, "uid": card.state.uid.hex(), "apdus": apdus, "written": written}
