# SPDX-License-Identifier: MIT
"""A key as data: what a program is told of it, without its secret."""

from typing import Any

from ..device import names, types
from ..device.types import KeyInfo
from ..vault.records import Key


def vault_row(key: Key) -> dict[str, Any]:
    """A key as the vault holds it."""
    return _row(key) | {"state": key.state, "created": key.created}


def car_row(key: KeyInfo) -> dict[str, Any]:
    """A key as the car lists it."""
    return _row(key) | {"state": names.word(types.KEY_STATES, key.state), "epoch": key.epoch}


def _row(key: Key | KeyInfo) -> dict[str, Any]:
    return {
        "handle": key.handle,
        "kind": names.word(types.KINDS, key.kind),
        "role": names.word(types.ROLES, key.role),
        "rights": names.rights_text(key.rights),
        "label": key.label,
    }
