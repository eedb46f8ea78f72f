# SPDX-License-Identifier: MIT
"""An update as a file: nightlatch.wire.bundle says what stands where."""

from __future__ import annotations

from binascii import crc32
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ..errors import Mismatch, Refused
from ..wire import bundle as layout
from ..wire.errors import WireError
from . import keys
from .keys import Signer

FILE_MOST = layout.MANIFEST_SIZE + layout.IMAGE_MAX + layout.TRAILER_SIZE


@dataclass(frozen=True)
class Bundle:
    """What parse() found right. key and signature are empty in one that is not signed yet."""

    board: str
    version: int
    store: int  # layout of the store
    manifest: bytes
    image: bytes
    key: bytes = b""
    signature: bytes = b""

    @property
    def data(self) -> bytes:
        """The whole file."""
        return self.manifest + self.image + self.key + self.signature

    @property
    def body(self) -> bytes:
        """What follows the manifest, as it stands in a slot."""
        return self.image + self.key + self.signature

    def blocks(self) -> list[bytes]:
        """The body as it is sent."""
        return [self.body[at : at + layout.BLOCK] for at in range(0, len(self.body), layout.BLOCK)]


def make(board: str, version: int, store: int, image: bytes) -> Bundle:
    """An unsigned update. Refused when a value is out of its bounds."""
    values = {"layout": store, "version": version, "size": len(image), "board": board}
    try:
        manifest = layout.make({**values, "crc": crc32(image), "sha256": sha256(image).digest()})
    except WireError as error:
        raise Refused(f"no update can be made of this: {error}", "check board and size", code="bad_image") from None
    return Bundle(board, version, store, manifest, image)


def sign(bundle: Bundle, signer: Signer) -> Bundle:
    """The same with a signature."""
    key = keys.table(signer.public())
    signature = signer.sign(bundle.manifest)
    if not keys.verifies(key, bundle.manifest, signature):
        raise Mismatch("the new signature does not verify", "check the token and its key", code="bad_signature")
    return Bundle(bundle.board, bundle.version, bundle.store, bundle.manifest, bundle.image, key, signature)


def parse(data: bytes) -> Bundle:
    """The update in these bytes: whole, and its signature, if there is one, made with the key that it names.

    Mismatch (exit code 7) with what is wrong. Whether that key is trusted is the car's affair.
    """
    if not layout.MANIFEST_SIZE <= len(data) <= FILE_MOST:
        raise _bad("this is no update, or it is cut off", "bad_image")
    manifest = data[: layout.MANIFEST_SIZE]
    try:
        values = layout.read(manifest)
    except WireError as error:
        raise _bad(str(error), "bad_image") from None
    end = layout.MANIFEST_SIZE + values["size"]
    image, rest = data[layout.MANIFEST_SIZE : end], data[end:]
    if len(image) != values["size"] or len(rest) not in (0, layout.TRAILER_SIZE):
        raise _bad("it is cut off, or too long", "bad_image")
    if sha256(image).digest() != values["sha256"] or crc32(image) != values["crc"]:
        raise _bad("its image is damaged", "bad_hash")
    key, signature = rest[: layout.KEY_SIZE], rest[layout.KEY_SIZE :]
    if rest and not keys.verifies(key, manifest, signature):
        raise _bad("its signature does not verify", "bad_signature")
    return Bundle(values["board"], values["version"], values["layout"], manifest, image, key, signature)


def load(path: Path) -> Bundle:
    """parse() of a file."""
    try:
        with path.open("rb") as file:
            return parse(file.read(FILE_MOST + 1))
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}", "name a file that `update build` made", code="no_file") from None


def _bad(what: str, code: str) -> Mismatch:
    return Mismatch(what, "build it again, or fetch another copy", code=code)
