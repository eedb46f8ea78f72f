# SPDX-License-Identifier: MIT
"""Tells our car's advertisement from every other: only who holds the veil key can."""

import hmac

from ..wire import numbers as n
from . import keys

_SALT = 3
_MARK = 3


def is_ours(veil_key: bytes, data: bytes) -> bool:
    """Whether 6 bytes of an advertisement were made with this veil key (16 bytes)."""
    if len(data) != _SALT + _MARK:
        return False
    return hmac.compare_digest(keys.advert(veil_key, data[:_SALT]), data[_SALT:])


def payload(manufacturer_data: tuple[int, bytes] | None) -> bytes:
    """The 6 bytes in (company, data) of an advertisement; b"" when it is none of ours."""
    if manufacturer_data is None or manufacturer_data[0] != n.COMPANY or len(manufacturer_data[1]) != _SALT + _MARK:
        return b""
    return manufacturer_data[1]
