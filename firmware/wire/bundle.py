# SPDX-License-Identifier: MIT
"""An update, as a file and in a slot: what is signed, and what stands where.

    file    manifest · image · key · signature        an unsigned one ends behind the image
    slot    sector 0: manifest · its CRC-32, then marks (slots/slot.py); from sector 1: image · key · signature

manifest: "NLUP", format, layout of the store that the agent writes, zeros, version, size, CRC-32 and SHA-256 of the
image, board. The signature (r · s) is ECDSA P-256 with SHA-256 over these 76 bytes. key: the table of the public key's
multiples (agent/crypto/ecdsa/p256.py); the car knows its SHA-256, the fingerprint. image: a ROMFS with agent and wire.
"""

from .errors import WireError
from .record import pack, unpack

MAGIC = b"NLUP"
FORMAT = 1
BOARD_SIZE = 24
KEY_SIZE = 1024
SIGNATURE_SIZE = 64
TRAILER_SIZE = KEY_SIZE + SIGNATURE_SIZE
IMAGE_MAX = 4 * 1024 * 1024
BLOCK = 256  # bytes of one transfer, at a multiple of this: a page of flash, and a piece that a full heap still has

MANIFEST = (
    ("magic", "bytes", 4, 4),
    ("format", "u8", FORMAT, FORMAT),
    ("layout", "u8", 1, 0xFF),
    ("zero", "u16", 0, 0),
    ("version", "u32", 1, 0xFFFFFFFF),
    ("size", "u32", 16, IMAGE_MAX),
    ("crc", "u32", 0, 0xFFFFFFFF),
    ("sha256", "bytes", 32, 32),
    ("board", "bytes", BOARD_SIZE, BOARD_SIZE),
)
MANIFEST_SIZE = 76


def make(values: "dict[str, Any]") -> bytes:
    """The manifest of these values but magic, format and zero; `board` is text here."""
    board = values["board"].encode()
    fixed_board = board + bytes(BOARD_SIZE - len(board))
    return pack(MANIFEST, dict(values, magic=MAGIC, format=FORMAT, zero=0, board=fixed_board))


def read(data: bytes) -> "dict[str, Any]":
    """The values of a manifest; `board` is text. WireError when it is none, or of another format."""
    values = unpack(MANIFEST, data)
    board = values["board"].rstrip(b"\x00")
    if values["magic"] != MAGIC or not board or b"\x00" in board:
        raise WireError("this is no update")
    try:
        values["board"] = board.decode("ascii")
    except UnicodeError:
        raise WireError("the board's name is not ASCII") from None
    return values


def blocks(size: int) -> int:
    """How many blocks carry image, key and signature; size: of the image."""
    return (size + TRAILER_SIZE + BLOCK - 1) // BLOCK


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
