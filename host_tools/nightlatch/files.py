# SPDX-License-Identifier: MIT
"""Files that hold secrets: born complete, private to their owner, over another file only when asked."""

import errno
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def create_whole(path: Path, fill: Callable[[Path], None], replace: bool = False) -> None:
    """Make `path` appear at once, mode 0600, with what `fill` writes into a draft beside it.

    Raises FileExistsError, leaving `path` as it is, unless `replace`; OSError for what the system refuses, and for a
    name that is no file's: a device or a pipe is never replaced by a file.
    """
    if not path.name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if replace and path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a file")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    try:
        fill(draft)
        _sync(draft)
        if replace:
            os.replace(draft, path)
        else:
            os.link(draft, path)  # unlike a rename, fails if somebody was faster
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
