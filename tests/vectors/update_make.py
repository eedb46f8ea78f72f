# SPDX-License-Identifier: MIT
"""Makes the published vectors of signed updates: run it to write update.json. Its key is no secret."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from nightlatch.update import bundle, keys

FILE = Path(__file__).with_name("update.json")
BOARD = "UNIX"
LAYOUT = 4


class Published:
    """A signer whose key everybody has, and whose signatures are the same each time (RFC 6979)."""

    def __init__(self, name: str) -> None:
        self._key = ec.derive_private_key(int.from_bytes(sha256(name.encode()).digest(), "big"), ec.SECP256R1())

    def public(self) -> bytes:
        numbers = self._key.public_key().public_numbers()
        return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self._key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def image(name: str, size: int) -> bytes:
    """Bytes that look like nothing."""
    found = b""
    while len(found) < size:
        found += sha256(f"{name} {len(found)}".encode()).digest()
    return found[:size]


def update(name: str, version: int, size: int, board: str = BOARD, layout: int = LAYOUT, key: str = "ours") -> str:
    return bundle.sign(bundle.make(board, version, layout, image(name, size)), Published(key)).data.hex()


def whole() -> dict[str, Any]:
    return {
        "about": "signed updates, see firmware/wire/bundle.py; byte strings in hexadecimal",
        "fingerprint": keys.fingerprint(Published("ours").public()).hex(),
        "good": {"one": update("one", 0x00010000, 1500), "two": update("two", 0x00020000, 3001)},
        "bad": {
            "bad_signature": update("two", 0x00020000, 1500, key="theirs"),
            "wrong_board": update("two", 0x00020000, 1500, board="RPI_PICO_W"),
            "old_version": update("two", 0x00000009, 1500),
            "bad_image": update("two", 0x00020000, 1500, layout=LAYOUT + 1),
        },
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(whole(), indent=1) + "\n")
