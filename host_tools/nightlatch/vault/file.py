# SPDX-License-Identifier: MIT
"""Files that hold secrets: born complete, private to their owner, over another file only when asked."""

import errno
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from ..errors import VaultError


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


def check_free(path: Path) -> None:
    """Raise VaultError if anything stands where a new vault is to be made."""
    if os.path.lexists(path):
        raise VaultError(
            f"{path} exists already", "use it, or name another place with --vault", code="vault_exists"
        )


def check_private(path: Path) -> None:
    """Raise VaultError unless `path` is a file that only its owner can read and write."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise VaultError(
            f"there is no vault at {path}", "make one with `nightlatch vault init`", code="no_vault"
        ) from None
    except OSError as error:
        raise VaultError(f"cannot read the vault {path}: {error.strerror}", "") from None
    if not path.is_file():
        raise VaultError(f"{path} is not a file", "name the vault with --vault")
    if os.name == "posix" and status.st_mode & 0o077:
        raise VaultError(f"others may read the vault {path}", f"run `chmod 600 {path}`", code="vault_mode")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
