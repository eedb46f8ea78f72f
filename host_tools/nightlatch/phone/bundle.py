# SPDX-License-Identifier: MIT
"""A key as the technician hands it to a phone: one URL, shown as a QR code. It is the secret itself."""

import base64
import binascii
from dataclasses import dataclass, field
from zlib import crc32

from ..errors import UsageError
from ..wire import numbers as n
from ..wire import record
from ..wire.errors import WireError

SCHEME = "nightlatch:key#"
_VERSION = 1
_LAYOUT = (
    ("version", "u8", _VERSION, _VERSION),
    ("agent_id", "bytes", n.AGENT_ID_SIZE, n.AGENT_ID_SIZE),
    ("veil", "bytes", n.KEY_SIZE, n.KEY_SIZE),
    ("handle", "u16", 0, n.HANDLE_LAST),
    ("role", "u8", 1, 5),
    ("rights", "u16", 0, n.RIGHTS_KNOWN),
    ("root", "bytes", n.KEY_SIZE, n.KEY_SIZE),
    ("label", "text", 0, n.LABEL_MAX),
)


@dataclass(frozen=True)
class KeyBundle:
    """All that a phone needs for one car. agent_id, veil and root are 16 bytes; role and rights are wire numbers."""

    agent_id: bytes = field(repr=False)
    veil: bytes = field(repr=False)
    handle: int
    role: int
    rights: int
    root: bytes = field(repr=False)
    label: str


def encode(bundle: KeyBundle) -> str:
    """The URL of a key: base64url of a versioned record and its CRC-32."""
    body = record.pack(_LAYOUT, {"version": _VERSION, **bundle.__dict__})
    data = body + crc32(body).to_bytes(4, "big")
    return SCHEME + base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(url: str) -> KeyBundle:
    """The key of a URL. UsageError, without a word of its content, when it is none or was damaged."""
    url = url.strip()
    if not url.startswith(SCHEME) or len(url) > 300:
        raise UsageError("this is not the URL of a key", f"it starts with {SCHEME}")
    text = url[len(SCHEME) :]
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        body = data[:-4]
        if len(data) < 5 or crc32(body).to_bytes(4, "big") != data[-4:]:
            raise WireError("checksum")
        values = record.unpack(_LAYOUT, body)
    except (binascii.Error, ValueError, WireError):
        raise UsageError("the key's URL is damaged", "scan or copy it again") from None
    del values["version"]
    return KeyBundle(**values)
