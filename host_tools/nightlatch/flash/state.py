# SPDX-License-Identifier: MIT
"""Remembers a flash that has begun until it is verified: one small file a device, written whole or not at all.

What the device holds is always asked of the device; the file is there so that a half-done one is never taken for done.
"""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import HostError
from ..files import create_whole


@dataclass(frozen=True)
class Pending:
    """A flash under way: `digest` is the plan's, `done` how many of its `steps` were verified."""

    device: str
    board: str
    image: str
    digest: str
    steps: int
    done: int = 0


class State:
    """The files of unfinished flashes, in the user's state directory unless `folder` is given."""

    def __init__(self, folder: Path | None = None) -> None:
        if folder is None:
            from platformdirs import user_state_path

            folder = user_state_path("nightlatch") / "flash"
        self.folder = folder

    def pending(self, device: str) -> Pending | None:
        """The unfinished flash of a device. A file that can't be read counts as one of an unknown image."""
        path = self._path(device)
        try:
            fields = json.loads(path.read_text("utf-8"))
            return Pending(**{name: fields[name] for name in Pending.__dataclass_fields__})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return Pending(device, "", "", "", 0)

    def save(self, pending: Pending) -> None:
        """Remember it, durably, before the next byte is written. HostError (code `state`) when that can't be."""
        text = json.dumps(asdict(pending))

        def fill(draft: Path) -> None:
            draft.write_text(text, "utf-8")

        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            create_whole(self._path(pending.device), fill, replace=True)
        except OSError as error:
            raise self._broken(error) from None

    def finish(self, device: str) -> None:
        """It is verified: forget it. HostError (code `state`) when that can't be."""
        try:
            self._path(device).unlink(missing_ok=True)
        except NotADirectoryError:
            return  # nothing was ever kept there
        except OSError as error:
            raise self._broken(error) from None

    def _broken(self, error: OSError) -> HostError:
        text = f"cannot keep in {self.folder} how far the flash is: {error.strerror}"
        return HostError(text, "make room or see to its permissions, then run it again", code="state")

    def _path(self, device: str) -> Path:
        return self.folder / f"{re.sub(r'[^A-Za-z0-9]', '_', device)}.json"
