# SPDX-License-Identifier: MIT
"""A record as the bytes that get sealed: JSON with hexadecimal, padded so that its length says nothing."""

import json
from dataclasses import fields
from typing import Any, TypeVar

from ..errors import HostError
from .records import Car, Key, LogHead

BLOCK = 1024  # any record with the longest texts that people write takes one block
_BYTES = {"agent_id", "veil", "log_key", "link_key", "root", "chain", "card_master"}
_ADDED = {"card_master": ""}  # fields that records of earlier versions lack

Record = TypeVar("Record", Car, Key, LogHead)


def encode(record: Car | Key | LogHead) -> bytes:
    """UTF-8 JSON object, one member a field, spaces up to a multiple of BLOCK."""
    values: dict[str, Any] = {one.name: getattr(record, one.name) for one in fields(record)}
    for name in _BYTES & values.keys():
        values[name] = values[name].hex()
    plain = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    return plain + b" " * (-len(plain) % BLOCK)


def decode(kind: type[Record], plain: bytes) -> Record:
    """The reverse; ValueError for anything that encode() would not have written."""
    values = json.loads(plain)
    names = {one.name for one in fields(kind)}
    if isinstance(values, dict):
        values = {name: value for name, value in _ADDED.items() if name in names} | values
    if not isinstance(values, dict) or values.keys() != names:
        raise ValueError("not the fields of the record")
    try:
        for name in _BYTES & values.keys():
            values[name] = bytes.fromhex(values[name])
        return kind(**values)
    except (HostError, TypeError):
        raise ValueError("a field is out of bounds") from None
