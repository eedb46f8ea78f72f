# SPDX-License-Identifier: MIT
"""How a phone's key leaves the vault: as one URL, in a private file or as text for a screen."""

import io
from pathlib import Path

import segno

from ..errors import HostError, UsageError
from ..files import create_whole
from ..phone import bundle
from ..vault import Car, Key
from ..vault.records import ACTIVE, REVOKED
from ..wire.numbers import KIND_CARD, KIND_RECOVERY

KINDS = (".svg", ".png", ".txt")


def bundle_url(car: Car, key: Key) -> str:
    """All that the phone needs, as one URL. HostError for a key that opens nothing (yet)."""
    if key.kind == KIND_CARD:
        hint = "enrol one with `nightlatch key add phone`"
        raise HostError(f"key {key.handle} is a card, not a phone's", hint, device=car.serial, code="not_a_phone")
    if key.state != ACTIVE:
        hint = (
            "enrol a new one"
            if key.state == REVOKED
            else "`nightlatch key list` finds out what the car made of it"
        )
        raise HostError(f"key {key.handle} is {key.state}", hint, device=car.serial, code="key_not_active")
    if key.kind == KIND_RECOVERY:
        hint = "make another sheet with `nightlatch recovery sheet`"
        raise HostError(f"key {key.handle} is a recovery code", hint, device=car.serial, code="not_a_phone_key")
    if key.spent:
        text = f"key {key.handle} was used: its QR code opens nothing any more"
        hint = "enrol another one with `nightlatch key add`; a key lives on one phone"
        raise HostError(text, hint, device=car.serial, code="key_used")
    fields = (car.agent_id, car.veil, key.handle, key.role, key.rights, key.root, key.label)
    return bundle.encode(bundle.KeyBundle(*fields))


def save(url: str, output: str, replace: bool) -> None:
    """Write text, SVG or PNG by the file's ending, mode 0600; over an existing file only if `replace`."""
    path = Path(output)
    data = _render(url, path.suffix.lower())
    try:
        create_whole(path, lambda draft: _fill(draft, data), replace)
    except FileExistsError:
        raise UsageError(f"{path} exists already", "name another file, or replace it with --yes") from None
    except OSError as error:
        raise HostError(f"cannot write {path}: {error.strerror}", "name another file with -o") from None


def terminal(url: str) -> str:
    """The QR code as text of half blocks, for a terminal, with the URL under it."""
    out = io.StringIO()
    _code(url).terminal(out, compact=True)
    return f"{out.getvalue()}\n{url}"


def _render(url: str, kind: str) -> bytes:
    if kind == ".txt":
        return url.encode() + b"\n"
    out = io.BytesIO()
    _code(url).save(out, kind=kind[1:], scale=8, border=4)
    return out.getvalue()


def _code(url: str) -> segno.QRCode:
    return segno.make_qr(url, error="m")


def _fill(draft: Path, data: bytes) -> None:
    draft.write_bytes(data)
