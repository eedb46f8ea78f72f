# SPDX-License-Identifier: MIT
"""A USB port of the agent's own in place of MicroPython's console, on images with micropython-lib's usb-device-cdc.

The console's port leads further than the agent: on an ESP32-S3 its DTR and RTS lines start the ROM's loader. This one
carries bytes and nothing else, and with it on, the console is not on USB at all.
"""

_ROOM = 1100  # a whole frame fits


def own() -> "Stream | None":
    """A pollable stream whose calls never wait; None on an image without usb-device-cdc."""
    try:
        from usb.device import get
        from usb.device.cdc import CDCInterface
    except ImportError:
        return None
    port: "Stream" = CDCInterface(timeout=0, txbuf=_ROOM, rxbuf=_ROOM)
    get().init(port, builtin_driver=False, product_str="Nightlatch")
    return port


TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..link.serial import Stream
