# SPDX-License-Identifier: MIT
"""Key derivation: NIST SP 800-108 in counter mode with CMAC as the function, one block of output.

The input is counter (1 byte, 1) | label | 00 | context | length (2 bytes, 128 bits). Labels hold no zero byte, so that
no two pairs of label and context give the same input.
"""

from micropython import const

TYPE_CHECKING = const(0)
if TYPE_CHECKING:
    from .cmac import Cmac

    Readable = bytes | bytearray | memoryview


def derive(mac: "Cmac", label: bytes, context: "Readable" = b"") -> bytes:
    """The key of 16 bytes that the key of `mac` gives for this label (without a zero byte) and context."""
    return mac.mac(b"".join((b"\x01", label, b"\x00", bytes(context), b"\x00\x80")))
