# SPDX-License-Identifier: MIT
"""Where a vault may be made, and whether one is private to its owner."""

import os
from pathlib import Path

from ..errors import VaultError


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
