# SPDX-License-Identifier: MIT
"""A phone's memory of one key, as a file of its own: made when the key is handed over, renewed at every step.

The file is replaced as a whole (written beside, flushed, renamed), so a phone that dies keeps the one before or after.
"""

import json
import os
import tempfile
from dataclasses import asdict, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from . import passes
from .bundle import decode
from .errors import PhoneError
from .holder import Holder
from .state import State

_VERSION = 2


def open_key(url: str, folder: Path) -> Holder:
    """The holder of a key's URL, with what this phone already knows of it. UsageError when the URL is none."""
    state = State.of(decode(url))
    path = _place(folder, state.handout)
    if path.exists():
        state = _load(path)
    return Holder(state, lambda changed: _save(path, changed))


def open_any(url: str, folder: Path) -> Holder | passes.Introduction:
    """As open_key; of a pass its holder once this phone has shown it to the car, before that the introduction."""
    if not url.strip().startswith(passes.SCHEME):
        return open_key(url, folder)
    one = passes.decode(url)
    path = _place(folder, one.key)
    if path.exists():
        return Holder(_load(path), lambda changed: _save(path, changed))
    return passes.Introduction(one, lambda changed: _save(path, changed))


def _place(folder: Path, key: bytes) -> Path:
    # named by what the key is, without telling it: a wallet's listing gives nothing away
    return folder / f"{sha256(b'nightlatch wallet' + key).hexdigest()[:32]}.json"


def _save(path: Path, state: State) -> None:
    values: dict[str, Any] = asdict(state)
    for name, value in values.items():
        if isinstance(value, bytes):
            values[name] = value.hex()
    for name in ("seen", "accepted"):
        values[name] = [challenge.hex() for challenge in values[name]]
    values["asked"] = [[challenge.hex(), action] for challenge, action in state.asked]
    values["lent"] = None if state.lent is None else [state.lent[0].hex(), state.lent[1]]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent)  # mode 0600
    with os.fdopen(handle, "w") as file:
        json.dump({"version": _VERSION, **values}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def _load(path: Path) -> State:
    try:
        values = json.loads(path.read_text())
        if values.pop("version") != _VERSION:
            raise ValueError("version")
        for name in ("seen", "accepted"):
            values[name] = tuple(bytes.fromhex(challenge) for challenge in values[name])
        values["asked"] = tuple((bytes.fromhex(challenge), int(action)) for challenge, action in values["asked"])
        if values["lent"] is not None:
            values["lent"] = bytes.fromhex(values["lent"][0]), int(values["lent"][1])
        for one in fields(State):
            if one.type is bytes:
                values[one.name] = bytes.fromhex(values[one.name])
        return State(**values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise PhoneError(f"{path}: this phone's memory of the key is damaged", "have the key enrolled again") from None
